"""`commonplace hook HOST EVENT`: what a host calls. Never fails the host.

Any fault of ours is written down, told at the next boot, and the exit code is 0. Standard library only:
this is the hot path itself.
"""

import os
import sys
import time

from commonplace import compiled, place
from commonplace.boundary import asking, backstop, sessions
from commonplace.errors import CommonplaceError, TooNew
from commonplace.hosts import NAMES, json_text, module_name
from commonplace.hosts.happening import BOOT, Happening, Reply
from commonplace.secrets import masked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

MAX_PAYLOAD = 64_000_000
"""The largest payload that is read, in bytes; a tool's output may be large."""

_SHELLS = ("sh", "bash", "dash", "zsh", "ksh", "fish")


def run(arguments: list[str], environ: "Mapping[str, str]") -> int:
    """Answer one event of a host; the exit code is always 0."""
    if environ.get("COMMONPLACE_WORKER"):
        return 0
    try:
        said = _answer(arguments, environ)
        if said:
            sys.stdout.buffer.write(f"{said}\n".encode("utf-8", "replace"))  # JSON, whatever the locale
            sys.stdout.buffer.flush()
    except BaseException as error:  # a hook that fails would stop the agent's work
        _note(arguments, environ, error)
        if isinstance(error, BrokenPipeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else Python fails while it exits
    return 0


def _answer(arguments: list[str], environ: "Mapping[str, str]") -> str:
    repo = ""
    if arguments[:1] == ["--repo"]:
        repo, arguments = arguments[1], arguments[2:]
    host, event = arguments
    if host not in NAMES:
        raise ValueError(f"unknown host {host}")
    payload = json_text.loads(sys.stdin.buffer.read(MAX_PAYLOAD).decode("utf-8", "replace"))
    if not isinstance(payload, dict):
        raise ValueError("the payload is no object")
    connection = __import__(module_name(host), fromlist=["read"])
    happened = connection.read(event, payload, environ)
    if not happened.what or not happened.session:
        return ""
    try:
        here = place.find(repo, environ, happened.cwd or os.getcwd())
    except TooNew as error:
        return _too_new(connection, event, happened, error)
    except CommonplaceError:
        return ""  # no memory yet: nothing to do, and no reason to disturb anybody
    happened.session = sessions.check_id(happened.session)
    happened.pid = happened.pid or _host_process()
    if happened.attended is None:
        happened.attended = sessions.is_attended(happened.pid)
    _mend(here)
    reply = asking.reply(here, compiled.load(here, environ), host, happened)
    answer: str = connection.answer(event, reply)
    return answer


def _too_new(connection: "ModuleType", event: str, happened: Happening, error: TooNew) -> str:
    """Return what a boot says of a memory of a newer format; nothing of it is touched."""
    if happened.what != BOOT:
        return ""
    said = f"commonplace: {backstop.too_new(error)}"
    answer: str = connection.answer(event, Reply(said, said))
    return answer


def _host_process() -> int:
    """Return the process that called us, past the shell that hosts put in between; 0 if not known."""
    pid = os.getppid()
    for _ in range(3):
        above, name = sessions.parent(pid)
        if name not in _SHELLS:
            return pid if name else 0
        pid = above
    return pid


def _mend(here: place.Place) -> None:
    """Finish a change that a kill cut short; the imports are paid for only then."""
    from commonplace.hot import mend

    mend(here)


def _note(arguments: list[str], environ: "Mapping[str, str]", error: BaseException) -> None:
    """Write down a fault where the next boot finds it."""
    try:
        here = place.find("", environ, os.getcwd())
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        words = masked(" ".join(str(error).split()))[:200]
        line = f"{when} hook {' '.join(arguments)[:80]}: {type(error).__name__}: {words}\n"
        with open(here.inside("faults"), "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(line)
    except BaseException:
        return
