"""Registering the MCP server: where each host keeps its servers, and the edit that adds ours or takes it out.

Facts: what the hosts' own `mcp add` wrote (Claude Code 2.1.329, Codex 0.169.0, Gemini CLI 0.61.0, Copilot
CLI 1.0.102), the documentation of opencode and Cursor. Codex writes its config.toml anew and drops comments
at our table, so that the table itself, and no mark around it, tells that it is ours.
"""

import json
import os
import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonplace.errors import CommonplaceError
from commonplace.hosts import jsonc, layouts
from commonplace.hosts.connection import Edit, bytes_of, text_of
from commonplace.place import Place, default_root

NAME = "commonplace"
"""What the server is called in every host; a model sees it before the names of the tools."""

_TABLE = re.compile(r"[ \t]*\[[ \t]*mcp_servers[ \t]*\.[ \t]*[\"']?commonplace[\"']?[ \t]*[.\]]")


@dataclass(frozen=True)
class Registry:
    """A host's file of MCP servers. key: the object that holds them by name · holds_hooks: it is the host's
    settings file, in which our hooks stand too.
    """

    path: str
    key: str
    holds_hooks: bool = False

    @property
    def toml(self) -> bool:
        """Whether the file is TOML, not JSON."""
        return self.path.endswith(".toml")


def registry(host: str, project: str, environ: Mapping[str, str]) -> Registry:
    """Return where a host keeps its MCP servers: for one project, or, with "", for the user."""
    where = layouts.layout(host, project, environ).settings
    home = environ.get("HOME") or os.path.expanduser("~")
    top = os.path.dirname(where)
    if host == "claude-code":
        own = environ.get("CLAUDE_CONFIG_DIR") or home
        return Registry(
            os.path.join(project, ".mcp.json") if project else _in(own, ".claude.json"), "mcpServers"
        )
    if host == "codex":
        return Registry(_in(top, "config.toml"), "mcp_servers")
    if host == "copilot-cli":
        return Registry(_in(os.path.dirname(top), "mcp.json" if project else "mcp-config.json"), "mcpServers")
    if host == "opencode":
        config = _in(project or os.path.dirname(top), "opencode.json")
        return Registry(config + "c" if os.path.exists(config + "c") else config, "mcp")
    if host == "gemini-cli":
        return Registry(where, "mcpServers", holds_hooks=True)
    return Registry(_in(top, "mcp.json"), "mcpServers")


def _in(folder: str, name: str) -> str:
    return os.path.abspath(os.path.join(folder, name))


def entry(host: str, here: Place, program: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what a host is told: the command, and which memory if the server could not find that itself."""
    words = shlex.split(program)
    env = {}
    while "=" in words[0]:
        name, _, env[name] = words.pop(0).partition("=")
    # Clients pass on little of their environment; without XDG_DATA_HOME the default is another place.
    if os.path.realpath(default_root({"HOME": environ.get("HOME", "")})) != os.path.realpath(here.root):
        env.setdefault("COMMONPLACE_REPO", here.root)
    command, args = words[0], [*words[1:], "mcp"]
    if host == "opencode":
        told: dict[str, Any] = {"type": "local", "command": [command, *args], "enabled": True}
        return {**told, "environment": env} if env else told
    kind = {"claude-code": {"type": "stdio"}, "copilot-cli": {"type": "local"}}.get(host, {})
    told = {**kind, "command": command, "args": args, **({"env": env} if env else {})}
    return {**told, "tools": ["*"]} if host == "copilot-cli" else told


def registered(edits: list[Edit], where: Registry, told: dict[str, Any]) -> list[Edit]:
    """Return the edits with the one that registers the server; a file is edited once."""
    path = where.path
    earlier = next((edit for edit in edits if edit.path == path), None)
    before = earlier.before if earlier else bytes_of(path)
    text = text_of(path, earlier.after if earlier else before)
    after = (_toml_with if where.toml else _json_with)(where, text, told)
    return [*(edit for edit in edits if edit is not earlier), Edit(path, before, after.encode())]


def without(where: Registry, data: bytes) -> bytes:
    """Return a file's content without our server."""
    if NAME.encode() not in data:
        return data
    text = text_of(where.path, data)
    if not _is_ours(_held(where, text)):
        return data
    return (_toml_without(text) if where.toml else jsonc.remove(text, [where.key, NAME])).encode()


def _held(where: Registry, text: str) -> object:
    """Return what a file holds under our name, None if nothing; CommonplaceError if it cannot be read."""
    try:
        if where.toml:
            whole: Any = tomllib.loads(text)
        else:
            whole = {} if jsonc.is_blank(text) else jsonc.value(text)
    except (jsonc.NotJson, tomllib.TOMLDecodeError) as error:
        raise CommonplaceError(
            f"{where.path} cannot be read: {error}; it was left alone", f"mend {where.path}, then do it again"
        ) from error
    servers = whole.get(where.key) if isinstance(whole, dict) else None
    return servers.get(NAME) if isinstance(servers, dict) else None


def _is_ours(held: object) -> bool:
    """Tell whether an entry starts us: whoever wrote it, `commonplace … mcp` is what we would write."""
    if not isinstance(held, dict):
        return False
    command = held.get("command")
    words = command if isinstance(command, list) else [command, *(held.get("args") or [])]
    return str(words[-1]) == "mcp" and any(NAME in str(word) for word in words)


def _checked(where: Registry, text: str) -> object:
    """Return what stands under our name; an entry of somebody else's is refused."""
    held = _held(where, text)
    if held is not None and not _is_ours(held):
        raise CommonplaceError(
            f"{where.path} has another server of the name {NAME}; it was left alone",
            f"rename it in {where.path}, then install again",
        )
    return held


def _json_with(where: Registry, text: str, told: dict[str, Any]) -> str:
    if _checked(where, text) == told:
        return text
    try:
        return jsonc.put(text, [where.key, NAME], told)
    except jsonc.NotJson as error:
        raise CommonplaceError(
            f"{where.path}: {error}; it was left alone", f"mend {where.path}, then install again"
        ) from error


def _toml_with(where: Registry, text: str, told: dict[str, Any]) -> str:
    if _checked(where, text) == told:
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    kept = _toml_without(text)
    gap = newline if kept.endswith("\n") else newline * 2 if kept else ""
    lines = [f"[{where.key}.{NAME}]", *(f"{key} = {_toml(value)}" for key, value in told.items()), ""]
    after = kept + gap + newline.join(lines)
    try:
        if _held(where, after) == told:
            return after
    except CommonplaceError:
        pass  # `mcp_servers` is no table that could be continued
    raise CommonplaceError(
        f"{where.path}: a table cannot be added at its end; it was left alone",
        f"write [{where.key}.{NAME}] into {where.path} by hand",
    )


def _toml(value: object) -> str:
    """Return a text, a list of texts or a flat table as TOML, whose strings take JSON's escapes."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def _toml_without(text: str) -> str:
    """Return the text without our table and those below it; comments stay, they may be the next table's."""
    kept: list[str] = []
    ours = False
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        bare = line.lstrip(" \t")
        if bare.startswith("["):
            ours = bool(_TABLE.match(line))
        if not ours or bare.startswith("#"):
            kept.append(line)
    if ours and kept and not kept[-1].strip():
        kept.pop()  # it set our table apart
    return "".join(kept)
