"""Votes: what a majority of several answers to one packet agrees on.

Answers of one command at temperature zero are one vote, however often it is asked: votes are worth
something between different models, or where the model's answers vary.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commonplace.drain.operations import Operation
from commonplace.drain.workers import Answer, Worker
from commonplace.memory.words import normal


@dataclass(frozen=True)
class Disputed:
    """An operation that too few said: how many did, of how many that were asked."""

    operation: Operation
    votes: int
    of: int


def vote(answers: Sequence[Answer]) -> tuple[list[Operation], list[Disputed]]:
    """Return (agreed, disputed) operations, each once: the agreed in the order in which they were first
    given, of the disputed those first that more said.

    Agreed is what more than half of all that were asked say; an answer that failed agrees to nothing.
    """
    first: dict[object, Operation] = {}
    votes: Counter[object] = Counter()
    for answer in answers:
        said = {claim(operation): operation for operation in answer.operations or ()}
        votes.update(said.keys())
        first = {**said, **first}
    order = dict.fromkeys(claim(operation) for answer in answers for operation in answer.operations or ())
    agreed = [first[key] for key in order if votes[key] * 2 > len(answers)]
    rest = [Disputed(first[k], votes[k], len(answers)) for k in order if votes[k] * 2 <= len(answers)]
    return agreed, sorted(rest, key=lambda disputed: -disputed.votes)


def claim(operation: Operation) -> object:
    """Return what an operation comes down to; in which words and in which section does not matter."""
    edits = tuple((edit.find, normal(edit.replace)) for edit in operation.edits)
    return (
        operation.verb,
        operation.fact,
        operation.target,
        normal(operation.text),
        edits,
        frozenset(operation.sources),
    )


def voices(
    voters: Sequence[Worker], rounds: Sequence[Mapping[str, Answer]]
) -> tuple[list[Mapping[str, Answer]], list[str]]:
    """Return the rounds of answers that count as votes, and what is to be said of those that don't.

    Where one command, asked several times, answered every packet the same to the letter, it has one vote.
    """
    counted: list[Mapping[str, Answer]] = []
    notes = []
    by_command: dict[object, list[int]] = {}
    for at, voter in enumerate(voters):
        by_command.setdefault(voter.command, []).append(at)
    for asked in by_command.values():
        first = rounds[asked[0]]
        same = all(_alike(first, rounds[at]) for at in asked[1:])
        counted += [first] if same else [rounds[at] for at in asked]
        if same and first and len(asked) > 1:
            name = voters[asked[0]].name
            notes.append(f"{name} was asked {len(asked)} times and always said the same: that is one vote")
    return counted, notes


def _alike(one: Mapping[str, Answer], other: Mapping[str, Answer]) -> bool:
    said = {key: answer.operations for key, answer in one.items()}
    return None not in said.values() and said == {key: a.operations for key, a in other.items()}
