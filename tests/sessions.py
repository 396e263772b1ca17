"""Sessions for tests of the substrate: turns made by hand, and logs of Claude Code with the same content."""

import json
from pathlib import Path

from commonplace.substrate.turns import Turn

DAY = 86_400.0

NOW = 1_800_000_000.0
"""A day in January 2027, in seconds since 1970."""


def turn(
    text: str,
    premise: str = "Done. All tests pass.",
    *,
    name: str = "t000000001",
    session: str = "one",
    position: int = 1,
    at: str = "2027-01-14T12:00:00Z",
    project: str = "acme",
) -> Turn:
    """Return a turn: what a person typed after what the assistant said."""
    return Turn(name, "claude-code", session, "", project, position, at, text, premise, "")


def log(home: Path, session: str, *exchanges: tuple[str, str], at: str = "2027-01-14T12:00") -> Path:
    """Write a session's log where Claude Code keeps them: (what it said, what the person typed), in turn."""
    path = home / ".claude" / "projects" / "-home-ada-acme" / f"{session}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    records: list[dict[str, object]] = []
    for number, (said, typed) in enumerate(exchanges):
        told = {"role": "assistant", "content": [{"type": "text", "text": said}]}
        asked = {"role": "user", "content": typed}
        records += [
            {"type": kind, "message": message, "sessionId": session, "cwd": "/home/ada/acme",
             "uuid": f"{session}-{kind}-{number}", "timestamp": f"{at}:{number:02}.000Z"}
            for kind, message in (("assistant", told), ("user", asked))
        ]  # fmt: skip
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path
