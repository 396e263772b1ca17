"""What the index takes from memory: the facts of the pages in the work tree, and the ledger's sources.

Pages are read as they stand, a person's edits included. A fact's time is that of its newest source, never
a file's: copying must not make old things young.
"""

import os

from commonplace import refs
from commonplace.files import read_regular
from commonplace.place import Place
from commonplace.recall.index import Index, Piece
from commonplace.text import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = "memory"

_RACY = 2_000_000_000
"""A file changed so lately may change again and look the same, in nanoseconds: it is read again next time."""


def refresh(place: Place, index: Index, now: float) -> None:
    """Bring the index up to the pages and the ledger; a page that has not changed costs one stat."""
    found = dict(_pages(place, now))
    commit = refs.head(place)[1]
    if found == index.stamps(SOURCE) and commit == index.mark("commit"):
        return
    with index.change():
        known = index.stamps(SOURCE)  # again: another process may have been at it
        for path in known.keys() - found.keys():
            index.drop(SOURCE, path)
        for path, stamp in found.items():
            if known.get(path) != stamp:
                _read(place, index, path, stamp)
        if commit != index.mark("commit"):
            _read_ledger(place, index, commit)


def _pages(place: Place, now: float) -> "Iterator[tuple[str, str]]":
    """Yield (path, stamp) of the files below `memory/` that may be pages; no link is followed."""
    folders = [] if os.path.islink(os.path.join(place.root, "memory")) else ["memory"]
    while folders:
        folder = folders.pop()
        try:
            items = list(os.scandir(os.path.join(place.root, folder)))
        except OSError:
            continue
        for item in items:
            path = f"{folder}/{item.name}"
            if item.is_dir(follow_symlinks=False):
                folders += [path] if item.name[0] != "." and item.name.isprintable() else []
            elif item.name.endswith(".md") and item.name.isprintable() and folder != "memory":
                status = item.stat(follow_symlinks=False)
                racy = now * 1e9 - status.st_mtime_ns < _RACY
                stamp = f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
                yield path, f"{stamp} {now}" if racy else stamp


def _read(place: Place, index: Index, path: str, stamp: str) -> None:
    """Put the facts of a page in the index; a file that is no topic's page has none."""
    from commonplace.memory import topics
    from commonplace.memory.pages import Page
    from commonplace.worktree import MAX_PAGE

    topic = topics.topic_of(path)
    data = read_regular(os.path.join(place.root, path), MAX_PAGE) if topic else None
    if topic is None or data is None:
        index.put(SOURCE, path, stamp, "", [])
        return
    text = data.decode("utf-8", "replace")
    about = f"{topics.title(topic.name)} {topics.description(text)}"
    pieces = [
        Piece(f"^{fact.id}", fact.text, f"{about} {fact.section}", label=_label(topic.name, fact.section))
        for fact in sorted(Page(text).facts.values(), key=lambda fact: fact.start)
    ]
    index.put(SOURCE, path, stamp, topic.scope, pieces)


def _label(topic: str, section: str) -> str:
    """Return what is shown before a fact: its topic, and what it is where that is more than a fact."""
    from commonplace.memory.pages import SECTIONS

    kind = next((kind for kind, heading in SECTIONS.items() if heading == section), one_line(section, 40))
    return topic if kind in ("", "fact") else f"{topic}, {kind}"


def _read_ledger(place: Place, index: Index, commit: str) -> None:
    """Note the sources of facts in the commits since the one that was read last; all if it is no ancestor."""
    from commonplace.ledger import parse

    last = index.mark("commit")
    out = b""
    if last and commit:
        out = refs.ask(place, "log", "-z", "--format=%m%B", "--left-right", f"{last}...{commit}") or b"<"
    if not last or out.startswith(b"<") or b"\0<" in out:
        index.db.execute("DELETE FROM sources")
        out = refs.ask(place, "log", "-z", "--format=%m%B", commit) or b"" if commit else b""
    for body in out.decode("utf-8", "replace").split("\0"):
        rows = [(op.fact, entry) for op in parse(body[1:]) if op.fact for entry in op.entries]
        index.db.executemany("INSERT OR IGNORE INTO sources VALUES (?, ?)", rows)
    index.set_mark("commit", commit)
