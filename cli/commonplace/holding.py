"""Holding back what holds a secret: an entry that no drain takes and `git add` passes over.

The entry stays in `queue/` and the inbox, for nothing flagged is lost, readable by its owner alone. As long
as it is held its name stands in `.git/info/exclude`, so that a person's `git add -A` does not commit it.
Standard library only: this is on the hot path.
"""

import os

from commonplace import files, queue, secrets
from commonplace.entry import FIELDS, Entry
from commonplace.place import Place, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

WHY = "a secret: "
"""How the reason begins for which an entry with a secret is held."""

OWN = 0o600
"""The mode of an entry that is held: its owner's alone."""


def said(entry: Entry) -> str:
    """Return all that an entry says, its values as they are rather than quoted.

    What code alone writes is left out: an id may hold a mark of a shape by chance.
    """
    names = [name for name in (*FIELDS, "text") if name not in ("id", "kind", "type", "origin", "at")]
    return "\n".join(value for name in names if (value := getattr(entry, name)))


def reason(text: str) -> str:
    """Return why a text is held back, each secret masked, "" if it holds none."""
    found = secrets.find(text)
    shown = [f"{secret.what} ({_shown(text, secret)})" for secret in found]
    return WHY + ", ".join(dict.fromkeys(shown)) if shown else ""


def _shown(text: str, secret: secrets.Secret) -> str:
    """Return a secret's mask with the vendor's prefix before it: `ghp_…(36 characters)`."""
    head = text[max(0, secret.start - 12) : secret.start]
    prefix = head[len(head.rstrip(_OF_A_PREFIX)) :]
    return (prefix if prefix[-1:] in ("_", "-", ".") else "") + secret.mask


_OF_A_PREFIX = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."


def append(place: Place, entry: Entry) -> str:
    """Append an entry to the queue, held back if it holds a secret; return the reason, "" if none."""
    why = reason(said(entry))
    if why:
        hold(place, entry.file_name, why)  # first: a drain must not find it free
    try:
        queue.append(place, entry, OWN if why else 0o644)
    except BaseException:
        if why:
            release(place, entry.file_name)
        raise
    return why


def hold(place: Place, name: str, why: str) -> None:
    """Hold back an entry that holds a secret."""
    queue.hold(place, name.partition(".")[0], why)
    for path in (os.path.join(place.queue, name), os.path.join(place.inbox, name)):
        if os.path.isfile(path) and not os.path.islink(path):
            try:
                os.chmod(path, OWN)
            except OSError:
                continue  # another's
    exclude(place, name)


def exclude(place: Place, name: str) -> None:
    """Let git pass over a queue file that it does not hold."""
    path, line = os.path.join(place.git, "info", "exclude"), _line(name)
    if line not in read(path).split("\n"):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "a", encoding="utf-8") as file:  # one write: many may append at once
            file.write(("" if _ends_well(path) else "\n") + line + "\n")


def _line(name: str) -> str:
    return f"/queue/{name}"


def _ends_well(path: str) -> bool:
    return read(path)[-1:] in ("", "\n")


def is_held(place: Place, entry_id: str) -> bool:
    """Tell whether an entry is held back because it holds a secret."""
    return read(place.inside("held", entry_id)).startswith(WHY)


def release(place: Place, name: str) -> None:
    """Let the next drain take an entry, and git see it again."""
    queue.release(place, name.partition(".")[0])
    include(place, {name})


def include(place: Place, names: "Iterable[str]") -> None:
    """Let git see queue files again."""
    path, gone = os.path.join(place.git, "info", "exclude"), {_line(name) for name in names}
    lines = read(path).split("\n")
    if not gone.isdisjoint(lines):
        files.replace(path, "\n".join(line for line in lines if line not in gone).encode())


def allow(place: Place, name: str, data: bytes) -> None:
    """Note that a person has let an entry through as it is, with what looks like a secret in it."""
    files.replace(place.inside("allowed", name), _digest(data).encode(), OWN)


def is_allowed(place: Place, name: str, data: bytes) -> bool:
    """Tell whether a person has let the entry through as it is."""
    return read(place.inside("allowed", name)) == _digest(data)


def _digest(data: bytes) -> str:
    from hashlib import sha256

    return sha256(data).hexdigest()
