"""A memory repository under test: real commands in real processes, real git, real files."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import forked

CODE = Path(__file__).resolve().parent.parent / "cli"

CLOSED = Path(__file__).resolve().parent / "closed"
"""On every Python's path: its `sitecustomize` closes the network."""

GIT_FOLDER = os.path.dirname(shutil.which("git") or "/usr/bin/git")
"""On the tests' PATH with the system's folders; an installed `commonplace` is not."""

PERSON = "Ada Lovelace <ada@example.com>"
TOOL = "commonplace <commonplace@localhost>"


def hermetic(scratch: Path) -> dict[str, str]:
    """Return an environment built from nothing: own HOME, no system git configuration, a fixed person."""
    home = scratch / "home"
    home.mkdir(exist_ok=True)
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ada Lovelace\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n"
    )
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "PATH": os.pathsep.join([GIT_FOLDER, os.defpath]),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PYTHONPATH": os.pathsep.join([str(CODE), str(CLOSED)]),
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "GIT_PAGER": "cat",
        "TMPDIR": str(scratch),
    }


@dataclass
class Memory:
    """A memory repository at `root`; commands run from `cwd` with the variables in `env` added."""

    root: Path
    scratch: Path
    env: dict[str, str] = field(default_factory=dict)

    def run(
        self,
        *arguments: str,
        code: int | None = 0,
        stdin: str | bytes = "",
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        cold: bool = False,
    ) -> "subprocess.CompletedProcess[str]":
        """Run one command as a user would and check its exit code (None: any); cold: in a fresh Python."""
        data = stdin.encode() if isinstance(stdin, str) else stdin
        where = cwd or (self.root if self.root.exists() else self.scratch)
        variables = {**os.environ, **self.env, **(env or {})}
        if cold:
            command = [sys.executable, "-m", "commonplace", *arguments]
            done = subprocess.run(
                command, input=data, capture_output=True, cwd=where, env=variables, check=False
            )
        else:
            done = forked.run(arguments, data, where, variables)
        out = subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )
        if code is not None:
            assert out.returncode == code, f"{arguments}: {out.returncode}\n{out.stdout}\n{out.stderr}"
        return out

    def out(self, *arguments: str, **how: Any) -> str:
        """Run a command and return what it printed."""
        return self.run(*arguments, **how).stdout

    def json(self, *arguments: str, **how: Any) -> Any:
        """Run a command with `--json` and return its answer."""
        return json.loads(self.out(*arguments, "--json", **how))

    def flag(self, text: str, *options: str) -> str:
        """Flag a text and return the entry's id."""
        return self.out("flag", *options, "--", text).strip()

    def self_eval(self, snag: str, better: str, *options: str) -> str:
        """Note a self-eval and return the entry's id."""
        return self.out("self-eval", "--snag", snag, "--better", better, *options).strip()

    def as_person(self, *arguments: str, code: int = 0, typed: str = "") -> str:
        """Run a command at a terminal of its own, as a person would; return what the screen shows."""
        import pty

        lead, follow = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "commonplace", *arguments],
            stdin=follow,
            stdout=follow,
            stderr=follow,
            cwd=self.root,
            env={**os.environ, **self.env},
        )
        os.close(follow)
        os.write(lead, typed.encode())
        shown = b""
        while True:
            try:
                chunk = os.read(lead, 65536)
            except OSError:
                break
            if not chunk:
                break
            shown += chunk
        os.close(lead)
        text = shown.decode().replace("\r\n", "\n")
        assert process.wait() == code, text
        return text

    def git(self, *arguments: str, code: int | None = 0) -> str:
        """Run git in the repository and return what it printed."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=dict(os.environ), capture_output=True, check=False
        )
        if code is not None:
            assert done.returncode == code, f"git {arguments}: {done.stderr.decode()}"
        return done.stdout.decode("utf-8", "surrogateescape")

    def everything(self) -> dict[str, bytes]:
        """Return path → content of every file there is, git's own and the private ones included."""
        files = [path for path in self.root.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.root)): path.read_bytes() for path in files}

    def config(self, text: str) -> None:
        """Write the person's own settings."""
        path = self.scratch / "home" / ".config" / "commonplace" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def read(self, path: str) -> str:
        """Return a file of the work tree."""
        return (self.root / path).read_text()

    def write(self, path: str, text: str) -> None:
        """Write a file of the work tree."""
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text)

    def queue(self) -> list[str]:
        """Return the names of the queue's files, without the dot files."""
        folder = self.root / "queue"
        return sorted(p.name for p in folder.iterdir() if p.name[0] != ".") if folder.exists() else []

    def subjects(self, *arguments: str) -> list[str]:
        """Return the subjects of the history, the newest first."""
        return self.git("log", "--format=%s", *arguments).splitlines()

    def page(self, topic: str, scope: str = "user") -> str:
        """Return a topic's page."""
        return self.read(f"memory/{scope}/{topic}.md")


def wait_until(holds: Callable[[], object]) -> None:
    """Wait until something holds that another process brings about; fail after half a minute."""
    until = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < until, "it never came about"
        time.sleep(0.02)
