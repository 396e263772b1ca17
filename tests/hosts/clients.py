"""One driver a host client: a HOME of its own, a project, the stub for a model, and no way to the network.

A driver writes what the client needs to start at all: its address, its trust in the project, no first-run
questions. Hooks are no part of it: a test puts them there, by `commonplace install` or by hand.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tests.hosts.stub import Stub
from tests.hosts.terminal import PATIENCE, Screen, kill_group
from tests.hosts.wire import Turn, call

HOSTS = Path(os.environ.get("COMMONPLACE_TEST_HOSTS") or Path(__file__).parents[2] / ".hosts")
KEY = "sk-ant-dummy-000000-111111-222222"
# The tests empty the environment they run in, so what node and tmux were found by is kept here.
TOOLS = [str(Path(found).parent) for found in map(shutil.which, ("node", "tmux")) if found]
PATH = os.pathsep.join([str(HOSTS / "node_modules" / ".bin"), *dict.fromkeys(TOOLS), os.defpath])


@dataclass(frozen=True)
class Ran:
    """What one headless run printed, and how it ended."""

    code: int
    out: str
    err: str


class Client:
    """What all clients have in common; `env` is added to every process that a driver starts."""

    name: ClassVar[str]
    program: ClassVar[str]
    ready: ClassVar[str]
    """What its screen shows once it takes a prompt."""
    leave: ClassVar[str] = "/exit"
    compact: ClassVar[str] = "/compact"

    def __init__(self, home: Path, project: Path, stub: Stub, env: Mapping[str, str] | None = None):
        self.home = home
        self.project = project
        self.stub = stub
        self.env = dict(env or {})
        self.started: list[subprocess.Popen[str]] = []
        self.screens: list[Screen] = []

    def prepare(self) -> None:
        """Write the client's own smallest configuration and its trust in the project."""
        for folder in (self.home, self.project, self.scratch):
            folder.mkdir(parents=True, exist_ok=True)
        self.configure()

    @property
    def scratch(self) -> Path:
        """Return the folder for temporary files."""
        return self.home / "tmp"

    def configure(self) -> None:
        """Write the client's configuration."""

    def own_env(self) -> dict[str, str]:
        """Return the variables that point this client at the stub."""
        return {}

    def command(self, prompt: str, resume: str | None) -> list[str]:
        """Return the headless command line after the program's name; `resume` is a session id or "last"."""
        raise NotImplementedError

    def tui(self) -> list[str]:
        """Return the interactive command line after the program's name."""
        return []

    def shell(self, command: str) -> Turn:
        """Return a turn that runs a command with this client's shell tool."""
        raise NotImplementedError

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return an environment built from nothing: own HOME and TMPDIR, proxies that nobody answers."""
        return {
            "HOME": str(self.home),
            "TMPDIR": str(self.scratch),
            "PATH": PATH,
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "HTTP_PROXY": "http://127.0.0.1:9",
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "http_proxy": "http://127.0.0.1:9",
            "https_proxy": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            **self.own_env(),
            **self.env,
            **(extra or {}),
        }

    def start(
        self, prompt: str, *, resume: str | None = None, env: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[str]":
        """Start a headless run and return its process, which leads a process group of its own."""
        process = subprocess.Popen(
            [str(binary(self.program)), *self.command(prompt, resume)],
            cwd=self.project,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def run(
        self,
        prompt: str,
        *,
        resume: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = PATIENCE,
    ) -> Ran:
        """Run one prompt headless to its end."""
        process = self.start(prompt, resume=resume, env=env)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.kill(process)
            out, err = process.communicate()
            raise AssertionError(f"{self.name} still ran after {timeout} s:\n{out}\n{err}") from None
        return Ran(process.returncode, out, err)

    def kill(self, process: "subprocess.Popen[str]") -> None:
        """Kill a client and all it started, at once and without a word, as a crash would."""
        kill_group(process.pid)
        process.wait()

    def interactive(self, env: Mapping[str, str] | None = None) -> "Screen":
        """Start the client at a terminal (tmux) of its own; close the screen when done."""
        screen = Screen([str(binary(self.program)), *self.tui()], self.project, self.environment(env))
        self.screens.append(screen)
        return screen

    def close(self) -> None:
        """Kill what still runs."""
        for screen in self.screens:
            screen.close()
        for process in self.started:
            if process.poll() is None:
                self.kill(process)
            for pipe in (process.stdout, process.stderr):
                if pipe:
                    pipe.close()

    def write(self, path: str, content: str | dict[str, Any]) -> Path:
        """Write a file below HOME, a dict as JSON."""
        target = self.home / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content if isinstance(content, str) else json.dumps(content, indent=2) + "\n")
        return target


class ClaudeCode(Client):
    """Claude Code."""

    name = "claude-code"
    program = "claude"
    ready = "bypass permissions"
    model = "claude-opus-5-5"

    def configure(self) -> None:
        """Answer every first-run question beforehand."""
        self.write(
            ".claude.json",
            {
                "hasCompletedOnboarding": True,
                "bypassPermissionsModeAccepted": True,
                "customApiKeyResponses": {"approved": [KEY[-20:]]},
                "projects": {str(self.project.resolve()): {"hasTrustDialogAccepted": True}},
            },
        )

    def own_env(self) -> dict[str, str]:
        """Return the variables that point Claude Code at the stub."""
        return {
            "ANTHROPIC_BASE_URL": self.stub.url,
            "ANTHROPIC_API_KEY": KEY,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_TMPDIR": str(self.scratch),
            "DISABLE_TELEMETRY": "1",
            "DISABLE_AUTOUPDATER": "1",
            "IS_SANDBOX": "1",
        }

    def command(self, prompt: str, resume: str | None) -> list[str]:
        """Return the command line of a headless run."""
        again = [] if resume is None else ["-c"] if resume == "last" else ["--resume", resume]
        return ["-p", prompt, "--model", self.model, "--dangerously-skip-permissions", *again]

    def tui(self) -> list[str]:
        """Return the command line of an attended session."""
        return ["--model", self.model, "--dangerously-skip-permissions"]

    def shell(self, command: str) -> Turn:
        """Return a turn that calls Bash."""
        return call("Bash", {"command": command, "description": "Run it"})


class Codex(Client):
    """Codex CLI; `trust` false leaves its hooks to its own question."""

    name = "codex"
    program = "codex"
    ready = "? for shortcuts"
    leave = "/quit"
    model = "gpt-5.5"
    trust = True

    def configure(self) -> None:
        """Name the stub as the model's provider and trust the project."""
        self.write(
            ".codex/config.toml",
            f"""model = "{self.model}"
model_provider = "stub"
check_for_update_on_startup = false
approval_policy = "never"
sandbox_mode = "danger-full-access"

[model_providers.stub]
name = "stub"
base_url = "{self.stub.url}/v1"
env_key = "STUB_API_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0

[analytics]
enabled = false

[projects."{self.project.resolve()}"]
trust_level = "trusted"

[notice.model_migrations]
"{self.model}" = "gpt-6-sol"
""",
        )

    def own_env(self) -> dict[str, str]:
        """Return the variables that point Codex at the stub."""
        return {"STUB_API_KEY": "dummy", "CODEX_HOME": str(self.home / ".codex")}

    def review_hooks(self) -> None:
        """Trust all hooks there are, as a person does: the attended client asks at its start."""
        trust, self.trust = self.trust, False
        screen = self.interactive()
        screen.wait_for("Trust all and continue")
        screen.press_until("Down", "› 2. Trust all")  # noqa: RUF001
        screen.press("Enter")
        screen.wait_for(self.ready)
        screen.type(self.leave)
        screen.wait_gone()
        self.trust = trust

    def options(self) -> list[str]:
        """Return what both faces take."""
        return ["--dangerously-bypass-hook-trust"] if self.trust else []

    def command(self, prompt: str, resume: str | None) -> list[str]:
        """Return the command line of a headless run."""
        again = [] if resume is None else ["resume", "--last"] if resume == "last" else ["resume", resume]
        return ["exec", *self.options(), "--skip-git-repo-check", *again, prompt]

    def tui(self) -> list[str]:
        """Return the command line of an attended session, without the server that would outlive it."""
        return [*self.options(), "--disable", "daemon_auto_start"]

    def shell(self, command: str) -> Turn:
        """Return a turn that calls exec_command."""
        return call("exec_command", {"cmd": command})


class Gemini(Client):
    """Gemini CLI."""

    name = "gemini-cli"
    program = "gemini"
    ready = "Type your message"
    leave = "/quit"
    compact = "/compress"
    model = "gemini-2.5-flash"

    def configure(self) -> None:
        """Choose the key as its way to log in, and no questions about folders."""
        self.write(
            ".gemini/settings.json",
            {
                "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}},
                "privacy": {"usageStatisticsEnabled": False},
                "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
            },
        )

    def own_env(self) -> dict[str, str]:
        """Return the variables that point Gemini at the stub."""
        return {
            "GEMINI_API_KEY": "dummy",
            "GOOGLE_GEMINI_BASE_URL": self.stub.url,
            "GEMINI_CLI_NO_RELAUNCH": "true",
            "GEMINI_TELEMETRY_ENABLED": "false",
        }

    def command(self, prompt: str, resume: str | None) -> list[str]:
        """Return the command line of a headless run."""
        again = [] if resume is None else ["--resume", "latest" if resume == "last" else resume]
        return ["-p", prompt, "-m", self.model, "--yolo", *again]

    def tui(self) -> list[str]:
        """Return the command line of an attended session."""
        return ["-m", self.model, "--yolo"]

    def shell(self, command: str) -> Turn:
        """Return a turn that calls run_shell_command."""
        return call("run_shell_command", {"command": command, "description": "Run it"})


class Copilot(Client):
    """Copilot CLI."""

    name = "copilot-cli"
    program = "copilot"
    ready = "/ commands"

    def configure(self) -> None:
        """Trust the project."""
        self.write(".copilot/config.json", {"trustedFolders": [str(self.project.resolve())]})

    def own_env(self) -> dict[str, str]:
        """Return the variables that point Copilot at the stub."""
        return {
            "COPILOT_OFFLINE": "true",
            "COPILOT_AUTO_UPDATE": "false",
            "COPILOT_PROVIDER_TYPE": "anthropic",
            "COPILOT_PROVIDER_BASE_URL": self.stub.url,
            "COPILOT_PROVIDER_API_KEY": "dummy",
            "COPILOT_MODEL": "claude-sonnet-4.5",
        }

    def command(self, prompt: str, resume: str | None) -> list[str]:
        """Return the command line of a headless run."""
        again = [] if resume is None else ["--continue"] if resume == "last" else [f"--resume={resume}"]
        return ["-p", prompt, "--allow-all", *again]

    def tui(self) -> list[str]:
        """Return the command line of an attended session."""
        return ["--allow-all"]

    def shell(self, command: str) -> Turn:
        """Return a turn that calls bash."""
        return call("bash", {"command": command, "description": "Run it", "mode": "sync"})


class OpenCode(Client):
    """opencode."""

    name = "opencode"
    program = "opencode"
    ready = "Ask anything"
    model = "anthropic/claude-sonnet-4-5"

    def configure(self) -> None:
        """Name the stub as the provider, and put the plugin package where it would be fetched to."""
        options = {"baseURL": f"{self.stub.url}/v1", "apiKey": "dummy"}
        self.write(
            ".config/opencode/opencode.json",
            {
                "$schema": "https://opencode.ai/config.json",
                "model": self.model,
                "autoupdate": False,
                "share": "disabled",
                "provider": {"anthropic": {"options": options}},
            },
        )
        self.plugin_package(self.home / ".config/opencode")

    def plugin_package(self, folder: Path) -> None:
        """Pretend the plugin package is there; our plugin imports none of it.

        As soon as there is a plugin, each start waits for npm to fetch the package, over a minute when
        offline, unless these three are there: it looks no further.
        """
        pinned = json.loads((Path(__file__).parent / "package.json").read_text())["dependencies"]
        wanted = {"dependencies": {"@opencode-ai/plugin": pinned["opencode-ai"]}}
        lock = {"lockfileVersion": 3, "requires": True, "packages": {"": wanted}}
        (folder / "node_modules").mkdir(parents=True)
        (folder / "package.json").write_text(json.dumps(wanted))
        (folder / "package-lock.json").write_text(json.dumps(lock))

    def own_env(self) -> dict[str, str]:
        """Return the variables that keep opencode from the network."""
        return {
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_MODELS_FETCH": "1",
            "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        }

    def command(self, prompt: str, resume: str | None) -> list[str]:
        """Return the command line of a headless run."""
        again = [] if resume is None else ["-c"] if resume == "last" else ["-s", resume]
        return ["run", "-m", self.model, *again, prompt]

    def tui(self) -> list[str]:
        """Return the command line of an attended session."""
        return ["-m", self.model]

    def shell(self, command: str) -> Turn:
        """Return a turn that calls bash."""
        return call("bash", {"command": command, "description": "Run it"})


CLIENTS: dict[str, type[Client]] = {
    each.name: each for each in (ClaudeCode, Codex, Gemini, Copilot, OpenCode)
}


def binary(program: str) -> Path:
    """Return where a client's program lies."""
    return HOSTS / "node_modules" / ".bin" / program


def missing(client: type[Client], *, screen: bool = False) -> str:
    """Say what is missing to run a client, or nothing."""
    if not binary(client.program).exists():
        return f"{client.program} is not in {HOSTS}: make test-hosts installs it"
    if screen and not shutil.which("tmux"):
        return "tmux is not installed"
    return ""
