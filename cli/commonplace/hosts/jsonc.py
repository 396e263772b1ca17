"""JSON with comments, edited as text: only what is added or removed changes.

Settings files belong to a person: their comments, key order, indentation and line ends stay as they are.
Source of the syntax: RFC 8259, with `//` and `/* */` comments and trailing commas as hosts allow them.
"""

import json
import re
from dataclasses import dataclass, field

_BLANK = re.compile(r"(?:[ \t\r\n\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_PLAIN = re.compile(r"[^\s,\]}/]+")


class NotJson(ValueError):
    """The text is no JSON, with or without comments; the message says where."""


@dataclass
class Node:
    """A value with its place in the text. keys: where an object's keys begin, and what they are."""

    kind: str
    start: int
    end: int = 0
    keys: list[tuple[str, int]] = field(default_factory=list)
    items: list["Node"] = field(default_factory=list)

    def get(self, key: str) -> "Node | None":
        """Return the value of a key of an object."""
        return next(
            (item for (name, _), item in zip(self.keys, self.items, strict=True) if name == key), None
        )


def parse(text: str) -> Node:
    """Return the value that the text holds, or raise NotJson."""
    start = _skip(text, 0)
    node = _value(text, start)
    if _skip(text, node.end) != len(text):
        raise _odd(text, node.end)
    return node


def _skip(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _odd(text: str, position: int) -> NotJson:
    line = text.count("\n", 0, position) + 1
    return NotJson(f"line {line} is not JSON")


def _value(text: str, at: int) -> Node:
    first = text[at : at + 1]
    if first == "{":
        return _members(text, Node("object", at))
    if first == "[":
        return _members(text, Node("array", at))
    match = _STRING.match(text, at) if first == '"' else _PLAIN.match(text, at)
    if not match:
        raise _odd(text, at)
    try:
        json.loads(match[0])
    except ValueError:
        raise _odd(text, at) from None
    return Node("string" if first == '"' else "plain", at, match.end())


def _members(text: str, node: Node) -> Node:
    closing = "}" if node.kind == "object" else "]"
    at = _skip(text, node.start + 1)
    while text[at : at + 1] != closing:
        if node.kind == "object":
            key = _STRING.match(text, at)
            if not key:
                raise _odd(text, at)
            node.keys.append((json.loads(key[0]), at))
            at = _skip(text, key.end())
            if text[at : at + 1] != ":":
                raise _odd(text, at)
            at = _skip(text, at + 1)
        node.items.append(_value(text, at))
        at = _skip(text, node.items[-1].end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != closing:
            raise _odd(text, at)
    node.end = at + 1
    return node


def append(text: str, path: list[str], value: object) -> str:
    """Return the text with a value added to the array at the path of keys; what is missing is made."""
    if not text.strip():
        text = "{}\n"
    node = parse(text)
    for depth, key in enumerate(path):
        if node.kind != "object":
            raise NotJson(f"{'.'.join(path[:depth]) or 'the file'} is not an object")
        found = node.get(key)
        if found is None:
            made: object = [value]
            for inner in reversed(path[depth + 1 :]):
                made = {inner: made}
            return _insert(text, node, depth, json.dumps(key) + ": ", made)
        node = found
    if node.kind != "array":
        raise NotJson(f"{'.'.join(path)} is not an array")
    return _insert(text, node, len(path), "", value)


def _insert(text: str, node: Node, depth: int, key: str, value: object) -> str:
    """Put a member at the end of an object or an array, in the file's own indentation."""
    unit = indentation(text)
    newline = "\r\n" if "\r\n" in text else "\n"
    pad = newline + unit * (depth + 1)
    dumped = json.dumps(value, indent=unit, ensure_ascii=False).replace("\n", pad)
    if node.items:
        last = node.items[-1].end
        comma = text[_skip(text, last)] == ","
        where = _skip(text, last) + 1 if comma else last
        return f"{text[:where]}{'' if comma else ','}{pad}{key}{dumped}{text[where:]}"
    close = node.end - 1
    before = text[:close].rstrip(" \t\r\n")
    return f"{before}{pad}{key}{dumped}{newline}{unit * depth}{text[close:]}"


def indentation(text: str) -> str:
    """Return what the file indents with: its first indented line tells; two spaces if none does."""
    match = re.search(r"^([ \t]+)\S", text, re.MULTILINE)
    return match[1] if match else "  "


def without(text: str, path: list[str], marker: str) -> str:
    """Return the text without the members, below the object at the path, whose own text has the marker.

    The path's object holds arrays by key; an array, and then the object, that is left empty goes too.
    """
    while True:
        top = parse(text)
        node: Node | None = top
        parents = []
        for key in path:
            parents.append((node, key))
            node = node.get(key) if node and node.kind == "object" else None
        if node is None or node.kind != "object":
            return text
        cut = _first_cut(text, node, marker)
        if cut is None:
            return text
        holder, number = cut
        if len(holder.items) > 1:
            text = _cut(text, holder, number)
            continue
        place = next(i for i, item in enumerate(node.items) if item is holder)
        if len(node.items) > 1 or not path:
            text = _cut(text, node, place)
        else:
            parent, name = parents[-1]
            if parent is None:
                return text
            text = _cut(text, parent, [known for known, _ in parent.keys].index(name))


def _first_cut(text: str, node: Node, marker: str) -> tuple[Node, int] | None:
    for array in node.items:
        for number, item in enumerate(array.items):
            if array.kind == "array" and marker in text[item.start : item.end]:
                return array, number
    return None


def _cut(text: str, node: Node, number: int) -> str:
    """Remove one member with its comma, and the line it stood on."""
    start = node.keys[number][1] if node.kind == "object" else node.items[number].start
    end = node.items[number].end
    if number + 1 < len(node.items):
        after = node.keys[number + 1][1] if node.kind == "object" else node.items[number + 1].start
        return text[:start] + text[after:]
    if number:
        before = node.items[number - 1].end
        return text[:before] + text[end:]
    tail = text[end : node.end - 1].lstrip(" \t\r\n,")
    return text[: node.start + 1] + tail + text[node.end - 1 :]
