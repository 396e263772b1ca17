"""The index of recall: `.git/commonplace/recall.sqlite`, a cache that any command may make anew.

A page is a topic's page of memory or a session; its lines are facts or a person's turns, in their order. A
line's id is its page's id and its place on the page, so that its neighbours are the ids beside it. Where the
file can't be written, or another process is at it for long, an index in memory serves the one command.
"""

import sqlite3
from contextlib import contextmanager
from zlib import crc32

from commonplace import __version__, files
from commonplace.place import Place
from commonplace.recall.terms import terms
from commonplace.substrate import cachefile
from commonplace.text import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NAME = "recall.sqlite"

PLACES = 20
"""A line's id is `page << PLACES | position`."""

_FORM = crc32(f"1 {__version__}".encode())
"""The form of the file: the first number is raised with every change of the tables or of what is a term."""

_WAIT = 2000
"""How long another process may hold the index before we make our own in memory, in milliseconds."""

_NOT_DAMAGE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL,
               sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)  # fmt: skip

_HEAD, _TAIL = 3000, 1000
"""How many characters of a long text are indexed, of its start and of its end: the rest is pasted."""

_CONTEXT = 2000
"""How many characters of a context are indexed, its last ones."""

_TABLES = """
CREATE TABLE marks (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE pages (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, key TEXT NOT NULL, stamp TEXT NOT NULL, scope TEXT NOT NULL,
  UNIQUE (source, key));
CREATE TABLE lines (
  id INTEGER PRIMARY KEY, ref TEXT NOT NULL, at REAL NOT NULL, label TEXT NOT NULL, weight REAL NOT NULL,
  premise TEXT NOT NULL, text TEXT NOT NULL, own TEXT NOT NULL, context TEXT NOT NULL);
CREATE VIRTUAL TABLE words USING fts5(
  own, context, content='lines', content_rowid='id', tokenize="unicode61 remove_diacritics 0 tokenchars '_'");
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, col);
CREATE TABLE sources (fact TEXT NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (fact, entry)) WITHOUT ROWID;
CREATE TABLE alike (term TEXT PRIMARY KEY, others TEXT NOT NULL);
"""


_WORDS = "rowid, own, context"
_OF_PAGE = "FROM lines WHERE id BETWEEN ? AND ?"


class Piece:
    """A line for the index. ref: `^id` or a turn's id · at: Unix time, 0 where none is on record · label: the
    topic and the kind of a fact · weight: how surely a turn is a correction, 0..1 · text: what is
    shown · context: what it stands under or answers, indexed beside it · premise: what is shown of that.
    """

    __slots__ = ("at", "context", "label", "premise", "ref", "text", "weight")

    def __init__(
        self,
        ref: str,
        text: str,
        context: str = "",
        at: float = 0.0,
        label: str = "",
        weight: float = 0.0,
        premise: str = "",
    ) -> None:
        self.ref = ref
        self.text = text
        self.context = context
        self.at = at
        self.label = label
        self.weight = weight
        self.premise = premise


class Index:
    """The open index. path: its file, "" if it is in memory."""

    def __init__(self, db: sqlite3.Connection, path: str = "") -> None:
        self.db = db
        self._path = path
        db.execute(f"PRAGMA busy_timeout = {_WAIT}")

    def mark(self, name: str) -> str:
        """Return what was noted under a name: how far a source was read; "" before that."""
        row = self.db.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set_mark(self, name: str, value: str) -> None:
        """Note how far a source was read."""
        self.db.execute("REPLACE INTO marks VALUES (?, ?)", (name, value))

    def stamps(self, source: str) -> dict[str, str]:
        """Return key → stamp of the pages of a source (`memory`, `sessions`)."""
        return dict(self.db.execute("SELECT key, stamp FROM pages WHERE source = ?", (source,)))

    def put(self, source: str, key: str, stamp: str, scope: str, pieces: "Sequence[Piece]") -> None:
        """Put a page in the place of what was known of it."""
        self.drop(source, key)
        page = self._number(source, key)
        self.db.execute("INSERT INTO pages VALUES (?, ?, ?, ?, ?)", (page, source, key, stamp, scope))
        self.db.executemany(
            "INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_row(page << PLACES | number, piece) for number, piece in enumerate(pieces)),
        )
        self.db.execute(f"INSERT INTO words ({_WORDS}) SELECT {_WORDS} {_OF_PAGE}", _lines(page))

    def _number(self, source: str, key: str) -> int:
        """Return a page's id, which follows from its name: an index made anew ranks ties the same."""
        from hashlib import blake2b

        name = blake2b(f"{source} {key}".encode(), digest_size=5)
        number = int.from_bytes(name.digest(), "big")
        while self.db.execute("SELECT 1 FROM pages WHERE id = ?", (number,)).fetchone():
            number += 1
        return number

    def drop(self, source: str, key: str) -> None:
        """Forget a page, if it is known."""
        found = self.db.execute("SELECT id FROM pages WHERE source = ? AND key = ?", (source, key)).fetchone()
        if found:
            lines = _lines(found[0])
            self.db.execute(
                f"INSERT INTO words (words, {_WORDS}) SELECT 'delete', {_WORDS} {_OF_PAGE}", lines
            )
            self.db.execute("DELETE FROM lines WHERE id BETWEEN ? AND ?", lines)
            self.db.execute("DELETE FROM pages WHERE id = ?", found)

    @contextmanager
    def at_rest(self) -> "Iterator[None]":
        """Read the index as it stands, whatever another process changes meanwhile."""
        self.db.execute("BEGIN")
        try:
            yield
        finally:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")

    @contextmanager
    def change(self) -> "Iterator[None]":
        """Change the index in one transaction: all of it or nothing."""
        self.db.execute("PRAGMA cache_size = -1000000")  # so that the file changes only at the end
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise
        if self._path:
            cachefile.seal(self._path, _FORM)


def _lines(page: int) -> tuple[int, int]:
    """Return the first and the last id that a line of a page can have."""
    return page << PLACES, page << PLACES | (1 << PLACES) - 1


def _row(line: int, piece: Piece) -> tuple[object, ...]:
    text = piece.text
    if len(text) > _HEAD + _TAIL:
        text = f"{text[:_HEAD]} … {text[-_TAIL:]}"
    text = one_line(text)
    own, context = " ".join(terms(text)), " ".join(terms(piece.context[-_CONTEXT:]))
    return line, piece.ref, piece.at, piece.label, piece.weight, piece.premise, text, own, context


def open(place: Place) -> Index:  # noqa: A001
    """Return the index of a memory repository; an empty one in memory where none can be kept."""
    path = place.inside(NAME)
    try:
        return Index(cachefile.opened(path, _FORM, _make), path)
    except (OSError, sqlite3.Error):
        return in_memory()


def in_memory() -> Index:
    """Return an empty index that ends with the command."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    _make(db)
    return Index(db)


def instead(place: Place, failed: Index, error: sqlite3.Error) -> Index:
    """Return another index for one that failed: a new one for a damaged one, else one in memory."""
    failed.db.close()
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_DAMAGE:
        return in_memory()
    files.discard(f"{place.inside(NAME)}.seal")
    return open(place)


def _make(db: sqlite3.Connection) -> None:
    from commonplace.recall.alike import groups

    db.executescript(_TABLES)
    db.executemany("INSERT INTO alike VALUES (?, ?)", groups())
