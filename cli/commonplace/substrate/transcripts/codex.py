"""Codex CLI's logs: `~/.codex/sessions/YYYY/MM/DD/rollout-<time>-<id>.jsonl`.

The prompt stands in a `response_item` of role user, beside others of that role which the host wrote: each
text in it says its kind in newer versions, and is known by its first words in older ones. Seen on 0.169.0;
the older forms are those of the public source.
"""

import os

from commonplace.substrate.transcripts.log import Log, when
from commonplace.substrate.transcripts.records import Record, inner, objects, parsed, record_of, text, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ITEM = b'"type":"response_item","payload":{"type":"'
_PASSED = (b'"type":"event_msg"', b'"type":"compacted"', b'"type":"turn_context"', b'"type":"world_state"')
_HEAD = 400

WHOLE: tuple[str, ...] = ()
"""How the path of a log ends that is read whole, not line by line."""

DEPTH = 3
"""How many folders deep the logs lie below theirs."""


def folders(environ: "Mapping[str, str]") -> tuple[str, ...]:
    """Return where the host keeps its logs."""
    home = environ.get("HOME") or os.path.expanduser("~")
    top = environ.get("CODEX_HOME") or os.path.join(home, ".codex")
    return os.path.join(top, "sessions"), os.path.join(top, "archived_sessions")


def is_log(path: str) -> bool:
    """Tell whether a file there is a log."""
    return path.endswith(".jsonl")


def read(log: Log, lines: "Iterable[bytes]") -> None:
    """Read lines of a log."""
    for line in lines:
        item = line.find(_ITEM, 0, _HEAD)
        if item >= 0:
            if not line.startswith(b'message"', item + len(_ITEM)):
                continue
            if line.find(b'"role":"assistant"', item, item + _HEAD) > 0:
                log.says(line)
                continue
            if line.find(b'"role":"developer"', item, item + _HEAD) > 0:
                continue
        elif line.startswith(b'{"timestamp"') and any(line.find(kind, 0, 100) > 0 for kind in _PASSED):
            continue
        _take(log, line)


def said(line: bytes) -> str:
    """Return the assistant's text in a line, "" for the summary of a compaction."""
    record = parsed(line) or {}
    if inner(record, "metadata").get("compaction_output"):
        return ""
    return "\n\n".join(texts(_item(record).get("content"), "output_text"))


def _take(log: Log, line: bytes) -> None:
    record = record_of(log, line)
    if record is None:
        return
    if record.get("type") == "session_meta":
        _begin(log, inner(record, "payload"))
    elif "type" not in record and text(record, "id"):
        _begin(log, record)  # before 0.30 the first line is the session's description itself
    item = _item(record)
    if item.get("role") == "user":
        if not log.more.get("sub-agent"):
            same = text(item, "id")
            log.types(same, text(record, "timestamp"), _words(item), same)
    elif item.get("role") == "assistant":
        log.says(line)


def _item(record: Record) -> Record:
    """Return the message in a record; newer logs wrap it, older ones do not."""
    item = inner(record, "payload") if record.get("type") == "response_item" else record
    return item if item.get("type") == "message" else {}


def _begin(log: Log, meta: Record) -> None:
    """Note whose log it is; of a fork the first description is its own, later ones are copied."""
    if log.session:
        return
    log.session = text(meta, "session_id") or text(meta, "id")
    log.cwd = text(meta, "cwd")
    log.at = when(text(meta, "timestamp"))
    log.origin = text(meta, "git", "repository_url")
    if meta.get("thread_source") == "subagent" or inner(meta, "source").get("subagent"):
        log.agent = text(meta, "id")
        log.more["sub-agent"] = "yes"


def _words(item: Record) -> list[str]:
    """Return the texts in a prompt that its kinds, where it has them, say are the person's."""
    found = [text(part, "text") for part in objects(item.get("content")) if part.get("type") == "input_text"]
    kinds = inner(item, "internal_chat_message_metadata_passthrough").get("content_item_kinds")
    if isinstance(kinds, list) and len(kinds) == len(found):
        return [said for said, kind in zip(found, kinds, strict=True) if kind == "user.text"]
    return found
