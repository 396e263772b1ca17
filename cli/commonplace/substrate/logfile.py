"""One log file: read on from where it was left, to its last whole line, or anew where it was rewritten."""

import os
from zlib import crc32

from commonplace.substrate import finding
from commonplace.substrate.transcripts.log import Log
from commonplace.substrate.transcripts.records import parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from types import ModuleType

    from commonplace.substrate.finding import Found

_CHUNK = 1 << 20

MAX_LINE = 8 << 20
"""The longest record that is read, in bytes. What is longer holds pictures, or is no log."""

MAX_WHOLE = 64 << 20
"""The largest log that is read which is one object, in bytes."""

_LONG = "long line"
"""What `Log.more` holds while the rest of a line that is too long is still to come."""


class Known:
    """A log as it was when it was last read.

    row: its number in the cache · home: whether it lies where its host keeps its logs · stamp: see
    `finding.Found` · length: how many bytes were read · checksum: of those bytes · skipped: how many
    records made no sense.
    """

    __slots__ = ("checksum", "home", "host", "length", "path", "row", "skipped", "stamp")

    def __init__(
        self, row: int, path: str, host: str, home: bool, stamp: str, length: int, checksum: int, skipped: int
    ) -> None:
        self.row = row
        self.path = path
        self.host = host
        self.home = home
        self.stamp = stamp
        self.length = length
        self.checksum = checksum
        self.skipped = skipped


class Result:
    """A log that was just read. known: what its new turns come on top of, None if they are all."""

    __slots__ = ("checksum", "found", "known", "length", "log")

    def __init__(
        self, found: "Found", log: Log, length: int, checksum: int, known: Known | None = None
    ) -> None:
        self.found = found
        self.log = log
        self.length = length
        self.checksum = checksum
        self.known = known


def read(found: "Found", known: Known | None, state: "dict[str, object]") -> Result | None:
    """Read what is new in a log, None where it can't be read. state: what reading it left (`Log.state`)."""
    module = finding.reader(found.host)
    try:
        if found.path.endswith(module.WHOLE):
            return _whole(found, module)
        with open(found.path, "rb", buffering=0, opener=finding.regular) as file:
            if known is None or _checksum(file, known.length) != known.checksum:
                known, state = None, {}
            log = Log(module.said, state)
            length, checksum = (known.length, known.checksum) if known else (0, 0)
            file.seek(length)
            for block, sound in _blocks(file, log):
                length, checksum = length + len(block), crc32(block, checksum)
                if sound:
                    module.read(log, block.split(b"\n"))
    except OSError:
        return None
    return Result(found, log, length, checksum, known)


def _whole(found: "Found", module: "ModuleType") -> Result:
    """Read a log that is not one record a line: all of it, every time it changed."""
    log, data = Log(module.said), b""
    if os.path.exists(found.path):  # else it is inside a database
        with open(found.path, "rb", buffering=0, opener=finding.regular) as file:
            data = file.read(MAX_WHOLE + 1)
    if len(data) > MAX_WHOLE:
        log.skipped += 1
    else:
        module.read_whole(log, found.path, data)
    return Result(found, log, len(data), crc32(data))


def _checksum(file: "FileIO", length: int) -> int | None:
    """Return the checksum of a file's first bytes, None if there are not so many."""
    checksum = 0
    while length and (chunk := file.read(min(length, _CHUNK))):
        checksum = crc32(chunk, checksum)
        length -= len(chunk)
    return None if length else checksum


def _blocks(file: "FileIO", log: Log) -> "Iterator[tuple[bytes, bool]]":
    """Yield the rest of a file in blocks of whole lines, and whether they are sound: not too long.

    A last line without an end counts if it is a whole record: not every log ends in a line break.
    """
    rest = b""
    while chunk := file.read(_CHUNK):
        if log.more.get(_LONG):
            end = chunk.find(b"\n") + 1
            yield chunk[: end or len(chunk)], False
            if not end:
                continue
            del log.more[_LONG]
            chunk = chunk[end:]
        end = chunk.rfind(b"\n") + 1
        block, rest = (rest + chunk[:end], chunk[end:]) if end else (b"", rest + chunk)
        first = block.find(b"\n") + 1  # the only line in it that a chunk does not bound
        if first > MAX_LINE:
            log.skipped += 1
            yield block[:first], False
            block = block[first:]
        if block:
            yield block, True
        if len(rest) >= MAX_LINE:
            log.skipped += 1
            log.more[_LONG] = "yes"
            yield rest, False
            rest = b""
    if rest.rstrip().endswith(b"}") and parsed(rest) is not None:
        yield rest, True
