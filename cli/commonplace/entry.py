"""A queue entry: a flag or a self-eval, and its Markdown file with frontmatter.

    ---
    id: "01M7WM9C8R9V3T5N2M7R4XBEYZ"
    kind: "flag"
    type: "correction"
    ...
    ---
    Clip to the working window before rendering a full modelspace.

One key a line, every value double-quoted: plain YAML would turn `no`, `1.10` and a date into
something else. Standard library only: this is on the hot path.
"""

from commonplace import ulid
from commonplace.errors import UsageError
from commonplace.text import slug

KINDS = ("flag", "self-eval")
TYPES = ("fact", "decision", "preference", "correction", "procedure", "event")
ORIGINS = ("user", "agent", "mined", "tool", "web")

MAX_FILE = 65536
"""The largest queue file that is read, in bytes; a larger one is named and left where it is."""

FIELDS = (
    "id", "kind", "type", "topic", "scope", "origin", "session", "agent", "host", "boundary",
    "at", "supersedes", "target", "snag", "better", "pair", "premise",
)  # fmt: skip


class EntryError(Exception):
    """A queue file that is not an entry; the message says why."""


class Entry:
    """One flag or self-eval. Every field is text, "" where there is nothing.

    id: ULID · kind: one of KINDS · type: one of TYPES (flags) · topic: a slug · scope: `user` or
    `project:<id>` · origin: one of ORIGINS · session, agent, host, boundary: where it was said ·
    at: UTC, `2026-11-20T14:03:11Z` · supersedes: `^id` of the fact it replaces · target:
    `skills/<name>` or `rules/<name>` · snag, better: what a self-eval says · pair, premise: of a correction
    that a session's log holds, its id and what it corrected · text: the flag's words.
    """

    __slots__ = (*FIELDS, "text")

    id: str
    kind: str
    type: str
    topic: str
    scope: str
    origin: str
    session: str
    agent: str
    host: str
    boundary: str
    at: str
    supersedes: str
    target: str
    snag: str
    better: str
    pair: str
    premise: str
    text: str

    def __init__(self, **fields: str) -> None:
        for name in self.__slots__:
            setattr(self, name, fields.pop(name, ""))
        if fields:
            raise EntryError(f"unknown key {sorted(fields)[0]!r}")

    @property
    def file_name(self) -> str:
        """Return the entry's name in `queue/`: it sorts by time and carries the kind."""
        return f"{self.id}.{self.kind}.md"

    def to_markdown(self) -> str:
        """Return the file's text."""
        lines = ["---"]
        lines += [f"{key}: {quote(value)}" for key in FIELDS if (value := getattr(self, key))]
        lines += ["---", self.text, ""] if self.text else ["---", ""]
        return "\n".join(lines)


def quote(value: str) -> str:
    """Return the value double-quoted, readable as YAML and as JSON alike."""
    if value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    out = []
    for letter in value:
        if letter in '"\\':
            out.append("\\" + letter)
        elif letter == "\n":
            out.append("\\n")
        elif letter.isprintable():
            out.append(letter)
        else:
            point = ord(letter)
            out.append(f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}")
    return '"' + "".join(out) + '"'


def unquote(quoted: str) -> str:
    """Return the value of a double-quoted scalar; ValueError where it is not one."""
    if len(quoted) < 2 or quoted[0] != '"' or quoted[-1] != '"':
        raise ValueError(quoted)
    inner = quoted[1:-1]
    if "\\" not in inner:
        if '"' in inner:
            raise ValueError(quoted)
        return inner
    import json  # 0.7 of a bare Python: only for a value that has an escape in it

    return str(json.loads(quoted))


def split_name(file_name: str) -> tuple[str, str] | None:
    """Return (id, kind) of a queue file's name, or None where the name is not an entry's."""
    stem, dot, kind = file_name.removesuffix(".md").partition(".")
    if not file_name.endswith(".md") or not dot or kind not in KINDS or not ulid.is_ulid(stem):
        return None
    return stem, kind


def parse(text: str) -> Entry:
    """Read the strict form that this program writes, or raise EntryError."""
    if not text.startswith("---\n"):
        raise EntryError("no frontmatter" if text.strip() else "empty")
    head, fence, body = text[4:].partition("\n---\n")
    if not fence:
        raise EntryError("the frontmatter does not end")
    fields = {}
    for line in head.split("\n"):
        key, colon, value = line.partition(": ")
        if not colon or key not in FIELDS or key in fields:
            raise EntryError(f"an odd line in the frontmatter: {line[:40]!r}")
        try:
            fields[key] = unquote(value)
        except ValueError:
            raise EntryError(f"the value of {key!r} is not double-quoted") from None
    return checked(Entry(**fields, text=body.rstrip("\n")))


def checked(entry: Entry) -> Entry:
    """Return the entry if its fields make sense together, or raise EntryError."""
    if not ulid.is_ulid(entry.id):
        raise EntryError("its id is not a ULID")
    if entry.kind not in KINDS:
        raise EntryError(f"its kind is not one of {', '.join(KINDS)}")
    if entry.kind == "flag" and not entry.text.strip():
        raise EntryError("it says nothing")
    if entry.kind == "self-eval" and not (entry.snag.strip() and entry.better.strip()):
        raise EntryError("it lacks a snag or a better way")
    if entry.origin not in ORIGINS:
        raise EntryError(f"its origin is not one of {', '.join(ORIGINS)}")
    if entry.kind == "flag" and entry.type not in TYPES:
        raise EntryError(f"its type is not one of {', '.join(TYPES)}")
    try:
        check_scope(entry.scope)
        if entry.target:
            check_target(entry.target)
    except UsageError as error:
        raise EntryError(error.message) from None
    if entry.topic != slug(entry.topic):
        raise EntryError("its topic is not a plain name")
    return entry


def check_scope(scope: str) -> str:
    """Return the scope if it is `user` or `project:<id>`, or raise UsageError."""
    if scope == "user":
        return scope
    if scope == "team" or scope.startswith("team:"):
        raise UsageError("the scope `team` is reserved for shared memory", "use --scope user or project:<id>")
    kind, _, project = scope.partition(":")
    if kind == "project" and project and all(map(_plain, project.split("/"))):
        return scope
    raise UsageError(
        f"{scope!r} is not a scope",
        "use --scope user or --scope project:acme-cad (a-z 0-9 . _ - /)",
    )


def _plain(part: str) -> bool:
    """Tell whether one component of a project's id can be a folder: never `..`, `x.md`, `.git`."""
    allowed = "abcdefghijklmnopqrstuvwxyz0123456789._-"
    return (
        0 < len(part) <= MAX_PART
        and part[0] not in ".-_"
        and part[-1] != "."
        and not part.endswith((".md", ".lock", ".git"))
        and all(letter in allowed for letter in part)
    )


MAX_PART = 100
"""The longest component of a project's id, in characters."""


def check_target(target: str) -> str:
    """Return the target if it is `skills/<name>` or `rules/<name>`, or raise UsageError."""
    folder, _, name = target.partition("/")
    if folder in ("skills", "rules") and name and slug(name) == name:
        return target
    raise UsageError(f"{target!r} is not a target", "use --target skills/NAME or rules/NAME")
