"""Copilot CLI's logs: `~/.copilot/session-state/<id>/events.jsonl`, a typed event a line. Seen on 1.0.102."""

import os

from commonplace.substrate.transcripts.log import Log
from commonplace.substrate.transcripts.records import Record, inner, parsed, record_of, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_READ = (b"session.start", b"user.message", b"assistant.message")
_SUMMARY = "<overview>"
"""How the answer to a compaction's request begins."""

WHOLE: tuple[str, ...] = ()
"""How the path of a log ends that is read whole, not line by line."""

DEPTH = 1
"""How many folders deep the logs lie below theirs."""


def folders(environ: "Mapping[str, str]") -> tuple[str, ...]:
    """Return where the host keeps its logs."""
    home = environ.get("HOME") or os.path.expanduser("~")
    return (os.path.join(home, ".copilot", "session-state"),)


def is_log(path: str) -> bool:
    """Tell whether a file there is a log."""
    return path.endswith(".jsonl")


def read(log: Log, lines: "Iterable[bytes]") -> None:
    """Read lines of a log."""
    for line in lines:
        if line.startswith(b'{"type":"') and not line.startswith(_READ, 9):
            continue
        record = record_of(log, line)
        if record is not None:
            _take(log, record, line)


def said(line: bytes) -> str:
    """Return the assistant's text in a line, "" for the summary of a compaction."""
    words = text(parsed(line) or {}, "data", "content")
    return "" if words.startswith(_SUMMARY) else words


def _take(log: Log, record: Record, line: bytes) -> None:
    kind, data = record.get("type"), inner(record, "data")
    if kind == "session.start" and not log.session:
        log.session = text(data, "sessionId")
        log.cwd = text(data, "context", "gitRoot") or text(data, "context", "cwd")
        repository = text(data, "context", "repository")
        log.origin = f"https://github.com/{repository}" if repository.count("/") == 1 else repository
    elif kind == "assistant.message" and not data.get("parentToolCallId"):
        log.says(line)
    elif kind == "user.message" and text(data, "source") in ("", "user") and not record.get("agentId"):
        log.types(text(record, "id"), text(record, "timestamp"), [text(data, "content")])
