"""When to ask: what a hook does at each event of a session, and what it says.

Asking is throttled by what was seen, not by the clock: the calls of tools that the session's log has
gained since flags were last asked for. Standard library only: this is on the hot path.
"""

import os

from commonplace.boundary import backstop, events, net, sessions
from commonplace.boundary.sessions import Session
from commonplace.hosts import happening
from commonplace.hosts.happening import Happening, Reply
from commonplace.place import Place
from commonplace.text import slug

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Settings = dict[str, str]

LOGGED = ("claude-code", "codex", "gemini-cli", "copilot-cli", "opencode")
"""The hosts whose logs are read."""

_TAIL = 4_000_000
"""The most of a log that is read for one question, in bytes."""

_END = 262_144
"""The most of a log's end that is read for how full the context is, in bytes."""

_AGAIN = 3
"""Calls of tools that must lie between two askings at closed chapters."""


def reply(place: Place, settings: "Settings", host: str, event: Happening) -> Reply:
    """Do what an event asks for, and return what is to be said."""
    act = _ACTS.get(event.what)
    if act is None:
        return Reply()
    if event.what == happening.END:
        events.end(place, settings, event.session, has_log=host in LOGGED)
        return Reply()
    session = sessions.begin(place, event.session, host, event.pid, event.cwd)
    return act(place, settings, session, event)


def _boot(place: Place, settings: "Settings", session: Session, event: Happening) -> Reply:
    own = event.what != happening.AFTER_COMPACTION
    found = backstop.check(place, settings, session.id, own=own)
    if event.what == happening.BOOT:
        events.heal(place, settings, found)
    if not found:
        return Reply()
    return Reply(
        backstop.told(settings["text.boot"], found),
        "commonplace: " + "; ".join(str(finding) for finding in found[:2])
        + (f"; {len(found) - 2} more: commonplace boot" if len(found) > 2 else ""),
    )  # fmt: skip


def _after_compaction(place: Place, settings: "Settings", session: Session, event: Happening) -> Reply:
    said = _boot(place, settings, session, event)
    session.full = ""
    if settings["boundaries.compaction"] != "true":
        return said
    _asked(place, session, event)
    parts = (said.model, settings["text.compacted"], net.shown(place, settings, session.id))
    return Reply("\n\n".join(filter(None, parts)), said.person)


def _before_compaction(place: Place, settings: "Settings", session: Session, event: Happening) -> Reply:
    if settings["boundaries.compaction"] != "true":
        return Reply()
    session.waits = "compacted"  # for the hosts that fire nothing afterwards
    sessions.save(place, session)
    if event.transcript:
        net.catch(place, settings, session.host, session.id, event.transcript)
    return Reply(settings["text.summary"])


def _prompt(place: Place, settings: "Settings", session: Session, event: Happening) -> Reply:
    if not session.waits and not session.full and _fills(settings, event):
        # An automatic compaction gives no time to ask; whatever the model learns is asked for before.
        session.waits, session.full = "compaction", "yes"
    if not session.waits:
        return Reply()
    said = settings.get(f"text.{session.waits}", "")
    if session.waits == "compacted":
        said = "\n\n".join(filter(None, (said, net.shown(place, settings, session.id))))
    _asked(place, session, event)
    return Reply(said)


def _fills(settings: "Settings", event: Happening) -> bool:
    """Tell whether the context has grown to where flags are to be asked for."""
    limit = int(settings["boundaries.context_tokens"])
    return 0 < limit <= _context(event)


def _context(event: Happening) -> int:
    """Return the tokens that the last request held, as the session's log says; -1 where it does not."""
    if not event.usage:
        return -1
    try:
        with open(event.transcript, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _END))
            _, found, usage = file.read(_END).rpartition(event.usage)
    except OSError:
        return -1
    usage = usage.partition(b"}")[0]
    keys = (b'"input_tokens":', b'"cache_creation_input_tokens":', b'"cache_read_input_tokens":')
    parts = [usage.partition(key)[2].partition(b",")[0].strip() for key in keys]
    return sum(int(part) for part in parts if part.isdigit()) if found else -1


def _subagent(place: Place, settings: "Settings", session: Session, event: Happening) -> Reply:  # noqa: ARG001
    """Tell a sub-agent its id: no host's shell tool names it, and an entry should carry it."""
    agent = slug(event.agent)
    return Reply(settings["text.subagent"].replace("AGENT", agent)) if agent else Reply()


def _tool(place: Place, settings: "Settings", session: Session, event: Happening) -> Reply:
    if not event.chapter or settings["boundaries.chapter"] != "true":
        return Reply()
    if event.deaf:  # the turn's end asks instead
        session.waits = "chapter"
        sessions.save(place, session)
        return Reply()
    if session.asked and _work_since(session, event) < _AGAIN:
        return Reply()
    _asked(place, session, event)
    return Reply(settings["text.chapter"])


def _turn_end(place: Place, settings: "Settings", session: Session, event: Happening) -> Reply:
    how = settings["boundaries.turn_end"]
    if how == "off" or event.again:
        return Reply()
    enough = _work_since(session, event) >= int(settings["boundaries.turn_end_after"])
    if not enough and session.waits != "chapter":
        return Reply()
    if how == "ask" and event.attended:
        _asked(place, session, event)
        return Reply(settings["text.chapter"], another_turn=True)
    session.waits = "chapter"
    sessions.save(place, session)
    return Reply()


def _work_since(session: Session, event: Happening) -> int:
    """Return how many calls of tools there have been since the last asking."""
    if event.calls >= 0:
        return event.calls - (session.asked if session.asked <= event.calls else 0)
    try:
        with open(event.transcript, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = session.asked if session.asked <= size else 0
            file.seek(max(start, size - _TAIL))
            gained = file.read(_TAIL)
    except OSError:
        return 0
    return sum(_calls(line, event.work) for line in gained.splitlines())


def _calls(line: bytes, marks: tuple[bytes, ...]) -> int:
    """Return how many calls of tools a line of a log holds; the flags themselves are no work."""
    calls = sum(line.count(mark) for mark in marks)
    if not calls:  # our own instruction stands in the log too, and is no call
        return 0
    return max(0, calls - line.count(b"commonplace flag ") - line.count(b"commonplace self-eval "))


def _asked(place: Place, session: Session, event: Happening) -> None:
    """Note that flags were asked for, and how far the log, or the count of calls, had grown by then."""
    session.waits = ""
    try:
        session.asked = max(1, event.calls if event.calls >= 0 else os.stat(event.transcript).st_size)
    except OSError:
        session.asked = 1
    sessions.save(place, session)


_ACTS: "dict[str, Callable[[Place, Settings, Session, Happening], Reply]]" = {
    happening.BOOT: _boot,
    happening.PROMPT: _prompt,
    happening.TOOL: _tool,
    happening.SUBAGENT: _subagent,
    happening.TURN_END: _turn_end,
    happening.BEFORE_COMPACTION: _before_compaction,
    happening.AFTER_COMPACTION: _after_compaction,
    happening.END: _boot,
}
