"""The cache of what was read from session logs: `.git/commonplace/substrate.sqlite`, for its owner alone.

It is only ever a cache. Whoever deletes it, cuts it short or puts another file in its place gets the same
turns from the logs again; where it can't be written, one in memory serves the one command.
"""

import json
import os
import sqlite3
from contextlib import contextmanager

from commonplace import files
from commonplace.place import Place
from commonplace.substrate import cachefile
from commonplace.substrate.logfile import Known, Result
from commonplace.substrate.turns import Turn, turn_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

NAME = "substrate.sqlite"

_TABLES = """
CREATE TABLE state (generation TEXT NOT NULL);
INSERT INTO state VALUES ('');
CREATE TABLE logs (
  id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, host TEXT NOT NULL, home INTEGER NOT NULL,
  stamp TEXT NOT NULL, length INTEGER NOT NULL, checksum INTEGER NOT NULL, skipped INTEGER NOT NULL,
  cwd TEXT NOT NULL, origin TEXT NOT NULL, state TEXT NOT NULL);
CREATE TABLE projects (
  cwd TEXT NOT NULL, origin TEXT NOT NULL, project TEXT NOT NULL, PRIMARY KEY (cwd, origin));
CREATE TABLE turns (
  id TEXT NOT NULL, log INTEGER NOT NULL, position INTEGER NOT NULL, record TEXT NOT NULL, same TEXT NOT NULL,
  session TEXT NOT NULL, agent TEXT NOT NULL, at TEXT NOT NULL, text TEXT NOT NULL, premise TEXT NOT NULL);
CREATE INDEX by_id ON turns (id);
CREATE INDEX by_log ON turns (log);
"""

_FORM = 1
"""Raised with every change of the tables, or of what the readers take from a log."""

_NOT_DAMAGE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
"""Faults of a cache that a new one would have as well."""

_TURNS = """
SELECT t.id, l.host, t.session, t.agent, coalesce(p.project, ''), t.position, t.at, t.text, t.premise, l.path,
  t.record, t.same, t.log
FROM turns t JOIN logs l ON l.id = t.log
  LEFT JOIN projects p ON p.cwd = l.cwd AND p.origin = l.origin
WHERE {} ORDER BY t.at, t.session, t.agent, t.position, l.path, t.rowid
"""


class Store:
    """The turns of all logs read. `open` makes one, `reading.refresh` fills it."""

    def __init__(self, db: sqlite3.Connection, path: str = "") -> None:
        self._db = db
        self._path = path

    @property
    def generation(self) -> str:
        """A mark that changes whenever the turns change; "" before anything was read."""
        return str(self._db.execute("SELECT generation FROM state").fetchone()[0])

    def turns(
        self, project: str | None = None, since: str | None = None, logs: "Iterable[int] | None" = None
    ) -> "Iterator[Turn]":
        """Yield the turns, the oldest first, each once however many copies of it the logs hold.

        project: of that one only · since: ISO 8601 in UTC, of that time and later · logs: of those logs
        (see `Reading.logs`), else of all that lie where hosts keep them.
        """
        where = "t.at >= ?" if logs is not None else "t.at >= ? AND l.home"
        among = None if logs is None else set(logs)
        seen = set()
        for *turn, same, log in self._db.execute(_TURNS.format(where), (since or "",)):
            if (among is None or log in among) and same not in seen:
                seen.add(same)
                if project is None or turn[4] == project:
                    yield Turn(*turn)

    def turn(self, name: str) -> Turn | None:
        """Return a turn by its id, or None if no log that was read holds it."""
        row = self._db.execute(_TURNS.format("t.id = ?") + " LIMIT 1", (name,)).fetchone()
        return Turn(*row[:-2]) if row else None

    def count(self, logs: "Iterable[int]") -> int:
        """Return how many turns some logs hold, copies counted once."""
        among = set(logs)
        return len({same for log, same in self._db.execute("SELECT log, same FROM turns") if log in among})

    def logs(self) -> dict[str, Known]:
        """Return the logs known, by path."""
        rows = self._db.execute("SELECT id, path, host, home, stamp, length, checksum, skipped FROM logs")
        return {row[1]: Known(row[0], row[1], row[2], bool(row[3]), *row[4:]) for row in rows}

    def state(self, log: int) -> "dict[str, object]":
        """Return what a reader left behind to read on (see `Log.state`)."""
        row = self._db.execute("SELECT state FROM logs WHERE id = ?", (log,)).fetchone()
        state = json.loads(row[0]) if row else {}
        return state if isinstance(state, dict) else {}

    def write(
        self, results: "list[Result]", gone: "list[Known]", home: "list[Known]", *, at_home: bool
    ) -> None:
        """Note in one transaction what was read, what is gone, and what lies where hosts keep logs.

        A log that another process has read meanwhile is left as that one wrote it.
        """
        if not (results or gone or home):
            return
        with self._transaction():
            for result in results:
                self._write(result, at_home)
            for row in gone:
                self._forget(row.path)
            for row in home:
                self._db.execute("UPDATE logs SET home = 1 WHERE id = ?", (row.row,))
                self._turned = True

    def _write(self, result: Result, at_home: bool) -> None:
        found, log, known = result.found, result.log, result.known
        row = self._db.execute(
            "SELECT id, home, stamp, length, checksum FROM logs WHERE path = ?", (found.path,)
        ).fetchone()
        if row is not None and row[2] == found.stamp:
            return
        if known is not None and (row is None or row[3:] != (known.length, known.checksum)):
            return  # what was read comes on top of something that is there no more
        if known is None and row is not None:
            self._forget(found.path)
        number, home = (row[0], row[1] or at_home) if row else (None, at_home)
        values = (
            number, found.path, found.host, int(home), found.stamp, result.length, result.checksum,
            log.skipped, log.cwd, log.origin, json.dumps(log.state()),
        )  # fmt: skip
        number = self._db.execute(
            "INSERT OR REPLACE INTO logs VALUES (?,?,?,?,?,?,?,?,?,?,?)", values
        ).lastrowid
        turns = [
            (
                turn_id(typed.session, typed.record), number, typed.position, typed.record, typed.same,
                typed.session, typed.agent, typed.at, typed.text, typed.premise,
            )
            for typed in log.typed
        ]  # fmt: skip
        self._db.executemany("INSERT INTO turns VALUES (?,?,?,?,?,?,?,?,?,?)", turns)
        self._turned |= bool(turns)

    def _forget(self, path: str) -> None:
        turns = self._db.execute(
            "DELETE FROM turns WHERE log = (SELECT id FROM logs WHERE path = ?)", (path,)
        )
        self._turned |= turns.rowcount > 0
        self._db.execute("DELETE FROM logs WHERE path = ?", (path,))

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def settle(self, project_of: "Callable[[str, str], str]") -> None:
        """Note the project of each folder in which sessions ran, where it is not what it was."""
        was = set(self._db.execute("SELECT cwd, origin, project FROM projects"))
        ran = self._db.execute("SELECT DISTINCT cwd, origin FROM logs")
        now = {(cwd, origin, project_of(cwd, origin)) for cwd, origin in ran}
        if was == now:
            return
        with self._transaction():
            self._db.execute("DELETE FROM projects")
            self._db.executemany("INSERT INTO projects VALUES (?, ?, ?)", sorted(now))
            self._turned = True

    @contextmanager
    def _transaction(self) -> "Iterator[None]":
        """Change the cache: all of it or nothing, whatever happens meanwhile."""
        self._db.execute("BEGIN IMMEDIATE")
        self._turned = False
        try:
            yield
            if self._turned:
                self._db.execute("UPDATE state SET generation = ?", (os.urandom(8).hex(),))
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        if self._path:
            cachefile.seal(self._path, _FORM)


def open(place: Place) -> Store:  # noqa: A001
    """Return the cache of a memory repository; one in memory where none can be kept."""
    path = place.inside(NAME)
    try:
        return Store(cachefile.opened(path, _FORM, _make), path)
    except (OSError, sqlite3.Error):
        return in_memory()


def in_memory() -> Store:
    """Return an empty cache that ends with the command."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    _make(db)
    return Store(db)


def instead(place: Place, failed: Store, error: sqlite3.Error) -> Store:
    """Return another cache for one that failed: a new one for a damaged one, else one in memory."""
    failed.close()
    if getattr(error, "sqlite_errorcode", 0) in _NOT_DAMAGE:
        return in_memory()
    files.discard(f"{place.inside(NAME)}.seal")
    return open(place)


def _make(db: sqlite3.Connection) -> None:
    db.executescript(_TABLES)
