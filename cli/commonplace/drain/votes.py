"""Votes: what a majority of several answers to one packet agrees on.

Answers of one command at temperature zero are one vote, however often it is asked: votes are worth
something between different models, or where the model's answers vary.
"""

from collections import Counter
from collections.abc import Sequence

from commonplace.drain.operations import Operation
from commonplace.drain.workers import Answer
from commonplace.memory.words import normal


def vote(answers: Sequence[Answer]) -> tuple[list[Operation], list[Operation]]:
    """Return (agreed, disputed) operations, each once, in the order in which they were first given.

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
    disputed = [first[key] for key in order if votes[key] * 2 <= len(answers)]
    return agreed, disputed


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
