"""Recovery: the command after a kill finishes what the killed one had begun.

Either nothing had moved, and what is left over is cleared away, or the branch had moved, and pages,
index and queue are brought along.
"""

import json
import os
import time
from dataclasses import replace

from commonplace import files, plumbing, refs, ulid, worktree
from commonplace.errors import Busy, CommonplaceError
from commonplace.landing import (
    NONE,
    Intent,
    Moved,
    abandon,
    drop_index_lock,
    finish,
    follow,
    holds_index_lock,
)
from commonplace.lock import Lock
from commonplace.place import Place
from commonplace.plumbing import TOOL, Commit

STALE = 1.0
"""Seconds for which a git lock on one of our refs must stay unchanged to count as left by the dead."""


def needed(place: Place) -> bool:
    """Tell whether a change was cut short."""
    return os.path.exists(place.inside("intent")) or holds_index_lock(place)


def recover_quietly(place: Place) -> bool:
    """Recover if that is needed and nobody else is at work; tell whether anything was done."""
    if not needed(place):
        return False
    try:
        with Lock(place, "a recovery"):
            recover(place)
    except (Busy, OSError):
        return False
    return True


def recover(place: Place) -> None:
    """Finish or take back what a killed command had begun. The caller holds the lock."""
    path = place.inside("intent")
    data = files.read_regular(path, 1 << 30)
    if data is None:
        drop_index_lock(place)
        return
    try:
        intent = Intent(**json.loads(data))
    except (ValueError, TypeError) as error:
        raise CommonplaceError(
            f"{path} cannot be read: {error}", f"look at it, then remove it: rm {path}"
        ) from error
    _clear_stale_locks(place, intent)
    tip = refs.resolve(place, intent.ref)
    if tip in (intent.old, intent.new):
        try:
            finish(place, intent)
        except Moved:
            return
    elif _is_ancestor(place, intent.new, tip):
        follow(place, _settled(place, intent, tip))
    else:
        abandon(place, intent)


def _clear_stale_locks(place: Place, intent: Intent) -> None:
    """Remove the locks that git processes of the killed command left on the refs it was moving."""
    names = [intent.ref, *intent.made, *intent.drop]
    paths = [os.path.join(place.git, *name.split("/")) + ".lock" for name in names]
    paths += [os.path.join(place.git, name) for name in ("packed-refs.lock", "HEAD.lock")]
    there = {path: os.stat(path).st_mtime_ns for path in paths if os.path.exists(path)}
    if not there:
        return
    time.sleep(STALE)
    for path, before in there.items():
        if os.path.exists(path) and os.stat(path).st_mtime_ns == before:
            files.remove(path)


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
    after = plumbing.tree(place, commit, *worktree.FOLDERS)
    pages = {}
    for path, (old, seen, _, _) in intent.pages.items():
        item = after.get(path)
        pages[path] = (old, seen, item.oid if item else NONE, item.mode if item else "")
    return replace(intent, old=tip, new=commit, pages=pages)


def _final(place: Place, intent: Intent, tip: str) -> dict[str, bytes | None]:
    """Return path → content for the pages that a commit above ours has lost lines of ours from."""
    at_tip = plumbing.tree(place, tip, *worktree.FOLDERS)
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
        if here == old:
            final[path] = blobs.get(new)
        elif here != NONE:
            base, theirs = blobs.get(old, b""), blobs.get(new, b"")
            merged = plumbing.merge(place, blobs[here], base, theirs, union=True)
            if merged != blobs[here]:
                final[path] = merged
    return final
