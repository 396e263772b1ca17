"""A terminal that a test can read and type at, and the end of processes."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 90.0


@dataclass
class Screen:
    """A client at a terminal: a tmux server of its own, whose screen can be read and typed at."""

    command: list[str]
    cwd: Path
    env: dict[str, str]
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        # Not below the test's own folder: a socket's path has at most about 100 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="tmux-", dir="/tmp"))
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "60", *self.command)

    def tmux(self, *arguments: str) -> str:
        """Run one tmux command on this server and return what it printed."""
        done = subprocess.run(
            ["tmux", "-S", str(self.folder / "socket"), *arguments],
            cwd=self.cwd,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    @property
    def pid(self) -> int:
        """Return the client's process id, 0 once it is gone."""
        return int(self.tmux("list-panes", "-F", "#{pane_pid}").strip() or 0)

    def text(self) -> str:
        """Return what the screen shows."""
        return self.tmux("capture-pane", "-p", "-J")

    def wait_for(self, wanted: str | Callable[[str], bool], timeout: float = PATIENCE) -> str:
        """Wait until a text stands on the screen, or a condition holds for it; return the screen."""
        until = time.monotonic() + timeout
        while True:
            shown = self.text()
            if wanted in shown if isinstance(wanted, str) else wanted(shown):
                return shown
            if time.monotonic() > until:
                raise TimeoutError(f"not on the screen within {timeout} s: {wanted}\n{shown}")
            time.sleep(0.1)

    def type(self, text: str) -> None:
        """Type a line and press Enter once it is on the screen, as a person does; at once it is a paste."""
        before = self.text().count(text)
        self.tmux("send-keys", "-l", text)
        self.wait_for(lambda shown: shown.count(text) > before)
        time.sleep(0.5)
        self.press("Enter")

    def press(self, *keys: str) -> None:
        """Press keys by their tmux names."""
        self.tmux("send-keys", *keys)

    def press_until(self, key: str, wanted: str) -> None:
        """Press a key until a text stands on the screen: a client loses keys while it draws a question."""
        for _ in range(5):
            self.press(key)
            try:
                self.wait_for(wanted, 3)
            except TimeoutError:
                continue
            return
        self.wait_for(wanted, 0)

    def wait_gone(self, timeout: float = PATIENCE) -> None:
        """Wait until the client has ended by itself."""
        until = time.monotonic() + timeout
        while self.pid:
            if time.monotonic() > until:
                raise TimeoutError(f"still there after {timeout} s:\n{self.text()}")
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill the client at once and without a word, as a crash would."""
        if self.pid:
            kill_group(self.pid)

    def close(self) -> None:
        """Kill the client and its terminal."""
        self.kill()
        self.tmux("kill-server")
        shutil.rmtree(self.folder, ignore_errors=True)


def kill_group(pid: int) -> None:
    """Send SIGKILL to a process, its group and everything below it."""
    for each in [*descendants(pid), pid]:
        try:
            os.kill(each, signal.SIGKILL)
        except ProcessLookupError:
            continue


def descendants(pid: int) -> list[int]:
    """Return the ids of all processes below one, youngest generation first."""
    listed = subprocess.run(["ps", "-Ao", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [(int(line.split()[0]), int(line.split()[1])) for line in listed.splitlines()]
    generation: list[int] = [pid]
    found: list[int] = []
    while generation:
        generation = [child for child, parent in parents if parent in generation]
        found = [*generation, *found]
    return found
