"""The queue: append an entry, list what waits, bring back what vanished, hold back, remove.

An entry is one file, created whole and never rewritten, so no lock, merge or other writer can lose
it. It has a second link in the private inbox, out of reach of `git clean`, `git stash` and `rm`.
Standard library only: this is on the hot path.
"""

import os

from commonplace import entry as entries
from commonplace import files
from commonplace.entry import Entry
from commonplace.errors import CommonplaceError
from commonplace.place import Place, read


class Waiting:
    """What the queue holds, by name alone.

    names: entry files in `queue/`, sorted by time · vanished: entries of the inbox that `queue/`
    has lost · held: id → why it is held back · odd: (name, why) of what is no entry.
    """

    __slots__ = ("held", "names", "odd", "vanished")

    def __init__(
        self,
        names: list[str],
        vanished: list[str],
        held: dict[str, str],
        odd: list[tuple[str, str]],
    ) -> None:
        self.names = names
        self.vanished = vanished
        self.held = held
        self.odd = odd


def append(place: Place, entry: Entry, mode: int = 0o644) -> str:
    """Write the entry to `queue/` and the inbox, synced, and return the queue file's path.

    The file appears whole under its name or not at all. Never waits for a lock, never runs git.
    """
    data = entry.to_markdown().encode()
    name = entry.file_name
    temporary = os.path.join(place.inbox, f".{name}.tmp")
    try:
        _make_queue(place)
        os.makedirs(place.inbox, mode=0o700, exist_ok=True)
        files.write_new(temporary, data, mode)
        # The inbox first: a drain that sees the entry in the queue takes away both names.
        os.rename(temporary, os.path.join(place.inbox, name))
        link_or_copy(os.path.join(place.inbox, name), os.path.join(place.queue, name))
    except OSError as error:
        for folder in (place.queue, place.inbox):
            files.discard(os.path.join(folder, name))
        files.discard(temporary)
        raise CommonplaceError(
            f"the entry could not be written: {error.strerror} ({error.filename})",
            "free space or mend the folder's permissions, then flag it again",
        ) from error
    files.sync_folder(place.queue)
    files.sync_folder(place.inbox)
    return os.path.join(place.queue, name)


def _make_queue(place: Place) -> None:
    """Make `queue/` if it is gone; a link in its place is refused, for it could lead anywhere."""
    if os.path.islink(place.queue):
        raise CommonplaceError(f"{place.queue} is a symbolic link", f"put a real folder at {place.queue}")
    os.makedirs(place.queue, exist_ok=True)


def link_or_copy(source: str, target: str) -> None:
    """Give a file a second name; where the filesystem has no links, a synced copy."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        with open(source, "rb") as file:
            files.write_new(target, file.read(), os.fstat(file.fileno()).st_mode & 0o777)


def listing(place: Place) -> Waiting:
    """List the queue without reading a single entry."""
    names, odd = [], []
    if os.path.islink(place.queue):
        odd.append(("queue", "a symbolic link: nothing in it is read"))
    for item in _scan(place.queue):
        if item.name.startswith("."):
            continue
        if item.is_symlink():
            odd.append((item.name, "a symbolic link"))
        elif item.is_dir():
            odd.append((item.name, "a folder"))
        elif entries.split_name(item.name) is None:
            odd.append((item.name, "not named as an entry"))
        elif (size := _size(item)) is None:
            continue
        elif size > entries.MAX_FILE:
            odd.append((item.name, f"too large ({size:,} bytes)"))
        elif size == 0:
            odd.append((item.name, "empty"))
        else:
            names.append(item.name)
    known = {*names, *(name for name, _ in odd)}
    vanished = [name for name in inbox_names(place) if name not in known]
    return Waiting(sorted(names), vanished, held(place), sorted(odd))


def _size(item: "os.DirEntry[str]") -> int | None:
    """Return a file's size; None where a drain has taken it since the folder was listed."""
    try:
        return item.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        return None


def inbox_names(place: Place) -> list[str]:
    """Return the names of the inbox's entries, sorted by time."""
    return sorted(item.name for item in _scan(place.inbox) if entries.split_name(item.name))


def _scan(folder: str) -> "list[os.DirEntry[str]]":
    if os.path.islink(folder):
        return []  # a clone could lead us anywhere
    try:
        with os.scandir(folder) as items:
            return list(items)
    except (FileNotFoundError, NotADirectoryError):
        return []


def held(place: Place) -> dict[str, str]:
    """Return the ids of the entries that are held back, each with the reason."""
    return {
        item.name: read(item.path).strip()
        for item in _scan(place.inside("held"))
        if not item.name.startswith(".")
    }


def hold(place: Place, entry_id: str, why: str) -> None:
    """Hold an entry back: no drain takes it until it is released."""
    files.replace(place.inside("held", entry_id), why.encode())


def release(place: Place, entry_id: str) -> bool:
    """Let the next drain take an entry that was held back; tell whether it was."""
    return files.remove(place.inside("held", entry_id))


def restore(place: Place, name: str) -> None:
    """Bring an entry that vanished from `queue/` back from the inbox."""
    _make_queue(place)
    link_or_copy(os.path.join(place.inbox, name), os.path.join(place.queue, name))
    files.sync_folder(place.queue)


def put_back(place: Place, name: str, data: bytes) -> None:
    """Put an entry whose content history holds back under both its names, if they are free."""
    for folder in (place.inbox, place.queue):
        os.makedirs(folder, exist_ok=True)
        if not os.path.lexists(os.path.join(folder, name)):
            files.replace(os.path.join(folder, name), data)


def forget(place: Place, name: str) -> None:
    """Remove both names of an entry whose content history holds."""
    files.remove(os.path.join(place.queue, name))
    files.remove(os.path.join(place.inbox, name))
    release(place, name.partition(".")[0])
    files.remove(place.inside("allowed", name))
