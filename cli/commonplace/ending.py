"""An orderly end for work that has started other processes: a signal that ends it is raised as an error.

Without it SIGTERM (a shutdown, a supervisor) and SIGHUP (a terminal that closes) end Python on the spot, and
what runs in process groups of its own goes on.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from commonplace.errors import CommonplaceError

_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class Ended(CommonplaceError):
    """A signal has asked the process to end; its exit code is the one that a shell gives for that."""

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}; nothing is lost", "commonplace drain")
        self.code = 128 + number


@contextmanager
def orderly() -> Iterator[None]:
    """Raise Ended in the main thread on the first signal that asks to end; further ones wait for the end.

    A signal that the process was started to ignore (`nohup`) stays ignored.
    """
    asked: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        if len(asked) == 1:
            raise Ended(number)

    before = {number: signal.getsignal(number) for number in _ENDING}
    taken = [number for number in _ENDING if before[number] != signal.SIG_IGN]
    for number in taken:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, before[number])
