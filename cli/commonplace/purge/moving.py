"""Moving: the refs, the index and the work tree go from the old history to the new one.

From the intent on a kill is finished by the next command, before it nothing has moved. The memory's branch
moves last.
"""

import json
import os
import shutil
from dataclasses import asdict, dataclass

from commonplace import files, heads, landing, plumbing, recovery, refs
from commonplace.errors import Busy, CommonplaceError
from commonplace.landing import drop_index_lock, take_index_lock
from commonplace.place import Place
from commonplace.plumbing import blob_id

INTENT = "purging"
"""The file in the private folder that says what moves; it holds ids alone."""


_MOVED = b"\tcommonplace: purge\n"
"""How the line of a ref's log ends that a move of ours has added."""


@dataclass(frozen=True)
class Intent:
    """refs: name → (old, new), the memory's branch last · drop: remote-tracking refs → old · blobs and
    stash: old → new, for the index, the work tree and the list of stashes · tips: the branch's, before
    and after.
    """

    id: str
    refs: dict[str, tuple[str, str]]
    drop: dict[str, str]
    blobs: dict[str, str]
    stash: dict[str, str]
    tips: tuple[str, str]


def begin(place: Place, intent: Intent, before: dict[str, str]) -> None:
    """Take git's lock on the index and write the intent; Busy where a ref has moved since it was read."""
    take_index_lock(place, intent.id)
    try:
        if all_refs(place) != before:
            raise Busy("a ref moved meanwhile; the history was not written anew", "try again")
        landing.on_step("intent")
        files.replace(place.inside(INTENT), json.dumps(asdict(intent)).encode(), 0o600)
    except BaseException:
        drop_index_lock(place)
        raise


def all_refs(place: Place) -> dict[str, str]:
    """Return every ref with its object; those that only name another ref are left out."""
    out = plumbing.git(place, "for-each-ref", "--format=%(objectname) %(refname) %(symref)")
    lines = [line.split(" ") for line in out.decode("utf-8", "surrogateescape").splitlines()]
    return {name: oid for oid, name, symref in lines if not symref}


def resume(place: Place) -> None:
    """Finish a purge that a kill cut short after its intent was written. The caller holds the lock."""
    data = files.read_regular(place.inside(INTENT), 1 << 30)
    if data is None:
        return
    try:
        held = json.loads(data)
        held |= {"refs": {n: tuple(p) for n, p in held["refs"].items()}, "tips": tuple(held["tips"])}
        intent = Intent(**held)
    except (ValueError, TypeError, KeyError) as error:
        path = place.inside(INTENT)
        raise CommonplaceError(f"{path} cannot be read: {error}", f"look at it, then: rm {path}") from error
    names = [f"{ref}.lock" for ref in (*intent.refs, *intent.drop)] + ["packed-refs.lock", "HEAD.lock"]
    recovery.clear_locks([os.path.join(place.git, name) for name in names])
    take_index_lock(place, intent.id)
    finish(place, intent)


def finish(place: Place, intent: Intent) -> list[str]:
    """Take every step from the intent on; each may have been taken before. Return `left` (see Purged).

    A ref that somebody has moved meanwhile stays where it is: the purge can be done again.
    """
    for name, old in intent.drop.items():
        landing.on_step("drop a ref")
        plumbing.delete(place, name, old)
    for name, (old, new) in intent.refs.items():
        landing.on_step("move a ref")
        if _object(place, name) == old:
            plumbing.move(place, name, new, old, "purge")
    landing.on_step("stashes")
    _bring_stashes(place, intent)
    left = []
    if refs.head(place)[1] == intent.tips[1]:
        landing.on_step("index")
        _bring_index(place, intent)
        landing.on_step("files")
        left = _bring_files(place, intent)
        landing.on_step("record")
        heads.record(place, "purge", intent.tips[1])
    files.remove(place.inside(INTENT))
    landing.on_step("unlock")
    drop_index_lock(place)
    return left


def _object(place: Place, ref: str) -> str:
    """Return the object that a ref names itself: a tag's own, not the commit's."""
    return plumbing.git(place, "rev-parse", "--verify", "--quiet", ref, ok=(0, 1, 128)).decode().strip()


def _bring_stashes(place: Place, intent: Intent) -> None:
    """Bring the list of stashes along: all but the newest stand in a log alone."""
    path = os.path.join(place.git, "logs", "refs", "stash")
    data = files.read_regular(path, 1 << 28)
    if data is not None and intent.stash:
        for old, new in intent.stash.items():
            data = data.replace(old.encode(), new.encode())
        lines = data.splitlines(keepends=True)  # the move itself is no stash
        files.replace(path, b"".join(line for line in lines if not line.endswith(_MOVED)))


def _bring_index(place: Place, intent: Intent) -> None:
    """Set the person's index to the new objects, and touch nothing else in it."""
    index, folder = os.path.join(place.git, "index"), place.inside("index")
    out = plumbing.git(place, "ls-files", "-s", "-z")
    lines = []
    for line in out.split(b"\0"):
        head, _, path = line.partition(b"\t")
        mode, oid, stage = [*head.decode().split(" "), "", ""][:3]
        if oid in intent.blobs:
            lines.append(f"{mode} {intent.blobs[oid]} {stage}\t".encode() + path)
    if not lines:
        return
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder, mode=0o700)
    working = os.path.join(folder, str(os.getpid()))
    with open(index, "rb") as file:
        files.write_new(working, file.read())
    plumbing.git(place, "update-index", "-z", "--index-info", data=b"\0".join([*lines, b""]), index=working)
    os.replace(working, index)
    shutil.rmtree(folder, ignore_errors=True)


def _bring_files(place: Place, intent: Intent) -> list[str]:
    """Write the tracked files that are as they were; return those that a person has edited since."""
    tree = plumbing.tree(place, intent.tips[0])
    paths = {path: item.oid for path, item in tree.items() if item.oid in intent.blobs}
    new = plumbing.contents(place, [intent.blobs[oid] for oid in paths.values()])
    left = []
    for path, oid in paths.items():
        full = os.path.join(place.root, *path.split("/"))
        data = None if _passes_link(place, path) else files.read_regular(full, 1 << 28)
        if data is not None and blob_id(data, oid) == oid:
            mode = os.stat(full).st_mode & 0o777
            files.replace(full, new[intent.blobs[oid]], mode, scratch=place.private)
        elif data is not None and blob_id(data, oid) != intent.blobs[oid]:
            left.append(path)
    return left


def _passes_link(place: Place, path: str) -> bool:
    parts = path.split("/")
    return any(os.path.islink(os.path.join(place.root, *parts[:end])) for end in range(1, len(parts) + 1))
