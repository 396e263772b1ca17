"""Proposals: edits that wait for a person, each one commit on a branch.

`proposal/<id>` holds one commit on top of the memory, touching one skill, one rule, or one topic's page
(what the votes of workers disagreed on). It is open as long as no commit of the memory's branch carries its
`Proposal:` trailer, so a clone cannot revive it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from commonplace import ledger, plumbing, proposal_text, refs
from commonplace.drain.given import Offer
from commonplace.drain.lessons import PASSED
from commonplace.drain.restating import lesson_key
from commonplace.drain.targets import Target, target_of
from commonplace.errors import CommonplaceError
from commonplace.ledger import Op
from commonplace.memory import carrying, front
from commonplace.memory.pages import Page
from commonplace.memory.topics import topic_of
from commonplace.memory.words import normal
from commonplace.merging import union
from commonplace.place import Place
from commonplace.text import one_line
from commonplace.worktree import File

CLOSED = "refs/commonplace/closed/"
"""Where the commit of a closed proposal is kept, so that its evidence and edit stay in the repository."""

_BLOCK_ID = re.compile(r" \^[0-9a-z]{10}(-[0-9]+)?\s*$")


@dataclass(frozen=True)
class Proposal:
    """An edit that is proposed. path: the one file · base and new: its content before and after ·
    evidence: the entries it rests on · drain: the drain that made it · at: Unix time · ops: the ledger of
    what it changes · notes: what its drain says of it · check: what the check command said, or "" ·
    output: the first lines that the check printed.
    """

    id: str
    ref: str
    commit: str
    parent: str
    target: str
    path: str
    base: bytes | None
    new: bytes | None
    evidence: tuple[str, ...]
    drain: str
    at: int
    ops: tuple[Op, ...] = ()
    notes: tuple[str, ...] = ()
    check: str = ""
    output: tuple[str, ...] = ()

    @property
    def local(self) -> bool:
        """Whether it is a branch of this repository, not one seen at a remote."""
        return not self.ref.startswith("refs/remotes/")

    @property
    def on_memory(self) -> bool:
        """Whether it edits a topic's page."""
        return self.path.startswith("memory/")

    @property
    def failed(self) -> bool:
        """Whether the check command has not let it pass."""
        return bool(self.check) and self.check != PASSED


def waiting(place: Place) -> tuple[list[Proposal], list[tuple[str, str]]]:
    """Return the open proposals, the oldest first, and (id, why) of branches that are none."""
    found, odd = [], []
    for name, loaded in _load(place, refs.open_proposals(place)).items():
        if isinstance(loaded, Proposal):
            found.append(loaded)
        else:
            odd.append((name, loaded.message))
    return sorted(found, key=lambda proposal: (proposal.at, proposal.id)), odd


def load(place: Place, name: str, ref: str) -> Proposal:
    """Return the proposal that a ref holds, or raise CommonplaceError if it is none."""
    loaded = _load(place, {name: ref})[name]
    if isinstance(loaded, Proposal):
        return loaded
    raise loaded


def _load(place: Place, named: Mapping[str, str]) -> dict[str, Proposal | CommonplaceError]:
    """Return what the refs of proposals hold: all in four calls of git, for a hundred may wait."""
    plain = {name: ref for name, ref in named.items() if name.isprintable()}
    commits = _commits(place, plain.values())
    changes = plumbing.changes(place, list(commits.values()))
    form = "%H%x1f%P%x1f%ct%x1f%B"
    said = {fields[0]: fields for fields in plumbing.messages(place, list(commits.values()), form)}
    blobs = plumbing.contents(
        place, [oid for paths in changes.values() for change in paths for oid in change[1:]]
    )
    found: dict[str, Proposal | CommonplaceError] = {}
    for name, ref in named.items():
        commit = commits.get(ref, "")
        try:
            if name not in plain:
                raise CommonplaceError(f"proposal {one_line(name, 40)} has hidden characters in its name")
            if commit not in said:
                raise CommonplaceError(f"proposal {one_line(name, 40)} is no commit")
            found[name] = _proposal(name, ref, said[commit], changes.get(commit, []), blobs)
        except CommonplaceError as error:
            found[name] = error
    return found


def _commits(place: Place, named: Iterable[str]) -> dict[str, str]:
    """Return ref → commit, for those that name one."""
    asked = list(named)
    data = "".join(f"{ref}^{{commit}}\n" for ref in asked).encode("utf-8", "surrogateescape")
    form = "--batch-check=%(objectname) %(objecttype)"
    lines = plumbing.git(place, "cat-file", form, data=data).decode("utf-8", "surrogateescape").split("\n")
    pairs = zip(asked, lines, strict=False)
    return {ref: line.partition(" ")[0] for ref, line in pairs if line.endswith(" commit")}


def _proposal(
    name: str,
    ref: str,
    said: Sequence[str],
    changes: Sequence[tuple[str, str, str]],
    blobs: Mapping[str, bytes],
) -> Proposal:
    """Return the proposal in a commit: what it says, what it changes, the content of that."""
    commit, parents, at, body = said
    if not parents or " " in parents:
        raise CommonplaceError(f"proposal {one_line(name, 40)} is not one commit on top of the memory")
    paths = [path for path, _, _ in changes]
    if len(paths) != 1 or not about(paths[0]):
        raise _stray(name, paths)
    ((path, old, new),) = changes
    ops = list(ledger.parse(body))
    proposed = [op for op in ops if op.verb == "propose"]
    trailers = ledger.trailers(body)
    check, output = proposal_text.verdict(body)
    proposal = Proposal(
        name, ref, commit, parents, about(path), path, blobs.get(old), blobs.get(new),
        proposed[0].sources if proposed else (),
        next(iter(trailers.get("Drain-Id", [])), ""), int(at),
        tuple(op for op in ops if op.verb != "propose"),
        proposal_text.notes(body), check, output,
    )  # fmt: skip
    if proposal.on_memory and not _accounted(proposal):
        raise _stray(name, paths)
    return proposal


def about(path: str) -> str:
    """Return what a proposal on a file is about: `skills/cad`, `rules/ship`, `memory/user/deploy`, or ""."""
    topic = topic_of(path) if path.isprintable() else None
    return target_of(path) or (f"memory/{topic.page_name}" if topic else "")


def _stray(name: str, paths: list[str]) -> CommonplaceError:
    return CommonplaceError(
        f"proposal {one_line(name, 40)} touches {one_line(', '.join(paths), 100)}; "
        "a proposal edits one skill or one rule, or facts of one page that its ledger names"
    )


def _accounted(proposal: Proposal) -> bool:
    """Tell whether the ledger names each fact that a proposal changes, with sources among its evidence."""
    named = {word[1:] for op in proposal.ops for word in op.words if word.startswith("^")}
    sources = [set(op.sources) for op in proposal.ops]
    changed = {fact.id for pair in carrying.changes(*_texts(proposal)) for fact in pair if fact}
    return bool(changed) and changed <= named and all(s and s <= set(proposal.evidence) for s in sources)


def _texts(proposal: Proposal) -> tuple[str, str]:
    base, new = (proposal.base or b"", proposal.new or b"")
    return base.decode("utf-8", "surrogateescape"), new.decode("utf-8", "surrogateescape")


def find(place: Place, said: str) -> Proposal:
    """Return the proposal of that id, or of which it is the only beginning; also a closed one by its
    whole id.
    """
    open_ones = refs.open_proposals(place)
    matching = [name for name in open_ones if name.startswith(said)] if said else []
    if said in open_ones:
        matching = [said]
    if len(matching) > 1:
        raise CommonplaceError(f"{said!r} begins {len(matching)} proposals", "commonplace review")
    if matching:
        return load(place, matching[0], open_ones[matching[0]])
    if said.isalnum() and refs.resolve(place, CLOSED + said):
        return load(place, said, CLOSED + said)
    raise CommonplaceError(f"there is no proposal {said!r}", "commonplace review")


def applied(place: Place, proposal: Proposal, current: bytes | None) -> bytes | None:
    """Return the target with the proposal applied, three-way on the one file, on a page of memory fact by
    fact; CommonplaceError where the two have changed the same.
    """
    if current in (proposal.base, proposal.new):
        return proposal.new
    if proposal.on_memory:
        page = carrying.carried((current or b"").decode("utf-8", "surrogateescape"), *_texts(proposal))
        if page is None:
            raise _conflict(proposal)
        return page.encode("utf-8", "surrogateescape")
    if current is None or proposal.new is None:
        raise _conflict(proposal)
    merged = plumbing.merge(place, current, proposal.base or b"", proposal.new, union=False)
    if merged is None:
        raise _conflict(proposal)
    return merged


def _conflict(proposal: Proposal) -> CommonplaceError:
    return CommonplaceError(
        f"{proposal.path} has changed where proposal {proposal.id} edits it; nothing was applied",
        f"commonplace review {proposal.id}, edit {proposal.path} by hand, then "
        f'commonplace reject {proposal.id} --because "done by hand"',
    )


def targets(place: Place, on_disk: Mapping[str, File], open_ones: list[Proposal]) -> dict[str, Target]:
    """Return every skill and rule, and every target of an open local proposal, for the plan of a drain."""
    found = {
        target: Target(file.data.decode("utf-8", "surrogateescape"))
        for path, file in on_disk.items()
        if (target := target_of(path))
    }
    for proposal in open_ones:
        if not proposal.local or proposal.new is None or proposal.on_memory:
            continue
        file = on_disk.get(proposal.path)
        current = file.data if file else b""
        merged = union(place, current, proposal.base or b"", proposal.new)
        text = merged.decode("utf-8", "surrogateescape")
        old = found.get(proposal.target, Target(None)).text
        found[proposal.target] = Target(
            old, proposal.id, text, proposal.evidence, proposal.ops, proposal.notes
        )
    return found


def offers(open_ones: list[Proposal]) -> dict[str, Offer]:
    """Return path of a page → what the open local proposal on it offers."""
    return {
        proposal.path: Offer(proposal.id, *_texts(proposal), proposal.evidence, proposal.ops, proposal.notes)
        for proposal in open_ones
        if proposal.local and proposal.on_memory
    }


def lessons_of(proposal: Proposal) -> list[str]:
    """Return the facts that the proposal would add or say anew."""
    return [after.text for _, after in carrying.changes(*_texts(proposal)) if after]


def stands(proposal: Proposal, current: bytes | None) -> bool:
    """Tell whether the target, as it is, says all that the proposal would add."""
    if proposal.on_memory:
        page = (current or b"").decode("utf-8", "surrogateescape")
        return carrying.carried(page, *_texts(proposal)) == page
    said = {fact.text for fact in Page((current or b"").decode("utf-8", "replace")).facts.values()}
    return said.issuperset(lessons := lessons_of(proposal)) and bool(lessons)


def patch_id(proposal: Proposal) -> str:
    """Return a name for what the edit says, the same whichever entries it comes from."""
    sides = []
    for data in (proposal.base, proposal.new):
        lines = (data or b"").decode("utf-8", "replace").split("\n")
        sides.append({normal(_BLOCK_ID.sub("", line)) for line in lines})
    edit = [f"-{line}" for line in sorted(sides[0] - sides[1])]
    edit += [f"+{line}" for line in sorted(sides[1] - sides[0])]
    return sha256("\n".join([proposal.path, *edit]).encode()).hexdigest()[:16]


def rejected(on_disk: Mapping[str, File]) -> frozenset[tuple[str, str]]:
    """Return (target, normal form of a lesson) for all that a person has turned down."""
    found = set()
    for path, file in on_disk.items():
        if path.startswith("rejected/") and path.endswith(".md"):
            text = file.data.decode("utf-8", "replace")
            try:
                said, body = front.split(text)
            except ValueError:
                continue
            for line in body.split("\n"):
                if line.startswith("- "):
                    found.add((said.get("target", ""), lesson_key(line[2:])))
    return frozenset(found)
