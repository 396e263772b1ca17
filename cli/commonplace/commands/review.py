"""`commonplace review`: look at proposals."""

from typing import TYPE_CHECKING, Annotated

import typer

from commonplace.commands.options import Json, Repo, mended

if TYPE_CHECKING:
    from commonplace.place import Place
    from commonplace.proposals import Proposal

NAME = "review"
EXAMPLE = "Example: commonplace review 7h2k9m4xqz"


def command(
    proposal: Annotated[str, typer.Argument(metavar="[ID]", help="The one to show whole.")] = "",
    repo: Repo = "",
    json: Json = False,
) -> int:
    """List the proposals that wait, with their evidence; show one, or the only one, as a diff."""
    from commonplace import proposals

    place, _ = mended(repo)
    chosen, odd = proposals.waiting(place)
    if proposal:
        chosen, odd = [proposals.find(place, proposal)], []
    if json:
        from json import dumps

        typer.echo(dumps([_fields(place, p) for p in chosen], indent=2))
        return 0
    for one in chosen:
        typer.echo(_one(place, one, whole=len(chosen) == 1))
    for _name, why in odd:
        typer.echo(f"not a proposal: {why}")
    if not chosen and not odd:
        typer.echo("no proposal waits")
    return 0


def _one(place: "Place", proposal: "Proposal", whole: bool) -> str:
    from commonplace import evidence, show, worktree
    from commonplace.errors import CommonplaceError
    from commonplace.proposals import applied
    from commonplace.text import count, one_line

    where = "" if proposal.local else f"  at {proposal.ref}"
    entries = evidence.read(place, proposal)
    head = f"{proposal.id}  {proposal.target}  {show.when(proposal.at)}{where}"
    lines = [show.colour(head, "yellow")]
    found = max(len(entries), len(proposal.evidence))  # what said it again since counts too
    noun = ("entry", "entries") if proposal.on_memory else ("self-eval", "self-evals")
    met = f" from {evidence.strength(entries)}" if entries else ""
    lines.append(f"  evidence: {count(found, *noun)}{met}")
    lines += [f"    {line}" for entry in entries for line in evidence.lines(entry)]
    lines += [f"  note: {one_line(note)}" for note in proposal.notes]
    if proposal.check:
        lines.append(show.colour(f"  check: {one_line(proposal.check)}", "-" if proposal.failed else "+"))
        lines += [f"    {one_line(line)}" for line in proposal.output]
    if not whole:
        return "\n".join([*lines, f"  commonplace review {proposal.id}"])
    current = worktree.read(place, proposal.path)
    try:
        new = applied(place, proposal, current)
    except CommonplaceError as error:
        lines.append(f"  {error.message}")
        current, new = proposal.base, proposal.new
    lines.append(show.diff(proposal.path, current, new) or "  the file says this already")
    despite = " --despite-check" if proposal.failed else ""
    lines.append(f"  commonplace accept {proposal.id}{despite}")
    lines.append(f'  commonplace reject {proposal.id} --because "..."')
    return "\n".join(lines)


def _fields(place: "Place", proposal: "Proposal") -> dict[str, object]:
    from commonplace import evidence
    from commonplace.proposals import lessons_of
    from commonplace.secrets import masked

    entries = evidence.read(place, proposal)
    met = evidence.strength(entries)
    return {
        "id": proposal.id,
        "target": proposal.target,
        "path": proposal.path,
        "commit": proposal.commit,
        "ref": proposal.ref,
        "at": proposal.at,
        "lessons": [masked(lesson) for lesson in lessons_of(proposal)],
        "notes": [masked(note) for note in proposal.notes],
        "check": proposal.check,
        "check_output": [masked(line) for line in proposal.output],
        "sessions": met.sessions,
        "days": met.days,
        "evidence": [
            {
                "id": e.id,
                "session": e.session,
                "host": e.host,
                "snag": masked(e.snag),
                "better": masked(e.better),
                "text": masked(e.text),
            }
            for e in entries
        ],
    }
