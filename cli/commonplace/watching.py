"""What landed in a memory between two looks at it: entries, commits, proposals, each as a diff."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os.path import join

from commonplace import evidence, files, lock, plumbing, proposals, queue, refs, repo
from commonplace.entry import MAX_FILE, Entry, EntryError, parse, split_name
from commonplace.errors import CommonplaceError
from commonplace.place import Place
from commonplace.secrets import masked
from commonplace.text import one_line

MOST_LINES = 200
"""The most lines of one diff; of a longer one the rest is counted, with the command that shows it."""

_SHOWN = (".", ":(exclude)queue", ":(exclude)memory/index.md")
"""What of a commit is shown: the queue's files have been, one by one; the index follows from the pages."""


@dataclass(frozen=True)
class State:
    """entries: names of the queue's files · vanished: of those the queue has lost · head: the branch's tip ·
    proposals: id of an open one → its ref.
    """

    entries: frozenset[str]
    vanished: frozenset[str]
    head: str
    proposals: Mapping[str, str]


@dataclass(frozen=True)
class News:
    """One thing that landed. kind: `flag`, `self-eval`, `vanished`, `proposal`, `moved`, or a commit's kind ·
    id: the entry's, the commit's, the proposal's · title: one line · diff: lines as of a unified diff.
    """

    kind: str
    id: str
    title: str
    diff: tuple[str, ...] = ()


def look(place: Place, before: State | None = None) -> State:
    """Return the memory as it stands, after an earlier look if there was one.

    A few files are read; git runs only where history has grown. What a drain is taking away is not
    called vanished.
    """
    listed = queue.listing(place)
    names = frozenset(name for name in listed.names if split_name(name))
    vanished = before.vanished if before and lock.is_held(place) else frozenset(listed.vanished)
    return State(names, vanished, refs.head(place)[1], refs.open_proposals(place))


def news(place: Place, before: State, after: State) -> Iterator[News]:
    """Yield what landed between two looks: entries by their time, then commits, then proposals."""
    for name in sorted(after.entries - before.entries):
        data = files.read_regular(join(place.queue, name), MAX_FILE)
        yield from _entry(data)
    for name in sorted(after.vanished - before.vanished):
        yield News("vanished", name.partition(".")[0], "commonplace queue restore brings it back")
    if after.head != before.head:
        yield from _commits(place, before, after)
    for name in sorted(after.proposals.keys() - before.proposals.keys()):
        yield from _proposal(place, name)


def _entry(data: bytes | None) -> Iterator[News]:
    try:
        entry = parse((data or b"").decode())
    except (EntryError, UnicodeDecodeError):
        return  # written by hand, or drained between the listing and the reading: its commit comes
    head, *_ = evidence.lines(entry)
    yield News(entry.kind, entry.id, head.partition(" · ")[2], tuple(_said(entry)))


def _said(entry: Entry) -> Iterator[str]:
    if entry.kind == "self-eval":
        yield f"-{one_line(masked(entry.snag))}"
        yield f"+{one_line(masked(entry.better))}"
    else:
        yield from (f"+{line}" for line in masked(entry.text).splitlines())


def _commits(place: Place, before: State, after: State) -> Iterator[News]:
    span = f"{before.head}..{after.head}" if before.head else after.head
    if before.head and not plumbing.succeeds(place, "merge-base", "--is-ancestor", before.head, after.head):
        yield News("moved", after.head, f"the branch no longer holds {before.head[:10]}")
        return
    for record in reversed(list(repo.history(place, "--first-parent", span))):
        if record.kind == "capture":
            yield from _unseen(place, record.commit, before.entries | after.entries)
        shown = () if record.kind == "capture" else _diff(place, record.commit)
        yield News(record.kind, record.commit, one_line(record.subject.partition(": ")[2]), shown)


def _unseen(place: Place, commit: str, seen: frozenset[str]) -> Iterator[News]:
    """Yield the entries of a commit that came and went between two looks."""
    out = plumbing.git(
        place, "diff-tree", "-r", "-z", "--no-commit-id", "--name-only", "--diff-filter=A", commit, "queue"
    )
    paths = [path for path in out.decode("utf-8", "replace").split("\0") if path]
    missed = {path.rpartition("/")[2]: f"{commit}:{path}" for path in paths}
    missed = {name: blob for name, blob in missed.items() if name not in seen and split_name(name)}
    texts = plumbing.contents(place, missed.values())
    for _, blob in sorted(missed.items()):
        yield from _entry(texts.get(blob))


def _diff(place: Place, commit: str) -> tuple[str, ...]:
    options = ("--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--root", "--no-commit-id")
    out = plumbing.git(place, "diff-tree", "-p", *options, "-m", "--first-parent", commit, "--", *_SHOWN)
    shown = masked(out.decode("utf-8", "replace")).splitlines()
    lines = [line for line in shown if not line.startswith(_NOISE)]
    more = len(lines) - MOST_LINES
    rest = [f" … {more:,} more lines: git show {commit[:10]}"] if more > 0 else []
    return (*lines[:MOST_LINES], *rest)


_NOISE = ("diff --git ", "index ", "new file mode ", "deleted file mode ")


def _proposal(place: Place, name: str) -> Iterator[News]:
    try:
        found = proposals.find(place, name)
    except CommonplaceError:
        return  # no proposal of ours, or decided in the meantime
    title = f"{found.target}  (commonplace review {found.id})"
    yield News("proposal", found.id, title, _diff(place, found.commit))
