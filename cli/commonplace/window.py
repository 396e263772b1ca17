"""What the memory takes of a model's context window in a session: texts at its start, and what is recalled.

Tokens are estimated: a quarter of the characters. No host tells what a text costs its model.
"""

import time

from commonplace import retrievals
from commonplace.boundary import backstop
from commonplace.hosts import texts
from commonplace.place import Place
from commonplace.render import template
from commonplace.settings import Settings

CHARS_A_TOKEN = 4

WARN = 70
"""From how much of its share on the memory is said to take too much, in percent."""

_DAYS = 30
"""How far back sessions count, in days."""


class Taken:
    """What a session takes, in characters.

    start: the instructions that a host loads, the rules in them · boot: what the backstop says now ·
    recalls: the most that one session of the last 30 days had recalled · share: the tokens that it may take.
    """

    def __init__(self, start: int, boot: int, recalls: int, share: int) -> None:
        self.start = start
        self.boot = boot
        self.recalls = recalls
        self.share = share

    @property
    def tokens(self) -> int:
        """About how many tokens all of it is."""
        return -(-(self.start + self.boot + self.recalls) // CHARS_A_TOKEN)

    @property
    def percent(self) -> int:
        """How much of its share it takes."""
        return self.tokens * 100 // self.share

    @property
    def value(self) -> dict[str, int]:
        """All of it for a script."""
        return {**vars(self), "tokens": self.tokens, "percent": self.percent}

    def __str__(self) -> str:
        total = self.start + self.boot + self.recalls
        parts = f"{self.start:,} at the start + {self.boot:,} at boot + {self.recalls:,} recalled"
        tokens = f"about {self.tokens:,} of {self.share:,} tokens ({self.percent} %)"
        much = f"{parts} = {total:,} characters, {tokens}"
        remedy = ": shorten rules/, or recall with a smaller --budget"
        return f"{much}; above {WARN} %{remedy}" if self.percent > WARN else much


def taken(place: Place, settings: Settings) -> Taken:
    """Return what a session of this memory takes of its share of the window."""
    found = backstop.check(place, {name: str(value) for name, value in settings.values.items()})
    head = template(place, "boundary/boot.md").render(program="commonplace").strip()
    return Taken(
        len(texts.instructions(place, settings, "commonplace")),
        len(backstop.told(head, found)) if found else 0,
        _recalled(place),
        max(1, settings.number("window.tokens") * settings.number("window.share_percent") // 100),
    )


def _recalled(place: Place) -> int:
    """Return how many characters the session took that took most; unnamed sessions count by the day."""
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - _DAYS * 86_400))
    sums: dict[tuple[str, str], int] = {}
    for one in retrievals.read(place):
        if one.at >= since:
            session = (one.client, one.session or one.at[:10])
            sums[session] = sums.get(session, 0) + one.chars
    return max(sums.values(), default=0)
