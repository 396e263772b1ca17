"""Releasing: an entry that was held back is free again; one that holds a secret only if a person says so."""

from commonplace import holding, waiting
from commonplace.drain.screening import secret_in
from commonplace.errors import CommonplaceError
from commonplace.place import Place


class Secret(CommonplaceError):
    """An entry holds what looks like a secret, and nobody who may has said that it is none."""


def release(place: Place, name: str, *, by_person: bool) -> str:
    """Let the next drain take an entry; return what secret it will commit with it, masked, "" if none.

    Raises Secret where it holds one and no person said so.
    """
    data = waiting.read(place, name)
    why = secret_in(name, data)
    if why and not by_person:
        entry_id = name.partition(".")[0]
        raise Secret(
            f"{entry_id} holds what looks like {why}: a person at a terminal lets it through, by its id",
            f"commonplace forget --entry {entry_id}, or yourself: commonplace queue release {entry_id}",
        )
    if why:
        holding.allow(place, name, data)
    holding.release(place, name)
    return why
