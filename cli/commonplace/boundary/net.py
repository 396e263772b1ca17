"""The net under capture: what the person corrected before a compaction, kept until it is flagged.

A compaction may leave the model no time to flag. So the hook before it reads the end of the session's log,
keeps the corrections it finds, and the asking afterwards shows the best of them. No model, no git. What holds
a secret is neither kept nor shown: the log has it.
"""

import os

from commonplace import files, secrets
from commonplace.errors import UsageError
from commonplace.place import Place, read
from commonplace.text import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from commonplace.substrate.pairs import Pair

TAIL = 4_000_000
"""The most of a log's end that is read, in bytes: more than a context holds."""

KEPT, SHOWN = 20, 3
"""How many corrections of one session are kept, the newest; how many of them are shown, the surest."""

_FIELDS = ("id", "score", "at", "scope", "text", "premise")


class Candidate:
    """A correction that could be flagged. id: its pair's · score: 0..1, how surely it is one · at: when it
    was said · scope: `user` or `project:<id>` · text: the person's words · premise: what they corrected.
    """

    __slots__ = _FIELDS

    def __init__(self, name: str, score: float, at: str, scope: str, text: str, premise: str) -> None:
        self.id = name
        self.score = score
        self.at = at
        self.scope = scope
        self.text = text
        self.premise = premise


def of_pair(pair: "Pair") -> Candidate:
    """Return a pair of the logs as a candidate."""
    turn = pair.turn
    scope = f"project:{turn.project}" if turn.project else ""
    return Candidate(turn.id, pair.score, turn.at, scope, pair.correction, pair.premise)


def catch(place: Place, settings: dict[str, str], host: str, session: str, transcript: str) -> None:
    """Keep what the person corrected in the end of a session's log, beside what was kept before."""
    from commonplace.substrate import detection, labels, pairs, reading

    secrets.learn(settings.get("secrets.patterns", ""))
    turns, said = reading.tail(host, transcript, TAIL), labels.load(place)
    found = [
        of_pair(pair)
        for pair in pairs.of(turns, detection.marked(settings.get("mine.markers", "")))
        if said.get(pair.id) != "skip"
    ]
    found = [candidate for candidate in found if not _has_secret(candidate)]
    known = {candidate.id: candidate for candidate in [*_kept(place, session), *found]}
    _keep(place, session, sorted(known.values(), key=lambda candidate: candidate.at)[-KEPT:])


def shown(place: Place, settings: dict[str, str], session: str) -> str:
    """Return the surest of a session's candidates, with the command that flags one; "" if there are none."""
    secrets.learn(settings.get("secrets.patterns", ""))
    kept = [candidate for candidate in _kept(place, session) if not _has_secret(candidate)]
    best = sorted(kept, key=lambda candidate: -candidate.score)[:SHOWN]
    if not best:
        return ""
    lines = [settings["text.candidates"]]
    for candidate in best:
        premise = f' (about: "{one_line(candidate.premise, 160)}")' if candidate.premise else ""
        lines.append(f'- {candidate.id} "{one_line(candidate.text, 240)}"{premise}')
    return "\n".join(lines)


def _has_secret(candidate: Candidate) -> bool:
    return bool(secrets.find(f"{candidate.text}\n{candidate.premise}"))


def look_up(place: Place, pair: str) -> Candidate:
    """Return a candidate by its pair's id: one that was kept, else what the logs hold; else UsageError."""
    for session in _sessions(place):
        for candidate in _kept(place, session):
            if candidate.id == pair:
                return candidate
    from commonplace.substrate import store
    from commonplace.substrate.pairs import Pair

    turn = store.open(place).turn(pair)
    if turn is None:
        raise UsageError(f"{pair[:40]!r} is no pair", "commonplace mine lists them")
    return of_pair(Pair(turn, 1.0))


def flagged(place: Place, pair: str) -> None:
    """Show a candidate no more: it has been flagged."""
    for session in _sessions(place):
        kept = _kept(place, session)
        left = [candidate for candidate in kept if candidate.id != pair]
        if len(left) < len(kept):
            _keep(place, session, left)


def forget(place: Place, session: str) -> None:
    """Let go of a session's candidates: it has ended, and its log holds them."""
    files.remove(place.inside("candidates", session))


def _sessions(place: Place) -> list[str]:
    try:
        return [name for name in os.listdir(place.inside("candidates")) if not name.startswith(".")]
    except OSError:
        return []


def _kept(place: Place, session: str) -> list[Candidate]:
    found = []
    for line in read(place.inside("candidates", session)).splitlines():
        fields = line.split("\t")
        if len(fields) == len(_FIELDS):
            name, score, *rest = fields
            found.append(Candidate(name, float(score) if score.replace(".", "").isdigit() else 0.0, *rest))
    return found


def _keep(place: Place, session: str, candidates: list[Candidate]) -> None:
    """Write a session's candidates, a line each, its fields between tabs."""
    if not candidates:
        forget(place, session)
        return
    lines = []
    for one in candidates:
        fields = (one.id, f"{one.score:.3f}", one.at, one.scope, one.text, one.premise)
        lines.append("\t".join(one_line(field) for field in fields) + "\n")
    files.replace(place.inside("candidates", session), "".join(lines).encode(), mode=0o600)
