"""Where things are: the memory repository, its private folder, and the project one stands in.

Found by reading files alone, without a git process. Standard library only: this is on the hot path.
"""

import os
import sys

from commonplace.errors import CommonplaceError, TooNew

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS = "commonplace.toml"

FORMAT = 1
"""The format of a memory repository that this program reads and writes."""


class Place:
    """A memory repository: `root` its work tree, `git` its common git folder, `private` ours in it."""

    __slots__ = ("git", "private", "root")

    def __init__(self, root: str, git: str) -> None:
        self.root = root
        self.git = git
        self.private = os.path.join(git, "commonplace")

    @property
    def queue(self) -> str:
        """The folder of entries that wait."""
        return os.path.join(self.root, "queue")

    @property
    def inbox(self) -> str:
        """The folder of second links to the entries that wait, out of reach of `git clean`."""
        return os.path.join(self.private, "inbox")

    @property
    def made_here(self) -> bool:
        """Whether `init` made it on this machine, so that its settings are the person's own."""
        return os.path.exists(os.path.join(self.private, "made-here"))

    def inside(self, *parts: str) -> str:
        """Return a path in the private folder."""
        return os.path.join(self.private, *parts)


def at(root: str) -> Place | None:
    """Return the memory repository whose work tree is `root`, or None if there is none.

    A linked worktree stands for its main one: one memory has one queue.
    """
    own, git = git_dir(root), common_git_dir(root)
    if git is None:
        return None
    if git != own:
        if os.path.basename(git) != ".git":
            return None  # a worktree of a bare repository: there is no main one
        root = os.path.dirname(git)
    if not os.path.isfile(os.path.join(root, SETTINGS)):
        return None
    return Place(root, git)


def find(explicit: str, environ: "Mapping[str, str]", cwd: str) -> Place:
    """Return the memory repository to use, or raise CommonplaceError with the remedy.

    In this order: `--repo`, COMMONPLACE_REPO, the memory repository one stands in, the person's
    default. A repository that one merely stands in counts only if `init` has been run for it here:
    a clone that carries a `commonplace.toml` is not taken for a memory. One of a newer format is refused.
    """
    found = _find(explicit, environ, cwd)
    check_format(found.root, format_of(found.root))
    return found


def check_format(root: str, number: int) -> None:
    """Raise TooNew if the memory at `root` has a format that this program does not know."""
    if number > FORMAT:
        raise TooNew(
            f"the memory at {root} has format {number}, and this commonplace knows format {FORMAT}; "
            "nothing of it was changed",
            "pip install --upgrade commonplace",
        )


def _find(explicit: str, environ: "Mapping[str, str]", cwd: str) -> Place:
    for named, how in (
        (explicit, "--repo"),
        (environ.get("COMMONPLACE_REPO", ""), "COMMONPLACE_REPO"),
    ):
        if named:
            place = at(os.path.abspath(os.path.expanduser(named)))
            if place is None:
                raise CommonplaceError(
                    f"{how} names {named}, which is not a memory repository",
                    f"commonplace init {named}",
                )
            return place
    top = work_tree(cwd)
    place = at(top) if top else None
    if place is not None and os.path.isdir(place.private):
        return place
    home = default_root(environ)
    place = at(home)
    if place is None:
        raise CommonplaceError("there is no memory repository yet", "commonplace init")
    return place


def format_of(root: str) -> int:
    """Return the format of the memory repository at `root`, 0 for one that does not say."""
    return number_of(read(os.path.join(root, SETTINGS)))


def number_of(settings: str) -> int:
    """Return the format that a settings file names; read without a TOML parser, as every flag needs it."""
    for line in settings.splitlines():
        key, equals, value = line.partition("=")
        number = value.partition("#")[0].strip()
        if line.startswith("["):
            break
        if equals and key.strip() == "format" and number.isdecimal():
            return int(number)
    return 0


def default_root(environ: "Mapping[str, str]", platform: str = sys.platform) -> str:
    """Return where the person's own memory lies: the platform's folder for data."""
    home = environ.get("HOME") or os.path.expanduser("~")
    if platform == "win32":
        base = environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    elif platform == "darwin":
        base = os.path.join(home, "Library", "Application Support")
    else:
        base = environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    return os.path.join(base, "commonplace", "memory")


def personal_settings(environ: "Mapping[str, str]", platform: str = sys.platform) -> str:
    """Return the path of the person's own settings, which win over a repository's."""
    home = environ.get("HOME") or os.path.expanduser("~")
    if platform == "win32":
        base = environ.get("APPDATA") or os.path.join(home, "AppData", "Roaming")
    else:
        base = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    return os.path.join(base, "commonplace", "config.toml")


def work_tree(start: str) -> str | None:
    """Return the nearest folder, from `start` upwards, that holds a `.git`."""
    folder = os.path.abspath(start)
    while True:
        if os.path.exists(os.path.join(folder, ".git")):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def git_dir(root: str) -> str | None:
    """Return the git folder of a work tree, or None if it is none."""
    git = os.path.join(root, ".git")
    if os.path.isfile(git):
        line = read(git)
        if not line.startswith("gitdir: "):
            return None
        git = os.path.join(root, line[8:].strip())
    return os.path.normpath(git) if os.path.isdir(git) else None


def common_git_dir(root: str) -> str | None:
    """Return the git folder that all worktrees of `root` share, or None if it is no work tree."""
    git = git_dir(root)
    if git is None:
        return None
    shared = read(os.path.join(git, "commondir")).strip()
    return os.path.normpath(os.path.join(git, shared)) if shared else git


def project_id(cwd: str) -> str:
    """Return the id of the code project that holds `cwd`, the same in all its worktrees, or "".

    `git config commonplace.project NAME` says it; else the origin's address, normalised
    (`git@github.com:Acme/CAD.git` → `github.com/acme/cad`); else the name of the common folder.
    A memory repository is no project.
    """
    top = work_tree(cwd)
    git = common_git_dir(top) if top else None
    if top is None or git is None or os.path.isdir(os.path.join(git, "commonplace")):
        return ""
    config = read(os.path.join(git, "config"))
    named = config_value(config, "commonplace", "project")
    origin = config_value(config, 'remote "origin"', "url")
    folder = os.path.dirname(git) if os.path.basename(git) == ".git" else git
    return _as_id(named) or id_of(origin, os.path.basename(folder).removesuffix(".git"))


def id_of(origin: str, folder: str) -> str:
    """Return the id of a project by the address of its origin, else by its folder's name."""
    return _as_id(_address(origin)) or _as_id(folder)


def _address(url: str) -> str:
    """Return host and path of a remote's address; of a path on this machine, its last part."""
    scheme, mark, rest = url.partition("://")
    if mark and scheme.lower() != "file":
        host, _, path = rest.partition("/")
    else:
        host, colon, path = url.partition(":")
        if mark or not colon or "/" in host or "\\" in url or len(host) == 1:
            return url.replace("\\", "/").rstrip("/").rpartition("/")[2].removesuffix(".git")
    host = host.rpartition("@")[2].partition(":")[0]
    return f"{host}/{path.strip('/').removesuffix('.git')}"


def _as_id(name: str) -> str:
    """Return the name with each component made plain (see `entry.check_scope`)."""
    parts = []
    for part in name.lower().split("/"):
        plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in part)
        plain = plain.lstrip("._-").rstrip(".")[:90]
        if plain.endswith((".md", ".lock", ".git")):
            plain = plain.replace(".", "-")
        if plain:
            parts.append(plain)
    return "/".join(parts)


def config_value(config: str, section: str, key: str) -> str:
    """Return the last value of a key in a git config's text (includes are not followed)."""
    here, value = "", ""
    for raw in config.splitlines():
        line = raw.strip()
        if line.startswith("["):
            head = line[1 : line.rfind("]")]
            name, quote, sub = head.partition(' "')
            here = name.lower() + quote + sub
        elif here == section and line.partition("=")[0].strip().lower() == key:
            value = line.partition("=")[2].partition(" #")[0].partition(" ;")[0].strip().strip('"')
    return value


def read(path: str) -> str:
    """Return a small file's text, or "" where it is missing or not text."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""
