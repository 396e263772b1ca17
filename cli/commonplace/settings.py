"""The settings: what keys there are, their defaults, and where a value comes from.

A repository's `commonplace.toml` first, then the person's own `config.toml`, which wins. What
could change memory behind a person's back counts only in their own file, or in a repository that
`init` made on this machine: settings that came with a clone are data, not consent.
"""

import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from shlex import quote
from shutil import which
from typing import Any

from commonplace import secrets
from commonplace.errors import CommonplaceError
from commonplace.place import FORMAT, SETTINGS, Place, check_format, default_root, personal_settings
from commonplace.text import slug
from commonplace.trust import is_trusted


@dataclass(frozen=True)
class Key:
    """One setting: its default (whose type it must have), the allowed values or the least one, and whom it
    is left to.
    """

    default: bool | int | str
    choices: tuple[str, ...] = ()
    least: int = 0
    own: str = ""
    """"" anyone's · "repository": a clone's value needs trust · "person": only the person's file"""


KEYS: dict[str, Key] = {
    "format": Key(FORMAT),
    "repository.branch": Key("main"),
    "drain.at_session_end": Key(True),
    "drain.heal": Key("warn", ("warn", "drain")),
    "drain.worker": Key("builtin", own="repository"),
    "drain.votes": Key(1, least=1),
    "drain.jobs": Key(4, least=1),
    "drain.max_packets": Key(50, least=1),
    "drain.max_chars": Key(400_000),
    "drain.max_calls": Key(100, least=1),
    "boundaries.chapter": Key(True),
    "boundaries.compaction": Key(True),
    "boundaries.context_tokens": Key(150_000),
    "boundaries.turn_end": Key("ask", ("ask", "next-prompt", "off")),
    "boundaries.turn_end_after": Key(12),
    "proposals.apply": Key("accept", ("accept", "drain"), own="repository"),
    "proposals.check": Key("", own="repository"),
    "proposals.check_timeout": Key(60, least=1),
    "proposals.check_environment": Key("", own="repository"),
    "accept.from_agents": Key(False, own="person"),
    "audit.sign": Key(False, own="person"),
    "secrets.patterns": Key("", own="person"),
    "mine.offer": Key("hold", ("hold", "queue", "off"), own="repository"),
    "mine.markers": Key(""),
    "mine.half_life_days": Key(7, least=1),
    "signals.recency": Key(100),
    "signals.density": Key(0),
    "signals.coverage": Key(0),
    "signals.topic": Key(0),
    "signals.neighbours": Key(0),
    "signals.misstep": Key(0),
    "signals.label": Key(100),
    "index.max_lines": Key(200, least=1),
    "index.max_bytes": Key(25_000, least=1),
    "rules.max_chars": Key(8_000),
    "recall.max_budget": Key(16_000, least=200),
    "window.tokens": Key(200_000, least=1),
    "window.share_percent": Key(5, least=1),
}


WORKER_KEYS: dict[str, Key] = {
    "command": Key(""),
    "input": Key("prompt", ("prompt", "packet")),
    "answer": Key("text", ("text", "llm", "claude-json", "codex-jsonl", "gemini-json", "opencode-jsonl")),
    "timeout": Key(120),
    "environment": Key(""),
}
"""The keys of a worker's own table, `[workers.NAME]`; its command comes with a clone only if trusted."""


@dataclass(frozen=True)
class Settings:
    """Every setting's value, and what was passed over: (key, why)."""

    values: Mapping[str, bool | int | str]
    ignored: tuple[tuple[str, str], ...] = ()

    def text(self, key: str) -> str:
        """Return a setting that is text."""
        return str(self.values[key])

    def number(self, key: str) -> int:
        """Return a setting that is a whole number."""
        return int(self.values[key])

    def worker(self, name: str) -> dict[str, bool | int | str] | None:
        """Return a worker's own table, with defaults for what it leaves out; None if there is none."""
        head = f"workers.{name}."
        said = {key[len(head) :]: value for key, value in self.values.items() if key.startswith(head)}
        if not said:
            return None
        return {**{key: known.default for key, known in WORKER_KEYS.items()}, **said}

    def flag(self, key: str) -> bool:
        """Return a setting that is true or false."""
        return bool(self.values[key])


def load(place: Place, environ: Mapping[str, str]) -> Settings:
    """Read the settings that hold for a repository, or raise CommonplaceError naming file and key."""
    values = {name: key.default for name, key in KEYS.items()}
    ignored = []
    repository = os.path.join(place.root, SETTINGS)
    trusted = is_trusted(place)
    for name, value in _read(repository).items():
        own = key_of(name).own
        if value != key_of(name).default and (own == "person" or (own and not trusted)):
            ignored.append((name, f"{SETTINGS} is not trusted to say it: commonplace trust"))
        else:
            values[name] = value
    check_format(place.root, int(values["format"]))
    personal = _read(personal_settings(environ))
    personal.pop("format", None)
    values.update(personal)
    _check_patterns(str(values["secrets.patterns"]), environ)
    return Settings(values, tuple(ignored))


def _check_patterns(patterns: str, environ: Mapping[str, str]) -> None:
    try:
        secrets.compiled(patterns)
    except ValueError as error:
        path = personal_settings(environ)
        raise CommonplaceError(f"{path}: secrets.patterns, {error}", f"edit {path}") from None


def _read(path: str) -> dict[str, bool | int | str]:
    """Return a settings file as dotted key → value, each known and of the right type."""
    try:
        with open(path, "rb") as file:
            tables = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommonplaceError(f"{path} cannot be read: {error}", f"edit {path}") from error
    flat: dict[str, object] = {}
    _flatten("", tables, flat)
    return {name: _checked(path, name, value) for name, value in flat.items()}


def _flatten(head: str, tables: dict[str, Any], flat: dict[str, object]) -> None:
    for name, value in tables.items():
        if isinstance(value, dict):
            _flatten(f"{head}{name}.", value, flat)
        else:
            flat[head + name] = value


def key_of(name: str) -> Key:
    """Return the key of a setting, of a worker's table too; KeyError if there is none."""
    parts = name.split(".")
    if parts[0] == "workers" and len(parts) == 3 and slug(parts[1]) == parts[1]:
        return replace(WORKER_KEYS[parts[2]], own="repository")
    return KEYS[name]


def _checked(path: str, name: str, value: object) -> bool | int | str:
    try:
        key = key_of(name)
    except KeyError:
        known = f"known keys: {', '.join(KEYS)}, workers.NAME.({'|'.join(WORKER_KEYS)})"
        raise CommonplaceError(f"{path} has an unknown key {name!r}", known) from None
    if not isinstance(value, bool | int | str) or type(value) is not type(key.default):
        kind = {bool: "true or false", int: "a whole number", str: "text"}[type(key.default)]
        raise CommonplaceError(f"{path}: {name} must be {kind}", f"edit {path}")
    if type(value) is int and value < key.least:
        raise CommonplaceError(f"{path}: {name} must be at least {key.least}", f"edit {path}")
    if key.choices and value not in key.choices:
        raise CommonplaceError(f"{path}: {name} must be one of {', '.join(key.choices)}", f"edit {path}")
    return value


def compile_values(place: Place, environ: Mapping[str, str]) -> dict[str, str]:
    """Return settings and rendered boundary texts as the hot path reads them (see `compiled`)."""
    from commonplace.compiled import TEXTS
    from commonplace.render import template

    values: dict[str, str] = {}
    try:
        settings = load(place, environ)
    except CommonplaceError as error:
        values["error"] = error.message
        settings = Settings({name: key.default for name, key in KEYS.items()})
    for name, value in settings.values.items():
        values[name] = str(value).lower() if isinstance(value, bool) else str(value)
    say = {"program": program(place, environ)}
    for name in TEXTS:
        try:
            values[f"text.{name}"] = template(place, f"boundary/{name}.md").render(say).strip()
        except Exception as error:  # a template can fail in any way that its expressions can
            values["error"] = f"templates/boundary/{name}.md: {error}"
            values[f"text.{name}"] = template(place, f"boundary/{name}.md", own=False).render(say).strip()
    return values


def program(place: Place, environ: Mapping[str, str]) -> str:
    """Return how an agent calls us for this repository: `commonplace`, or its full path off PATH.

    A repository that is not the person's default is named by COMMONPLACE_REPO.
    """
    found = which("commonplace", path=environ.get("PATH"))
    call = "commonplace" if found else f"{quote(sys.executable)} -m commonplace"
    default = os.path.realpath(default_root(environ)) == os.path.realpath(place.root)
    return call if default else f"COMMONPLACE_REPO={quote(place.root)} {call}"
