"""The work tree's pages, skills and rules, read and written as files, without git.

Git's own status and checkout would run the filters and monitors that a repository's configuration
names. No symbolic link is followed, neither to read nor to write.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from commonplace import files
from commonplace.errors import CommonplaceError
from commonplace.place import SETTINGS, Place

FOLDERS = ("memory", "skills", "rules", "rejected")
"""The folders whose files we read and write."""

MAX_PAGE = 10_000_000
"""The largest file that is read, in bytes."""


@dataclass(frozen=True)
class File:
    """A regular file of the work tree: its content and git's mode for it."""

    data: bytes
    mode: str


def scan(place: Place) -> tuple[dict[str, File], list[tuple[str, str]]]:
    """Return path → file for all regular files in our folders, and (path, why) for what is none."""
    found: dict[str, File] = {}
    odd: list[tuple[str, str]] = []
    for folder in FOLDERS:
        top = os.path.join(place.root, folder)
        if os.path.islink(top):
            raise CommonplaceError(f"{folder} is a symbolic link", f"put a real folder at {top}")
        for item in _walk(top):
            path = os.path.relpath(item.path, place.root).replace(os.sep, "/")
            data = None if item.is_symlink() else files.read_regular(item.path, MAX_PAGE)
            if data is None and not os.path.lexists(item.path):
                continue  # taken away since the folder was listed
            if data is None:
                odd.append((path, "a symbolic link" if item.is_symlink() else "not a readable file"))
            else:
                found[path] = File(data, _mode(item))
    return found, odd


def _walk(folder: str) -> "Iterator[os.DirEntry[str]]":
    try:
        with os.scandir(folder) as items:
            here = sorted(items, key=lambda item: item.name)
    except FileNotFoundError:
        return
    for item in here:
        if item.is_dir(follow_symlinks=False):
            if item.name != ".git":
                yield from _walk(item.path)
        else:
            yield item


def _mode(item: "os.DirEntry[str]") -> str:
    try:
        return "100755" if item.stat(follow_symlinks=False).st_mode & stat.S_IXUSR else "100644"
    except FileNotFoundError:  # taken away since it was read
        return "100644"


def read(place: Place, path: str) -> bytes | None:
    """Return a file's content, None if there is none, or raise CommonplaceError if it cannot be read."""
    full = _confined(place, path)
    data = files.read_regular(full, MAX_PAGE)
    if data is None and os.path.lexists(full):
        raise CommonplaceError(f"{path} is not a file that can be read", f"look at {full}")
    return data


def write(place: Place, path: str, data: bytes, mode: str = "100644") -> None:
    """Write a file whole, or raise CommonplaceError if the path leads out of our folders."""
    full = _confined(place, path)
    try:
        bits = stat.S_IMODE(os.stat(full).st_mode)
    except OSError:
        bits = 0o755 if mode == "100755" else 0o644
    # The temporary file lies out of the work tree: a kill must not leave one among the pages.
    files.replace(full, data, bits, scratch=place.private)


def remove(place: Place, path: str) -> None:
    """Remove a file, and the folders that are empty without it, up to our own."""
    full = _confined(place, path)
    files.remove(full)
    folder = os.path.dirname(full)
    while os.path.relpath(folder, place.root).count(os.sep) > 0:
        try:
            os.rmdir(folder)
        except OSError:
            return
        folder = os.path.dirname(folder)


def _confined(place: Place, path: str) -> str:
    """Return the full path if it stays inside our folders and passes no symbolic link."""
    parts = path.split("/")
    ours = parts[0] in FOLDERS or path == SETTINGS
    if not ours or any(part in ("", ".", "..", ".git") for part in parts):
        raise CommonplaceError(f"{path!r} is outside memory/, skills/, rules/ and rejected/")
    full = place.root
    for part in parts:
        full = os.path.join(full, part)
        if os.path.islink(full):
            raise CommonplaceError(f"{path} passes a symbolic link", f"remove {full}")
    return full
