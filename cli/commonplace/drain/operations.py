"""Operations: what a worker answers, in one schema for every worker.

The schema is `templates/drain/operations.schema.json`, which a worker can be given; it is checked here, in
the parts of JSON Schema that it uses. A field that it does not know is refused: a worker that invents
fields would also expect them to do something.
"""

import json
import os
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from commonplace.shipped import shipped

SCHEMA = os.path.join("drain", "operations.schema.json")


_OBJECT = re.compile(r'\{\s*"')
_MAX_STARTS = 1000


class BadAnswer(ValueError):
    """An answer that is not in the schema; the message says where, and is fed back to the worker."""


@dataclass(frozen=True)
class Edit:
    """One change of a skill or a rule: `find` is text that stands there once, `replace` what comes in its
    place. With `find` empty, `replace` goes to the end.
    """

    find: str
    replace: str


@dataclass(frozen=True)
class Operation:
    """One operation of a worker.

    verb: add, update, supersede, drop or propose · sources: ids of the entries it rests on · fact: the id,
    without `^`, of the fact that is updated, superseded, or that a dropped entry repeats · section: the
    heading for a new fact · text: what the fact says · reason: why an entry is dropped · target, edits:
    what is proposed for a skill or a rule.
    """

    verb: str
    sources: tuple[str, ...]
    fact: str = ""
    section: str = ""
    text: str = ""
    reason: str = ""
    target: str = ""
    edits: tuple[Edit, ...] = ()


def read(answer: str) -> list[Operation]:
    """Return the operations in a worker's answer, or raise BadAnswer.

    Prose or a code fence around the JSON is passed over: the one object with `operations` counts.
    """
    held = _find_json(answer)
    _check(held, schema(), "the answer")
    return [_operation(item) for item in held["operations"]]


def _operation(item: dict[str, Any]) -> Operation:
    edits = tuple(Edit(edit.get("find", ""), edit["replace"]) for edit in item.get("edits", ()))
    return Operation(
        item["op"],
        tuple(dict.fromkeys(item["sources"])),
        fact=item.get("fact", "").removeprefix("^").lower(),
        section=item.get("section", ""),
        text=item.get("text", ""),
        reason=item.get("reason", ""),
        target=item.get("target", ""),
        edits=edits,
    )


def _find_json(answer: str) -> Any:
    decoder = json.JSONDecoder()
    position, last = 0, answer.rfind('"operations"') + 1
    # Each failure counts lines from the start: a megabyte of brackets would take minutes.
    for _ in range(_MAX_STARTS):
        start = _OBJECT.search(answer, position, last)
        if start is None:
            break
        try:
            held, position = decoder.raw_decode(answer, start.start())
        except (ValueError, RecursionError):
            position = start.start() + 1
        else:
            if isinstance(held, dict) and "operations" in held:
                return held
    raise BadAnswer("the answer holds no JSON object with `operations`")


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema of an answer."""
    with open(os.path.join(shipped("templates"), SCHEMA), encoding="utf-8") as file:
        held: dict[str, Any] = json.load(file)
    return held


_TYPES: dict[str, type] = {"object": dict, "array": list, "string": str}


def _check(value: Any, rule: dict[str, Any], where: str) -> None:
    """Raise BadAnswer where a value breaks a rule; the rule is in the parts of JSON Schema that we use."""
    if "oneOf" in rule:
        rule = _chosen(value, rule["oneOf"], where)
    kind = rule.get("type")
    if kind and not isinstance(value, _TYPES[kind]):
        raise BadAnswer(f"{where} must be of type {kind}")
    if "const" in rule and value != rule["const"]:
        raise BadAnswer(f"{where} must be {rule['const']!r}")
    if "enum" in rule and value not in rule["enum"]:
        raise BadAnswer(f"{where} must be one of {', '.join(rule['enum'])}")
    least, most = rule.get("minLength", 0), rule.get("maxLength", 1 << 30)
    if isinstance(value, str) and not least <= len(value) <= most:
        raise BadAnswer(f"{where} has {len(value)} characters, which is too few or too many")
    if isinstance(value, list):
        if len(value) < rule.get("minItems", 0):
            raise BadAnswer(f"{where} must have at least {rule['minItems']} item")
        for number, item in enumerate(value):
            _check(item, rule.get("items", {}), f"{where}[{number}]")
    if isinstance(value, dict):
        _check_object(value, rule, where)


def _check_object(value: dict[str, Any], rule: dict[str, Any], where: str) -> None:
    known = rule.get("properties", {})
    missing = [key for key in rule.get("required", ()) if key not in value]
    unknown = [key for key in value if key not in known]
    if missing:
        raise BadAnswer(f"{where} lacks {', '.join(missing)}")
    if unknown and rule.get("additionalProperties") is False:
        raise BadAnswer(f"{where} has unknown fields: {', '.join(sorted(unknown))[:100]}")
    for key, item in value.items():
        if key in known:
            _check(item, known[key], f"{where}.{key}")


def _chosen(value: Any, rules: list[dict[str, Any]], where: str) -> dict[str, Any]:
    """Return the rule whose `op` is the value's own, for errors that speak of the right one."""
    verb = value.get("op") if isinstance(value, dict) else None
    for rule in rules:
        if rule["properties"]["op"]["const"] == verb:
            return rule
    verbs = ", ".join(rule["properties"]["op"]["const"] for rule in rules)
    raise BadAnswer(f"{where} must be an object whose `op` is one of {verbs}")
