"""Recovery: the command after a kill finishes what the killed one had begun.

Either nothing had moved, and what is left over is cleared away, or the branch had moved, and pages,
index and queue are brought along.
"""

import json
import os
import time
from contextlib import suppress
from dataclasses import replace

from commonplace import files, plumbing, refs, repo, ulid, worktree
from commonplace.errors import CommonplaceError, NotNow
from commonplace.landing import (
    BUILDING,
    NONE,
    Intent,
    Moved,
    abandon,
    drop_index_lock,
    finish,
    follow,
    holds_index_lock,
    take_index_lock,
)
from commonplace.lock import Lock
from commonplace.merging import union
from commonplace.place import SETTINGS, Place
from commonplace.plumbing import TOOL, Commit

STALE = 1.0
"""Seconds for which a git lock on one of our refs must stay unchanged to count as left by the dead."""


GRAPH = "graph"
"""The mark in the private folder while the commit graph is written: a kill leaves git's lock on it."""


def needed(place: Place) -> bool:
    """Tell whether a change was cut short."""
    left = (place.inside("intent"), place.inside("purging"))
    return any(map(os.path.exists, left)) or holds_index_lock(place)


def recover_quietly(place: Place) -> bool:
    """Recover if that is needed and nobody else is at work; tell whether anything was done."""
    if not needed(place) and not _left_over(place):
        return False
    try:
        with Lock(place, "a recovery"):
            recover(place)
    except (CommonplaceError, OSError):
        return False
    return True


def _left_over(place: Place) -> bool:
    """Tell whether something of a killed command lies about that does no harm."""
    building = os.path.join(place.git, *BUILDING.split("/"))
    return os.path.exists(place.inside(GRAPH)) or os.path.exists(building)


def recover(place: Place) -> None:
    """Finish or take back what a killed command had begun. The caller holds the lock."""
    if os.path.exists(place.inside("purging")):
        # A floor above: what a purge leaves over is its own to finish.
        from commonplace.purge.moving import resume

        resume(place)
    intent = _intent(place)
    _clear_stale_locks(place, intent)
    if intent:
        take_index_lock(place, intent.id)
        _finish(place, intent)
    drop_index_lock(place)
    _clear_building(place)


def _intent(place: Place) -> Intent | None:
    path = place.inside("intent")
    data = files.read_regular(path, 1 << 30)
    try:
        return Intent(**json.loads(data)) if data is not None else None
    except (ValueError, TypeError) as error:
        raise CommonplaceError(
            f"{path} cannot be read: {error}", f"look at it, then remove it: rm {path}"
        ) from error


def _finish(place: Place, intent: Intent) -> None:
    tip = refs.resolve(place, intent.ref)
    if tip == intent.old and not _at_rest(place, intent):
        abandon(place, intent)
    elif tip in (intent.old, intent.new):
        try:
            finish(place, intent)
        except Moved:
            return
    elif _is_ancestor(place, intent.new, tip):
        follow(place, _settled(place, intent, tip))
    else:
        abandon(place, intent)


def _at_rest(place: Place, intent: Intent) -> bool:
    """Tell whether the branch may still be moved: no merge has begun since, no other branch is out."""
    try:
        repo.ready(place, intent.ref.removeprefix("refs/heads/"))
    except NotNow:
        return False
    return True


def _clear_building(place: Place) -> None:
    """Remove the refs on which a killed command had built its commits."""
    out = plumbing.git(place, "for-each-ref", "--format=%(refname) %(objectname)", BUILDING)
    for line in out.decode().splitlines():
        plumbing.delete(place, *line.split(" "))
    with suppress(OSError):
        os.rmdir(os.path.join(place.git, *BUILDING.split("/")))


def _clear_stale_locks(place: Place, intent: Intent | None) -> None:
    """Remove the locks that git processes of the killed command left on what they were writing."""
    clear_locks(_locks(place, intent))
    files.remove(place.inside(GRAPH))


def clear_locks(paths: list[str]) -> None:
    """Remove those of git's locks that no process is at work on: they stay unchanged for a while."""
    there = {path: os.stat(path).st_mtime_ns for path in paths if os.path.exists(path)}
    if there:
        time.sleep(STALE)
    for path, before in there.items():
        if os.path.exists(path) and os.stat(path).st_mtime_ns == before:
            files.remove(path)


def _locks(place: Place, intent: Intent | None) -> list[str]:
    """Return the paths at which git locks what the killed command may have been writing."""
    names = [f"{ref}.lock" for ref in [intent.ref, *intent.made, *intent.drop]] if intent else []
    ours = os.path.join(place.git, "refs", "commonplace")
    for folder, _, found in os.walk(ours):
        names += [os.path.relpath(os.path.join(folder, name), place.git) for name in found]
    names = [name for name in names if name.endswith(".lock")]
    if names:
        names += ["packed-refs.lock", "HEAD.lock"]
    if os.path.exists(place.inside(GRAPH)):
        names.append("objects/info/commit-graphs/commit-graph-chain.lock")
    return [os.path.join(place.git, name) for name in names]


def _is_ancestor(place: Place, old: str, new: str) -> bool:
    return plumbing.succeeds(place, "merge-base", "--is-ancestor", old, new)


def _settled(place: Place, intent: Intent, tip: str) -> Intent:
    """Return the intent for a branch on which commits stand above ours.

    A commit of everything, made before the pages had followed, took our lines back out and the queue
    back in; a commit of ours then puts that right. What such a commit changed otherwise stands.
    """
    final = _final(place, intent, tip)
    there = plumbing.tree(place, tip, "queue")
    final.update({path: None for name in intent.captured if (path := f"queue/{name}") in there})
    if not final:
        commit = tip
    else:
        message = f"recover: finish {intent.verb} {intent.id}\n"
        ref = f"refs/commonplace/building/{ulid.new()}"
        made = [Commit(message, TOOL, TOOL, final)]
        row, _ = plumbing.build(place, ref, tip, made, [], int(time.time()))
        commit = row[0]
        plumbing.move(place, intent.ref, commit, tip, f"recover {intent.id}")
        plumbing.delete(place, ref, commit)
    after = plumbing.tree(place, commit, SETTINGS, *worktree.FOLDERS)
    pages = {}
    for path, (old, seen, _, _) in intent.pages.items():
        item = after.get(path)
        pages[path] = (old, seen, item.oid if item else NONE, item.mode if item else "")
    return replace(intent, old=tip, new=commit, pages=pages)


def _final(place: Place, intent: Intent, tip: str) -> dict[str, bytes | None]:
    """Return path → content for the pages that a commit above ours has lost lines of ours from."""
    at_tip = plumbing.tree(place, tip, SETTINGS, *worktree.FOLDERS)
    current = {path: at_tip[path].oid if path in at_tip else NONE for path in intent.pages}
    blobs = plumbing.contents(
        place,
        {o for p, (old, _, new, _) in intent.pages.items() for o in (old, new, current[p]) if o},
    )
    final: dict[str, bytes | None] = {}
    for path, (old, _, new, _) in intent.pages.items():
        here = current[path]
        if here == new:
            continue
        if here in (old, NONE):
            final[path] = blobs.get(new)
        else:
            base, theirs = blobs.get(old, b""), blobs.get(new, b"")
            merged = union(place, blobs.get(here, b""), base, theirs)
            if merged != blobs.get(here):
                final[path] = merged
    return final
