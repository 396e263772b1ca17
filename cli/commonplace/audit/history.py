"""The history of a branch, read in bulk: every commit with the files that it changed, by one `git log`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from commonplace import ledger, plumbing
from commonplace.ledger import Op
from commonplace.place import Place
from commonplace.plumbing import TOOL
from commonplace.repo import KINDS as OURS

TOOL_NAME = f"{TOOL.name} <{TOOL.email}>"

KINDS = (*OURS, "proposal")
"""The first word of the subjects that the program writes, on the memory's branch and beside it."""

_FORM = "%H%x00%P%x00%an <%ae>%x00%cn <%ce>%x00%ct%x00%B"


@dataclass(frozen=True)
class Change:
    """A file that a commit changed. old, new: its objects, "" where there is none · mode: the new one.

    Of a merge only files are listed that differ from all its parents.
    """

    path: str
    old: str
    new: str
    mode: str


@dataclass(frozen=True)
class Commit:
    """A commit. kind: the first word of its subject if it is one of ours, else `hand` · at: Unix time."""

    id: str
    parents: tuple[str, ...]
    author: str
    committer: str
    at: int
    body: str
    changes: list[Change] = field(default_factory=list)

    @property
    def subject(self) -> str:
        """Return the first line of the message."""
        return self.body.partition("\n")[0]

    @cached_property
    def kind(self) -> str:
        """Return what the commit claims to be; a person's own commit may call itself an edit."""
        word, colon, _ = self.subject.partition(":")
        by_us = TOOL_NAME in (self.author, self.committer)
        if len(self.parents) > 1 or not colon or word not in KINDS or (word == "edit" and not by_us):
            return "hand"
        return word

    @cached_property
    def ops(self) -> list[Op]:
        """Return the operations of its ledger."""
        return list(ledger.parse(self.body))

    @cached_property
    def trailers(self) -> dict[str, list[str]]:
        """Return its trailers: key → values."""
        return ledger.trailers(self.body)

    def trailer(self, key: str) -> str:
        """Return a trailer's first value, or ""."""
        return next(iter(self.trailers.get(key, [])), "")

    def below(self, *folders: str) -> list[Change]:
        """Return the changes of files below the folders."""
        return [change for change in self.changes if change.path.partition("/")[0] in folders]


def read(place: Place, *commits: str) -> list[Commit]:
    """Return the commits that `git log` with these arguments shows, parents before children."""
    out = plumbing.git(
        place, "log", "-z", "--reverse", "--topo-order", "--raw", "-c", "--root", "--no-renames",
        "--no-abbrev", "--no-relative", "--encoding=UTF-8", f"--format={_FORM}", *commits, "--",
    )  # fmt: skip
    return list(_commits(out))


def _commits(out: bytes) -> Iterator[Commit]:
    """Read fields and raw changes; both end in NUL, which neither a message nor a path can hold."""
    tokens = iter(out.split(b"\0"))
    commit = None
    for token in tokens:
        word = token.lstrip(b"\n")
        if commit and word.startswith(b":"):
            commit.changes.append(_change(word.decode(), next(tokens)))
        elif word:
            if commit:
                yield commit
            parents, *who, at, body = (next(tokens).decode("utf-8", "surrogateescape") for _ in range(5))
            commit = Commit(word.decode(), tuple(parents.split()), who[0], who[1], int(at), body)
    if commit:
        yield commit


def _change(head: str, path: bytes) -> Change:
    """Read one `:modes objects status` of git's raw format; a merge's has one old object a parent."""
    sides = len(head) - len(head.lstrip(":"))
    fields = head.lstrip(":").split(" ")
    old, new = (oid.strip("0") and oid for oid in (fields[sides + 1], fields[2 * sides + 1]))
    return Change(path.decode("utf-8", "surrogateescape"), old, new, fields[sides])
