"""Upgrades: a repository of an older format is brought to this program's, by one commit.

A newer one is refused before anything is read or written (`place.find`). Migrations are pure: files in,
changed files out; each leads from one format to the next.
"""

import re
import time
from collections.abc import Callable, Mapping

from commonplace import plumbing, recovery, repo, trust, ulid, worktree
from commonplace.landing import Change, land, until_landed
from commonplace.ledger import message
from commonplace.lock import Lock
from commonplace.place import FORMAT, SETTINGS, Place, format_of, number_of
from commonplace.plumbing import TOOL, Commit
from commonplace.settings import Settings
from commonplace.text import count

Files = Mapping[str, bytes]
"""Path → content of the settings and of all files of our folders."""

Migration = Callable[[Files], dict[str, bytes | None]]
"""Returns path → new content for what it changes; None removes a file."""


def _numbered(files: Files) -> dict[str, bytes | None]:
    """0 → 1: the settings say what format the repository has."""
    text = files[SETTINGS].decode("utf-8", "surrogateescape")
    number = re.compile(r"^format\s*=.*$", re.MULTILINE)
    head = text.partition("\n[")[0]
    if number.search(head):
        new = number.sub("format = 1", text, count=1)
    else:
        why = "# The format of this repository; a newer one is left alone by an older program."
        new = f"{why}\nformat = 1\n\n{text}"
    return {SETTINGS: new.encode("utf-8", "surrogateescape")}


MIGRATIONS: dict[int, Migration] = {0: _numbered}
"""Format → what leads from it to the next."""


def upgrade(place: Place, settings: Settings) -> str:
    """Bring the repository to this program's format; return the commit, "" where it is of that format."""
    if format_of(place.root) >= FORMAT:
        return ""
    trusted = trust.is_trusted(place)
    with Lock(place, "an upgrade"):
        recovery.recover(place)
        commit = until_landed(lambda: _upgrade(place, settings))
    if commit and trusted and not place.made_here:
        trust.trust(place)  # what changed is what we changed
    return commit


def _upgrade(place: Place, settings: Settings) -> str:
    head = repo.ready(place, settings.text("repository.branch"))
    items = plumbing.tree(place, head, SETTINGS, *worktree.FOLDERS)
    blobs = plumbing.contents(place, {item.oid for item in items.values()})
    before = {path: blobs[item.oid] for path, item in items.items() if item.oid in blobs}
    if SETTINGS not in before or _number(before) >= FORMAT:
        return ""  # only the work tree's settings lack the number: a person's edit
    on_disk = {path: worktree.read(place, path) for path in migrated(before)}
    steps = []
    edits = {path: data for path, data in on_disk.items() if data != before.get(path)}
    if edits:
        who = repo.person(place)
        text = message(f"edit: {count(len(edits), 'file')} by hand", [], [])
        steps.append(Commit(text, who, TOOL, edits))
        before = {path: data for path, data in {**before, **edits}.items() if data is not None}
    changed = migrated(before)
    modes = {path: items[path].mode for path in changed if path in items}
    subject = f"upgrade: format {_number(before)} to {FORMAT}"
    steps.append(Commit(message(subject, [], []), TOOL, TOOL, changed, modes))
    pages = {path: on_disk[path] if path in on_disk else worktree.read(place, path) for path in changed}
    change = Change(
        verb="upgrade",
        id=ulid.new(),
        branch=settings.text("repository.branch"),
        head=head,
        commits=steps,
        pages=pages,
        at=int(time.time()),
    )
    return land(place, change)[-1]


def migrated(files: Files) -> dict[str, bytes | None]:
    """Return path → new content of what all migrations from the files' format on change."""
    changed: dict[str, bytes | None] = {}
    for number in range(_number(files), FORMAT):
        changed.update(MIGRATIONS[number](_with(files, changed)))
    return changed


def _with(files: Files, changed: Mapping[str, bytes | None]) -> dict[str, bytes]:
    return {path: data for path, data in {**files, **changed}.items() if data is not None}


def _number(files: Files) -> int:
    return number_of(files[SETTINGS].decode("utf-8", "surrogateescape"))
