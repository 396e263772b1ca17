"""A person's desk: a host client, a project under git, a memory, and `commonplace` on the client's PATH."""

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.hosts.clients import Client
from tests.memory import CODE, Memory

ASKED = "Flag what is durable"
"""Stands in every text that asks for flags, and in nothing else that reaches a model."""

LOST = "never ended"
"""What a boot says of a session that was cut short."""

WAITS = "has loose ends"
"""What a boot begins with when something waits."""

TO_KEEP = "Keep word for word: corrections and preferences that the user stated"
"""What a summariser is told."""

COMPACTED = {
    "claude-code": "Compacted",
    "codex": "Context compacted",
    "gemini-cli": "Chat history compressed",
    "copilot-cli": "Compaction completed",
    "opencode": "Compaction",
}
"""What a client's screen shows once it has compacted its context."""


@dataclass
class Desk:
    """What stands together on one desk; `install` connects the client as a person would."""

    client: Client
    memory: Memory = field(init=False)

    def __post_init__(self) -> None:
        home = self.client.home
        programs = home / "bin"
        programs.mkdir()
        program = programs / "commonplace"
        program.write_text(f'#!/bin/sh\nPYTHONPATH={CODE} exec {sys.executable} -P -m commonplace "$@"\n')
        program.chmod(0o755)
        # Codex runs commands in a login shell, which forgets the PATH that it was started with.
        (home / ".profile").write_text('PATH="$HOME/bin:$PATH"\n')
        path = os.pathsep.join([str(programs), self.client.environment()["PATH"]])
        self.client.env["PATH"] = path
        own = {"PATH": path, **self.client.own_env()}
        self.memory = Memory(home / ".local/share/commonplace/memory", home.parent, own)
        self.git("init")
        self.git("config", "user.name", "Ada Lovelace")  # Gemini hides the person's own configuration
        self.git("config", "user.email", "ada@example.com")
        self.memory.run("init")

    def install(self) -> None:
        """Connect the client."""
        self.memory.run("install", self.client.name)

    def git(self, *arguments: str) -> None:
        """Run git in the project."""
        done = subprocess.run(["git", *arguments], cwd=self.client.project, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr

    def private(self, *parts: str) -> Path:
        """Return a path in the memory's private folder."""
        return self.memory.root.joinpath(".git", "commonplace", *parts)

    def sessions(self) -> list[str]:
        """Return the sessions that have begun and not ended."""
        folder = self.private("sessions")
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def entries(self) -> list[str]:
        """Return what the files in the queue hold."""
        return [self.memory.read(f"queue/{name}") for name in self.memory.queue()]

    def knows(self, session: str) -> bool:
        """Tell whether the client itself calls a session by that name: in the path of a log, or in one."""
        logs = {path: data for path, data in self.files().items() if path.startswith("home/")}
        return any(session in path or session.encode() in data for path, data in logs.items())

    def drain(self) -> int:
        """Return the process of the drain that a session's end started, 0 if there is none."""
        mark = self.private("closing")
        return int(mark.read_text().split(" ")[1]) if mark.exists() else 0

    def drained(self) -> bool:
        """Tell whether a drain has made its commits and nothing is left of it."""
        is_done = self.memory.subjects()[0].startswith("drain: ") and not self.memory.queue()
        return is_done and not self.private("closing").exists()

    def processes(self, variable: str = "") -> list[int]:
        """Return what runs with this HOME and, if one is named, with a variable set (Linux)."""
        wanted = {f"HOME={self.client.home}", *filter(None, [variable])}
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if wanted <= set(path.read_text(errors="replace").split("\0")):
                    found.append(int(path.parent.name))
        return found

    def files(self) -> dict[str, bytes]:
        """Return path → content of all files on the desk but the memory and the program."""
        found = {}
        for top in (self.client.home, self.client.project):
            for path in top.rglob("*"):
                if path.is_file() and not path.is_relative_to(self.memory.root):
                    found[str(path.relative_to(top.parent))] = path.read_bytes()
        return {path: data for path, data in found.items() if path != "home/bin/commonplace"}
