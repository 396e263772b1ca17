"""What a session that flagged nothing offers at its end: the surest corrections in its log.

They are entries like any other, `origin: mined`, and wait for a person unless the settings say otherwise.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from os.path import join

from commonplace import files, holding, plumbing, queue, ulid
from commonplace.boundary.net import of_pair
from commonplace.drain.reading import parse_entry
from commonplace.entry import MAX_FILE, Entry, EntryError, split_name
from commonplace.place import Place, read
from commonplace.substrate import detection, labels, pairs, reading
from commonplace.substrate.pairs import Pair
from commonplace.text import MAX_TEXT, accept_text

MOST = 5
"""The most pairs that one session offers."""

HELD = "found in a session that flagged nothing: it waits for a person"


def offer(place: Place, session: str, how: str, markers: str, environ: Mapping[str, str]) -> list[Entry]:
    """Append the surest pairs of a session, and return them; none where it flagged anything itself.

    how: `hold` (each waits for a person), `queue` (the drain takes them), `off`. A pair is offered once.
    """
    if how == "off" or not session:
        return []
    found = reading.refresh(place, environ)
    turns = [turn for turn in found.all_turns() if turn.session == session and not turn.agent]
    if not turns or _has_flagged(place, session, turns[0].at):
        return []
    said = labels.load(place)
    offered = {*read(place.inside("offered")).split(), *(pair for pair in said if said[pair] == "skip")}
    new = [pair for pair in pairs.of(turns, detection.marked(markers)) if pair.id not in offered]
    best = sorted(new, key=lambda pair: -pair.score)[:MOST]
    entries = [_entry(pair, session) for pair in sorted(best, key=lambda pair: pair.turn.at)]
    for entry in entries:
        if how == "hold":
            queue.hold(place, entry.id, HELD)  # before it can be drained
        holding.append(place, entry)  # held for a secret, if there is one, for that
    if entries:
        names = sorted(offered | {entry.pair for entry in entries})
        files.replace(place.inside("offered"), "\n".join(names).encode(), mode=0o600)
    return entries


def _entry(pair: Pair, session: str) -> Entry:
    candidate = of_pair(pair)
    return Entry(
        id=ulid.new(), kind="flag", type="correction", scope=candidate.scope or "user", origin="mined",
        session=session, host=pair.turn.host, at=f"{candidate.at[:19]}Z", pair=candidate.id,
        premise=candidate.premise,
        text=accept_text(candidate.text[:MAX_TEXT]),
    )  # fmt: skip


def _has_flagged(place: Place, session: str, since: str) -> bool:
    """Tell whether a session has an entry of its own: in the queue, or captured since it began."""
    waiting = ((name, _read(place, name)) for name in queue.listing(place).names)
    return any(_is_of(session, *one) for one in waiting) or any(
        _is_of(session, *one) for one in _captured(place, since)
    )


def _read(place: Place, name: str) -> bytes:
    return files.read_regular(join(place.queue, name), MAX_FILE) or b""


def _captured(place: Place, since: str) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of the queue files that commits since then have added."""
    options = ("--raw", "--no-abbrev", "-z", "--diff-filter=A", "--format=", f"--since={since}")
    fields = plumbing.git(place, "log", *options, "--", "queue", ok=(0, 128)).split(b"\0")
    added = {
        path.decode("utf-8", "replace"): facts.split()[3].decode()
        for facts, path in pairwise(fields)
        if facts.strip().startswith(b":")
    }
    blobs = plumbing.contents(place, added.values())
    for path, oid in added.items():
        yield path.rpartition("/")[2], blobs.get(oid, b"")


def _is_of(session: str, name: str, data: bytes) -> bool:
    try:
        return bool(split_name(name)) and parse_entry(name, data).session == session
    except EntryError:
        return False
