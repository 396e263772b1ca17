"""Landing: how a change of memory reaches the branch and the work tree, whole or not at all.

1. The commits are built beside the branch; nothing moves yet.
2. `.git/index.lock` is taken with our id in it: from here to the end no git command changes the index.
3. Whether HEAD and the pages still stand as they were read is checked again, else the caller plans anew.
4. The intent is written: what moves, from where, to where.
5. The new refs are made; the branch moves last, by compare-and-swap.
6. The new head is recorded for the audit. Pages, queue and the person's index follow, each by its object:
   a page that is new already is done, one that is as it was read is written, any other is a newer edit of
   the person's and is merged.
7. Refs that are done with go, then the intent, then the lock.

A kill before 4 changes nothing. After a kill from 4 on, `recovery` does the rest: every step can be done
twice.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TypeVar

from commonplace import files, heads, plumbing, queue, refs, worktree
from commonplace.errors import Busy
from commonplace.merging import union
from commonplace.place import SETTINGS, Place, read
from commonplace.plumbing import Commit, GitError, blob_id

NONE = ""
"""The object of a file that is not there."""

BUILDING = "refs/commonplace/building/"
"""Where commits stand while they are built."""

_MINE = "commonplace "
"""How our own `.git/index.lock` begins; git's are empty or an index."""

TRIES = 3

_PATIENCE = 2.0
"""Seconds to wait for a git command that holds the index."""


T = TypeVar("T")


class Moved(Exception):
    """HEAD or a page has changed since it was read; nothing was changed: plan again."""


def _no_step(_: str) -> None:
    return


on_step: Callable[[str], None] = _no_step
"""Called with a step's name before it is taken; a test stops the process there."""


@dataclass(frozen=True)
class Change:
    """A change of memory to land, on top of `head` of `branch`.

    pages: path → content as it was read in the work tree (None: no file), for all that the commits
    change there · captured: queue file → its object, to leave the queue · requeued: queue file → its
    object, to come back, held for the reason `hold` · drop: ref → commit, refs to delete · keep: ref →
    commit, refs to make · proposals: name of a branch → its commit on top of the row · sign: whether the
    person is at a terminal and wants their commits signed.
    """

    verb: str
    id: str
    branch: str
    head: str
    commits: list[Commit]
    pages: Mapping[str, bytes | None]
    at: int
    proposals: Mapping[str, Commit] = field(default_factory=dict)
    captured: Mapping[str, str] = field(default_factory=dict)
    requeued: Mapping[str, str] = field(default_factory=dict)
    hold: str = ""
    drop: Mapping[str, str] = field(default_factory=dict)
    keep: Mapping[str, str] = field(default_factory=dict)
    sign: bool = False


@dataclass(frozen=True)
class Intent:
    """What a landing is about to move, as written to `intent`: objects and refs by their ids.

    pages: path → (object before the change, as read in the work tree, after it, mode after it).
    """

    id: str
    verb: str
    ref: str
    old: str
    new: str
    made: dict[str, str]
    drop: dict[str, str]
    pages: dict[str, tuple[str, str, str, str]]
    captured: dict[str, str]
    requeued: dict[str, str]
    hold: str


def until_landed(act: "Callable[[], T]") -> "T":
    """Return what `act` returns, done again while the ground moves under it; Busy after three times."""
    for _ in range(TRIES):
        try:
            return act()
        except Moved:
            continue
    raise Busy("the repository changed each time; nothing was changed", "try again")


def land(place: Place, change: Change) -> list[str]:
    """Make the change and return the ids of its commits on the branch; Moved if it must be replanned.

    The caller holds the repository's lock.
    """
    if SETTINGS in change.pages and change.verb != "upgrade":
        raise ValueError(f"a {change.verb} changes {SETTINGS}")
    on_step("build")
    working = BUILDING + change.id
    aside = list(change.proposals.values())
    row, ends = plumbing.build(place, working, change.head, change.commits, aside, change.at)
    if change.sign:
        row, ends = _signed(place, working, row, ends)
    built = {working: row[-1], **{f"{working}-{n}": end for n, end in enumerate(ends, start=1)}}
    proposals = {f"refs/heads/{name}": end for name, end in zip(change.proposals, ends, strict=True)}
    intent = _intent(place, change, row[-1], proposals)
    try:
        on_step("lock")
        take_index_lock(place, change.id)
        try:
            _check_unchanged(place, change)
            on_step("intent")
            files.replace(place.inside("intent"), json.dumps(asdict(intent)).encode(), 0o600)
        except BaseException:
            drop_index_lock(place)
            raise
        finish(place, intent)
    finally:
        for ref, commit in built.items():
            plumbing.delete(place, ref, commit)
    return row


def _signed(place: Place, working: str, row: list[str], ends: list[str]) -> tuple[list[str], list[str]]:
    """Return the built commits with those of the person's signed; the refs they are built on follow."""
    from commonplace import signing

    refs_of = {working: row[-1], **{f"{working}-{n}": end for n, end in enumerate(ends, start=1)}}
    try:
        new = signing.signed(place, [*row, *ends])
    except BaseException:
        for ref, commit in refs_of.items():
            plumbing.delete(place, ref, commit)
        raise
    for ref, commit in refs_of.items():
        plumbing.move(place, ref, new[commit], commit, "sign")
    return [new[commit] for commit in row], [new[commit] for commit in ends]


def _intent(place: Place, change: Change, new: str, proposals: dict[str, str]) -> Intent:
    before = plumbing.tree(place, change.head, SETTINGS, *worktree.FOLDERS)
    after = plumbing.tree(place, new, SETTINGS, *worktree.FOLDERS)
    pages = {}
    for path, data in change.pages.items():
        old, item = before.get(path), after.get(path)
        seen = NONE if data is None else blob_id(data, new)
        pages[path] = (
            old.oid if old else NONE, seen, item.oid if item else NONE, item.mode if item else "",
        )  # fmt: skip
    return Intent(
        change.id, change.verb, f"refs/heads/{change.branch}", change.head, new,
        {**proposals, **change.keep}, dict(change.drop), pages, dict(change.captured),
        dict(change.requeued), change.hold,
    )  # fmt: skip


def _check_unchanged(place: Place, change: Change) -> None:
    if refs.head(place) != (f"refs/heads/{change.branch}", change.head):
        raise Moved("HEAD")
    for path, data in change.pages.items():
        if worktree.read(place, path) != data:
            raise Moved(path)


def finish(place: Place, intent: Intent) -> None:
    """Take every step from the intent on; each may have been taken before."""
    try:
        _move(place, intent)
    except GitError:
        tip = refs.resolve(place, intent.ref)
        if tip != intent.new:  # else a git process that outlived its killed command was quicker
            abandon(place, intent)
            if tip != intent.old:
                raise Moved("HEAD") from None
            raise
    follow(place, intent)


def _move(place: Place, intent: Intent) -> None:
    if refs.resolve(place, intent.ref) == intent.new:  # the branch moves last
        return
    for ref, commit in intent.made.items():
        on_step("make a ref")
        if plumbing.resolve(place, ref) != commit:
            plumbing.move(place, ref, commit, "0" * len(commit), intent.verb)
    on_step("move")
    plumbing.move(place, intent.ref, intent.new, intent.old, f"{intent.verb} {intent.id}")


def abandon(place: Place, intent: Intent) -> None:
    """Take back a change whose branch never moved: its refs, its intent, its lock."""
    for ref, commit in intent.made.items():
        plumbing.delete(place, ref, commit)
    files.remove(place.inside("intent"))
    drop_index_lock(place)


def follow(place: Place, intent: Intent) -> None:
    """Note the new head, bring pages, index and queue along with the branch, and let go."""
    on_step("record")
    heads.record(place, intent.verb, intent.new, intent.old)
    if refs.head(place)[0] == intent.ref:
        _bring_pages(place, intent)
        on_step("index")
        _bring_index(place, intent)
    on_step("queue")
    _bring_queue(place, intent)
    for ref, commit in intent.drop.items():
        on_step("drop a ref")
        plumbing.delete(place, ref, commit)
    on_step("release")
    files.remove(place.inside("intent"))
    on_step("unlock")
    drop_index_lock(place)


def _bring_pages(place: Place, intent: Intent) -> None:
    wanted = {oid for _, seen, new, _ in intent.pages.values() for oid in (seen, new) if oid}
    blobs = plumbing.contents(place, wanted)
    for path, (_, seen, new, mode) in intent.pages.items():
        on_step("page")
        data = worktree.read(place, path)
        here = NONE if data is None else blob_id(data, intent.new)
        if here == new:
            continue
        if here != seen and data is not None:
            # The person saved the page after it was read: their lines and ours both stay.
            base, ours = blobs.get(seen, b""), blobs.get(new, b"")
            worktree.write(place, path, union(place, data, base, ours), mode)
        elif new == NONE:
            worktree.remove(place, path)
        else:
            worktree.write(place, path, blobs[new], mode)


def _bring_index(place: Place, intent: Intent) -> None:
    """Set the person's index to the new objects of what we changed, and touch nothing else in it."""
    # A killed git process leaves its lock beside the copy: each try has a folder and a name of its own.
    folder = place.inside("index")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder, mode=0o700)
    index, working = os.path.join(place.git, "index"), os.path.join(folder, str(os.getpid()))
    if os.path.exists(index):
        with open(index, "rb") as file:
            files.write_new(working, file.read())
    else:
        plumbing.git(place, "read-tree", intent.new, index=working)
    nothing = "0" * len(intent.new)
    lines = [f"{mode or '0'} {new or nothing}\t{path}" for path, (_, _, new, mode) in intent.pages.items()]
    lines += [f"0 {nothing}\tqueue/{name}" for name in intent.captured]
    data = "\0".join([*lines, ""]).encode("utf-8", "surrogateescape")
    plumbing.git(place, "update-index", "-z", "--index-info", data=data, index=working)
    os.replace(working, index)
    shutil.rmtree(folder, ignore_errors=True)


def _bring_queue(place: Place, intent: Intent) -> None:
    for name, oid in intent.captured.items():
        data = files.read_regular(os.path.join(place.queue, name), worktree.MAX_PAGE)
        if data is None or blob_id(data, oid) == oid:
            queue.forget(place, name)
    blobs = plumbing.contents(place, intent.requeued.values())
    for name, oid in intent.requeued.items():
        queue.hold(place, name.partition(".")[0], intent.hold)
        queue.put_back(place, name, blobs[oid])
    files.sync_folder(place.queue)
    files.sync_folder(place.inbox)


def take_index_lock(place: Place, change_id: str) -> None:
    """Take git's own lock on the index, with our id inside; Busy if a git command holds it.

    The lock appears with its content, so an empty one is never ours.
    """
    path, mine = os.path.join(place.git, "index.lock"), place.inside("index.lock.new")
    files.remove(mine)
    files.write_new(mine, f"{_MINE}{change_id}\n".encode())
    until = time.monotonic() + _PATIENCE
    try:
        while True:
            try:
                queue.link_or_copy(mine, path)
                return
            except FileExistsError:
                if holds_index_lock(place):  # we hold the drain's lock, so that process is dead
                    files.remove(path)
                elif time.monotonic() > until:
                    raise Busy(
                        f"a git command holds {path}; nothing was changed",
                        f"let it finish; if none runs: rm {path}",
                    ) from None
                time.sleep(0.02)
    finally:
        files.remove(mine)


def holds_index_lock(place: Place) -> bool:
    """Tell whether git's lock on the index is one of ours."""
    return read(os.path.join(place.git, "index.lock")).startswith(_MINE)


def drop_index_lock(place: Place) -> None:
    """Let go of git's lock on the index, if it is ours."""
    if holds_index_lock(place):
        files.remove(os.path.join(place.git, "index.lock"))
