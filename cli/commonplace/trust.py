"""Trust: whether a repository's own settings and texts may act, said by a person, by path and content.

What `init` made on this machine is the person's own. A clone is data: its settings that could change memory
unseen, and its texts, which would speak to a model, are used only after `commonplace trust`, and only as
they were then.
"""

import os
from hashlib import sha256

from commonplace import files
from commonplace.errors import CommonplaceError
from commonplace.place import SETTINGS, Place, read

MOST = 1 << 20
"""The largest file that can be trusted, in bytes."""


def covered(place: Place) -> list[str]:
    """Return the paths that trust is about: the settings and every file under templates/."""
    paths = [SETTINGS]
    for folder, folders, names in os.walk(os.path.join(place.root, "templates")):
        folders.sort()
        paths += [os.path.relpath(os.path.join(folder, name), place.root) for name in sorted(names)]
    return [path.replace(os.sep, "/") for path in paths]


def links(place: Place) -> list[str]:
    """Return the paths among those that are symbolic links: what they lead to may change unseen."""
    paths = [*covered(place), "templates"]
    for folder, folders, _ in os.walk(os.path.join(place.root, "templates")):
        paths += [os.path.relpath(os.path.join(folder, name), place.root) for name in folders]
    return sorted(path for path in paths if os.path.islink(os.path.join(place.root, path)))


def digest(place: Place) -> str:
    """Return one digest over where the repository is and what those files say; "" if one is a link."""
    if links(place):
        return ""
    whole = sha256(os.path.realpath(place.root).encode())
    for path in covered(place):
        data = files.read_regular(os.path.join(place.root, path), MOST)
        whole.update(f"\0{path}\0{'-' if data is None else sha256(data).hexdigest()}".encode())
    return whole.hexdigest()


def is_trusted(place: Place) -> bool:
    """Tell whether the repository's settings and texts may act."""
    if place.made_here:
        return True
    said = read(place.inside("trusted"))
    return bool(said) and said == digest(place)


def trust(place: Place) -> None:
    """Trust the repository's settings and texts as they are now."""
    if linked := links(place):
        raise CommonplaceError(
            f"{linked[0]} is a symbolic link: what it leads to may change unseen",
            f"replace {linked[0]} by what it leads to",
        )
    files.replace(place.inside("trusted"), digest(place).encode())
