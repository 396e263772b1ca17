"""Git's objects in bulk: read through one `cat-file`, written as one pack that nothing names yet."""

import os
import subprocess
import zlib
from collections.abc import Iterator
from hashlib import new as digest
from tempfile import TemporaryFile
from typing import IO

from commonplace.place import Place
from commonplace.plumbing import GitError
from commonplace.refs import SAFE, clean_environment

_KINDS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}
"""How a pack numbers the kinds of objects."""

_DURABLE = ("-c", "core.fsync=committed,pack", "-c", "core.fsyncMethod=batch")


class Reader:
    """Objects by their ids, one at a time, from one process; a context manager."""

    def __init__(self, place: Place) -> None:
        self._process = _start(place, "cat-file", "--batch")

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        _pipe(self._process.stdin).close()
        _pipe(self._process.stdout).close()
        self._process.wait()

    def read(self, oid: str) -> tuple[str, bytes]:
        """Return (kind, content) of an object; GitError if there is none."""
        asked = _pipe(self._process.stdin)
        asked.write(f"{oid}\n".encode())
        asked.flush()
        found = _next(_pipe(self._process.stdout))
        if found is None:
            raise GitError(f"the object {oid} is missing", "git fsck")
        return found[1], found[2]


def everything(place: Place) -> Iterator[tuple[str, str, bytes]]:
    """Yield (id, kind, content) of every object that the repository holds, named by a ref or not."""
    process = _start(place, "cat-file", "--batch-all-objects", "--unordered", "--batch", "--buffer")
    _pipe(process.stdin).close()
    out = _pipe(process.stdout)
    while found := _next(out):
        yield found
    out.close()
    if process.wait():
        raise GitError("git cat-file could not read every object", "git fsck")


def _start(place: Place, *arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        ["git", "--git-dir", place.git, *SAFE, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean_environment(os.environ),
    )  # fmt: skip


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101
    return pipe


def _next(out: IO[bytes]) -> tuple[str, str, bytes] | None:
    head = out.readline().split()
    if len(head) != 3:
        return None
    data = out.read(int(head[2]))
    out.read(1)
    return head[0].decode(), head[1].decode(), data


def name(kind: str, data: bytes, like: str) -> str:
    """Return the id that git gives an object, in the hash that the id `like` is in."""
    return _hash(f"{kind} {len(data)}\0".encode() + data, like).hex()


def _hash(data: bytes, like: str) -> bytes:
    return digest("sha1" if len(like) == 40 else "sha256", data, usedforsecurity=False).digest()


class Pack:
    """New objects, gathered in a file and handed to git all at once."""

    def __init__(self, place: Place, like: str) -> None:
        self.place = place
        self.like = like
        self.made: set[str] = set()
        self._file = TemporaryFile(dir=place.private)  # noqa: SIM115

    def add(self, kind: str, data: bytes) -> str:
        """Add an object and return its id."""
        oid = name(kind, data, self.like)
        if oid not in self.made:
            self.made.add(oid)
            self._file.write(_header(_KINDS[kind], len(data)) + zlib.compress(data))
        return oid

    def write(self) -> None:
        """Write what was gathered as one pack, synced; GitError if git does not take it."""
        if not self.made:
            return
        head = b"PACK" + (2).to_bytes(4, "big") + len(self.made).to_bytes(4, "big")
        total = digest("sha1" if len(self.like) == 40 else "sha256", head, usedforsecurity=False)
        with TemporaryFile(dir=self.place.private) as whole:
            whole.write(head)
            self._file.seek(0)
            while chunk := self._file.read(1 << 20):
                total.update(chunk)
                whole.write(chunk)
            whole.write(total.digest())
            whole.seek(0)
            done = subprocess.run(
                ["git", "--git-dir", self.place.git, *SAFE, *_DURABLE, "index-pack", "--stdin"],
                stdin=whole, capture_output=True, env=clean_environment(os.environ), check=False,
            )  # fmt: skip
        self._file.close()
        if done.returncode:
            raise GitError(f"git index-pack: {done.stderr.decode('utf-8', 'replace').strip()}")


def _header(kind: int, size: int) -> bytes:
    """Return the head of a packed object: its kind, and its size in groups of seven bits."""
    byte = kind << 4 | size & 15
    size >>= 4
    out = bytearray()
    while size:
        out.append(byte | 128)
        byte = size & 127
        size >>= 7
    out.append(byte)
    return bytes(out)
