"""The snapshot that a drain is planned from: everything read once, before anything is changed."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from commonplace import evidence, files, plumbing, proposals, queue, repo, retrievals, worktree
from commonplace.drain import edits as person
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
    objects · odd: (name, why) of what no drain can take · held: how many entries are held back.
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


def take(place: Place, settings: Settings) -> Snapshot:
    """Read the repository as it stands, or raise NotNow if nothing may be changed at present."""
    head = repo.ready(place, settings.text("repository.branch"))
    waiting = queue.listing(place)
    entries, raw, odd = _read_queue(place, waiting)
    on_disk, strange = worktree.scan(place)
    in_head = plumbing.tree(place, head, *worktree.FOLDERS)
    unread = {path for path, _ in strange}
    in_head = {path: item for path, item in in_head.items() if path not in unread}
    edits = person.find(place, on_disk, in_head, head)
    texts = {path: file.data for path, file in on_disk.items()}
    texts.update({path: data for path, data in edits.files.items() if data is not None})
    pages = {
        path: data.decode("utf-8", "surrogateescape")
        for path, data in texts.items()
        if path.startswith("memory/") and path.endswith(".md")
    }
    open_ones, _ = proposals.waiting(place) if entries else ([], [])
    targets = proposals.targets(place, on_disk, open_ones)
    given = Given(
        tuple(entries),
        pages,
        targets,
        proposals.rejected(on_disk),
        drained_before(place, [entry.file_name for entry in entries]),
        Limits(settings.number("index.max_lines"), settings.number("index.max_bytes")),
        _budget(place, settings, entries, targets),
        proposals.offers(open_ones),
        retrievals.facts(place) if entries else frozenset(),
    )
    in_queue = plumbing.tree(place, head, "queue") if raw else {}
    committed = {path[len("queue/") :]: item.oid for path, item in in_queue.items()}
    held = sum(name.partition(".")[0] in waiting.held for name in waiting.names)
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
    )


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
) -> tuple[list[Entry], dict[str, bytes], list[tuple[str, str]]]:
    """Return the entries to drain, their bytes by file name, and what is no entry."""
    entries, raw, odd = [], {}, list(waiting.odd)
    for name in waiting.names:
        if name.partition(".")[0] in waiting.held:
            continue
        data = files.read_regular(os.path.join(place.queue, name), MAX_FILE)
        try:
            if data is None:
                raise EntryError("cannot be read")
            entries.append(parse_entry(name, data))
        except EntryError as error:
            odd.append((name, str(error)))
        else:
            raw[name] = data
    return entries, raw, odd


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
