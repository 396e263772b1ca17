"""What the index takes from the sessions: the turns in which a person spoke, each with what it answers."""

import os
from zlib import crc32

from commonplace.place import Place
from commonplace.recall.index import Index, Piece
from commonplace.text import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from commonplace.substrate.turns import Turn

SOURCE = "sessions"


def are_known(place: Place) -> bool:
    """Tell whether the logs of sessions have been read before: then recall keeps up with them."""
    from commonplace.substrate import store

    return os.path.exists(place.inside(store.NAME))


def refresh(place: Place, index: Index, environ: "Mapping[str, str]", markers: str) -> None:
    """Bring the index up to the logs; only sessions that have changed are indexed anew.

    markers: words of correction in other languages (`mine.markers`).
    """
    from commonplace.substrate import reading

    store = reading.refresh(place, environ).store
    if store.generation and f"{store.generation} {markers}" == index.mark("generation"):
        return
    fill(index, store.turns(), markers)
    with index.change():
        index.set_mark("generation", f"{store.generation} {markers}")


def fill(index: Index, turns: "Iterable[Turn]", markers: str = "") -> None:
    """Bring the index up to all turns there are; those of one session come in their order."""
    from commonplace.substrate.detection import marked
    from commonplace.substrate.pairs import answered

    sessions: dict[str, list[Turn]] = {}
    for turn in answered(turns):
        # The project too: a session that was copied to another one is a page of each.
        key = f"{turn.host} {turn.session} {turn.agent} {turn.project}"
        sessions.setdefault(key, []).append(turn)
    stamps = {key: _stamp(of_one, markers) for key, of_one in sessions.items()}
    with index.change():
        known = index.stamps(SOURCE)
        for key in known.keys() - stamps.keys():
            index.drop(SOURCE, key)
        for key, said in sessions.items():
            if known.get(key) != stamps[key]:
                project = said[0].project
                scope = f"project:{project}" if project else ""
                index.put(SOURCE, key, stamps[key], scope, [_piece(turn, marked(markers)) for turn in said])


def _stamp(turns: "list[Turn]", markers: str) -> str:
    checksum = crc32(markers.encode("utf-8", "replace"))
    for turn in turns:
        said = f"{turn.id} {turn.project} {turn.at} {turn.text} {turn.premise}"
        checksum = crc32(said.encode("utf-8", "replace"), checksum)
    return f"{len(turns)} {checksum:08x}"


def _piece(turn: "Turn", markers: tuple[str, ...]) -> Piece:
    """Return a turn's line. What a correction corrects is shown beside it, in one sentence."""
    from commonplace.substrate import decay, detection, pairs

    score = detection.score(turn, markers)
    correction = score >= detection.model().threshold
    premise = pairs.trimmed(turn.premise, pairs.short(turn.text)) if correction else ""
    at = decay.seconds(turn.at) or 0.0
    return Piece(turn.id, turn.text, turn.premise, at=at, weight=score, premise=one_line(premise))
