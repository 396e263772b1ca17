"""Install and uninstall: plan what a host's files will hold, then write it, and remember how it was.

What was there before is kept in the person's data folder, so that uninstall can put back each file byte for
byte as long as nobody else has changed it; a file that somebody has changed since loses our part alone.
"""

import base64
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256

from commonplace import files, place
from commonplace.errors import CommonplaceError
from commonplace.hosts import connection, layouts, servers, texts
from commonplace.hosts.connection import Edit
from commonplace.lock import FolderLock
from commonplace.place import Place
from commonplace.settings import Settings


@dataclass
class Connection:
    """A host that was connected, at the user's level (project "") or a project's.

    before: path → content in base64, None for no file · after: path → digest of what we wrote ·
    links: the symbolic links we made · folders: those we made · program: how the host calls us, as it was
    when the person connected it; whoever refreshes may have another PATH · mcp: the server is registered.
    """

    host: str
    project: str
    repo: str
    program: str = ""
    before: dict[str, str | None] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    mcp: bool = False


def register(environ: Mapping[str, str]) -> str:
    """Return the path of the file that remembers the connections."""
    return os.path.join(os.path.dirname(place.default_root(environ)), "connections.json")


def connections(environ: Mapping[str, str]) -> list[Connection]:
    """Return what was connected."""
    path = register(environ)
    data = files.read_regular(path, 1 << 28)
    if data is None:
        return []
    try:
        return [Connection(**item) for item in json.loads(data)]
    except (ValueError, TypeError) as error:
        raise CommonplaceError(
            f"{path} cannot be read: {error}", f"look at it, or remove it: rm {path}"
        ) from error


def _remember(environ: Mapping[str, str], known: list[Connection]) -> None:
    path = register(environ)
    if known:
        files.replace(path, json.dumps([asdict(item) for item in known], indent=1).encode(), 0o600)
    else:
        files.remove(path)


@contextmanager
def _alone(environ: Mapping[str, str]) -> Iterator[None]:
    """Hold off other processes that write what hosts load; Busy after ten seconds.

    A drain that ends while its host is disconnected would put back what was just taken away. It is the
    register's folder that is locked: no file of ours is left behind by it. (Not on Windows.)
    """
    folder = os.path.dirname(register(environ))
    if os.name == "nt" or not os.path.isdir(folder):
        yield
        return
    with FolderLock(folder, PATIENCE):
        yield


PATIENCE = 10.0
"""Seconds to wait for another process that writes what hosts load."""


def plan(
    host: str,
    project: str,
    here: Place,
    settings: Settings,
    program: str,
    environ: Mapping[str, str],
    *,
    mcp: bool = False,
) -> list[Edit]:
    """Return the edits that connect a host: its hooks, instructions, the memory's skills, the MCP server."""
    where = layouts.layout(host, project, environ)
    edits = [_hooks(host, where, program)]
    edits += contents(where, here, settings, program)
    if mcp or _has_server(host, project, environ):
        told = servers.entry(host, here, program, environ)
        edits = servers.registered(edits, servers.registry(host, project, environ), told)
    return edits


def _has_server(host: str, project: str, environ: Mapping[str, str]) -> bool:
    mine = _find(connections(environ), host, project)
    return mine is not None and mine.mcp


def _hooks(host: str, where: layouts.Layout, program: str) -> Edit:
    if host == "opencode":
        return connection.own_file(where.settings, texts.plugin(program))
    groups = list(layouts.groups(host, program))
    if where.whole:
        held: dict[str, list[object]] = {}
        for event, group in groups:
            held.setdefault(event, []).append(group)
        content = {"version": 1, "comment": connection.OWN, "hooks": held}
        return connection.own_file(where.settings, json.dumps(content, indent=2) + "\n")
    edit = connection.settings_with(where.settings, groups)
    if host == "cursor" and not (edit.before or b"").strip():
        return Edit(edit.path, edit.before, connection.versioned(edit.after))
    return edit


def contents(where: layouts.Layout, here: Place, settings: Settings, program: str) -> list[Edit]:
    """Return the edits that bring instructions and skills to a host, as they stand in the memory."""
    edits = []
    if where.instructions:
        text = texts.instructions(here, settings, program)
        if where.block:
            edits.append(connection.block_in(where.instructions, text))
        else:
            edits.append(connection.own_file(where.instructions, texts.own(where.instructions, text)))
    if where.skills:
        path = os.path.join(where.skills, "commonplace", "SKILL.md")
        edits.append(connection.own_file(path, texts.skill(here, program)))
        for name in texts.skills(here):
            target = os.path.join(here.root, "skills", name)
            link = connection.link_to(os.path.join(where.skills, name), target)
            edits += [link] if link else []
    return edits


def install(
    host: str,
    project: str,
    here: Place,
    settings: Settings,
    program: str,
    environ: Mapping[str, str],
    *,
    mcp: bool = False,
) -> list[Edit]:
    """Connect a host and return the edits that changed something."""
    with _alone(environ):
        return _install(host, project, here, settings, program, environ, mcp=mcp)


def _install(
    host: str,
    project: str,
    here: Place,
    settings: Settings,
    program: str,
    environ: Mapping[str, str],
    *,
    mcp: bool,
) -> list[Edit]:
    planned = plan(host, project, here, settings, program, environ, mcp=mcp)
    edits = [edit for edit in planned if edit.before != edit.after]
    known = connections(environ)
    mine = _find(known, host, project)
    if mine is None:
        mine = Connection(host, project, here.root)
        known.append(mine)
    mine.repo, mine.program, mine.mcp = here.root, program, mcp or mine.mcp
    _write(edits, mine, environ, known)
    return edits


def _find(known: list[Connection], host: str, project: str) -> Connection | None:
    return next((item for item in known if (item.host, item.project) == (host, project)), None)


def _write(edits: list[Edit], mine: Connection, environ: Mapping[str, str], known: list[Connection]) -> None:
    """Write the edits. What was there is remembered before anything is written."""
    for edit in edits:
        mine.folders += [f for f in _missing_folders(edit.path) if f not in mine.folders]
        if edit.link:
            mine.links[edit.path] = edit.link
            continue
        last = mine.after.get(edit.path)
        if last is None or edit.before is None or sha256(edit.before).hexdigest() != last:
            plain = _without_us(edit.path, edit.before, servers.registry(mine.host, mine.project, environ))
            mine.before[edit.path] = None if plain is None else base64.b64encode(plain).decode()
        mine.after[edit.path] = sha256(edit.after or b"").hexdigest()
    _remember(environ, known)
    for edit in edits:
        _put(edit)


def _put(edit: Edit) -> None:
    """Make one edit: a link, a file written or removed, its mode kept, a symbolic link to it followed."""
    try:
        if edit.after is None:
            os.unlink(edit.path)
        elif edit.link:
            os.makedirs(os.path.dirname(edit.path), exist_ok=True)
            os.symlink(edit.link, edit.path, target_is_directory=True)
        else:
            path = os.path.realpath(edit.path)
            mode = None if edit.before is None else os.stat(path).st_mode & 0o777
            files.replace(path, edit.after, 0o644 if mode is None else mode)
            if mode is not None:
                os.chmod(path, mode)  # the umask may have taken from it
    except OSError as error:
        raise CommonplaceError(
            f"{edit.path} cannot be changed: {error.strerror}", f"mend {edit.path}, then do it again"
        ) from error


def _without_us(path: str, data: bytes | None, where: servers.Registry) -> bytes | None:
    """Return what a file would hold without our part, None if nothing that was there before us."""
    if data is None:
        return None
    if path == where.path:
        data = servers.without(where, data)
        if not where.holds_hooks:
            return data  # the host's own: what else of ours is quoted there is none of ours
    if connection.OWN.encode() in data:
        return None
    return connection.without(path, data)


def _missing_folders(path: str) -> Iterator[str]:
    folder = os.path.dirname(path)
    while not os.path.isdir(folder):
        yield folder
        folder = os.path.dirname(folder)


def plan_out(host: str, project: str, environ: Mapping[str, str]) -> list[Edit]:
    """Return the edits that disconnect a host."""
    where = layouts.layout(host, project, environ)
    mine = _find(connections(environ), host, project) or Connection(host, project, "")
    own = [os.path.join(where.skills, "commonplace", "SKILL.md")] if where.skills else []
    registry = servers.registry(host, project, environ)
    paths = dict.fromkeys([where.settings, where.instructions, *own, registry.path, *mine.after])
    shared = _shared(connections(environ), mine, environ)
    edits = [edit for path in paths if path and path not in shared and (edit := _out(path, mine, registry))]
    return edits + [Edit(path, b"", None, mine.links[path]) for path in _own_links(mine)]


def _shared(known: list[Connection], mine: Connection, environ: Mapping[str, str]) -> dict[str, Connection]:
    """Return the paths of instructions that another connected host loads too, with that host's connection.

    Codex and opencode both read a project's AGENTS.md.
    """
    others = [item for item in known if (item.host, item.project) != (mine.host, mine.project)]
    return {layouts.layout(item.host, item.project, environ).instructions: item for item in others}


def _out(path: str, mine: Connection, where: servers.Registry) -> Edit | None:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if sha256(data).hexdigest() == mine.after.get(path):
        kept = mine.before[path]
        return Edit(path, data, None if kept is None else base64.b64decode(kept))
    after = _without_us(path, data, where)
    return None if after == data else Edit(path, data, after)


def uninstall(host: str, project: str, environ: Mapping[str, str]) -> list[Edit]:
    """Disconnect a host and return the edits that were made."""
    with _alone(environ):
        return _uninstall(host, project, environ)


def _uninstall(host: str, project: str, environ: Mapping[str, str]) -> list[Edit]:
    edits = plan_out(host, project, environ)
    for edit in edits:
        _put(edit)
    known = connections(environ)
    mine = _find(known, host, project)
    if mine:
        known.remove(mine)
        for path, other in _shared(known, mine, environ).items():
            if path in mine.after:
                other.before.setdefault(path, mine.before[path])
                other.after.setdefault(path, mine.after[path])
        for folder in sorted(mine.folders, key=len, reverse=True):
            with suppress(OSError):
                os.rmdir(folder)
        _remember(environ, known)
    return edits


def refresh(here: Place, settings: Settings, program: str, environ: Mapping[str, str]) -> list[Edit]:
    """Bring what connected hosts load up to date with the memory's skills and rules.

    A host that cannot be brought up to date is left to `doctor`: what called us has done its own work.
    """
    changed: list[Edit] = []
    with suppress(CommonplaceError), _alone(environ):
        known = connections(environ)
        for mine in known:
            with suppress(CommonplaceError):
                changed += _refresh(mine, here, settings, program, environ, known)
    return changed


def _refresh(
    mine: Connection,
    here: Place,
    settings: Settings,
    program: str,
    environ: Mapping[str, str],
    known: list[Connection],
) -> list[Edit]:
    if mine.repo != here.root:
        return []
    where = layouts.layout(mine.host, mine.project, environ)
    call = mine.program or program
    edits = [e for e in contents(where, here, settings, call) if e.before != e.after]
    gone = [path for path in _own_links(mine) if not os.path.exists(path)]
    for path in gone:
        _put(Edit(path, b"", None, mine.links.pop(path)))
    if edits or gone:
        _write(edits, mine, environ, known)
    return edits


def _own_links(mine: Connection) -> list[str]:
    """Return the links that we made and that still point where we let them point."""
    links = mine.links.items()
    return [path for path, target in links if os.path.islink(path) and os.readlink(path) == target]
