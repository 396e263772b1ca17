"""What the messages of history say, as an index: which commits name a fact, what drains have paid for.

`.git/commonplace/chronicle.sqlite` is only ever a cache, brought up to HEAD when it is asked. Git needs 60 ms
to search the messages of 3,000 drains, and more with each; this needs 10. Whoever deletes it, cuts it short
or puts another file in its place gets the same answers; where it can't be written, an index in memory serves.
"""

import json
import sqlite3
from contextlib import closing

from commonplace import files, ledger, plumbing, refs
from commonplace.place import Place
from commonplace.substrate import cachefile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = "chronicle.sqlite"

PAID = "Worker-Calls"
"""The trailer of a drain that asked a worker."""

_FORM = 1
"""Raised with every change of the tables, or of what is taken from a message."""

_TABLES = """
CREATE TABLE mark (head TEXT NOT NULL);
INSERT INTO mark VALUES ('');
CREATE TABLE commits (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, depth INTEGER NOT NULL, at INTEGER NOT NULL);
CREATE TABLE named (fact TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (fact, number)) WITHOUT ROWID;
CREATE TABLE paid (number INTEGER PRIMARY KEY, trailers TEXT NOT NULL);
"""

_FORGET = ("DELETE FROM commits", "DELETE FROM named", "DELETE FROM paid")
_NAMING = """
SELECT DISTINCT id, depth, at FROM named JOIN commits USING (number)
WHERE fact IN (SELECT value FROM json_each(?)) ORDER BY depth, at, id
"""
Row = tuple[object, ...]


def naming(place: Place, facts: "Iterable[str]") -> list[str]:
    """Return the commits whose ledgers name one of the facts, the oldest first."""
    return [str(commit) for commit, *_ in _rows(place, _NAMING, json.dumps(list(facts)))]


def paid(place: Place) -> list[tuple[int, dict[str, list[str]]]]:
    """Return (Unix time, trailers) of the drains that asked a worker."""
    rows = _rows(place, "SELECT at, trailers FROM commits JOIN paid USING (number)")
    return [(int(str(at)), ledger.trailers(str(block))) for at, block in rows]


def _rows(place: Place, query: str, *values: str) -> list[Row]:
    """Return the answer of the index to a query, after bringing it up to HEAD."""
    head, path = refs.head(place)[1], place.inside(NAME)
    if not head:
        return []
    try:
        with closing(cachefile.opened(path, _FORM, _make)) as db:
            if _bring_up(place, db, head):
                cachefile.seal(path, _FORM)
            return db.execute(query, values).fetchall()
    except sqlite3.OperationalError:
        pass  # held by another process, full, read-only: what a new file would be as well
    except sqlite3.DatabaseError:
        files.discard(f"{path}.seal")
    except OSError:
        pass
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        _make(db)
        _bring_up(place, db, head)
        return db.execute(query, values).fetchall()


def _make(db: sqlite3.Connection) -> None:
    db.executescript(_TABLES)


def _bring_up(place: Place, db: sqlite3.Connection, head: str) -> bool:
    """Read the messages that are new; tell whether there were any."""
    if _mark(db) == head:
        return False
    db.execute("PRAGMA cache_size = -1000000")  # so that the file changes only at the end
    db.execute("BEGIN IMMEDIATE")
    try:
        seen = _mark(db)  # again: another process may have been at it
        if seen and not plumbing.succeeds(place, "merge-base", "--is-ancestor", seen, head):
            for forget in _FORGET:
                db.execute(forget)
            seen = ""
        _read(place, db, f"{seen}..{head}" if seen else head)
        db.execute("UPDATE mark SET head = ?", (head,))
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return True


def _mark(db: sqlite3.Connection) -> str:
    return str(db.execute("SELECT head FROM mark").fetchone()[0])


def _read(place: Place, db: sqlite3.Connection, span: str) -> None:
    """Take what the messages of a span of commits say into the index, the parents first."""
    form = "%H%x1f%P%x1f%ct%x1f%B"
    out = plumbing.git(place, "log", f"--format={form}%x00", "--topo-order", "--reverse", span, "--")
    for commit, parents, at, body in plumbing.records(out, form):
        # Its depth orders a commit among others as their parents do, whatever clocks said.
        depths = [_depth(db, parent) for parent in parents.split()]
        depth = 1 + max(depths, default=0)
        values = (commit, depth, int(at))
        number = db.execute("INSERT INTO commits (id, depth, at) VALUES (?, ?, ?)", values).lastrowid
        facts = {word[1:] for op in ledger.parse(body) for word in op.words if word.startswith("^")}
        db.executemany("INSERT INTO named VALUES (?, ?)", ((fact, number) for fact in facts))
        if body.startswith("drain: ") and PAID in (said := ledger.trailers(body)):
            block = "\n".join(f"{key}: {value}" for key, values_ in said.items() for value in values_)
            db.execute("INSERT INTO paid VALUES (?, ?)", (number, block))


def _depth(db: sqlite3.Connection, commit: str) -> int:
    row = db.execute("SELECT depth FROM commits WHERE id = ?", (commit,)).fetchone()
    return int(row[0]) if row else 0
