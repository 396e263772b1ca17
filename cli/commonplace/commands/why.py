"""`commonplace why`: where a line of memory comes from."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from commonplace.commands.options import Json, Repo, here

if TYPE_CHECKING:
    from commonplace.provenance import Provenance, Source, Step

NAME = "why"
EXAMPLE = "Example: commonplace why memory/user/deploy.md:9"


def command(
    what: Annotated[str, typer.Argument(metavar="^ID|FILE:LINE", help="A fact, or where it is.")],
    repo: Repo = "",
    json: Json = False,
) -> int:
    """Tell where a fact comes from: its commits, the flags behind it, their sessions, who agreed."""
    from commonplace.provenance import why
    from commonplace.recovery import recover_quietly

    place = here(repo)
    recover_quietly(place)
    found = why(place, what, os.getcwd())
    typer.echo(_json(found) if json else _text(found))
    return 0


def _text(found: "Provenance") -> str:
    from commonplace.text import one_line

    where = f"{found.path}:{found.line}" if found.path else "on no page any more"
    lines = [f"^{found.fact}  {where}"]
    if found.text:
        lines.append(f"  {one_line(found.text)}")
    lines += [f"  {_step(step)}" for step in found.steps]
    for source in found.sources:
        lines += [f"  {line}" for line in _source(source)]
    return "\n".join(lines)


def _step(step: "Step") -> str:
    from commonplace import show

    drain = f" of drain {step.drain[-10:].lower()}" if step.drain else ""
    by = f", accepted by {step.by}" if step.by else ""
    verb = {"drop": "a duplicate, merged"}.get(step.op.verb, step.op.verb)
    return f"{show.when(step.at)}  {step.commit[:10]}  {verb}{drain} ({step.author}{by})"


def _source(source: "Source") -> list[str]:
    from commonplace.evidence import lines

    if source.entry is None:
        return [f"from {source.id}: not in this history"]
    return [f"from {line}" if number == 0 else line for number, line in enumerate(lines(source.entry))]


def _json(found: "Provenance") -> str:
    from json import dumps

    return dumps(
        {
            "fact": found.fact,
            "path": found.path,
            "line": found.line,
            "text": found.text,
            "steps": [
                {
                    "commit": s.commit,
                    "at": s.at,
                    "operation": str(s.op),
                    "drain": s.drain,
                    "author": s.author,
                    "accepted_by": s.by,
                }
                for s in found.steps
            ],
            "sources": [
                {
                    "id": s.id,
                    **({k: getattr(s.entry, k) for k in s.entry.__slots__} if s.entry else {}),
                }
                for s in found.sources
            ],
        },
        indent=2,
    )
