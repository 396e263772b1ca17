"""The queue as a person wants to see it: every entry with its state, found by the end of its id."""

import os
from typing import NamedTuple

from commonplace import files, queue, secrets
from commonplace.drain.reading import parse_entry
from commonplace.entry import MAX_FILE, Entry, EntryError, split_name
from commonplace.errors import CommonplaceError
from commonplace.place import Place
from commonplace.text import one_line


class Row(NamedTuple):
    """One line of the queue. state: waits, held, vanished or odd; why: the reason for the latter."""

    id: str
    name: str
    state: str
    why: str
    about: str


def rows(place: Place) -> list[Row]:
    """Return everything that lies in the queue, or should, in the order of time."""
    listed = queue.listing(place)
    found = [_row(place, name, listed.held) for name in listed.names]
    found += [_row(place, name, {}, vanished=True) for name in listed.vanished]
    found += [Row("", one_line(name, 80), "odd", why, "") for name, why in listed.odd]
    return sorted(found, key=lambda row: row.name)


def _row(place: Place, name: str, held: dict[str, str], *, vanished: bool = False) -> Row:
    entry_id = name.partition(".")[0]
    state, why = "waits", ""
    if vanished:
        state, why = "vanished", "commonplace queue restore brings it back"
    elif entry_id in held:
        state, why = "held", one_line(held[entry_id], 200)
    try:
        about = _about(parse_entry(name, read(place, name)))
    except (EntryError, CommonplaceError) as error:
        return Row(entry_id, name, "odd", secrets.masked(str(error)), "")
    return Row(entry_id, name, state, why, about)


def _about(entry: Entry) -> str:
    where = entry.topic or entry.target
    head = f"{entry.scope} {where}".strip()
    said = entry.text or f"{entry.better} (snag: {entry.snag})"
    return f"{head}: {one_line(secrets.masked(said), 80)}"


def find(place: Place, said: str) -> str:
    """Return the file of the entry with that id, or the only one whose id ends so."""
    listed = queue.listing(place)
    names = [*listed.names, *listed.vanished]
    names += [name for name, _ in listed.odd if split_name(name)]
    wanted = said.upper()
    found = [name for name in names if wanted and name.partition(".")[0].endswith(wanted)]
    if len(found) != 1:
        many = f"{len(found)} entries end in" if found else "no entry in the queue has the id"
        raise CommonplaceError(f"{many} {one_line(said, 40)!r}", "commonplace queue list")
    return found[0]


def read(place: Place, name: str) -> bytes:
    """Return an entry's bytes, from the queue or, if it vanished from there, from the inbox."""
    for folder in (place.queue, place.inbox):
        data = files.read_regular(os.path.join(folder, name), MAX_FILE)
        if data is not None:
            return data
    raise CommonplaceError(f"queue/{name} cannot be read", "commonplace queue list")
