"""A purge: forget, write the history anew, and put the new one in the old one's place.

1. A bundle of all refs as they were is kept in the private folder.
2. The fact or the entry is forgotten, as a commit.
3. The new history is made beside the old one, and checked whole; nothing names it yet.
4. Caches and logs outside git are cleaned.
5. The intent is written: which ref goes from where to where. From here on a kill is finished by the next
   command; before it, the old history stands untouched.
6. The refs move, the memory's branch last; index and work tree follow.

The old objects stay until git drops them: `prune` has it drop them now.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field

from commonplace import captured, files, forget, forgotten, landing, plumbing, recovery, repo, ulid
from commonplace.drain.reading import parse_entry
from commonplace.entry import KINDS, MAX_FILE, EntryError
from commonplace.errors import NotNow
from commonplace.forget import Forgotten, Target
from commonplace.lock import Lock
from commonplace.place import Place
from commonplace.purge import moving, traces
from commonplace.purge.mask import Mask
from commonplace.purge.moving import Intent, all_refs
from commonplace.purge.rewriting import Rewriting
from commonplace.settings import Settings


@dataclass
class Purged:
    """What a purge did, or would do. left: tracked files of the work tree, edited since, that say it
    still · waiting: other entries of the queue that say it too · remotes: names of the remotes ·
    backups: every bundle of this purge and earlier ones.
    """

    forgotten: Forgotten | None = None
    bundle: str = ""
    commits: int = 0
    files: int = 0
    refs: list[str] = field(default_factory=list)
    backups: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    remotes: list[str] = field(default_factory=list)


Told = Callable[[str], None]


def preview(place: Place, settings: Settings, target: Target) -> Purged:
    """Return what a purge would do; nothing is changed."""
    _check(place, settings)
    rewriting, _ = _rewritten(place, target, write=False)
    return _purged(place, rewriting, all_refs(place))


def purge(place: Place, settings: Settings, target: Target, told: Told = lambda _: None) -> Purged:
    """Take it out of memory and of all history. The caller has a person's word for it."""
    with Lock(place, "a purge"):
        recovery.recover(place)
        _check(place, settings)
        mask = _mask(place, target)
        told("keeping a backup")
        bundle = _backup(place)
        try:
            done = forget.before_purge(place, settings, target)
            told("writing the history anew")
            rewriting, mask = _rewritten(place, target, write=True, mask=mask)
            before = all_refs(place)
            intent = _intent(place, settings, rewriting, before)
            _check_whole(place, intent)
            landing.on_step("traces")
            traces.clean(place, mask)
            moving.begin(place, intent, before)
        except BaseException:
            files.discard(bundle)
            raise
        told("moving the refs")
        left = moving.finish(place, intent)
        purged = _purged(place, rewriting, before)
        purged.forgotten, purged.bundle, purged.left = done, bundle, left
        folder = os.path.dirname(bundle)
        purged.backups = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
        purged.waiting = traces.waiting(place, mask)
        return purged


def _check(place: Place, settings: Settings) -> None:
    """Raise NotNow where history cannot be written anew at present."""
    repo.ready(place, settings.text("repository.branch"))
    if os.path.exists(os.path.join(place.git, "shallow")):
        raise NotNow("this clone is shallow: it holds only a part of its history", "git fetch --unshallow")
    linked = os.path.join(place.git, "worktrees")
    if os.path.isdir(linked) and os.listdir(linked):
        raise NotNow("there are linked worktrees, whose files would keep it", "git worktree remove PATH")


def _mask(place: Place, target: Target) -> Mask:
    """Return what is to be replaced, as far as the queue and the drained entries tell."""
    stems = [ulid.short(target.entry)] if target.entry else []
    mask = Mask(facts=frozenset((*target.facts, *stems)), entries=frozenset(target.sources))
    for entry_id in target.sources:
        found = captured.find(place, entry_id)
        mask.learn(forgotten.said(place, [found[1]]) if found else [])
        for folder in (place.queue, place.inbox):
            for name in [f"{entry_id}.{kind}.md" for kind in KINDS]:
                data = files.read_regular(os.path.join(folder, name), MAX_FILE)
                try:
                    mask.learn(forgotten.texts(parse_entry(name, data)) if data else [])
                except EntryError:
                    continue
    return mask


def _rewritten(
    place: Place, target: Target, *, write: bool, mask: Mask | None = None
) -> tuple[Rewriting, Mask]:
    mask = mask or _mask(place, target)
    found = all_refs(place)
    tips = list(found.values())
    rewriting = Rewriting(place, mask, tips[0])
    rewriting.run(tips, write=write)
    return rewriting, mask


def _backup(place: Place) -> str:
    """Write a bundle of all refs, for its owner alone, and return its path."""
    path = place.inside(traces.BACKUPS, f"{ulid.new()}.bundle")
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    files.write_new(path + ".tmp", b"", 0o600)
    plumbing.git(place, "bundle", "create", "--quiet", path + ".tmp", "--all", "HEAD")
    os.chmod(path + ".tmp", 0o600)
    with open(path + ".tmp", "rb") as file:
        os.fsync(file.fileno())
    os.replace(path + ".tmp", path)
    files.sync_folder(os.path.dirname(path))
    return path


def _intent(place: Place, settings: Settings, rewriting: Rewriting, before: dict[str, str]) -> Intent:
    new = rewriting.new
    branch = f"refs/heads/{settings.text('repository.branch')}"
    moved = {name: (oid, new[oid]) for name, oid in before.items() if oid in new}
    drop = {name: old for name, (old, _) in moved.items() if name.startswith("refs/remotes/")}
    kept = {name: pair for name, pair in moved.items() if name not in drop}
    order = sorted(kept, key=lambda name: (name == branch, name))
    out = plumbing.git(place, "log", "-g", "--format=%H", "refs/stash", "--", ok=(0, 128))
    stash = {oid: new[oid] for oid in out.decode().split() if oid in new}
    tip = before[branch]
    tips = (tip, new.get(tip, tip))
    return Intent(ulid.new(), {name: kept[name] for name in order}, drop, rewriting.blobs, stash, tips)


def _check_whole(place: Place, intent: Intent) -> None:
    """Raise GitError where the new history is not all there."""
    tips = "\n".join(new for _, new in intent.refs.values()) + "\n"
    if intent.refs:
        plumbing.git(place, "rev-list", "--objects", "--quiet", "--stdin", data=tips.encode())


def _purged(place: Place, rewriting: Rewriting, before: dict[str, str]) -> Purged:
    remotes = plumbing.git(place, "remote").decode("utf-8", "replace").split()
    moved = sorted(name for name, oid in before.items() if oid in rewriting.new)
    return Purged(commits=rewriting.commits, files=len(rewriting.blobs), refs=moved, remotes=remotes)


def prune(place: Place) -> None:
    """Have git drop what no ref and no stash holds: the old history's objects, and the logs of the refs."""
    with Lock(place, "a prune"):
        recovery.recover(place)
        logs = os.path.join(place.git, "logs")
        names = [name for name in all_refs(place) if os.path.isfile(os.path.join(logs, *name.split("/")))]
        names = [name for name in names if name != "refs/stash"]
        now = ("--expire=now", "--expire-unreachable=now")
        plumbing.git(place, "reflog", "expire", *now, "HEAD", *names)
        for name in ("ORIG_HEAD", "FETCH_HEAD"):
            files.remove(os.path.join(place.git, name))
        files.remove(os.path.join(place.git, "objects", "info", "commit-graph"))
        shutil.rmtree(os.path.join(place.git, "objects", "info", "commit-graphs"), ignore_errors=True)
        plumbing.git(place, "-c", "gc.reflogExpire=never", "-c", "gc.reflogExpireUnreachable=never",
                     "gc", "--prune=now", "--quiet")  # fmt: skip
