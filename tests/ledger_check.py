"""The ledger check: every acknowledged entry is in the queue or in memory, exactly once.

It reads git and files by itself, with none of the code it checks.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from tests.memory import Memory

_TAKES = ("add ", "supersede ", "retire ", "propose ", "drop ")


def drained(memory: Memory) -> Counter[str]:
    """Return id → in how many ledgers of drains that are not undone, and of drops, the entry stands.

    A proposal that takes over an older one's evidence names it again: that counts once. What a proposal rests
    on counts until an undo puts it back into the queue: an accepted one outlives the drain that made it.
    """
    found: Counter[str] = Counter()
    proposed: set[str] = set()
    messages = memory.git("log", "--format=%B%x00").split("\0")
    undone = {line[6:] for text in messages for line in text.split("\n") if line.startswith("Undo: ")}
    for message in reversed(messages):
        subject, *lines = message.strip().split("\n")
        proposed.difference_update(line[8:] for line in lines if line.startswith("requeue "))
        ids = [line[10:] for line in lines if line.startswith("Drain-Id: ")]
        if subject.startswith(("drain: ", "queue: ")):
            offers = [line for line in lines if line.startswith("propose ")]
            proposed.update(entry_id for line in offers for entry_id in _taken(line))
            if not undone.intersection(ids):
                others = [line for line in lines if line not in offers]
                found.update({entry_id for line in others for entry_id in _taken(line)})
    return found + Counter(proposed)


def _taken(line: str) -> list[str]:
    if not line.startswith(_TAKES) or "drained-before" in line:
        return []
    return [line.split(" ")[1]] if line.startswith("drop ") else line.partition(" <- ")[2].split(",")


def forgotten(memory: Memory) -> set[str]:
    """Return the entries that a person has had forgotten: neither queue nor memory may hold them."""
    messages = memory.git("log", "--format=%B%x00", "--grep=^forget: ").split("\0")
    lines = [line for text in messages for line in text.strip().split("\n")]
    return {line[7:] for line in lines if line.startswith("forget ") and line[7] != "^"}


def bullets(memory: Memory, text: str) -> int:
    """Return on how many bullets of memory a text stands."""
    pages = [p for p in (memory.root / "memory").rglob("*.md") if p.name != "index.md"]
    return sum(line.startswith(f"- {text} ^") for page in pages for line in page.read_text().split("\n"))


def check_entries(memory: Memory, said: Mapping[str, str], *, all_drained: bool = False) -> None:
    """Check that each entry (id → its text, "" for a self-eval) is queued or drained, exactly once; or
    forgotten, and nowhere.
    """
    ledger = drained(memory)
    waiting = {name.partition(".")[0] for name in memory.queue()}
    gone = forgotten(memory) & said.keys()
    assert waiting.isdisjoint(gone)
    assert not any(said[entry_id] and bullets(memory, said[entry_id]) for entry_id in gone)
    for entry_id, text in said.items():
        if entry_id in gone:
            continue
        assert (entry_id in waiting) + ledger[entry_id] == 1, (entry_id, text, entry_id in waiting)
        if text:
            assert bullets(memory, text) == ledger[entry_id], (entry_id, text)
    if all_drained:
        assert waiting.isdisjoint(said)


def check_repository(memory: Memory, left: Iterable[str] = ()) -> None:
    """Check that index and work tree agree with HEAD but for the lines `left` of `git status`, that no
    lock and nothing half-done lies about, and that git finds no fault.
    """
    assert memory.git("status", "--porcelain").splitlines() == list(left)
    git = memory.root / ".git"
    assert [str(path) for path in git.rglob("*.lock")] == []
    assert not (git / "commonplace" / "intent").exists()
    assert memory.git("for-each-ref", "refs/commonplace/building") == ""
    assert memory.git("fsck", "--strict", "--no-dangling", "--no-progress") == ""
