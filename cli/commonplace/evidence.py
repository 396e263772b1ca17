"""Evidence: the self-evals a proposal rests on, and an entry in words a person can read."""

from commonplace import plumbing
from commonplace.entry import Entry, EntryError, parse
from commonplace.place import Place
from commonplace.text import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from commonplace.proposals import Proposal


def read(place: Place, proposal: "Proposal") -> list[Entry]:
    """Return the entries behind a proposal, as far as this history holds them.

    The proposal stands on its drain, whose parent holds the entries that it took; those of an older
    proposal that it took over are looked up.
    """
    from commonplace import captured

    names = {i: f"{proposal.parent}^:queue/{i}.self-eval.md" for i in proposal.evidence}
    blobs = plumbing.contents(place, names.values())
    found = []
    for entry_id, name in names.items():
        data = blobs.get(name)
        if data is None and (known := captured.find(place, entry_id)):
            data = plumbing.contents(place, [known[1]]).get(known[1])
        try:
            found.append(parse((data or b"").decode("utf-8", "replace")))
        except EntryError:
            continue
    return found


def lines(entry: Entry) -> list[str]:
    """Return an entry as lines: who said it where and when, then what."""
    marks = [entry.kind, entry.type, entry.origin, entry.host]
    if entry.session:
        marks.append(f"session {entry.session}")
    head = f"{entry.id}  {' · '.join(one_line(m, 60) for m in marks if m)} · {one_line(entry.at, 30)}"
    if entry.kind == "flag":
        return [head, f'  "{one_line(entry.text, 300)}"']
    return [
        head,
        f"  snag: {one_line(entry.snag, 300)}",
        f"  better: {one_line(entry.better, 300)}",
    ]
