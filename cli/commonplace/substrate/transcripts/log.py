"""One session log as far as it has been read: who speaks in it, what was said, what a person typed.

Standard library only, and little of it: the hook before a compaction reads a log's tail.
"""

from zlib import crc32

from commonplace.substrate.pasted import is_pasted
from commonplace.substrate.typed import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PREMISE = 4000
"""How much of the assistant's text is kept as a turn's premise, in characters."""

_START = 1000
"""How much of that is the start of a last block that is longer: it says what the rest is about."""

MAX_TEXT = 20_000
"""How much of a person's text is kept, in characters. What is longer is a pasted log."""

_MANY = 256
"""How many blocks are held back unread before the premise is made up from them."""


class Typed:
    """What a person typed, as its log has it: a `Turn` without what needs the machine or the host.

    record: the host's id of it · same: equal for copies of one record, whichever log they are in.
    """

    __slots__ = ("agent", "at", "position", "premise", "record", "same", "session", "text")

    def __init__(self, log: "Log", record: str, same: str, position: int, text: str, premise: str) -> None:
        self.record = record
        self.same = same
        self.session = log.session
        self.agent = log.agent
        self.position = position
        self.at = log.at
        self.text = text
        self.premise = premise


class Log:
    """What is known of a log while it is read, and all that is needed to read on later.

    session, agent, at: as last seen · cwd: as first seen, a session may wander · origin: the address of the
    repository, "" where the host does not note it · skipped: how many records made no sense · typed: the
    turns found since `Log` was made · said: what the assistant has said since the last turn, the newest
    last; bytes are lines not yet looked into · seen: the positions of the turns had, by what copies of them
    share · more: what one host's reader needs besides.
    """

    __slots__ = (
        "agent", "at", "cwd", "look", "more", "origin", "said", "seen", "session", "skipped", "typed",
    )  # fmt: skip

    def __init__(self, look: "Callable[[bytes], str]", state: "dict[str, object] | None" = None) -> None:
        """`look` reads the assistant's text out of a line; `state` is what `state` returned before."""
        had = state or {}
        self.look = look
        self.session = str(had.get("session", ""))
        self.agent = str(had.get("agent", ""))
        self.cwd = str(had.get("cwd", ""))
        self.origin = str(had.get("origin", ""))
        self.at = str(had.get("at", ""))
        self.skipped: int = had.get("skipped", 0)  # type: ignore[assignment]
        self.said: list[str | bytes] = list(had.get("said", ()))  # type: ignore[call-overload]
        self.seen: dict[str, int] = dict(had.get("seen", {}))  # type: ignore[call-overload]
        self.more: dict[str, str] = dict(had.get("more", {}))  # type: ignore[call-overload]
        self.typed: list[Typed] = []

    def state(self) -> "dict[str, object]":
        """Return what is needed to read on, as JSON can hold it."""
        self.said = list(self._blocks())
        names = ("session", "agent", "cwd", "origin", "at", "skipped", "said", "seen", "more")
        return {name: getattr(self, name) for name in names}

    def says(self, block: str | bytes) -> None:
        """Note a block of the assistant's text, or a line that holds one."""
        self.said.append(block)
        if len(self.said) > _MANY:
            self.said = list(self._blocks())

    def types(self, record: str, at: str, texts: list[str], same: str = "") -> None:
        """Note what a host recorded as typed: a turn if a person's words are in it.

        texts: the parts of the prompt · same: what all copies of the record share; else its time and text,
        because a session that is resumed or forked has its earlier records again, with new ids or the old.
        """
        at = when(at)
        self.at = at or self.at
        text = "\n\n".join(said for part in texts if (said := words(part)))
        if not text:
            return
        premise = self.premise()
        self.said = []
        if is_pasted(text):
            return
        record = record or str(len(self.seen))
        same = same or f"{at or (self.session, record)} {len(text)} {crc32(text.encode()):08x}"
        position = self.seen.setdefault(same, len(self.seen))
        if len(text) > MAX_TEXT:
            text = f"{text[: MAX_TEXT * 4 // 5]}\n…\n{text[-MAX_TEXT // 5 :]}"
        self.typed.append(Typed(self, record, same, position, text, premise))

    def premise(self) -> str:
        """Return the assistant's text since the last turn, cut to `PREMISE` characters from its end.

        A person answers what stands last on the screen. Of a last block that is longer alone, the start
        is kept as well.
        """
        blocks = self._blocks()
        last = blocks[-1] if blocks else ""
        if len(last) > PREMISE:
            return f"{last[:_START]}\n…\n{last[_START + 3 - PREMISE :]}"
        return "\n\n".join(blocks)[-PREMISE:]

    def _blocks(self) -> list[str]:
        """Return the last blocks that together make up the premise."""
        blocks: list[str] = []
        left = PREMISE
        for block in reversed(self.said):
            text = (block if isinstance(block, str) else self.look(block)).strip()
            if text:
                blocks.append(text)
                left -= len(text)
                if left <= 0:
                    break
        return blocks[::-1]


def when(at: str) -> str:
    """Return a time as ISO 8601 in UTC with milliseconds, "" where it is none."""
    if len(at) == 24 and at[10] == "T" and at[19] == "." and at[23] == "Z" and at[20:23].isdecimal():
        return at
    from datetime import UTC, datetime

    try:
        time = datetime.fromisoformat(at)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}Z"
