"""Founding: a memory repository from the skeleton, or a clone of one adopted on this machine."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from commonplace import files, place, private, repo
from commonplace.errors import CommonplaceError
from commonplace.place import Place
from commonplace.refs import head
from commonplace.shipped import shipped


@dataclass(frozen=True)
class Outcome:
    """What `init` did, in words, and a hint where one helps."""

    said: str
    hint: str = ""


def found(root: str) -> Outcome:
    """Make a memory repository at `root`, or say that it is one; CommonplaceError for a foreign folder.

    A founding that was cut short is taken up where it stopped.
    """
    here = place.at(root)
    if here and head(here)[1]:
        place.check_format(root, place.format_of(root))
        if os.path.isdir(here.private):
            return Outcome("nothing to do: a memory repository already is at")
        os.makedirs(here.private, mode=0o700)
        private.renew(here)
        return Outcome("adopted the clone at", "its settings and texts act only after: commonplace trust")
    skeleton = dict(_skeleton())
    _refuse_foreign(root, skeleton)
    outer = place.work_tree(os.path.dirname(root))
    os.makedirs(root, exist_ok=True)
    repo.found(root)
    for path, data in skeleton.items():
        full = os.path.join(root, path)
        if not os.path.exists(full):
            files.replace(full, data)
    repo.first_commit(Place(root, os.path.join(root, ".git")), list(skeleton), "init: a memory repository\n")
    made = place.at(root)
    if made is None:
        raise CommonplaceError(f"{root} could not be made a memory repository", f"git init {root}")
    os.makedirs(made.private, mode=0o700, exist_ok=True)
    files.replace(made.inside("made-here"), b"")
    private.renew(made)
    hint = f"it lies inside {outer}: tell that repository to ignore it" if outer else ""
    return Outcome("made a memory repository at", hint)


def _skeleton() -> Iterator[tuple[str, bytes]]:
    """Yield (path, content) of the files that a new memory starts with."""
    top = shipped("skeleton")
    for folder, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            full = os.path.join(folder, name)
            with open(full, "rb") as file:
                yield os.path.relpath(full, top).replace(os.sep, "/"), file.read()


def _refuse_foreign(root: str, skeleton: dict[str, bytes]) -> None:
    """Raise CommonplaceError if the folder holds anything that a founding would not have put there."""
    if os.path.exists(root) and not os.path.isdir(root):
        raise CommonplaceError(f"{root} is a file", "commonplace init ANOTHER-FOLDER")
    foreign = []
    for folder, folders, names in os.walk(root):
        if folder == root and ".git" in folders:
            folders.remove(".git")
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")
            if files.read_regular(os.path.join(folder, name), 1 << 20) != skeleton.get(path, b"\0"):
                foreign.append(path)
    git = place.common_git_dir(root)
    if not foreign and git and head(Place(root, git))[1]:
        foreign = ["a git history of its own"]
    if foreign:
        shown = ", ".join(sorted(foreign)[:3]) + (" …" if len(foreign) > 3 else "")
        raise CommonplaceError(
            f"{root} holds something else ({shown}); nothing was changed",
            f"commonplace init {os.path.join(root, 'memory')}, or any empty folder",
        )
