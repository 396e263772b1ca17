"""Records of a log, one a line of JSON, read without ever failing."""

from commonplace.hosts.json_text import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from commonplace.substrate.transcripts.log import Log

Record = dict[str, object]


def parsed(line: bytes) -> Record | None:
    """Return a line's record, or None where it is no JSON object."""
    try:
        record = loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def record_of(log: "Log", line: bytes) -> Record | None:
    """Return a line's record, or None: an empty line, or no record, which is counted."""
    record = parsed(line)
    if record is None and line.strip():
        log.skipped += 1
    return record


def text(record: Record, *names: str) -> str:
    """Return a value inside a record, by the names that lead to it, if it is text; else ""."""
    value: object = record
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return plain(value) if isinstance(value, str) else ""


def plain(words: str) -> str:
    """Return a text without halves of surrogate pairs, which no file can hold."""
    return words if words.isascii() else words.encode("utf-8", "replace").decode()


def inner(record: Record, *names: str) -> Record:
    """Return an object inside a record, by the names that lead to it; an empty one if there is none."""
    value: object = record
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def objects(value: object) -> "Iterator[Record]":
    """Yield the objects in a list; nothing from what is no list."""
    items: Iterable[object] = value if isinstance(value, list) else ()
    return (item for item in items if isinstance(item, dict))


def texts(content: object, kind: str = "text") -> list[str]:
    """Return the texts in a message's content: a string, or blocks of which those of a kind are text."""
    if isinstance(content, str):
        return [plain(content)]
    return [text(block, "text") for block in objects(content) if block.get("type") == kind]
