"""Gemini CLI's logs: `~/.gemini/tmp/<project>/chats/session-<time>-<id>.jsonl`; before 0.40 one `.json` each.

A line is the header, a message (which may come again, changed), or a patch that sets the messages anew.
Seen on 0.61.0; the older form is that of the public source.
"""

import os

from commonplace.substrate.transcripts.log import Log
from commonplace.substrate.transcripts.records import Record, inner, objects, parsed, record_of, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WORKSPACE = "- **Workspace Directories:**\n  - "

WHOLE: tuple[str, ...] = (".json",)
"""How the path of a log ends that is read whole, not line by line."""

DEPTH = 3
"""How many folders deep the logs lie below theirs."""


def folders(environ: "Mapping[str, str]") -> tuple[str, ...]:
    """Return where the host keeps its logs."""
    home = environ.get("HOME") or os.path.expanduser("~")
    return (os.path.join(home, ".gemini", "tmp"),)


def is_log(path: str) -> bool:
    """Tell whether a file there is a log."""
    return path.endswith((".jsonl", ".json")) and "chats" in path.replace("\\", "/").split("/")[-4:-1]


def read_whole(log: Log, _path: str, data: bytes) -> None:
    """Read a log that is one JSON object."""
    record = record_of(log, data)
    if record is not None:
        _take(log, record)


def read(log: Log, lines: "Iterable[bytes]") -> None:
    """Read lines of a log."""
    for line in lines:
        if not line.startswith(b'{"$set":{"lastUpdated"') and (record := record_of(log, line)) is not None:
            _take(log, record)


def said(line: bytes) -> str:
    """Return the assistant's text in a line."""
    return _text((parsed(line) or {}).get("content"))


def _take(log: Log, record: Record) -> None:
    if text(record, "sessionId"):
        log.session = text(record, "sessionId")
        log.more["kind"] = text(record, "kind")
        if log.more["kind"] == "subagent":
            log.agent = log.session
    for message in (
        *objects(record.get("messages")),
        *objects(inner(record, "$set").get("messages")),
        record,
    ):
        if message.get("type") == "user":
            _prompt(log, message)
        elif message.get("type") == "gemini":
            _answer(log, message)


def _prompt(log: Log, message: Record) -> None:
    words = _text(message.get("displayContent")) or _text(message.get("content"))
    if _WORKSPACE in words:
        log.cwd = log.cwd or words.partition(_WORKSPACE)[2].partition("\n")[0].strip()
    if not log.agent:
        log.types(text(message, "id"), text(message, "timestamp"), [words])


def _answer(log: Log, message: Record) -> None:
    """Note what the assistant says; a message that comes again replaces itself."""
    words = _text(message.get("content"))
    if log.more.get("last") == text(message, "id") and log.said:
        log.said.pop()
        log.more.pop("last")
    if words:
        log.more["last"] = text(message, "id")
        log.says(words)


def _text(content: object) -> str:
    """Return the text of a message: a string, a part, or parts of which some are text."""
    if isinstance(content, str):
        return content
    parts = objects([content] if isinstance(content, dict) else content)
    return "\n\n".join(found for part in parts if (found := text(part, "text")) and not part.get("thought"))
