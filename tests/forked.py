"""The program in a process of its own, forked from the test's: real, but its imports are paid for once.

A drain is 0.2 s of imports and 0.1 s of work. What depends on how Python starts (imports, PATH at start)
is tested with `Memory.run(…, cold=True)` instead.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import commonplace.__main__ as door
import commonplace.app
import commonplace.audit.verify
import commonplace.drain.run
import commonplace.undo  # noqa: F401


def run(
    arguments: Sequence[str], stdin: bytes, cwd: Path, env: Mapping[str, str]
) -> "subprocess.CompletedProcess[bytes]":
    """Run one command in a forked process; what it prints goes through files, as a pipe could fill up."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        pid = os.fork()
        if not pid:
            code = 70
            try:
                code = _child(arguments, (given.fileno(), out.fileno(), err.fileno()), cwd, env)
            finally:
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(["commonplace", *arguments], code, out.read(), err.read())


def _child(arguments: Sequence[str], streams: tuple[int, int, int], cwd: Path, env: Mapping[str, str]) -> int:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["commonplace", *arguments]
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    try:
        code = door.main()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code
