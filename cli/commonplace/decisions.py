"""What a person decides: accept or reject a proposal, drop an entry. Each decision is a commit."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from commonplace import evidence, files, plumbing, proposals, recovery, repo, ulid, worktree
from commonplace.drain import edits as person
from commonplace.drain import screening
from commonplace.drain.edits import Edits
from commonplace.drain.given import Limits
from commonplace.drain.plan import index_of
from commonplace.entry import quote
from commonplace.errors import CommonplaceError
from commonplace.landing import Change, land, until_landed
from commonplace.ledger import Op, message, quoted
from commonplace.lock import Lock
from commonplace.memory.topics import INDEX
from commonplace.place import Place
from commonplace.plumbing import TOOL, Commit, blob_id
from commonplace.proposals import CLOSED, Proposal
from commonplace.settings import Settings
from commonplace.text import count, one_line, visible
from commonplace.worktree import File

BY_THE_CLOSE = "the drain, by proposals.apply"
"""Who agreed where a person's settings let the close apply what it proposed."""


@dataclass(frozen=True)
class Decision:
    """A decision that was carried out: the proposal and the commit; "" where nothing was left to do."""

    proposal: Proposal
    commit: str


def accept(
    place: Place, settings: Settings, names: list[str], by: str, *, despite_check: bool = False
) -> list[Decision]:
    """Apply proposals to the memory's branch, one commit each; `by` says who agreed.

    All are looked at first: where one conflicts, or has not passed its check, none is applied.
    """
    with Lock(place, "an accept"):
        recovery.recover(place)
        chosen = [proposals.find(place, name) for name in dict.fromkeys(names)]
        for proposal in chosen:
            _acceptable(place, proposal, despite_check)
        return [
            Decision(proposal, until_landed(partial(_accept, place, settings, proposal, by)))
            for proposal in chosen
        ]


def _acceptable(place: Place, proposal: Proposal, despite_check: bool) -> None:
    """Raise CommonplaceError where a proposal cannot be applied, or should not be without a word more."""
    if proposal.failed and not despite_check:
        raise CommonplaceError(
            f"proposal {proposal.id} has not passed its check: {one_line(proposal.check, 80)}; "
            "nothing was applied",
            f"commonplace review {proposal.id}, then commonplace accept {proposal.id} --despite-check",
        )
    proposals.applied(place, proposal, worktree.read(place, proposal.path))
    if proposal.on_memory and (lost := evidence.missing(place, proposal)):
        raise CommonplaceError(
            f"proposal {proposal.id} rests on {lost}, which this history does not hold; nothing was applied",
            f"commonplace review {proposal.id}",
        )


def _accept(place: Place, settings: Settings, proposal: Proposal, by: str) -> str:
    touched = [proposal.path, INDEX] if proposal.on_memory else [proposal.path]
    head, disk, edits = _at(place, settings, touched)
    before = _text(proposal.path, disk, edits)
    new = {proposal.path: proposals.applied(place, proposal, before)}
    if new[proposal.path] == before and _is_closed(proposal):
        return ""
    if proposal.on_memory:
        new[INDEX] = _index(place, settings, new)
    who = repo.person(place)
    steps = [_edit(edits, place)] if edits.files else []
    noun = ("entry", "entries") if proposal.on_memory else ("self-eval", "self-evals")
    subject = f"accept: {proposal.target}, {count(len(proposal.evidence), *noun)}"
    ops = [Op("accept", (proposal.id, proposal.target), proposal.evidence), *proposal.ops]
    despite = proposal.check if proposal.failed else ""
    trailers = [("Proposal", proposal.id), ("Accepted-By", by), ("Despite-Check", despite)]
    modes = {path: file.mode for path, file in disk.items() if file}
    steps.append(Commit(message(subject, ops, trailers), TOOL, who, new, modes))
    return _land(place, settings, "accept", head, steps, disk, proposal)


def _index(place: Place, settings: Settings, new: Mapping[str, bytes | None]) -> bytes:
    """Return the index page for the pages as they will stand."""
    found, _ = worktree.scan(place)
    texts = {path: file.data for path, file in found.items() if path.startswith("memory/")}
    texts.update({path: data for path, data in new.items() if data is not None})
    pages = {path: data.decode("utf-8", "surrogateescape") for path, data in texts.items()}
    limits = Limits(settings.number("index.max_lines"), settings.number("index.max_bytes"))
    return index_of(pages, {}, limits).encode("utf-8", "surrogateescape")


def _is_closed(proposal: Proposal) -> bool:
    return proposal.ref.startswith(CLOSED)


def reject(place: Place, settings: Settings, name: str, because: str) -> Decision:
    """Turn a proposal down, for good: it is remembered with the reason and not offered again."""
    with Lock(place, "a reject"):
        recovery.recover(place)
        proposal = proposals.find(place, name)
        if _is_closed(proposal) and proposals.stands(proposal, worktree.read(place, proposal.path)):
            raise CommonplaceError(
                f"proposal {proposal.id} has been accepted: {proposal.path} says it",
                f"edit {proposal.path} by hand, then reject it",
            )
        return Decision(proposal, until_landed(partial(_reject, place, settings, proposal, because)))


def _reject(place: Place, settings: Settings, proposal: Proposal, because: str) -> str:
    path = f"rejected/{proposal.id}.md"
    head, disk, edits = _at(place, settings, [path])
    page = rejection(proposal, because, time.gmtime())
    who = repo.person(place)
    steps = [_edit(edits, place)] if edits.files else []
    ops = [Op("reject", (proposal.id, proposal.target), proposal.evidence)]
    text = message(f"reject: {proposal.target}", ops, [("Proposal", proposal.id)])
    steps.append(Commit(text, who, who, {path: page.encode()}))
    return _land(place, settings, "reject", head, steps, disk, proposal)


def rejection(proposal: Proposal, because: str, at: time.struct_time) -> str:
    """Return the page that remembers a proposal that was turned down."""
    fields = {
        "proposal": proposal.id,
        "target": proposal.target,
        "patch_id": proposals.patch_id(proposal),
        "because": because,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", at),
    }
    head = "".join(f"{key}: {quote(value)}\n" for key, value in fields.items())
    lessons = [" ".join(lesson.split()) for lesson in proposals.lessons_of(proposal)]
    return f"---\n{head}---\n" + "".join(f"- {visible(lesson)}\n" for lesson in lessons)


def drop(place: Place, settings: Settings, names: list[str], because: str) -> str:
    """Take entries out of the queue unread, their content kept in history; return the commit."""
    with Lock(place, "a drop"):
        recovery.recover(place)
        return until_landed(partial(_drop, place, settings, names, because))


def _drop(place: Place, settings: Settings, names: list[str], because: str) -> str:
    head = repo.ready(place, settings.text("repository.branch"))
    raw = {name: _entry_bytes(place, name) for name in names}
    for name, data in raw.items():
        if why := screening.secret_in(name, data):
            entry_id = name.partition(".")[0]
            raise CommonplaceError(
                f"{entry_id} holds what looks like {why}; a drop would put it into history",
                f"commonplace forget --entry {entry_id}",
            )
    in_head = plumbing.tree(place, head, "queue")
    new: dict[str, bytes | None] = {
        f"queue/{name}": data
        for name, data in raw.items()
        if (item := in_head.get(f"queue/{name}")) is None or item.oid != blob_id(data, head)
    }
    steps = []
    if new:
        subject = f"capture: {count(len(new), 'entry', 'entries')}"
        steps.append(Commit(message(subject, [], []), TOOL, TOOL, new))
    who = repo.person(place)
    ops = [Op("drop", (name.partition(".")[0], "by-hand")) for name in raw]
    subject = f"queue: drop {count(len(raw), 'entry', 'entries')}"
    text = message(subject, ops, []).rstrip("\n") + f"\n\nbecause: {quoted(because)}\n"
    steps.append(Commit(text, who, who, {f"queue/{name}": None for name in raw}))
    captured = {name: blob_id(data, head) for name, data in raw.items()}
    return _land(place, settings, "drop", head, steps, {}, None, captured)


def _entry_bytes(place: Place, name: str) -> bytes:
    for folder in (place.queue, place.inbox):
        data = files.read_regular(os.path.join(folder, name), worktree.MAX_PAGE)
        if data is not None:
            return data
    raise CommonplaceError(f"queue/{name} cannot be read", f"look at {place.queue}")


def _at(place: Place, settings: Settings, paths: Sequence[str]) -> tuple[str, dict[str, File | None], Edits]:
    """Return the tip, files as they lie in the work tree, and the person's edits to them: read together, to
    be checked again when the change lands.
    """
    head = repo.ready(place, settings.text("repository.branch"))
    in_head = plumbing.tree(place, head, *paths)
    disk: dict[str, File | None] = {}
    for path in paths:
        data = worktree.read(place, path)
        mode = in_head[path].mode if path in in_head else "100644"
        disk[path] = None if data is None else File(data, mode)
    edits = person.find(place, {path: file for path, file in disk.items() if file}, in_head, head)
    screening.refuse(screening.withhold(place, edits, head), paths)
    return head, disk, edits


def _text(path: str, disk: Mapping[str, File | None], edits: Edits) -> bytes | None:
    """Return what a file says with the person's edits."""
    file = disk[path]
    return edits.files.get(path, file.data if file else None)


def _edit(edits: Edits, place: Place) -> Commit:
    subject = f"edit: {count(len(edits.files), 'file')} by hand"
    return Commit(message(subject, edits.ops, []), repo.person(place), TOOL, edits.files, edits.modes)


def _land(
    place: Place,
    settings: Settings,
    verb: str,
    head: str,
    steps: list[Commit],
    pages: dict[str, File | None],
    proposal: Proposal | None,
    captured: dict[str, str] | None = None,
) -> str:
    change = Change(
        verb=verb,
        id=ulid.new(),
        branch=settings.text("repository.branch"),
        head=head,
        commits=steps,
        pages={path: file.data if file else None for path, file in pages.items()},
        at=int(time.time()),
        captured=captured or {},
        drop={proposal.ref: proposal.commit} if proposal and proposal.ref.startswith("refs/heads/") else {},
        keep={CLOSED + proposal.id: proposal.commit} if proposal else {},
        sign=settings.flag("audit.sign"),
    )
    return land(place, change)[-1]
