"""The new history, made beside the old one: files masked, and every tree, commit and tag above them.

What holds nothing of it keeps its id. Author, committer, dates, order and shape stay as they are; a
signature over what has changed is left out, for it would be false.
"""

import re

from commonplace import plumbing
from commonplace.place import Place
from commonplace.purge.mask import Mask
from commonplace.purge.objects import Pack, Reader, everything

_OID = re.compile(rb"\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b")
_SIGNATURE = re.compile(rb"^gpgsig(?:-sha256)? [^\n]*\n(?: [^\n]*\n)*", re.MULTILINE)
_TAG_SIGNATURE = re.compile(rb"^-----BEGIN (?:PGP|SSH) SIGNATURE-----\n.*\Z", re.MULTILINE | re.DOTALL)


class Rewriting:
    """Old id → new id, for blobs, trees, commits and tags that change."""

    def __init__(self, place: Place, mask: Mask, like: str) -> None:
        self.place = place
        self.mask = mask
        self.new: dict[str, str] = {}
        self.blobs: dict[str, str] = {}
        self.pack = Pack(place, like)
        self.commits = 0
        self._kept: set[str] = set()

    def run(self, tips: list[str], *, write: bool) -> None:
        """Make the new history of all that the tips and the reflogs reach; no ref moves."""
        for _, kind, data in everything(self.place):
            if kind == "blob":
                self.mask.study(data)
        for oid, kind, data in everything(self.place):
            if kind == "blob" and (masked := self.mask.blob(data)) != data:
                self.blobs[oid] = self.new[oid] = self.pack.add("blob", masked)
        with Reader(self.place) as reader:
            self._reader = reader
            asked = "\n".join(dict.fromkeys(tips)) + "\n"
            order = ("--topo-order", "--reverse", "--reflog", "--stdin")
            out = plumbing.git(self.place, "rev-list", *order, data=asked.encode())
            for oid in out.decode().split():
                self._commit(oid)
            for oid in tips:
                self._tip(oid)
        if write:
            self.pack.write()

    def _tip(self, oid: str) -> None:
        kind, data = self._reader.read(oid)
        if kind == "tree":
            self._tree(oid)
        elif kind == "tag" and oid not in self.new:
            inner = data[len("object ") : data.index(b"\n")].decode()
            self._tip(inner)
            head, blank, message = data.partition(b"\n\n")
            head = b"object " + self.new.get(inner, inner).encode() + head[head.index(b"\n") :]
            masked = head + blank + self._message(message)
            if masked != data:
                self.new[oid] = self.pack.add("tag", _TAG_SIGNATURE.sub(b"", masked))

    def _commit(self, oid: str) -> None:
        _, data = self._reader.read(oid)
        head, blank, message = data.partition(b"\n\n")
        new = b"\n".join(self._line(line) for line in head.split(b"\n"))
        said = self._message(message)
        if (new, said) != (head, message):
            new = _SIGNATURE.sub(b"", new + b"\n").rstrip(b"\n")
            self.new[oid] = self.pack.add("commit", new + blank + said)
            self.commits += 1

    def _line(self, line: bytes) -> bytes:
        """Return a line of a commit's head, its tree or parent under the new id."""
        key, _, value = line.partition(b" ")
        if key == b"tree":
            return b"tree " + self._tree(value.decode()).encode()
        if key == b"parent":
            return b"parent " + self.new.get(value.decode(), value.decode()).encode()
        return line

    def _message(self, message: bytes) -> bytes:
        """Return a message masked, the commits it names by their whole ids under their new ones."""
        masked = self.mask.message(message)
        return _OID.sub(lambda found: self.new.get(found[0].decode(), found[0].decode()).encode(), masked)

    def _tree(self, oid: str) -> str:
        """Return the id of a tree with what is below it masked."""
        if oid in self._kept or oid in self.new:
            return self.new.get(oid, oid)
        _, data = self._reader.read(oid)
        parts, position, width = [], 0, len(oid) // 2
        while position < len(data):
            end = data.index(b"\0", position) + 1
            child = data[end : end + width].hex()
            mode = data[position : data.index(b" ", position)]
            child = self._tree(child) if mode in (b"40000", b"040000") else self.blobs.get(child, child)
            parts.append(data[position:end] + bytes.fromhex(child))
            position = end + width
        masked = b"".join(parts)
        if masked == data:
            self._kept.add(oid)
            return oid
        self.new[oid] = self.pack.add("tree", masked)
        return self.new[oid]
