"""A person's own edits: what the work tree says that no commit does yet.

They are committed first, in the person's name. One kind is told apart: an editor that had opened a page
before a drain and saved it afterwards drops what the drain had added without anybody meaning it. Such a
page is merged from the version that the editor had.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from commonplace import plumbing, repo
from commonplace.ledger import Op, parse
from commonplace.memory.pages import Page
from commonplace.merging import union
from commonplace.place import Place
from commonplace.plumbing import Item, blob_id
from commonplace.worktree import File

LOOK_BACK = 20
"""How many commits of a page are looked at for the version that an editor may have had."""


@dataclass
class Edits:
    """files: path → content to commit (None: removed) · modes · ops: what was kept, what removed."""

    files: dict[str, bytes | None] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    ops: list[Op] = field(default_factory=list)


def find(place: Place, on_disk: Mapping[str, File], in_head: Mapping[str, Item], head: str) -> Edits:
    """Return the person's edits; the work tree's files are compared by content alone."""
    edits = Edits()
    new = [path for path in on_disk if path not in in_head]
    skipped = _ignored(place, new)
    for path, file in on_disk.items():
        item = in_head.get(path)
        same = item and item.oid == blob_id(file.data, head)
        if path in skipped or (same and item and item.mode in (file.mode, "120000")):
            continue
        edits.files[path] = file.data
        edits.modes[path] = file.mode
        if item and path.endswith(".md"):
            edits.files[path] = _settled(place, path, file.data, item, edits.ops)
    for path, item in in_head.items():
        if path not in on_disk and item.mode.startswith("100"):
            edits.files[path] = None
    return edits


def _ignored(place: Place, paths: list[str]) -> set[str]:
    """Return those of the new files that the person has told git to ignore."""
    if not paths:
        return set()
    data = "\0".join(paths).encode("utf-8", "surrogateescape")
    out = plumbing.git(place, "check-ignore", "-z", "--stdin", data=data, ok=(0, 1))
    return set(out.decode("utf-8", "surrogateescape").split("\0"))


def _settled(place: Place, path: str, data: bytes, item: Item, ops: list[Op]) -> bytes:
    """Return the page to commit: as saved, or merged if the editor had an older version of it."""
    committed = plumbing.contents(place, [item.oid])[item.oid]
    missing = _ids(committed) - _ids(data)
    if not missing:
        return data
    base = _opened_at(place, path, committed, missing)
    kept: set[str] = set()
    if base is not None:
        data = union(place, data, base, committed)
        kept = missing & _ids(data)
    ops += [Op("kept", (f"^{fact_id}", path)) for fact_id in sorted(kept)]
    ops += [Op("removed", (f"^{fact_id}", path)) for fact_id in sorted(missing - kept)]
    return data


def _opened_at(place: Place, path: str, committed: bytes, missing: set[str]) -> bytes | None:
    """Return the version that the editor had: the oldest since which all new facts are missing.

    A fact that was kept once already is not kept again: then the person means it.
    """
    found = None
    for commit in repo.history(place, "HEAD", "--", path, limit=LOOK_BACK):
        if any(op.verb == "kept" and op.words[-1] == path for op in parse(commit.body)):
            break
        name = f"{commit.parent}:{path}"
        before = plumbing.contents(place, [name]).get(name) if commit.parent else None
        since = _ids(committed) - _ids(before or b"")
        if since and not since <= missing:
            break
        if since and before is not None:
            found = before
    return found


def _ids(data: bytes) -> set[str]:
    return set(Page(data.decode("utf-8", "surrogateescape")).facts)
