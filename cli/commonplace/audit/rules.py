"""Rules that several kinds of commits keep: which files, which lines, which subject."""

import re
from collections.abc import Callable, Iterator

from commonplace import plumbing
from commonplace.audit.ground import Ground, words
from commonplace.audit.history import Change, Commit
from commonplace.audit.pages import OUR_HEADINGS, Difference
from commonplace.memory import topics
from commonplace.memory.pages import FACT_LINE, Page, is_empty
from commonplace.memory.topics import INDEX, Line, topic_of
from commonplace.text import one_line

Fault = tuple[str, str]
"""(kind, what): a finding without its commit."""

Differences = dict[str, Difference]

_OF_THE_INDEX = re.compile(r"|# Memory|One line a topic\..*|[0-9]+ smaller topics are left out: .*")
_SAID_BY = re.compile(r" \(said by a (tool|web page)\)$")


def beyond(commit: Commit, allowed: Callable[[Change], bool], rule: str) -> Iterator[Fault]:
    """Yield a fault for each file that a commit changed and should not have."""
    for change in commit.changes:
        if not allowed(change) or (change.new and not change.mode.startswith("100")):
            yield "beyond", f"changed {one_line(change.path, 80)}: {rule}"


def is_memory(change: Change) -> bool:
    """Tell whether a file is what drains and undos may change: the index, a topic, a page of a person's."""
    own = bool(change.old) and change.path.startswith("memory/") and change.path.endswith(".md")
    return change.path == INDEX or bool(topic_of(change.path)) or own


def subject(commit: Commit, expected: str) -> Iterator[Fault]:
    """Yield a fault if the subject does not count what was done."""
    if commit.subject != expected:
        yield "miscounted", f"says {one_line(commit.subject, 80)!r}, and did {expected!r}"


def unsaid(diff: Difference, path: str, came: set[str], gone: set[str], changed: set[str]) -> Iterator[Fault]:
    """Yield a fault for each fact of a page that came, went or changed, and the ledger does not say so."""
    shown = one_line(path, 80)
    did = (
        ("is new", diff.new - came),
        ("has gone", diff.gone - gone),
        ("was changed", diff.reworded - changed),
    )
    for what, facts in did:
        for fact_id in sorted(facts):
            yield "unsaid", f"^{fact_id} {what} on {shown}, and its ledger does not say so"


def other_lines(commit: Commit, ground: Ground, path: str, diff: Difference) -> Iterator[Fault]:
    """Check that beside facts only headings of ours, and what frontmatter and title say, come and go."""
    change = next(change for change in commit.changes if change.path == path)
    shown = one_line(path, 80)
    if not change.new:
        if not is_empty("\n".join(diff.minus)):
            yield "unsaid", f"removed {shown}, which said more than facts"
        return
    topic = topic_of(path)
    fixed = topics.new_page(topic, "x").split("\n") if topic else []
    allowed = OUR_HEADINGS.union(line for line in fixed if not line.startswith(_ABOUT))
    about = {line for line in diff.plus if line.startswith(_ABOUT)}
    known = _descriptions(ground.blob(change.new)) if about else set()
    for line in diff.plus:
        if line.rstrip("\r") not in allowed and not (line in about and topics.description(line) in known):
            yield "unsaid", f"put a line on {shown} that no entry stands for: {one_line(line, 60)!r}"
    for line in diff.minus:
        if line.rstrip("\r") not in allowed and not line.startswith(_ABOUT):
            yield "unsaid", f"took a line off {shown} that was no fact: {one_line(line, 60)!r}"


_ABOUT = "description:"


def _descriptions(data: bytes) -> set[str]:
    """Return what a page's description may say: the beginning of any of its facts."""
    found = set()
    for fact in Page(data.decode("utf-8", "surrogateescape")).facts.values():
        found |= {topics.describe(fact.text), topics.describe(_SAID_BY.sub("", fact.text))}
    return found


def said_before(ground: Ground, path: str, diff: Difference) -> Iterator[Fault]:
    """Yield a fault for each fact that comes back to a page with words that it never had."""
    for fact_id, lines in diff.came.items():
        if words(lines) not in ground.said.get(fact_id, ()):
            yield "unsaid", f"^{fact_id} is on {one_line(path, 80)} with words that it never had"


def index(commit: Commit, ground: Ground) -> None:
    """Note the new lines of the index that are not about the pages that the commit changed."""
    change = next((change for change in commit.changes if change.path == INDEX), None)
    if change is None:
        return
    before = set(ground.blob(change.old).split(b"\n"))
    touched = {_line(c.path, ground.blob(c.new)) for c in commit.below("memory") if c.new}
    for raw in ground.blob(change.new).split(b"\n"):
        line = raw.decode("utf-8", "surrogateescape")
        if raw not in before and line not in touched and not _OF_THE_INDEX.fullmatch(line):
            ground.in_index.append((commit.id, line))


def index_lines(ground: Ground) -> Iterator[tuple[str, Fault]]:
    """Yield (commit, fault) for the noted lines that are no page's: where topics crowd, one that grows
    takes another's place in the index, and every line tells of a page as it was then.
    """
    pages = {}
    for commit, line in ground.in_index:
        link = re.match(r"- \[[^\]\n]*\]\(([^)\n]*)\)", line)
        pages[commit, line] = f"{commit}:memory/{link[1]}" if link else ""
    blobs = plumbing.contents(ground.place, filter(None, pages.values()))
    for (commit, line), name in pages.items():
        if not name or _line(name.partition(":")[2], blobs.get(name, b"")) != line:
            yield commit, ("unsaid", f"put a line in {INDEX} that is no page's: {one_line(line, 60)!r}")


def _line(path: str, data: bytes) -> str:
    topic = topic_of(path)
    text = data.decode("utf-8", "surrogateescape")
    if topic is None:
        return ""
    return topics.index_line(Line(topic, topics.description(text), len(FACT_LINE.findall(text))))
