"""What the person changed by hand since the last drain: a worker is told, for it is authoritative."""

from collections.abc import Iterator
from difflib import unified_diff

from commonplace import plumbing, repo
from commonplace.drain.snapshot import Snapshot
from commonplace.place import Place

FOLDERS = ("memory", "skills", "rules")

MOST = 4000
"""The most characters of one file's changes that a packet carries; the newest are kept."""


def since_last_drain(place: Place, snapshot: Snapshot) -> dict[str, str]:
    """Return path → diff of what the person changed since the last drain, committed or not yet."""
    found: dict[str, list[str]] = {}
    for path, old, new in [*_committed(place), *_uncommitted(place, snapshot)]:
        found.setdefault(path, []).extend(unified_diff(_lines(old), _lines(new), lineterm="", n=1))
    return {path: _newest(lines) for path, lines in found.items()}


def _committed(place: Place) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield (path, before, after) of the person's commits since the last drain, the oldest first."""
    last = next(repo.history(place, "--grep=^Drain-Id: ", "--grep=^drain: ", "--all-match", limit=1), None)
    span = f"{last.commit}..HEAD" if last else "HEAD"
    records = repo.history(place, "--no-merges", span, "--", *FOLDERS)
    commits = [record.commit for record in records if record.kind == "edit"][::-1]
    changes = [change for commit in commits for change in _changes(place, commit)]
    blobs = plumbing.contents(place, [oid for _, *oids in changes for oid in oids])
    for path, old, new in changes:
        yield path, blobs.get(old, b""), blobs.get(new, b"")


def _changes(place: Place, commit: str) -> Iterator[tuple[str, str, str]]:
    """Yield (path, old object, new object) of the files that a commit changed; zeros stand for none."""
    options = ("--no-commit-id", "-r", "-z", "--root", "--no-renames")
    fields = plumbing.git(place, "diff-tree", *options, commit, "--", *FOLDERS).split(b"\0")
    for facts, path in zip(fields[::2], fields[1::2], strict=False):
        _, _, old, new, _ = facts.decode().split(" ")
        yield path.decode("utf-8", "surrogateescape"), old, new


def _uncommitted(place: Place, snapshot: Snapshot) -> Iterator[tuple[str, bytes, bytes]]:
    changed = {path: data for path, data in snapshot.edits.files.items() if path.startswith(FOLDERS)}
    names = {path: f"{snapshot.head}:{path}" for path in changed}
    before = plumbing.contents(place, names.values())
    for path, data in changed.items():
        yield path, before.get(names[path], b""), data or b""


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "replace").splitlines()


def _newest(lines: list[str]) -> str:
    """Return the lines as far back as fits, without the names that every diff begins with."""
    kept: list[str] = []
    size = 0
    for line in reversed([line for line in lines if line.strip() not in ("---", "+++")]):
        size += len(line) + 1
        if size > MOST:
            kept.append("…")
            break
        kept.append(line)
    return "\n".join(reversed(kept))
