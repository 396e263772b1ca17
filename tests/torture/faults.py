"""Failing system calls: each write, rename, link or sync of a command fails once, with each error."""

import errno
from collections import Counter
from collections.abc import Callable

from tests.torture.desk import BUG, Desk

ERRORS = ("ENOSPC", "EIO", "EACCES", "EROFS")

CODE = """
import errno, os, tempfile
tempfile.gettempdir()  # tries its folder with a file, where it can't take that away again
count = 0
def failing(call):
    def wrapped(*given, **how):
        global count
        count += 1
        if {first} <= count < {last}:
            raise OSError(errno.{error}, os.strerror(errno.{error}))
        return call(*given, **how)
    return wrapped
write = os.write
def guarded(handle, data):
    return write(handle, data) if handle in (1, 2) else failing(write)(handle, data)
os.write = guarded
opened = os.open
def making(path, flags, *given, **how):
    call = failing(opened) if flags & os.O_CREAT else opened
    return call(path, flags, *given, **how)
os.open = making
for name in ("rename", "replace", "link", "fsync", "unlink", "mkdir", "utime"):
    setattr(os, name, failing(getattr(os, name)))
"""

CLOCK = """
import time
now, gone = time.time, {seconds}
time.time = lambda: now() - gone
gmtime = time.gmtime
time.gmtime = lambda *given: gmtime(*given) if given else gmtime(time.time())
"""

FOR_GOOD = 10**9


def torture(desk: Desk, most: int = 40, told: Callable[[str], None] = lambda _: None) -> Counter[str]:
    """Let the first, the second, … such call of a command fail, once or for good; return what was tried."""
    tried: Counter[str] = Counter()
    for error in ERRORS:
        assert hasattr(errno, error)
        for number in range(1, most):
            for last in (number + 1, FOR_GOOD):
                code = CODE.format(first=number, last=last, error=error)
                verbs = [desk.new_flag(), desk.new_self_eval(), ("drain",), ("queue", "release", "--all")]
                arguments = verbs[(number + (last == FOR_GOOD)) % len(verbs)]
                _run(desk, arguments, code)
                tried[f"{arguments[0]} {error}"] += 1
        desk.check()
        told(f"{error}: {most} calls, {len(desk.said)} entries acknowledged")
    return tried


def jumps(desk: Desk, rounds: int) -> None:
    """Let the clock jump back and forth by up to a year between flags and drains."""
    for number in range(rounds):
        seconds = desk.chance.choice((-1, 1)) * desk.chance.uniform(1, 365 * 86400)
        _run(desk, desk.new_flag() if number % 3 else ("drain",), CLOCK.format(seconds=seconds), fails=False)
    desk.check()


def _run(desk: Desk, arguments: tuple[str, ...], code: str, *, fails: bool = True) -> None:
    process = desk.call(*arguments, code=code)
    out, err = process.communicate()
    assert process.returncode in ((0, 1) if fails else (0,)), (arguments, process.returncode, err)
    assert process.returncode != BUG, (arguments, err)
    if process.returncode == 0:
        desk.acknowledge(arguments, out)
    desk.settle()
