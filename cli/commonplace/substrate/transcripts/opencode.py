"""opencode's sessions: rows of `~/.local/share/opencode/opencode.db`, or a file that `opencode export` made.

Each session is a log of its own, read whole whenever it changed. Seen on 1.18.33.
"""

import os
import sqlite3
from contextlib import closing

from commonplace.substrate.transcripts.log import Log
from commonplace.substrate.transcripts.records import Record, inner, objects, parsed, record_of, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SESSIONS = """
SELECT s.id, s.time_updated, (SELECT count(*) FROM message m WHERE m.session_id = s.id) FROM session s
"""

WHOLE: tuple[str, ...] = ("",)
"""How the path of a log ends that is read whole, not line by line."""

DEPTH = 0
"""How many folders deep the logs lie below theirs."""


def folders(environ: "Mapping[str, str]") -> tuple[str, ...]:
    """Return where the host keeps its logs."""
    home = environ.get("HOME") or os.path.expanduser("~")
    return (os.path.join(environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share"), "opencode"),)


def is_log(path: str) -> bool:
    """Tell whether a file there holds sessions."""
    name = os.path.basename(path)
    return name.startswith("opencode") and name.endswith(".db")


def inside(path: str) -> "Iterator[tuple[str, str]]":
    """Yield (path, stamp) of each session in a database."""
    if not path.endswith(".db"):
        return
    try:
        with closing(_open(path)) as db:
            for session, updated, messages in db.execute(_SESSIONS):
                yield f"{path}#{session}", f"{updated} {messages}"
    except sqlite3.Error:
        return  # of another version, or damaged


def read_whole(log: Log, path: str, data: bytes) -> None:
    """Read a session: `data` is an export, or empty for one in a database."""
    record = record_of(log, data) if data else _session(log, path)
    if record is None:
        return
    info = inner(record, "info")
    log.session = text(info, "parentID") or text(info, "id")
    log.agent = text(info, "id") if text(info, "parentID") else ""
    log.cwd = text(info, "directory")
    for message in objects(record.get("messages")):
        _message(log, inner(message, "info"), message.get("parts"))


def read(_log: Log, _lines: "Iterable[bytes]") -> None:
    """Read lines of a log: there are none."""


def said(_line: bytes) -> str:
    """Return the assistant's text in a line: there are none."""
    return ""


def _message(log: Log, info: Record, parts: object) -> None:
    words = [
        text(part, "text")
        for part in objects(parts)
        if part.get("type") == "text" and not part.get("synthetic") and not part.get("ignored")
    ]
    if info.get("role") == "assistant" and not info.get("summary"):
        log.says("\n\n".join(words))
    elif info.get("role") == "user" and not log.agent:
        created = inner(info, "time").get("created")
        log.types(text(info, "id"), _at(created), words)


def _at(milliseconds: object) -> str:
    from datetime import UTC, datetime

    try:
        return datetime.fromtimestamp(float(milliseconds) / 1000, UTC).isoformat()  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return ""


def _session(log: Log, inside: str) -> Record | None:
    """Return a session of a database in the form of an export, None where it can't be read."""
    path, _, session = inside.rpartition("#")
    try:
        with closing(_open(path)) as db:
            found = db.execute("SELECT parent_id, directory FROM session WHERE id = ?", (session,)).fetchone()
            messages: dict[str, Record] = {}
            for number, data in db.execute(
                "SELECT id, data FROM message WHERE session_id = ? ORDER BY time_created, id", (session,)
            ):
                messages[number] = {"info": {**(parsed(data.encode()) or {}), "id": number}, "parts": []}
            for number, data in db.execute(
                "SELECT message_id, data FROM part WHERE session_id = ? ORDER BY time_created, id", (session,)
            ):
                if number in messages and '"text"' in data[:200]:
                    messages[number]["parts"].append(parsed(data.encode()))  # type: ignore[attr-defined]
    except (sqlite3.Error, AttributeError):
        log.skipped += 1
        return None
    if found is None:
        return None
    info = {"id": session, "parentID": found[0] or "", "directory": found[1] or ""}
    return {"info": info, "messages": list(messages.values())}


def _open(path: str) -> sqlite3.Connection:
    """Open a database to read only; the host may be writing to it."""
    from urllib.parse import quote

    return sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=1)
