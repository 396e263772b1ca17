"""Targets: the skills and rules, and which of them a self-eval is for.

Mending a line that is there is better than adding one, adding to a file better than making one. So a
self-eval goes to the target that it names, else to the one that says the same already, else to the one
whose words it shares; a new file comes last. A name that nobody has used yet, and whose words all stand in
the name or the description of a skill or rule, means that one.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from commonplace.drain.filing import Shelf
from commonplace.drain.restating import ENOUGH, lesson_key, relation
from commonplace.entry import Entry, quote
from commonplace.ledger import Op
from commonplace.memory.pages import Page
from commonplace.memory.topics import UNFILED, description, title
from commonplace.memory.words import significant

FALLBACK = "skills/lessons"
"""The target of a self-eval that fits no skill and no rule."""


@dataclass(frozen=True)
class Target:
    """A skill or rule: its text as it stands, and, where a proposal waits, its text with that applied.

    open_id is that proposal's id, evidence the entries that it already rests on, ops and notes what its
    commit says of its edit.
    """

    text: str | None
    open_id: str = ""
    open_text: str = ""
    evidence: tuple[str, ...] = ()
    ops: tuple[Op, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def latest(self) -> str:
        """Return its text with all that waits for it."""
        return (self.open_text if self.open_id else self.text) or ""


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
    """Return target → self-evals, the targets by name.

    A file that is no text (UTF-16, say) cannot be added to: what is meant for it goes to the fallback.
    """
    groups: dict[str, list[Entry]] = defaultdict(list)
    binary = {name for name, target in targets.items() if "\0" in target.latest}
    known = {name: target for name, target in targets.items() if target.latest and name not in binary}
    shelf = Shelf({name: significant(t.latest) for name, t in known.items() if name != FALLBACK})
    subjects = {name: _named(name) | significant(description(t.latest)) for name, t in known.items()}
    for entry in self_evals:
        if entry.origin in ("tool", "web"):
            ops.append(Op("drop", (entry.id, f"origin-{entry.origin}")))
        elif entry.target in binary:
            groups[FALLBACK].append(entry)
        elif entry.target:
            groups[entry.target if entry.target in known else _meant(entry.target, subjects)].append(entry)
        else:
            found = _says(entry.better, known) or shelf.find(f"{entry.snag} {entry.better}")
            groups[FALLBACK if found == UNFILED else found].append(entry)
    return dict(sorted(groups.items()))


def _says(better: str, known: Mapping[str, Target]) -> str:
    """Return the first target on which a line says the same, or less of the same; "" if there is none."""
    for name, target in sorted(known.items()):
        if any(relation(better, fact.text) for fact in Page(target.latest).facts.values()):
            return name
    return ""


def _meant(new: str, subjects: Mapping[str, set[str]]) -> str:
    """Return the target of the same kind that a new name means, else the new one."""
    words = _named(new)
    kind = new.partition("/")[0]
    for name in sorted(subjects):
        fits = words <= subjects[name] and (len(words) >= ENOUGH or words == _named(name))
        if words and fits and name.partition("/")[0] == kind:
            return name
    return new


def _named(target: str) -> set[str]:
    return significant(target.rpartition("/")[2].replace("-", " "))


def said(text: str) -> dict[str, str]:
    """Return normal form of a better way → lesson id, for the lessons of a file."""
    return {lesson_key(fact.text): fact.id for fact in Page(text).facts.values()}


def start(target: str, current: Target) -> str:
    """Return the text that an edit of a target begins from: with what waits applied, or a new file."""
    text = current.open_text if current.open_id else current.text
    return text if text is not None else new_page(target)


def new_page(target: str) -> str:
    """Return the file of a new skill or rule."""
    folder, _, name = target.partition("/")
    if folder == "rules":
        return f"# {title(name)}\n"
    about = f"What was learned the hard way about {name.replace('-', ' ')}; read before such a task."
    return f"---\nname: {quote(name)}\ndescription: {quote(about)}\n---\n# {title(name)}\n"
