"""Workers: commands that answer packets with operations, several at a time, each at its own risk.

A worker that hangs, crashes, floods, answers in prose or is not there costs only its own packet.
"""

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from hashlib import sha256
from shutil import which
from tempfile import gettempdir
from threading import Event, Semaphore
from typing import Literal

from commonplace.drain import child, kept, replies
from commonplace.drain.desks import Desks
from commonplace.drain.operations import BadAnswer, Operation, read
from commonplace.drain.packets import Packet
from commonplace.drain.replies import Reply
from commonplace.secrets import masked
from commonplace.text import one_line

TRIES = 2
"""How often one packet is sent to a worker at the most."""

_BASIC = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_*", "TZ", "TMPDIR", "XDG_*",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE",
    "SYSTEMROOT", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP", "TMP",
)  # fmt: skip
"""What every worker inherits: where things are, the language, the way to the network."""

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""Colours and cursor moves of a terminal: some clients write them wherever they write."""

FOUND_NOTHING = (126, 127)
"""The exit codes by which a shell says that a command cannot be run or found."""


@dataclass(frozen=True)
class Worker:
    """A worker as the settings or a preset name it.

    command: a program with its arguments, or text for the shell · input: what it gets on its standard
    input, the `prompt` or the `packet` as JSON · answer: one of `replies.FORMS` · timeout: seconds for
    one try · environment: names of variables that it inherits beyond the basic ones, `*` stands for
    anything · variables: what is set for it · files: path and text of what lies in its folder.
    """

    name: str
    command: tuple[str, ...] | str
    input: Literal["prompt", "packet"] = "prompt"
    answer: str = "text"
    timeout: float = 300
    environment: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answer:
    """What came of one packet: its operations, or None and why, in one line.

    tokens_in, tokens_out, cost (US dollars): of all tries, where the worker reports them; nothing for an
    answer that was paid for earlier, `from_cache` · seconds: how long all tries took.
    """

    key: str
    operations: list[Operation] | None
    failure: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    seconds: float = 0.0
    tries: int = 0
    from_cache: bool = False


Render = Callable[[Packet, str], str]
"""Returns the prompt for a packet; the second text is why the answer before was refused, or ""."""


def fan_out(
    packets: Iterable[Packet],
    worker: Worker,
    jobs: int,
    *,
    cache_folder: str,
    environ: Mapping[str, str],
    render_prompt: Render,
    told: Callable[[Packet, Answer], None] = lambda _packet, _answer: None,
    stop: Event | None = None,
    ballot: int = 0,
    retries: Semaphore | None = None,
) -> dict[str, Answer]:
    """Send every packet to the worker, at most `jobs` at a time; return packet key → its answer.

    told: called in this thread with each answer as it comes · stop: once set, what runs is ended and
    what waits is answered with a failure · ballot: which of several votes this is; each is asked anew ·
    retries: counts down how many packets may still be asked about once more; None: all.

    What interrupts this thread (Ctrl-C) ends all workers and is raised again.
    """
    stop = stop or Event()
    # All prompts come first: a template that is at fault must say so before anything is paid for.
    asked = {packet.key: (packet, render_prompt(packet, "")) for packet in packets}
    kept.clear_old(cache_folder)
    name = sha256(os.path.realpath(cache_folder).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    desks = Desks(environ.get("TMPDIR") or gettempdir(), name, jobs)
    dispatch = _Dispatch(
        worker, cache_folder, environment(worker, environ), render_prompt, stop, ballot, desks, retries
    )
    answers: dict[str, Answer] = {}
    pool = ThreadPoolExecutor(jobs)
    try:
        waiting: dict[Future[Answer], Packet] = {
            pool.submit(dispatch.answer, packet, prompt): packet for packet, prompt in asked.values()
        }
        for future in as_completed(waiting):
            packet = waiting[future]
            answers[packet.key] = future.result()
            told(packet, answers[packet.key])
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        desks.clear()
    return answers


def environment(worker: Worker, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a worker: what it needs, and the mark under which every hook is silent.

    Nothing of git's and nothing of ours: a drain may run inside a git hook or an agent's session.
    """
    wanted = (*_BASIC, *worker.environment)
    found = {
        name: value
        for name, value in environ.items()
        if not name.startswith(("GIT_", "COMMONPLACE_")) and any(fnmatchcase(name, each) for each in wanted)
    }
    return {**found, **dict(worker.variables), "COMMONPLACE_WORKER": "1"}


@dataclass(frozen=True)
class _Try:
    """One try: the reply, its operations, or why there are none and whether another try may help.

    refused: the answer came and was not usable; what the worker is told of it.
    """

    reply: Reply
    operations: list[Operation] | None = None
    failure: str = ""
    refused: str = ""
    again: bool = True


@dataclass(frozen=True)
class _Dispatch:
    """Takes packets to the worker and back; used by several threads, and changed by none."""

    worker: Worker
    cache: str
    environ: dict[str, str]
    render: Render
    stop: Event
    ballot: int
    desks: Desks
    retries: Semaphore | None

    def answer(self, packet: Packet, prompt: str) -> Answer:
        """Return the answer to a packet: kept from before, or asked for."""
        asked = self._asked(packet, prompt, "")
        key = self._cache_key(packet, asked)
        if known := self._from_cache(packet, key):
            return known
        began = time.monotonic()
        tries = [self._try(asked)]
        while self._may_try_again(tries):
            refused = tries[-1].refused
            # After a crash the same is asked once more, after a refusal with the reason.
            asked = self._asked(packet, self.render(packet, refused), refused) if refused else asked
            tries.append(self._try(asked))
        last = tries[-1]
        if last.operations is not None:
            kept.save(self.cache, key, kept.Kept(last.reply.text, ""))
        elif all(each.refused for each in tries):
            kept.save(self.cache, key, kept.Kept("", last.failure))
        return _summed(packet, tries, time.monotonic() - began)

    def _may_try_again(self, tries: list[_Try]) -> bool:
        last = tries[-1]
        if last.operations is not None or not last.again or len(tries) == TRIES:
            return False
        if self.retries is None or self.retries.acquire(blocking=False):
            return True
        tries[-1] = replace(last, failure=f"{last.failure}; no call was left to try again", refused="")
        return False

    def _asked(self, packet: Packet, prompt: str, refused: str) -> str:
        if self.worker.input == "prompt":
            return prompt
        if not refused:
            return packet.to_json()
        held = {**json.loads(packet.to_json()), "refused": refused}
        return json.dumps(held, ensure_ascii=False, indent=1)

    def _cache_key(self, packet: Packet, asked: str) -> str:
        of = (packet.key, replace(self.worker, timeout=0), self.ballot, asked)
        return sha256(repr(of).encode("utf-8", "surrogatepass")).hexdigest()

    def _from_cache(self, packet: Packet, key: str) -> Answer | None:
        found = kept.load(self.cache, key)
        if found is None:
            return None
        if found.failure:
            return Answer(packet.key, None, found.failure, from_cache=True)
        try:
            return Answer(packet.key, read(found.text), from_cache=True)
        except BadAnswer:  # kept by a version with another schema
            return None

    def _try(self, asked: str) -> _Try:
        if self.stop.is_set():
            return _lost("stopped", again=False)
        try:
            command = self._command()
            with self.desks.desk(self.worker.files) as folder:
                data = asked.encode("utf-8", "replace")
                ran = child.run(command, data, self.environ, folder, self.worker.timeout, self.stop)
        except child.NotInstalled as error:
            return _lost(f"not installed: {error}", again=False)
        except OSError as error:
            return _lost(f"cannot be started: {error.strerror or error}")
        return _judged(self.worker, ran)

    def _command(self) -> tuple[str, ...]:
        """Return the command with its program's full path, or raise NotInstalled."""
        command = self.worker.command
        if isinstance(command, str):
            return ("cmd", "/c", command) if sys.platform == "win32" else ("/bin/sh", "-c", command)
        found = which(command[0], path=self.environ.get("PATH"))
        if not found:
            raise child.NotInstalled(f"there is no program {one_line(command[0], 80)}")
        return (os.path.abspath(found), *command[1:])


def _judged(worker: Worker, ran: child.Ran) -> _Try:
    """Return what a process that ended comes to."""
    err = ran.err.decode("utf-8", "replace")
    reply = replies.read(worker.answer, ran.out.decode("utf-8", "replace"), err)
    if ran.ended == "stopped":
        return _lost("stopped", again=False)
    if ran.ended == "time":
        return _lost(f"no answer within {worker.timeout:g} s", reply)
    if ran.ended == "flood":
        much = f"the answer is longer than {child.MAX_OUT:,} bytes"
        return _Try(Reply(""), failure=much, refused=much)
    if ran.code or reply.fault:
        why = one_line(masked(reply.fault), 200) or _last_line(masked(err))
        return _lost(
            _ending(ran.code) + (f": {why}" if why else ""), reply, again=ran.code not in FOUND_NOTHING
        )
    try:
        return _Try(reply, read(reply.text))
    except BadAnswer as bad:
        why = one_line(masked(str(bad)), 200)
        return _Try(reply, failure=why, refused=why)


def _lost(failure: str, reply: Reply | None = None, *, again: bool = True) -> _Try:
    return _Try(reply or Reply(""), failure=failure, again=again)


def _ending(code: int) -> str:
    if code in FOUND_NOTHING:
        return f"not installed (exit code {code})"
    if code == 0:
        return "the client reports an error"
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"


def _last_line(err: str) -> str:
    lines = [line for line in _ESCAPES.sub("", err).splitlines() if line.strip()]
    return one_line(lines[-1], 200) if lines else ""


def _summed(packet: Packet, tries: list[_Try], seconds: float) -> Answer:
    costs = [each.reply.cost for each in tries if each.reply.cost is not None]
    return Answer(
        packet.key,
        tries[-1].operations,
        tries[-1].failure,
        sum(each.reply.tokens_in for each in tries),
        sum(each.reply.tokens_out for each in tries),
        sum(costs) if costs else None,
        seconds,
        len(tries),
    )
