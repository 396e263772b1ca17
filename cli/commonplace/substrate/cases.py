"""The cases that the weights are trained on: invented ones beside this file, labelled turns of real logs."""

import json
import os
from collections.abc import Iterator
from glob import glob
from typing import NamedTuple

from commonplace.substrate import reading
from commonplace.substrate.turns import Turn, turn_id

INVENTED = os.path.join(os.path.dirname(__file__), "cases.txt")


class Case(NamedTuple):
    """A turn and what a person said of it.

    lenient: any push-back · strict: it rejects or corrects · keep: it would matter in a later session, None
    where nobody said · person: the repository, so that nobody stands in both halves of a split.
    """

    turn: Turn
    lenient: bool
    strict: bool
    keep: bool | None
    person: str


def invented(path: str = INVENTED) -> list[Case]:
    """Return the invented cases; ValueError names a line that is none of the format."""
    with open(path, encoding="utf-8") as file:
        blocks = file.read().split("\n\n")
    return [
        _case(number, block) for number, block in enumerate(blocks) if block.strip(" \n")[:1] not in ("", "#")
    ]


def _case(number: int, block: str) -> Case:
    head, *lines = block.strip("\n").split("\n")
    said: dict[str, list[str]] = {"A": [], "P": []}
    for line in lines:
        if line[:1] not in said or line[1:3] != ": ":
            raise ValueError(f"case {number}: {line!r} begins with neither A: nor P:")
        said[line[0]].append(line[3:])
    kind, *rest = head.split()
    if kind not in ("strict", "push", "none") or rest not in ([], ["keep"]):
        raise ValueError(f"case {number}: {head!r} is no label")
    turn = Turn(
        f"case{number}", "", f"case{number}", "", "", 1, "", "\n".join(said["P"]), "\n".join(said["A"]), ""
    )
    return Case(turn, kind != "none", kind == "strict", bool(rest) or None, f"case{number % 10}")


def labelled(labels: str, logs: str) -> list[Case]:
    """Return the labelled turns of a folder of Claude Code's logs, each once.

    labels: a file of JSON lines with `session`, `uuid`, `strict`, `lenient`, `durable` and `repo`.
    """
    known = {}
    with open(labels, encoding="utf-8") as file:
        for line in file:
            label = json.loads(line)
            known[turn_id(label["session"], label["uuid"])] = label
    found: dict[tuple[str, str], Case] = {}
    for turn in _turns(logs):
        label = known.pop(turn.id, None)
        if label:
            case = Case(turn, label["lenient"], label["strict"], label["durable"], label["repo"])
            found.setdefault((turn.at, turn.text), case)
    return list(found.values())


def _turns(logs: str) -> Iterator[Turn]:
    for path in sorted(glob(os.path.join(logs, "**", "*.jsonl"), recursive=True, include_hidden=True)):
        before = ""
        for turn in reading.tail("claude-code", path, os.path.getsize(path)):
            before = turn.premise = turn.premise or before
            yield turn
