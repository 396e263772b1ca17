"""Captured entries: where history keeps what was in the queue."""

from collections.abc import Iterable

from commonplace import plumbing
from commonplace.entry import KINDS, Entry, EntryError, parse
from commonplace.place import Place


def find(place: Place, entry_id: str) -> tuple[str, str] | None:
    """Return (queue file, object) of an entry that an earlier drain took, from history."""
    from commonplace import repo  # GitPython costs 60 ms

    for kind in ("self-eval", "flag"):
        path = f"queue/{entry_id}.{kind}.md"
        for commit in repo.history(place, "--full-history", "--diff-filter=D", "HEAD", "--", path, limit=1):
            item = plumbing.tree(place, commit.parent, path).get(path)
            if item:
                return path[len("queue/") :], item.oid
    return None


def contents(place: Place, ids: Iterable[str]) -> dict[str, bytes]:
    """Return entry id → its file as it was when a drain took it, for those that history knows: one walk."""
    paths = [f"queue/{entry_id}.{kind}.md" for entry_id in ids for kind in KINDS]
    if not paths:
        return {}
    form = ("--format=%x01%P", "--full-history", "--diff-filter=D", "--name-only", "-z")
    out = plumbing.git(place, "log", *form, "HEAD", "--", *paths).decode("utf-8", "surrogateescape")
    names: dict[str, str] = {}
    for record in out.split("\x01"):
        parents, *found = [word for word in record.replace("\n", "\0").split("\0") if word] or [""]
        for path in found:
            names.setdefault(path.partition("/")[2].partition(".")[0], f"{parents.split(' ')[0]}:{path}")
    blobs = plumbing.contents(place, names.values())
    return {entry_id: blobs[name] for entry_id, name in names.items() if name in blobs}


def parsed(entry_id: str, data: bytes | None) -> Entry | None:
    """Return the entry that a file of the queue held, None where it held none."""
    if data is None:
        return None
    try:
        return parse(data.decode("utf-8", "replace"))
    except EntryError:
        from commonplace.drain.reading import parse_entry  # YAML costs 30 ms: only for a hand's work

        for kind in KINDS:
            try:
                return parse_entry(f"{entry_id}.{kind}.md", data)
            except EntryError:
                continue
        return None
