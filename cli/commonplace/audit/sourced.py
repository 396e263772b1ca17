"""Whether a drain's facts say what their sources said: word for word, or borne out by them."""

from collections.abc import Iterator

from commonplace.audit.ground import Ground
from commonplace.audit.history import Change, Commit
from commonplace.audit.rules import Differences, Fault
from commonplace.drain.claims import Ground as Sources
from commonplace.drain.claims import missing
from commonplace.drain.consolidate import attributed
from commonplace.drain.reading import parse_entry
from commonplace.entry import Entry, EntryError
from commonplace.memory import hearsay
from commonplace.memory.pages import Page, bullet
from commonplace.text import one_line


def check(commit: Commit, ground: Ground, diffs: Differences, gone: dict[str, Change]) -> Iterator[Fault]:
    """Yield what a drain put on its pages that its sources do not say."""
    ops = {op.fact: op for op in commit.ops if op.verb in ("add", "supersede", "update")}
    before = {fact_id: lines for diff in diffs.values() for fact_id, lines in diff.went.items()}
    for path, diff in diffs.items():
        for fact_id in sorted((diff.new | diff.reworded) & ops.keys()):
            # An entry that the drain did not take is the ledger's fault, and told as that.
            changes = [gone[entry_id] for entry_id in ops[fact_id].sources if entry_id in gone]
            try:
                cited = [parse_entry(c.path.rpartition("/")[2], ground.blob(c.old)) for c in changes]
            except EntryError as error:
                yield "altered", f"an entry behind ^{fact_id} cannot be read: {one_line(str(error), 80)}"
                continue
            lines = diff.came[fact_id]
            old = ops[fact_id].words[0][1:]
            replaced = [_text(old, before[old])] if old in before else []
            said_by = fact_id == old and any(map(hearsay.mark_of, replaced))
            if said_by and not hearsay.mark_of(_text(fact_id, lines)):
                yield "unsaid", f"^{fact_id} on {path} no longer says that a tool or a web page said it"
            if not cited or tuple(bullet(attributed(cited[0]), fact_id)) == lines:
                continue
            if commit.trailer("Worker") == "builtin":
                yield "unsaid", f"^{fact_id} on {path} does not say what entry {cited[0].id} said"
                continue
            yield from _borne_out(fact_id, path, _text(fact_id, lines), cited, replaced)


def _borne_out(
    fact_id: str, path: str, text: str, cited: list[Entry], replaced: list[str]
) -> Iterator[Fault]:
    """Check what a worker has worded: it may only say what its sources, and what it replaces, hold."""
    if any(entry.origin in hearsay.MARKS for entry in cited) and not hearsay.mark_of(text):
        yield "unsaid", f"^{fact_id} on {path} does not say that a tool or a web page said it"
    text, _ = hearsay.split(text)
    said = [part for entry in cited for part in (entry.text, entry.snag, entry.better)]
    topic = path.rpartition("/")[2].removesuffix(".md").replace("-", " ")
    if claim := missing(text, Sources([*said, *replaced, topic])):
        shown = one_line(claim.shown, 40)
        yield (
            "unfounded",
            f"^{fact_id} on {path} says {shown!r}, and none of its sources does ({claim.kind})",
        )


def _text(fact_id: str, lines: tuple[str, ...]) -> str:
    """Return a fact's words from its lines on the page."""
    return Page("\n".join(lines)).facts[fact_id].text
