"""Reading a queue file: the strict form first, then YAML as a person may have written it."""

from commonplace.entry import FIELDS, Entry, EntryError, checked, parse, split_name
from commonplace.errors import UsageError
from commonplace.memory import front
from commonplace.text import accept_text, slug

__all__ = ["EntryError", "parse_entry"]


def parse_entry(name: str, data: bytes) -> Entry:
    """Return the entry in a queue file, or raise EntryError with the reason.

    The name tells id and kind; a file that says otherwise inside is not trusted.
    """
    named = split_name(name)
    if named is None:
        raise EntryError("not named as an entry")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise EntryError("not UTF-8") from None
    if not text.strip():
        raise EntryError("empty")
    try:
        entry = parse(text)
    except EntryError as strict:
        entry = _by_hand(text.replace("\r\n", "\n"), *named, strict)
    if (entry.id, entry.kind) != named:
        raise EntryError("its id or kind is not the one in its name")
    return entry


def _by_hand(text: str, entry_id: str, kind: str, strict: EntryError) -> Entry:
    """Read frontmatter in plainer YAML than ours; what is missing takes the defaults of a flag."""
    if not text.startswith("---\n") or "\n---" not in text:
        raise strict
    fields = {"id": entry_id, "kind": kind, "scope": "user", "origin": "user"}
    if kind == "flag":
        fields["type"] = "fact"
    try:
        said, body = front.split(text)
        for key, value in said.items():
            if key not in FIELDS:
                raise EntryError(f"its frontmatter has an odd key: {key[:40]!r}")
            fields[key] = accept_text(value, key) if key in ("snag", "better") else value
        fields["text"] = accept_text(body) if body.strip() else ""
    except UsageError as error:
        raise EntryError(error.message) from error
    except ValueError as error:
        raise EntryError(str(error)) from error
    fields["topic"] = slug(fields.get("topic", ""))
    return checked(Entry(**fields))
