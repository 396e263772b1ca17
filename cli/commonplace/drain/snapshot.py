"""The snapshot that a drain is planned from: everything read once, before anything is changed."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from commonplace import (
    evidence,
    files,
    forgotten,
    holding,
    plumbing,
    proposals,
    queue,
    refs,
    repo,
    retrievals,
    worktree,
)  # fmt: skip
from commonplace.drain import edits as person
from commonplace.drain import screening
from commonplace.drain.edits import Edits
from commonplace.drain.given import Given, Limits
from commonplace.drain.reading import parse_entry
from commonplace.drain.room import Budget
from commonplace.drain.targets import Target
from commonplace.entry import MAX_FILE, Entry, EntryError
from commonplace.ledger import parse
from commonplace.memory.pages import Page
from commonplace.place import Place
from commonplace.plumbing import blob_id
from commonplace.proposals import Proposal
from commonplace.settings import Settings
from commonplace.worktree import File


@dataclass(frozen=True)
class Snapshot:
    """head: the branch's tip · on_disk: our folders' files · edits: the person's own · raw: queue file →
    its bytes, for the entries to drain · committed: the queue files that the tip holds, with their
    objects · odd: (name, why) of what no drain can take · held: how many entries are held back ·
    secrets: queue file → why it must be held · withheld: page → why its edit is left alone.
    """

    head: str
    on_disk: dict[str, File]
    edits: Edits
    entries: tuple[Entry, ...]
    raw: dict[str, bytes]
    committed: dict[str, str]
    odd: list[tuple[str, str]]
    held: int
    open_proposals: list[Proposal]
    given: Given
    secrets: Mapping[str, str] = field(default_factory=dict)
    withheld: Mapping[str, str] = field(default_factory=dict)


def take(place: Place, settings: Settings) -> Snapshot:
    """Read the repository as it stands, or raise NotNow if nothing may be changed at present."""
    head = repo.ready(place, settings.text("repository.branch"))
    waiting = queue.listing(place)
    entries, raw, odd, secret = _read_queue(place, waiting)
    on_disk, strange = worktree.scan(place)
    in_head = plumbing.tree(place, head, *worktree.FOLDERS)
    unread = {path for path, _ in strange}
    in_head = {path: item for path, item in in_head.items() if path not in unread}
    edits = person.find(place, on_disk, in_head, head)
    withheld = screening.withhold(place, edits, head)
    seen = screening.as_committed(place, on_disk, withheld, head) if withheld else on_disk
    texts = {path: file.data for path, file in seen.items()}
    texts.update({path: data for path, data in edits.files.items() if data is not None})
    pages = {
        path: data.decode("utf-8", "surrogateescape")
        for path, data in texts.items()
        if path.startswith("memory/") and path.endswith(".md")
    }
    open_ones, _ = proposals.waiting(place) if entries else ([], [])
    targets = proposals.targets(place, seen, open_ones)
    given = Given(
        tuple(entries),
        pages,
        targets,
        proposals.rejected(seen),
        drained_before(place, [entry.file_name for entry in entries]),
        Limits(settings.number("index.max_lines"), settings.number("index.max_bytes")),
        _budget(place, settings, entries, targets),
        proposals.offers(open_ones),
        retrievals.facts(place) if entries else frozenset(),
    )
    in_queue = plumbing.tree(place, head, "queue") if raw or secret else {}
    committed = {path[len("queue/") :]: item.oid for path, item in in_queue.items()}
    held = sum(name.partition(".")[0] in waiting.held for name in waiting.names) + len(secret)
    secret = {name: why + (IN_GIT if name in committed else "") for name, why in secret.items()}
    odd += [(name, f"held back: {why}") for name, why in secret.items()]
    odd += [(path, f"not committed, for it holds {why}") for path, why in withheld.items()]
    return Snapshot(
        head,
        on_disk,
        edits,
        tuple(entries),
        raw,
        committed,
        [*odd, *strange],
        held,
        open_ones,
        given,
        {name: holding.WHY + why for name, why in secret.items()},
        withheld,
    )


IN_GIT = "; git holds it already: commonplace forget --purge"


def _budget(place: Place, settings: Settings, entries: list[Entry], targets: Mapping[str, Target]) -> Budget:
    """Return what all rules may hold; how strong each lesson is, where this drain may have to choose."""
    most = settings.number("rules.max_chars")
    rules = [target.latest for name, target in targets.items() if name.startswith("rules/")]
    coming = sum(entry.kind == "self-eval" for entry in entries)
    if not coming or 2 * sum(map(len, rules)) < most:
        return Budget(most)
    return Budget(most, evidence.of_lessons(place, [i for text in rules for i in Page(text).facts]))


def _read_queue(
    place: Place, waiting: queue.Waiting
) -> tuple[list[Entry], dict[str, bytes], list[tuple[str, str]], dict[str, str]]:
    """Return the entries to drain, their bytes by file name, what is no entry, and what holds a secret."""
    entries, raw, odd, secret = [], {}, list(waiting.odd), {}
    gone = _forgotten(place, waiting.names)
    for name in waiting.names:
        if name.partition(".")[0] in waiting.held:
            continue
        if name.partition(".")[0] in gone:
            odd.append((name, f"was forgotten: rm {os.path.join(place.queue, name)}"))
            continue
        data = files.read_regular(os.path.join(place.queue, name), MAX_FILE)
        try:
            if data is None:
                raise EntryError("cannot be read")
            parsed = parse_entry(name, data)
        except EntryError as error:
            odd.append((name, str(error)))
            continue
        why = screening.secret_in(name, data)
        if why and not holding.is_allowed(place, name, data):
            secret[name] = why
        else:
            entries.append(parsed)
            raw[name] = data
    return entries, raw, odd, secret


def _forgotten(place: Place, names: list[str]) -> set[str]:
    """Return the ids of what was forgotten, if a file in the queue has no second link in the inbox."""
    strange = set(names).difference(queue.inbox_names(place))
    return forgotten.ids(place) if strange and refs.head(place)[1] else set()


def drained_before(place: Place, names: list[str]) -> dict[str, str]:
    """Return id → drain for entries that came back after they had been drained.

    Only a file without its second link in the inbox is looked up: a stash or a merge brought it back, or
    a person wrote it by hand.
    """
    inbox = set(queue.inbox_names(place))
    strange = {name.partition(".")[0]: f"queue/{name}" for name in names if name not in inbox}
    found: dict[str, str] = {}
    if strange:
        # A merge that brought the file back must not hide the side on which it was drained.
        paths = ["--full-history", "--diff-filter=D", "HEAD", "--", *strange.values()]
        for commit in repo.history(place, *paths):
            for op in parse(commit.body):
                for entry_id in set(op.entries) & strange.keys():
                    found.setdefault(entry_id, commit.trailer("Drain-Id") or commit.commit)
    return found


def captured(snapshot: Snapshot) -> dict[str, str]:
    """Return queue file → object for the entries to drain."""
    return {name: blob_id(data, snapshot.head) for name, data in snapshot.raw.items()}


def without(snapshot: Snapshot, ids: frozenset[str]) -> Snapshot:
    """Return the snapshot without entries that are left in the queue for another drain."""
    entries = tuple(entry for entry in snapshot.entries if entry.id not in ids)
    names = {entry.file_name for entry in entries}
    raw = {name: data for name, data in snapshot.raw.items() if name in names}
    return replace(snapshot, entries=entries, raw=raw, given=replace(snapshot.given, entries=entries))
