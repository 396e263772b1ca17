"""The verbs that hooks and agents call all day: flag, self-eval, boundary, boot; and why and mcp.

Standard library only, and little of it. The typer app calls the same functions; what it adds is help,
completion and errors for a command line that the small parser here does not take.
"""

import os
import sys

from commonplace import caller, capture, holding, place, secrets
from commonplace.boundary import sessions
from commonplace.errors import TooNew, UsageError
from commonplace.text import decode, slug

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from commonplace.boundary.backstop import Finding
    from commonplace.entry import Entry

WAITS = 4
"""The exit code of `boot --check` when something waits."""

_SAID = ("repo", "scope", "origin", "session", "agent")
VALUES = {
    "flag": (*_SAID, "type", "topic", "supersedes", "from"),
    "self-eval": (*_SAID, "snag", "better", "target"),
    "boundary": ("repo", "session", "host", "pid"),
    "boot": ("repo",),
    "why": ("repo",),
    "mcp": ("repo",),
    "mine": ("repo", "host", "path", "since"),
    "recall": ("repo", "budget", "scope", "from"),
}
SWITCHES = {
    "flag": ("json",),
    "self-eval": ("json",),
    "boundary": (),
    "boot": ("check", "json"),
    "why": ("json",),
    "mcp": (),
    "mine": ("json", "signals"),
    "recall": ("json", "yes"),
}
WORDS = {"flag": 1, "self-eval": 0, "boundary": 1, "boot": 0, "why": 1, "mcp": 0, "mine": 0}

Said = dict[str, str]


def parse(verb: str, arguments: list[str]) -> Said | None:
    """Return the options by name, the one word under "": None for what only the full parser takes."""
    said: Said = {}
    words: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            words += rest
        elif argument == "-" or not argument.startswith("-") or _is_said(verb, argument):
            words.append(argument)
        else:
            name, equals, value = argument[2:].partition("=")
            if not argument.startswith("--") or name in said:
                return None
            if name in SWITCHES[verb] and not equals:
                said[name] = "yes"
            elif name in VALUES[verb]:
                said[name] = value if equals else next(rest, "\0")
                if said[name] == "\0":
                    return None
            else:
                return None
    if verb == "recall":
        words = [" ".join(words)] if words else []
    elif len(words) != WORDS[verb] and not (verb == "flag" and "from" in said and not words):
        return None
    return {**said, "": words[0]} if words else said


def _is_said(verb: str, argument: str) -> bool:
    """Tell whether an argument is a query that begins with a flag's name: "--no-verify in hooks"."""
    return verb == "recall" and " " in argument.partition("=")[0]


def run(verb: str, said: Said) -> int:
    """Do one verb and return its exit code."""
    return _VERBS[verb](said, os.environ)


def _flag(said: Said, environ: "Mapping[str, str]") -> int:
    here = _place(said, environ)
    learn(here, environ)
    text = said.get("", "")
    if text == "-":
        text = decode(sys.stdin.buffer.read(1 << 20))
    pair = None
    if said.get("from"):
        from commonplace.boundary import net

        pair = net.look_up(here, said["from"])
        text = text or pair.text
    entry = capture.flag(here, text, said, environ, os.getcwd(), pair)
    if pair:
        net.flagged(here, pair.id)
    _acknowledge(said, here, entry)
    return 0


def _self_eval(said: Said, environ: "Mapping[str, str]") -> int:
    here = _place(said, environ)
    learn(here, environ)
    entry = capture.self_eval(here, said, environ, os.getcwd())
    _acknowledge(said, here, entry)
    return 0


def learn(here: place.Place, environ: "Mapping[str, str]") -> None:
    """Look for the person's own patterns of secrets too, if they have set any."""
    if "secrets" not in place.read(place.personal_settings(environ)):
        secrets.learn("")
    else:
        from commonplace import compiled

        settings = compiled.load(here, environ)
        if "error" in settings:
            sys.stderr.write(f"commonplace: the settings are not used: {settings['error']}\n")
        secrets.learn(settings["secrets.patterns"])


def _acknowledge(said: Said, here: place.Place, entry: "Entry") -> None:
    """Print the entry's id; on standard error, why it is held back, if it is."""
    why = place.read(here.inside("held", entry.id)).removeprefix(holding.WHY)
    if "json" in said:
        import json

        held = {"held": why} if why else {}
        say(json.dumps({"id": entry.id, "path": os.path.join(here.queue, entry.file_name), **held}))
    else:
        say(entry.id)
    if why:
        sys.stderr.write(_HELD.format(why=why, id=entry.id))


_HELD = """\
commonplace: held back, for it holds what looks like {why}
  it is neither committed nor sent to a worker; flag the fact again without it, then
  forget this one: commonplace forget --entry {id}
  or, if it is no secret, a person lets it through: commonplace queue release {id}
  a secret that was real stands in this session's log as well: have it replaced
"""


def _boundary(said: Said, environ: "Mapping[str, str]") -> int:
    from commonplace import compiled  # 1 ms with what it needs: a flag does without
    from commonplace.boundary import backstop, events

    boundary = said[""]
    if boundary not in events.BOUNDARIES:
        raise UsageError(f"{boundary!r} is not a boundary", f"use one of {', '.join(events.BOUNDARIES)}")
    try:
        here = _place(said, environ)
    except TooNew as error:
        if boundary != "boot":
            raise
        say(f"commonplace: {backstop.too_new(error)}")
        return 0
    settings = compiled.load(here, environ)
    secrets.learn(settings["secrets.patterns"])
    session = said.get("session") or caller.session(environ)
    session = sessions.check_id(session) if session else ""
    host = slug(said.get("host") or caller.host(environ))
    if boundary == "boot":
        pid = said.get("pid", "0")
        if not pid.isdigit():
            raise UsageError(f"{pid!r} is not a process id", "use --pid $PPID")
        mend(here)
        say(events.boot(here, settings, session, host, int(pid)))
    elif boundary == "end":
        events.end(here, settings, session)
    else:
        say(events.ask(here, settings, session, host, boundary))
    return 0


def _boot(said: Said, environ: "Mapping[str, str]") -> int:
    found = _waiting(said, environ)
    if "json" in said:
        import json

        names = ("kind", "count", "message", "remedy")
        say(json.dumps([{name: getattr(item, name) for name in names} for item in found], indent=2))
    else:
        say("\n".join(f"commonplace: {finding}" for finding in found))
    return WAITS if found and "check" in said else 0


def _waiting(said: Said, environ: "Mapping[str, str]") -> "list[Finding]":
    from commonplace import compiled
    from commonplace.boundary import backstop

    try:
        here = _place(said, environ)
    except TooNew as error:
        return [backstop.too_new(error)]
    mend(here)
    learn(here, environ)
    return backstop.check(here, compiled.load(here, environ), caller.session(environ))


def _why(said: Said, environ: "Mapping[str, str]") -> int:
    # Not hot, but the typer app would cost it 45 ms of the 150 that it may take.
    here = _place(said, environ)
    mend(here)
    learn(here, environ)
    from commonplace import account, provenance

    found = provenance.why(here, said[""], os.getcwd())
    say(account.as_json(found) if "json" in said else account.text(found))
    return 0


def _mcp(said: Said, environ: "Mapping[str, str]") -> int:
    from commonplace.mcp import server

    return server.run(said.get("repo", ""), environ, os.getcwd())


def _mine(said: Said, environ: "Mapping[str, str]") -> int:
    here = _place(said, environ)
    from time import time

    from commonplace import settings, times
    from commonplace.progress import Progress
    from commonplace.substrate import mining

    now, progress, every = time(), Progress("reading logs"), "signals" in said
    held = settings.load(here, environ)
    secrets.learn(held.text("secrets.patterns"))
    mined = mining.mine(
        here, held, environ, now, host=said.get("host", ""),
        path=said.get("path", ""), after=times.since(said["since"], now) if "since" in said else "",
        every=every, progress=progress,
    )  # fmt: skip
    progress.wipe()
    width = (os.get_terminal_size(1).columns or 80) if sys.stdout.isatty() else 0
    if "json" in said:
        say(mining.as_json(mined, every=every))
    else:
        say(mining.columns(mined, width) if every else mining.text(mined, width))
    return 0


def _recall(said: Said, environ: "Mapping[str, str]") -> int:
    here = _place(said, environ)
    from commonplace import compiled
    from commonplace.recall import command

    settings = compiled.load(here, environ)
    secrets.learn(settings["secrets.patterns"])
    say(command.run(here, settings, said, environ, os.getcwd()))
    return 0


def _place(said: Said, environ: "Mapping[str, str]") -> place.Place:
    return place.find(said.get("repo", ""), environ, os.getcwd())


def mend(here: place.Place) -> None:
    """Finish a change that a kill cut short; the imports are paid for only then."""
    left = (
        "commonplace/intent",
        "commonplace/purging",
        "commonplace/graph",
        "index.lock",
        "refs/commonplace/building",
    )
    if any(os.path.exists(os.path.join(here.git, name)) for name in left):
        from commonplace.recovery import recover_quietly

        recover_quietly(here)


def say(text: str) -> None:
    """Print a text on standard output, if there is any."""
    if text:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


_VERBS: "dict[str, Callable[[Said, Mapping[str, str]], int]]" = {
    "flag": _flag,
    "self-eval": _self_eval,
    "boundary": _boundary,
    "boot": _boot,
    "why": _why,
    "mcp": _mcp,
    "mine": _mine,
    "recall": _recall,
}
