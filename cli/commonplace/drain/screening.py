"""Screening: what holds a secret stays out of a drain, before anything is planned, sent or committed.

An entry is held back. A page that a person has put a secret into stays as it is, uncommitted, and what
would be filed on it waits in the queue; it is named by the drain and by every boot until the secret is
gone. One that is none, the person commits: what git holds already is not looked at again.
"""

import os
from collections.abc import Iterable, Mapping

from commonplace import files, holding, plumbing, secrets
from commonplace.boundary import backstop
from commonplace.drain.edits import Edits
from commonplace.drain.reading import parse_entry
from commonplace.drain.sorting import Sorted
from commonplace.entry import EntryError
from commonplace.errors import NotNow
from commonplace.place import Place
from commonplace.text import one_line
from commonplace.worktree import File


def secret_in(name: str, data: bytes) -> str:
    """Return what looks like a secret in a queue file, masked, "" if nothing does.

    The file is looked at as it is, and what its values say: a value is quoted in the file.
    """
    text = data.decode("utf-8", "replace")
    why = holding.reason(text)
    if not why and "\\" in text:
        try:
            why = holding.reason(holding.said(parse_entry(name, data)))
        except EntryError:
            why = ""
    return one_line(why.removeprefix(holding.WHY))


def withhold(place: Place, edits: Edits, head: str) -> dict[str, str]:
    """Take the files that have come to hold a secret out of a person's edits; return path → why."""
    why = {
        path: holding.reason(text).removeprefix(holding.WHY)
        for path, data in edits.files.items()
        if data is not None and secrets.find(text := data.decode("utf-8", "replace"))
    }
    before = plumbing.contents(place, [f"{head}:{path}" for path in why])
    for path in list(why):
        old = before.get(f"{head}:{path}", b"").decode("utf-8", "replace")
        if secrets.values((edits.files[path] or b"").decode("utf-8", "replace")) <= secrets.values(old):
            del why[path]
    for path in why:
        del edits.files[path], edits.modes[path]
    edits.ops = [op for op in edits.ops if op.words[-1] not in why]
    return why


def as_committed(
    place: Place, on_disk: Mapping[str, File], withheld: Mapping[str, str], head: str
) -> dict[str, File]:
    """Return the files as a plan may see them: those that are left alone as the tip holds them."""
    before = plumbing.contents(place, [f"{head}:{path}" for path in withheld])
    seen = {path: file for path, file in on_disk.items() if path not in withheld}
    for path in withheld:
        if (data := before.get(f"{head}:{path}")) is not None:
            seen[path] = File(data, on_disk[path].mode)
    return seen


def blocked(found: Sorted, withheld: Mapping[str, str]) -> frozenset[str]:
    """Return the entries that would change a page which is left alone."""
    return frozenset(
        entry.id
        for topic, entries in found.topics.items()
        for entry in entries
        if topic.path in withheld or found.where.get(entry.supersedes[1:]) in withheld
    )


def refuse(withheld: Mapping[str, str], paths: Iterable[str]) -> None:
    """Raise NotNow where a page that is left alone would have to be changed."""
    for path in paths:
        if path in withheld:
            raise NotNow(
                f"{path} has an edit that is not committed, for it holds what looks like {withheld[path]}; "
                "nothing was changed",
                f"take it out of {path}, or commit it yourself: git add {path} && git commit",
            )


def note(place: Place, withheld: Mapping[str, str]) -> None:
    """Write down for the boot which pages are left alone, and as they are now."""
    lines = [
        f"{path}\t{backstop.stamp(os.path.join(place.root, path))}\t{why}\n"
        for path, why in withheld.items()
        if "\n" not in path
    ]
    mark = place.inside(backstop.WITHHELD)
    if lines:
        files.replace(mark, "".join(lines).encode("utf-8", "surrogateescape"), 0o600)
    else:
        files.remove(mark)
