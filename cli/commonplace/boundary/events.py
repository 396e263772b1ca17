"""The boundaries themselves: what each one does, and what it says to the model."""

from commonplace.boundary import backstop, closing, net, sessions
from commonplace.place import Place
from commonplace.queue import listing

BOUNDARIES = ("boot", "chapter", "compaction", "end")

HEALED = ("drain", "queue", "committed")
"""The kinds of findings that a drain mends."""


def boot(place: Place, settings: dict[str, str], session: str, host: str, pid: int) -> str:
    """Register the session and return what the backstop has to say, "" when all is well."""
    found = backstop.check(place, settings, session)
    _begin(place, session, host, pid)
    heal(place, settings, found)
    if not found:
        return ""
    return backstop.told(settings["text.boot"], found)


def heal(place: Place, settings: dict[str, str], found: list[backstop.Finding]) -> None:
    """Start the drain that did not happen, if the settings say so; its findings then say that it runs."""
    left = [finding for finding in found if finding.kind in HEALED]
    if not left or settings["drain.heal"] != "drain":
        return
    mark = closing.read_mark(place)
    if mark and closing.under_way(place, mark):
        return
    try:
        closing.start_drain(place, "")
    except OSError:
        return  # a full disk or no process to be had: what was found says what to do
    for finding in left:
        finding.remedy = "a drain has been started (drain.heal)"


def ask(place: Place, settings: dict[str, str], session: str, host: str, boundary: str) -> str:
    """Return the instruction of a boundary in the middle of a session (chapter, compaction)."""
    _begin(place, session, host, 0)
    return settings[f"text.{boundary}"]


def _begin(place: Place, session: str, host: str, pid: int) -> None:
    if session:
        try:
            sessions.begin(place, session, host, pid)
        except OSError:
            return  # a read-only or full disk: what waits is told all the same


def end(place: Place, settings: dict[str, str], session: str, *, has_log: bool = False) -> int:
    """Take the session off the registry and start the drain, detached, if there is work for one.

    has_log: the host keeps a log, in which a session that flagged nothing may have been corrected.
    Returns the drain's process id, 0 where none was started.
    """
    known = sessions.end(place, session) if session else True
    if session:
        net.forget(place, session)
    mark = None if known else closing.read_mark(place)
    if mark and closing.under_way(place, mark):
        return 0  # a host that ends a session more than once
    if settings["drain.at_session_end"] != "true":
        return 0
    offer = has_log and settings["mine.offer"] != "off"
    waiting = listing(place)
    if not offer and all(name.partition(".")[0] in waiting.held for name in waiting.names):
        return 0
    return closing.start_drain(place, session, offer=offer)
