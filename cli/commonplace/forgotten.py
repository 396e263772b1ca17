"""What was forgotten: read back from the ledgers, so that it does not return."""

from commonplace import ledger, plumbing, repo
from commonplace.entry import Entry, EntryError, parse
from commonplace.place import Place


def ids(place: Place, commits: str = "HEAD") -> set[str]:
    """Return all that was forgotten: facts as `^id`, entries by their ids."""
    found = repo.history(place, "--grep=^forget: ", commits)
    ops = (op for record in found if record.kind == "forget" for op in ledger.parse(record.body))
    return {op.words[0] for op in ops if op.verb == "forget"}


def said(place: Place, objects: list[str]) -> list[str]:
    """Return what entries say, from their objects: texts, snags and better ways."""
    found = []
    for data in plumbing.contents(place, objects).values():
        try:
            entry = parse(data.decode("utf-8", "replace"))
        except EntryError:
            continue
        found += texts(entry)
    return found


def texts(entry: Entry) -> list[str]:
    """Return what an entry says: its text and what that corrected, or its snag and its better way."""
    return [text for text in (entry.text, entry.snag, entry.better, entry.premise) if text.strip()]
