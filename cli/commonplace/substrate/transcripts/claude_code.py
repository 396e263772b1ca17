"""Claude Code's logs: `~/.claude/projects/<folder>/<session>.jsonl`, sub-agents' in `<session>/subagents/`.

A line a record, of which nine in ten bytes are tools' results and calls: most lines are passed over by
their first bytes, and the assistant's texts are looked into only when a person has answered them.
Seen on versions 2.0 to 2.1.329.
"""

import os

from commonplace.substrate.transcripts.log import Log
from commonplace.substrate.transcripts.records import Record, inner, objects, parsed, record_of, text, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TYPE = b'"type":"'
_RESULT = (
    b'user","message":{"role":"user","content":[{"tool_use_id"',
    b'user","message":{"role":"user","content":[{"type":"tool_result"',
)
_BESIDE = b'},{"type":"text"'
"""What stands in the record of a tool's result where a person added words to their yes."""

_REFUSED = "The user doesn't want to proceed with this tool use."
_INSTEAD = "the user said:\n"
_NOTE = "\n\nNote: The user's next message may contain"
_SAID = b'message","role":"assistant","content":['
_TEXT = b'{"type":"text"'
_ATTACHED = b'"attachment":{'
_QUEUED = b'"type":"queued_command"'
_SUMMARY = ("<analysis>", "<summary>")
"""How a summary begins that is made for a compaction."""

_FROM_OUTSIDE = ("human", "sdk")
"""What `turnOrigin` says of a prompt that came from outside; else it is the host's own."""

WHOLE: tuple[str, ...] = ()
"""How the path of a log ends that is read whole, not line by line."""

DEPTH = 5
"""How many folders deep the logs lie below theirs."""


def folders(environ: "Mapping[str, str]") -> tuple[str, ...]:
    """Return where the host keeps its logs."""
    home = environ.get("HOME") or os.path.expanduser("~")
    return (os.path.join(environ.get("CLAUDE_CONFIG_DIR") or os.path.join(home, ".claude"), "projects"),)


def is_log(path: str) -> bool:
    """Tell whether a file there is a log."""
    return path.endswith(".jsonl")


def read(log: Log, lines: "Iterable[bytes]") -> None:
    """Read lines of a log."""
    for line in lines:
        kind = line.find(_TYPE)
        if kind > 0:
            at = kind + len(_TYPE)
            if line.find(b"{", 1, kind) < 0:  # the record's own type, not one inside it
                if not _may_hold_words(line, at):
                    continue
            elif line.startswith(_SAID, at):
                if line.find(_TEXT, at) > 0 and line.find(b'"isSidechain":true', 0, kind) < 0:
                    log.says(line)
                continue
            elif line.startswith(_ATTACHED, kind - len(_ATTACHED)) and not line.startswith(_QUEUED, kind):
                continue
        _take(log, line)


def _may_hold_words(line: bytes, at: int) -> bool:
    """Tell whether a record may hold a person's words, by its type, which stands at `at`."""
    if line.startswith(_RESULT, at):
        return line.find(_REFUSED.encode(), at, at + 400) >= 0 or line.find(_BESIDE, at) >= 0
    if line.startswith(b'attachment"', at):
        return line.find(_QUEUED, at) >= 0
    return line.startswith((b'user"', b'assistant"', b'queue-operation"'), at)


def said(line: bytes) -> str:
    """Return the assistant's text in a line; "" for an error's, and for the summary of a compaction."""
    record = parsed(line) or {}
    message = inner(record, "message")
    if record.get("isApiErrorMessage") or message.get("model") == "<synthetic>":
        return ""
    words = "\n\n".join(texts(message.get("content")))
    return "" if words.startswith(_SUMMARY) else words


def _take(log: Log, line: bytes) -> None:
    record = record_of(log, line)
    if record is None:
        return
    kind = record.get("type")
    if kind == "user":
        _prompt(log, record)
    elif kind == "assistant":
        if not record.get("isSidechain"):
            log.says(line)
    elif kind == "attachment":
        _queued(log, record)
    elif kind == "queue-operation":
        _queue(log, record)


def _prompt(log: Log, record: Record) -> None:
    content = inner(record, "message").get("content")
    if not isinstance(content, str | list):
        log.skipped += 1
        return
    _where(log, record)
    if not _is_from_outside(record, record) or any(
        record.get(mark) for mark in ("isMeta", "isCompactSummary", "isVisibleInTranscriptOnly")
    ):
        return
    words = texts(content)
    if not isinstance(content, str):
        words += [word for block in objects(content) if (word := _instead(block))]
    log.types(text(record, "uuid"), text(record, "timestamp"), words)


def _instead(block: Record) -> str:
    """Return what a person typed when they refused a tool's call: the host hands it on as a result."""
    result = "".join(texts(block.get("content"))) if block.get("is_error") else ""
    if not result.startswith(_REFUSED):
        return ""
    return result.partition(_INSTEAD)[2].partition(_NOTE)[0]


def _queued(log: Log, record: Record) -> None:
    """Take what a person typed while the agent worked: newer versions note when the agent was told."""
    attachment = inner(record, "attachment")
    if attachment.get("isMeta") or attachment.get("commandMode", "prompt") != "prompt":
        return
    _where(log, record)
    if _is_from_outside(attachment, record):
        log.more.pop("queued", None)
        log.types(text(record, "uuid"), text(record, "timestamp"), texts(attachment.get("prompt")))


def _queue(log: Log, record: Record) -> None:
    """Take what a person typed while the agent worked: older versions note only that it left the queue."""
    queued, at = log.more.pop("queued", ""), log.more.pop("queued at", "")
    said, when = text(record, "content"), text(record, "timestamp")
    log.session = text(record, "sessionId") or log.session
    if record.get("operation") == "remove":
        log.types(f"queued {at}", at, [queued])
    elif record.get("operation") == "enqueue" and said and not said.startswith(("/", "{", "<")):
        log.more.update({"queued": said, "queued at": when})


def _where(log: Log, record: Record) -> None:
    log.session = text(record, "sessionId") or log.session
    log.cwd = log.cwd or text(record, "cwd")
    log.agent = text(record, "agentId")


def _is_from_outside(told: Record, record: Record) -> bool:
    """Tell whether a prompt came from a person or their program, not from the host or another agent."""
    origin = told.get("origin")
    kind = origin.get("kind") if isinstance(origin, dict) else origin
    if kind not in (None, "human") or record.get("turnOrigin", "human") not in _FROM_OUTSIDE:
        return False
    return kind == "human" or not record.get("isSidechain")  # what an agent asked of its sub-agent
