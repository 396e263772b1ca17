"""Lessons: self-evals gathered by the skill or rule that they would mend, each an edit to propose.

A target has at most one open proposal: a newer one takes over what the older one held. What a person
turned down is not offered again. What a tool or a web page said reaches no skill and no rule.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commonplace import ulid
from commonplace.drain.filing import Shelf
from commonplace.drain.gate import edited
from commonplace.drain.operations import Operation
from commonplace.entry import Entry, quote
from commonplace.ledger import Op
from commonplace.memory.pages import SECTIONS, Page
from commonplace.memory.topics import UNFILED, title
from commonplace.memory.words import normal, significant

FALLBACK = "skills/lessons"
"""The target of a self-eval that fits no skill and no rule."""

_SNAG = " (snag: "


@dataclass(frozen=True)
class Target:
    """A skill or rule: its text as it stands, and, where a proposal waits, its text with that applied.

    open_id is that proposal's id, evidence the entries that it already rests on.
    """

    text: str | None
    open_id: str = ""
    open_text: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A proposal to be: id · target: `skills/<name>` · path, old and new text · evidence: entries' ids ·
    replaces: the open proposal it takes over from, or "".
    """

    id: str
    target: str
    path: str
    old: str | None
    new: str
    evidence: tuple[str, ...]
    replaces: str
    lessons: int


def target_path(target: str) -> str:
    """Return the file of a target: `skills/x` → `skills/x/SKILL.md`, `rules/x` → `rules/x.md`."""
    return f"{target}/SKILL.md" if target.startswith("skills/") else f"{target}.md"


def target_of(path: str) -> str:
    """Return the target whose file lies at the path, or ""."""
    parts = path.split("/") if path.isprintable() else []
    if len(parts) == 3 and parts[0] == "skills" and parts[2] == "SKILL.md":
        return f"skills/{parts[1]}"
    if len(parts) == 2 and parts[0] == "rules" and parts[1].endswith(".md"):
        return path[: -len(".md")]
    return ""


def sort(self_evals: list[Entry], targets: Mapping[str, Target], ops: list[Op]) -> dict[str, list[Entry]]:
    """Return target → self-evals: the one each names, else the one whose words it shares."""
    groups: dict[str, list[Entry]] = defaultdict(list)
    shelf = Shelf({name: significant(t.text) for name, t in targets.items() if t.text})
    for entry in self_evals:
        if entry.origin in ("tool", "web"):
            ops.append(Op("drop", (entry.id, f"origin-{entry.origin}")))
        else:
            found = entry.target or shelf.find(f"{entry.snag} {entry.better}")
            groups[FALLBACK if found == UNFILED else found].append(entry)
    return dict(sorted(groups.items()))


def plan(
    groups: Mapping[str, list[Entry]],
    targets: Mapping[str, Target],
    rejected: frozenset[tuple[str, str]],
    answers: Mapping[str, Sequence[Operation]],
    ops: list[Op],
    drafts: list[Draft],
) -> None:
    """Turn self-evals into drafts of proposals; `ops` and `drafts` are added to."""
    for target, group in groups.items():
        current = targets.get(target, Target(None))
        draft = _draft(target, group, current, rejected, answers.get(target, ()), ops)
        if draft:
            ops.append(Op("propose", (draft.id, target), draft.evidence))
            drafts.append(draft)


def _draft(
    target: str,
    group: list[Entry],
    current: Target,
    rejected: frozenset[tuple[str, str]],
    answered: Sequence[Operation],
    ops: list[Op],
) -> Draft | None:
    """Return the one proposal for a target: a worker's edit where there is one, lessons for the rest."""
    done = [entry_id for operation in answered for entry_id in operation.sources]
    dropped = [operation for operation in answered if operation.verb == "drop"]
    ops += [Op("drop", (entry_id, o.reason)) for o in dropped for entry_id in o.sources]
    edits = [edit for operation in answered for edit in operation.edits]
    text = edited(start(target, current), edits)
    proposed = [i for o in answered if o.verb == "propose" for i in o.sources]
    page = Page(text)
    rest = [entry for entry in group if entry.id not in done]
    mine = _lessons(target, rest, page, rejected, ops)
    new = [*proposed, *(entry_id for ids in mine.values() for entry_id in ids)]
    if not new:
        return None
    evidence = (*(e for e in current.evidence if e not in new), *dict.fromkeys(new))
    return Draft(
        ulid.short(ulid.new()), target, target_path(target), current.text, page.text(), evidence,
        current.open_id, len(mine) + len(proposed),
    )  # fmt: skip


def start(target: str, current: Target) -> str:
    """Return the text that an edit of a target begins from: with what waits applied, or a new file."""
    text = current.open_text if current.open_id else current.text
    return text if text is not None else new_page(target)


def _lessons(
    target: str,
    group: list[Entry],
    page: Page,
    rejected: frozenset[tuple[str, str]],
    ops: list[Op],
) -> dict[str, list[str]]:
    """Add a lesson for each self-eval that says something new; return normal form → entries."""
    said = {lesson_key(fact.text): fact.id for fact in page.facts.values()}
    mine: dict[str, list[str]] = {}
    for entry in group:
        key = normal(entry.better)
        if (target, key) in rejected:
            ops.append(Op("drop", (entry.id, "rejected-before", target)))
        elif key in mine:
            mine[key].append(entry.id)
        elif key in said:
            ops.append(Op("drop", (entry.id, "duplicate-of", f"^{said[key]}")))
        else:
            page.add(SECTIONS["lesson"], f"{entry.better}{_SNAG}{entry.snag})", ulid.short(entry.id))
            mine[key] = [entry.id]
    return mine


def lesson_key(text: str) -> str:
    """Return the normal form of a lesson's better way, the snag left aside."""
    return normal(text.partition(_SNAG)[0])


def new_page(target: str) -> str:
    """Return the file of a new skill or rule."""
    folder, _, name = target.partition("/")
    if folder == "rules":
        return f"# {title(name)}\n"
    about = f"What was learned the hard way about {name.replace('-', ' ')}; read before such a task."
    return f"---\nname: {quote(name)}\ndescription: {quote(about)}\n---\n# {title(name)}\n"
