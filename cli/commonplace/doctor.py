"""Doctor: small named checks that walk what a hook walks, each finding with its remedy."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from commonplace import files, plumbing, recovery, repo, settings
from commonplace.boundary import backstop
from commonplace.compiled import load as compiled
from commonplace.errors import CommonplaceError
from commonplace.hosts import codex_trust, install, jsonc, layouts, texts
from commonplace.place import Place, read
from commonplace.settings import Settings
from commonplace.text import age, count, one_line

OK, WARNING, ERROR, SKIPPED = "ok", "warning", "error", "skipped"

GIT = (2, 31)
"""The oldest git that has what we call."""

STALE = 600
"""Seconds after which a lock of git's is worth a word."""


@dataclass(frozen=True)
class Check:
    """What one check found: its name, ok, warning, error or skipped, a message, the remedy."""

    name: str
    level: str
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Subject:
    """What is examined."""

    place: Place
    environ: Mapping[str, str]
    program: str


def examine(place: Place, environ: Mapping[str, str]) -> list[Check]:
    """Run every check and return what each found."""
    subject = Subject(place, environ, settings.program(place, environ))
    found: list[Check] = []
    for check in CHECKS:
        try:
            found += check(subject)
        except (CommonplaceError, OSError) as error:
            hint = error.hint if isinstance(error, CommonplaceError) else ""
            found.append(Check(check.__name__.strip("_"), ERROR, one_line(str(error)), hint))
    return found


def _command(subject: Subject) -> Iterator[Check]:
    path = shutil.which("commonplace", path=subject.environ.get("PATH"))
    if path:
        yield Check("command", OK, f"commonplace is {path}")
    else:
        yield Check(
            "command", WARNING, f"commonplace is not on PATH; hosts call {sys.executable} instead",
            "put the folder of `commonplace` on PATH, or install with pipx",
        )  # fmt: skip


def _versions(subject: Subject) -> Iterator[Check]:
    words = plumbing.git(subject.place, "version").decode().split()
    found = tuple(int(part) for part in words[2].split(".")[:2] if part.isdigit())
    level = OK if found >= GIT else ERROR
    remedy = "" if level == OK else f"install git {GIT[0]}.{GIT[1]} or later"
    yield Check("git", level, f"git {words[2]}", remedy)


def _settings(subject: Subject) -> Iterator[Check]:
    held: Settings = settings.load(subject.place, subject.environ)
    for name, why in held.ignored:
        yield Check("settings", WARNING, f"{name} is not used: {why}", "edit your own config.toml")
    error = compiled(subject.place, subject.environ).get("error")
    if error:
        yield Check("settings", ERROR, one_line(error), "edit that file")
    elif not held.ignored:
        yield Check("settings", OK, "settings and texts are read")


def _repository(subject: Subject) -> Iterator[Check]:
    held = settings.load(subject.place, subject.environ)
    repo.ready(subject.place, held.text("repository.branch"))
    yield Check("repository", OK, f"{subject.place.root} is on its branch")


def _locks(subject: Subject) -> Iterator[Check]:
    lock = os.path.join(subject.place.git, "index.lock")
    if recovery.needed(subject.place):
        yield Check("locks", WARNING, "a change of memory was cut short", "commonplace doctor --fix")
    elif os.path.exists(lock) and time.time() - os.stat(lock).st_mtime > STALE:
        old = age(time.time() - os.stat(lock).st_mtime)
        yield Check("locks", WARNING, f"{lock} is {old} old", f"if no git command runs: rm {lock}")
    else:
        yield Check("locks", OK, "no lock is left over")


def _backstop(subject: Subject) -> Iterator[Check]:
    values = compiled(subject.place, subject.environ)
    found = [f for f in backstop.check(subject.place, values) if f.kind not in ("settings", "faults")]
    for finding in found:
        yield Check("backstop", WARNING, finding.message, finding.remedy)
    if not found:
        yield Check("backstop", OK, "nothing waits")


def _faults(subject: Subject) -> Iterator[Check]:
    lines = read(subject.place.inside("faults")).splitlines()
    if lines:
        message = f"{count(len(lines), 'fault')} of hooks, the last: {one_line(lines[-1], 200)}"
        yield Check("faults", WARNING, message, "report it, then: commonplace doctor --fix")
    else:
        yield Check("faults", OK, "no hook has failed")


def _hosts(subject: Subject) -> Iterator[Check]:
    known = install.connections(subject.environ)
    if not known:
        yield Check("hosts", SKIPPED, "no host is connected", "commonplace install claude-code")
    for mine in known:
        yield from _host(subject, mine)


def _host(subject: Subject, mine: install.Connection) -> Iterator[Check]:
    held = settings.load(subject.place, subject.environ)
    again = f"commonplace install {mine.host}" + (f" --project {mine.project}" if mine.project else "")
    program = mine.program or subject.program
    edits = install.plan(mine.host, mine.project, subject.place, held, program, subject.environ)
    stale = [edit.path for edit in edits if edit.before != edit.after]
    if mine.repo != subject.place.root:
        yield Check(mine.host, SKIPPED, f"connected to another memory, {mine.repo}")
    elif stale:
        yield Check(mine.host, ERROR, f"not as installed: {', '.join(stale)}", again)
    else:
        yield Check(mine.host, OK, "hooks, instructions and skills are in place")
    if mine.host == "codex":
        yield _codex_trust(subject, mine)
        yield from _login_shell(subject)
    if mine.host == "copilot-cli" and mine.project:
        yield _copilot_trust(subject, mine)


def _codex_trust(subject: Subject, mine: install.Connection) -> Check:
    """Tell whether Codex has been told to trust our hooks: untrusted ones do not run, silently."""
    import tomllib

    where = layouts.layout("codex", mine.project, subject.environ).settings
    home = os.path.dirname(layouts.layout("codex", "", subject.environ).settings)
    try:
        with open(os.path.join(home, "config.toml"), "rb") as file:
            state = tomllib.load(file).get("hooks", {}).get("state", {})
    except (OSError, tomllib.TOMLDecodeError):
        state = {}
    wanted = codex_trust.wanted(where)
    trusted = [key for key, digest in wanted.items() if state.get(key, {}).get("trusted_hash") == digest]
    if len(trusted) == len(wanted):
        return Check("codex trust", OK, f"{count(len(trusted), 'hook')} trusted")
    changed = any(key in state for key in wanted if key not in trusted)
    what = "have changed since or were never trusted" if changed else "were never trusted"
    return Check(
        "codex trust", ERROR, f"{len(wanted) - len(trusted)} of {len(wanted)} hooks {what}: they do not run",
        "start codex once and choose to trust the hooks",
    )  # fmt: skip


def _login_shell(subject: Subject) -> Iterator[Check]:
    """Tell whether Codex's model can call us: its commands run in a login shell, with a PATH of its own."""
    if not shutil.which("commonplace", path=subject.environ.get("PATH")):
        return  # then agents are told the full path
    shell = subject.environ.get("SHELL") or "/bin/sh"
    remedy = "put the folder of `commonplace` on PATH in ~/.profile (zsh: ~/.zprofile)"
    try:
        done = subprocess.run(
            [shell, "-lc", "command -v commonplace"],
            env=dict(subject.environ), stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        yield Check("codex shell", SKIPPED, f"{shell} -l takes more than 10 s", remedy)
        return
    if done.returncode == 0:
        yield Check("codex shell", OK, f"{shell} -l, in which codex runs commands, finds commonplace")
    else:
        message = f"codex runs commands in {shell} -l, which does not find commonplace"
        yield Check("codex shell", WARNING, message, remedy)


def _copilot_trust(subject: Subject, mine: install.Connection) -> Check:
    """Tell whether Copilot trusts a project: else its hooks do not run headless, silently."""
    user = os.path.dirname(os.path.dirname(layouts.layout("copilot-cli", "", subject.environ).settings))
    path = os.path.join(user, "config.json")
    name, project = "copilot-cli trust", os.path.realpath(mine.project)
    try:
        trusted = jsonc.value(read(path) or "{}").get("trustedFolders", [])
        tops = [os.path.realpath(folder) for folder in trusted]
    except (jsonc.NotJson, AttributeError, TypeError):
        return Check(name, SKIPPED, f"{path} cannot be read", f"look at {path}")
    if any(project == top or project.startswith(top.rstrip(os.sep) + os.sep) for top in tops):
        return Check(name, OK, f"{mine.project} is trusted")
    return Check(
        name, WARNING, f"{mine.project} is not trusted: with `copilot -p` its hooks do not run",
        f"start copilot once in {mine.project} and trust it, or pass --trust-folder",
    )  # fmt: skip


def _budget(subject: Subject) -> Iterator[Check]:
    held = settings.load(subject.place, subject.environ)
    most = held.number("rules.max_chars")
    kept, left_out = texts.rules(subject.place, most)
    size = sum(len(text) for _, text in kept)
    if left_out:
        yield Check(
            "rules", WARNING, f"too long to be loaded at every session: {', '.join(left_out)}",
            "shorten them, or raise rules.max_chars",
        )  # fmt: skip
    else:
        yield Check("rules", OK, f"{size:,} of {most:,} characters at every session")


CHECKS: tuple[Callable[[Subject], Iterator[Check]], ...] = (
    _command, _versions, _settings, _repository, _locks, _backstop, _faults, _hosts, _budget,
)  # fmt: skip


def fix(place: Place, environ: Mapping[str, str]) -> list[str]:
    """Do what is safe, and return what was done."""
    done = []
    if recovery.recover_quietly(place):
        done.append("finished the change that was cut short")
    if files.remove(place.inside("faults")):
        done.append("cleared the list of faults")
    with suppress(CommonplaceError):  # settings that cannot be read are a finding
        held = settings.load(place, environ)
        changed = install.refresh(place, held, settings.program(place, environ), environ)
        done += [f"brought {edit.path} up to date" for edit in changed]
    return done
