"""An account of a fact: its provenance in words that a person can read, or as JSON."""

from commonplace import evidence, show
from commonplace.secrets import masked
from commonplace.text import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from commonplace.provenance import Provenance, Source, Step


def text(found: "Provenance") -> str:
    """Return where the fact stands, what was done to it, and what each of its entries said."""
    where = f"{one_line(found.path)}:{found.line}" if found.path else "on no page any more"
    lines = [f"^{found.fact}  {where}"]
    if found.text:
        lines.append(f"  {one_line(masked(found.text))}")
    lines += [f"  {_step(step, found.fact)}" for step in found.steps]
    for source in found.sources:
        lines += [f"  {line}" for line in _source(source)]
    return "\n".join(lines)


def _step(step: "Step", fact_id: str) -> str:
    drain = f" of drain {step.drain[-10:].lower()}" if step.drain else ""
    by = f", accepted by {step.by}" if step.by else ""
    verb = {"drop": "a duplicate, merged"}.get(step.op.verb, step.op.verb)
    if step.op.verb in ("supersede", "retire") and step.op.fact != fact_id:
        verb = f"superseded by ^{step.op.fact}"
    elif "superseded-by" in step.op.words:
        verb = f"superseded {step.op.words[0]} before it was filed"
    return f"{show.when(step.at)}  {step.commit[:10]}  {verb}{drain} ({one_line(step.author + by)})"


def _source(source: "Source") -> list[str]:
    if source.entry is None:
        return [f"from {source.id}: not in this history"]
    return [
        f"from {line}" if number == 0 else line for number, line in enumerate(evidence.lines(source.entry))
    ]


def as_json(found: "Provenance") -> str:
    """Return the provenance as JSON."""
    from json import dumps

    return dumps(
        {
            "fact": found.fact,
            "path": found.path,
            "line": found.line,
            "text": masked(found.text),
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
                    **({k: masked(getattr(s.entry, k)) for k in s.entry.__slots__} if s.entry else {}),
                }
                for s in found.sources
            ],
        },
        indent=2,
    )
