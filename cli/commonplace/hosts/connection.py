"""What install connects: the files it would touch, with what they hold before and after.

A host's module says where its files lie and what its hooks are; this module knows how each kind of file is
changed: settings by insertion, a block between two marks in a file of instructions, a file of our own, a
link to a skill.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass

from commonplace.errors import CommonplaceError
from commonplace.hosts import jsonc

MARK = "# commonplace-hook"
"""Stands in every hook's command; by it, and by nothing else, an entry is known as ours."""

OWN = "commonplace: made by `commonplace install`"
"""Stands in every file that is wholly ours."""

BEGIN = "<!-- commonplace: begin (made by `commonplace install`; edits inside are overwritten) -->"
END = "<!-- commonplace: end -->"


@dataclass(frozen=True)
class Hook:
    """One hook: the host's event, the tools it is for ("" for all), the seconds it may take, the words
    without which its input is not worth a look, and the host's own condition where it has such a thing.
    """

    event: str
    matcher: str = ""
    timeout: int = 10
    words: str = ""
    when: str = ""


@dataclass(frozen=True)
class Edit:
    """A file before and after; None where there is none. link: where a symbolic link points, else ""."""

    path: str
    before: bytes | None
    after: bytes | None
    link: str = ""


def command(program: str, host: str, hook: Hook) -> str:
    """Return the shell command of a hook, with our mark.

    With `words`, a shell looks for them in the input first: that costs 2 ms where starting Python
    costs 30, for the many calls of a tool that are none of ours.
    """
    call = f"{program} hook {host} {hook.event}"
    if hook.words:
        call = f'p=$(cat); case "$p" in {hook.words}) printf %s "$p" | {call};; esac'
    return f"{call} {MARK}"


def settings_with(path: str, hooks: Iterable[tuple[str, object]], top: str = "hooks") -> Edit:
    """Return the edit that adds each (event, group) to a settings file, our own old ones replaced."""
    before = bytes_of(path)
    text = text_of(path, before)
    wanted = list(hooks)
    try:
        if _by_event(_ours(text, top)) == _by_event(wanted):
            return Edit(path, before, before)
        after = text if jsonc.is_blank(text) else jsonc.without(text, [top], MARK)
        for event, group in wanted:
            after = jsonc.append(after, [top, event], group)
    except jsonc.NotJson as error:
        raise CommonplaceError(
            f"{path} cannot be read: {error}; it was left alone", f"mend {path}, then install again"
        ) from error
    return Edit(path, before, after.encode())


def _ours(text: str, top: str) -> list[tuple[str, object]]:
    """Return (event, group) for our entries in a settings file, in its order."""
    held = None if jsonc.is_blank(text) else jsonc.parse(text).get(top)
    found: list[tuple[str, object]] = []
    for (event, _), array in zip(held.keys, held.items, strict=False) if held else ():
        for item in array.items:
            part = text[item.start : item.end]
            if MARK in part:
                found.append((event, _plain(part)))
    return found


def _plain(part: str) -> object:
    """Return the value of an entry, or its text where a person has put comments into it."""
    try:
        value: object = json.loads(part)
    except ValueError:
        return part
    return value


def _by_event(entries: list[tuple[str, object]]) -> dict[str, list[object]]:
    held: dict[str, list[object]] = {}
    for event, entry in entries:
        held.setdefault(event, []).append(entry)
    return held


def versioned(data: bytes | None) -> bytes:
    """Return a new settings file with the version that Cursor wants to see in it."""
    held = json.loads(data or b"{}")
    return json.dumps({"version": 1, **held}, indent=2).encode() + b"\n"


def without(path: str, data: bytes) -> bytes | None:
    """Return a file's content without our entries or our block; None if that leaves nothing."""
    if MARK.encode() in data:
        return _without_entries(path, text_of(path, data)).encode()
    return _without_block(path, data)


def _without_entries(path: str, text: str) -> str:
    try:
        return jsonc.without(text, ["hooks"], MARK)
    except jsonc.NotJson as error:
        raise CommonplaceError(
            f"{path} cannot be read: {error}; it was left alone",
            f"mend {path}, or remove the entries with {MARK!r} by hand",
        ) from error


def own_file(path: str, content: str) -> Edit:
    """Return the edit that writes a file of our own; a foreign file of that name is refused."""
    before = bytes_of(path)
    if before is not None and OWN.encode() not in before:
        raise CommonplaceError(f"{path} is not ours; it was left alone", f"move {path} away")
    return Edit(path, before, content.encode())


def block_in(path: str, content: str) -> Edit:
    """Return the edit that puts our block into a file of instructions, or refreshes it there."""
    before = bytes_of(path)
    text = text_of(path, before)
    newline = "\r\n" if "\r\n" in text else "\n"
    inner = content.strip().replace("<!-- commonplace:", "<!- commonplace:")  # a rule must not end our block
    block = f"{BEGIN}\n{inner}\n{END}".replace("\n", newline)
    around = _around_block(path, text)
    if around:
        after = around[0] + block + around[1]
    else:
        gap = "" if not text else newline if text.endswith("\n") else newline * 2
        after = f"{text}{gap}{block}{newline}"
    return Edit(path, before, after.encode())


def _without_block(path: str, data: bytes) -> bytes | None:
    text = text_of(path, data) if BEGIN.encode() in data else ""
    around = _around_block(path, text)
    if around is None:
        return data
    newline = "\r\n" if "\r\n" in text else "\n"
    head, tail = around[0], around[1].removeprefix(newline)
    if head.endswith(newline * 2) and (not tail or tail.startswith(newline)):
        head = head.removesuffix(newline)  # the gap that block_in made
    after = head + tail
    return after.encode() if after else None


def _around_block(path: str, text: str) -> tuple[str, str] | None:
    """Return the text before and after our block, None if there is none."""
    head, found, rest = text.partition(BEGIN)
    _, closed, tail = rest.partition(END)
    if found and not closed:
        raise CommonplaceError(
            f"{path}: the end of our block is missing; it was left alone",
            f"put the line {END!r} back where the block ends",
        )
    return (head, tail) if found else None


def link_to(path: str, target: str) -> Edit | None:
    """Return the edit that links a name to a folder of the memory; None if something else has the name."""
    if os.path.islink(path):
        return None if os.readlink(path) != target else Edit(path, b"", b"", target)
    return None if os.path.lexists(path) else Edit(path, None, b"", target)


def bytes_of(path: str) -> bytes | None:
    """Return a file's content, None if there is none, or raise CommonplaceError."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CommonplaceError(f"{path}: {error.strerror}", f"look at {path}") from error


def text_of(path: str, data: bytes | None) -> str:
    """Return the text of a file's content, or raise CommonplaceError if it is not UTF-8."""
    try:
        return (data or b"").decode("utf-8")
    except UnicodeDecodeError:
        raise CommonplaceError(f"{path} is not UTF-8; it was left alone", f"mend {path}") from None
