"""JSON with comments, edited as text: only what is added or removed changes.

Settings files belong to a person: their comments, key order, indentation and line ends stay as they are.
Source of the syntax: RFC 8259, with `//` and `/* */` comments and trailing commas as hosts allow them.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

_BLANK = re.compile(r"(?:[ \t\r\n\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_REMARK = re.compile(r"(?:[ \t]*/\*[^\n]*?\*/)*(?:[ \t]*//[^\r\n]*)?")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_PLAIN = re.compile(r"[^\s,\]}/]+")
_WHITE = " \t\r\n"


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
        """Return the value of a key of an object; of a key that stands there twice, the last, as hosts do."""
        places = [number for number, (name, _) in enumerate(self.keys) if name == key]
        return self.items[places[-1]] if places else None


def parse(text: str) -> Node:
    """Return the value that the text holds, or raise NotJson."""
    start = _skip(text, 0)
    try:
        node = _value(text, start)
    except RecursionError:
        raise NotJson("it is nested too deeply") from None
    if _skip(text, node.end) != len(text):
        raise _odd(text, node.end)
    return node


def value(text: str) -> Any:
    """Return what the text holds as Python's own values, or raise NotJson."""
    return _plain(text, parse(text))


def _plain(text: str, node: Node) -> Any:
    inner = [_plain(text, item) for item in node.items]
    if node.kind == "object":
        return dict(zip((name for name, _ in node.keys), inner, strict=True))
    return inner if node.kind == "array" else json.loads(text[node.start : node.end])


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


def is_blank(text: str) -> bool:
    """Tell whether the text holds no value, at most comments."""
    return _skip(text, 0) == len(text)


def append(text: str, path: list[str], value: object) -> str:
    """Return the text with a value added to the array at the path of keys; what is missing is made."""
    if is_blank(text):
        text += "{}\n" if text[-1:] in ("", "\n", "\ufeff") else "\n{}\n"
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


def put(text: str, path: list[str], value: object) -> str:
    """Return the text with a value under the path of keys, in place of one that stands there."""
    if is_blank(text):
        text += "{}\n" if text[-1:] in ("", "\n", "\ufeff") else "\n{}\n"
    node = parse(text)
    for depth, key in enumerate(path):
        if node.kind != "object":
            raise NotJson(f"{'.'.join(path[:depth]) or 'the file'} is not an object")
        found = node.get(key)
        if found is None:
            for inner in reversed(path[depth + 1 :]):
                value = {inner: value}
            return _insert(text, node, depth, json.dumps(key) + ": ", value)
        node = found
    return text[: node.start] + _dumped(text, len(path) - 1, value) + text[node.end :]


def remove(text: str, path: list[str]) -> str:
    """Return the text without what stands under the path of keys; an object left empty by it goes too."""
    chain = [parse(text)]
    for key in path[:-1]:
        inner = chain[0].get(key) if chain[0].kind == "object" else None
        if inner is None:
            return text
        chain.insert(0, inner)
    holder, *above = chain
    places = [number for number, (name, _) in enumerate(holder.keys) if name == path[-1]]
    return _cut(text, *_widest(text, above, holder, places[-1])) if places else text


def _dumped(text: str, depth: int, value: object) -> str:
    """Return a value as JSON in the file's own indentation; its first line stands `depth` levels deep."""
    unit = indentation(text)
    pad = ("\r\n" if "\r\n" in text else "\n") + unit * (depth + 1)
    return json.dumps(value, indent=unit, ensure_ascii=False).replace("\n", pad)


def _insert(text: str, node: Node, depth: int, key: str, value: object) -> str:
    """Put a member at the end of an object or an array, in the file's own indentation."""
    unit = indentation(text)
    newline = "\r\n" if "\r\n" in text else "\n"
    pad = newline + unit * (depth + 1)
    dumped = pad + key + _dumped(text, depth, value)
    if not node.items:
        end = node.end - 1
        return f"{text[:end].rstrip(_WHITE)}{dumped}{newline}{unit * depth}{text[end:]}"
    last = node.items[-1].end
    comma = _comma(text, last)
    remark = _REMARK.match(text, comma or last)
    where = remark.end() if remark else comma or last
    # A list that ends in a comma keeps doing so: taking ours away gives back what was.
    joint, close = ("", ",") if comma else (",", "")
    return f"{text[:last]}{joint}{text[last:where]}{dumped}{close}{text[where:]}"


def _comma(text: str, at: int) -> int:
    """Return the position behind the comma that follows a member, 0 if none does."""
    at = _skip(text, at)
    return at + 1 if text[at : at + 1] == "," else 0


def indentation(text: str) -> str:
    """Return what the file indents with: its first indented member tells; two spaces if none does."""
    match = re.search(r'^([ \t]+)["{\[]', text, re.MULTILINE)
    return match[1] if match else "  "


def without(text: str, path: list[str], marker: str) -> str:
    """Return the text without the members, below the object at the path, whose own text has the marker.

    The path's object holds arrays by key; an array, and then the object, that is left empty goes too,
    unless a comment stands in it. Where a member groups others as `hooks`, only the marked ones go.
    """
    while True:
        chain = [parse(text)]
        for key in path:
            inner = chain[0].get(key) if chain[0].kind == "object" else None
            if inner is None:
                return text
            chain.insert(0, inner)
        cut = _first_cut(text, chain[0], marker) if chain[0].kind == "object" else None
        if cut is None:
            return text
        text = _cut(text, *_widest(text, chain, *cut))


def _widest(text: str, chain: list[Node], holder: Node, number: int) -> tuple[Node, int]:
    """Return the member to cut: the one that was found, or what would be left empty without it.

    `chain` are the values around the holder, the innermost first.
    """
    for above in chain:
        place = next((i for i, item in enumerate(above.items) if item is holder), -1)
        if place < 0 or len(holder.items) > 1 or _has_comment(text, holder):
            break
        if "/" in text[_key_end(text, above, place) : holder.start]:
            break
        holder, number = above, place
    return holder, number


def _first_cut(text: str, node: Node, marker: str) -> tuple[Node, int] | None:
    for array in node.items:
        for number, item in enumerate(array.items):
            if array.kind != "array" or marker not in text[item.start : item.end]:
                continue
            group = item.get("hooks")
            marked = [marker in text[each.start : each.end] for each in group.items] if group else []
            if group and any(marked) and not all(marked):
                return group, marked.index(True)
            return array, number
    return None


def _start(node: Node, number: int) -> int:
    return node.keys[number][1] if node.kind == "object" else node.items[number].start


def _key_end(text: str, node: Node, number: int) -> int:
    key = _STRING.match(text, _start(node, number)) if node.kind == "object" else None
    return key.end() if key else _start(node, number)


def _has_comment(text: str, node: Node) -> bool:
    """Tell whether a comment stands in an object or array, outside of its members."""
    at = node.start + 1
    for number, item in enumerate(node.items):
        if "/" in text[at : _start(node, number)]:
            return True
        at = item.end
    return "/" in text[at : node.end]


def _cut(text: str, node: Node, number: int) -> str:
    """Remove one member with its comma and the blanks before it; comments around it stay."""
    start, end = _start(node, number), node.items[number].end
    comma = _comma(text, end)
    before = node.items[number - 1].end if number else node.start + 1
    after_comma = _comma(text, before) if number else 0
    if len(node.items) == 1 and not _has_comment(text, node):
        return text[:before] + text[node.end - 1 :]
    remarks = list(_COMMENT.finditer(text, before, start))
    kept = max(after_comma, remarks[-1].end() if remarks else before)
    gap = text[end : comma - 1] if comma else ""
    tail = (gap if "/" in gap else "") + text[comma or end :]
    open_line = remarks and kept == remarks[-1].end() and remarks[-1][0].startswith("//")
    if open_line and not re.match(r"[ \t]*\r?\n", tail):
        kept, tail = start, tail.lstrip(" \t")  # only a line's end closes that comment
    head = text[:kept]
    if number and not comma:
        head = text[: after_comma - 1] + text[after_comma:kept]
    return head + tail
