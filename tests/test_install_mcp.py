"""`install --mcp`: the server in each host's own file of servers, and out of it again."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from commonplace.hosts import servers
from tests.happenings import HOSTS
from tests.memory import Memory
from tests.talk import hello
from tests.test_install import LEVELS, bare, seen, where, write

FILES = {
    ("claude-code", "user"): "home/.claude.json",
    ("claude-code", "project"): "project/.mcp.json",
    ("codex", "user"): "home/.codex/config.toml",
    ("codex", "project"): "project/.codex/config.toml",
    ("gemini-cli", "user"): "home/.gemini/settings.json",
    ("gemini-cli", "project"): "project/.gemini/settings.json",
    ("copilot-cli", "user"): "home/.copilot/mcp-config.json",
    ("copilot-cli", "project"): "project/.github/mcp.json",
    ("opencode", "user"): "home/.config/opencode/opencode.json",
    ("opencode", "project"): "project/opencode.json",
    ("cursor", "user"): "home/.cursor/mcp.json",
    ("cursor", "project"): "project/.cursor/mcp.json",
}
KEYS = {"opencode": "mcp", "codex": "mcp_servers"}

every_place = pytest.mark.parametrize(("host", "level"), list(FILES))

THEIRS = """\
\ufeff// a person's
{
    "model": "x", // the best
    "KEY": {
        "memo": {"command": "memo", "args": ["mcp"]}, /* theirs */
    },
    "last": [1, 2]
}
""".replace("\n", "\r\n")

TOML = """\
# a person's
model = "x" # the best

[mcp_servers.memo]
command = "memo"

[mcp_servers.memo.env]
A = "b"
"""


def file_of(memory: Memory, host: str, level: str) -> Path:
    return memory.scratch / FILES[host, level]


def words(memory: Memory, host: str, level: str) -> list[str]:
    project = where(level, memory)
    return [host, *(["--project", project] if project else [])]


def connect(memory: Memory, host: str, level: str, **how: Any) -> str:
    return memory.out("install", *words(memory, host, level), "--mcp", "--repo", str(memory.root), **how)


def held(path: Path, host: str) -> Any:
    """Return what a file without comments says of our server."""
    text = path.read_text()
    whole = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    return whole[KEYS.get(host, "mcpServers")]["commonplace"]


def theirs(host: str) -> str:
    return TOML if host == "codex" else THEIRS.replace("KEY", KEYS.get(host, "mcpServers"))


def test_every_host_is_in_the_table() -> None:
    assert {host for host, _ in FILES} == set(HOSTS)
    assert {level for _, level in FILES} == set(LEVELS)


@every_place
def test_the_server_that_is_registered_can_be_started_as_it_stands_there(
    memory: Memory, host: str, level: str
) -> None:
    bare(memory)
    path = file_of(memory, host, level)
    assert f"wrote {path}\n" in connect(memory, host, level)
    told = held(path, host)
    command = told["command"] if host == "opencode" else [told["command"], *told["args"]]
    env = told.get("environment", told.get("env"))
    assert env == {"COMMONPLACE_REPO": str(memory.root)}
    passed_on = {name: os.environ[name] for name in ("HOME", "PATH", "PYTHONPATH")}
    done = subprocess.run(
        command, input=json.dumps(hello()) + "\n", capture_output=True, text=True, check=True,
        cwd=memory.scratch, env={**passed_on, **env},
    )  # fmt: skip
    assert json.loads(done.stdout)["result"]["serverInfo"]["name"] == "commonplace"
    assert connect(memory, host, level).startswith("connected already: nothing changed\n")


@every_place
def test_uninstall_puts_a_file_of_servers_back_byte_for_byte(memory: Memory, host: str, level: str) -> None:
    bare(memory)
    write(file_of(memory, host, level), theirs(host), 0o600)
    before = seen(memory)
    assert "dry-run" not in connect(memory, host, level)
    assert seen(memory) != before
    memory.run("uninstall", *words(memory, host, level))
    assert seen(memory) == before
    file_of(memory, host, level).unlink()
    empty = seen(memory)
    connect(memory, host, level)
    memory.run("uninstall", *words(memory, host, level))
    assert seen(memory) == empty


@every_place
@pytest.mark.parametrize("remembered", [True, False])
def test_a_file_that_has_changed_since_loses_our_server_alone(
    memory: Memory, host: str, level: str, remembered: bool
) -> None:
    bare(memory)
    path = write(file_of(memory, host, level), theirs(host))
    connect(memory, host, level)
    path.write_bytes(path.read_bytes().replace(b"the best", b"the very best"))
    if not remembered:
        (memory.scratch / "home/.local/share/commonplace/connections.json").unlink()
    memory.run("uninstall", *words(memory, host, level))
    assert path.read_bytes().decode() == theirs(host).replace("the best", "the very best")


@every_place
def test_another_server_of_that_name_is_left_alone(memory: Memory, host: str, level: str) -> None:
    bare(memory)
    told = {"command": "/opt/other", "args": ["serve"]}
    text = json.dumps({KEYS.get(host, "mcpServers"): {"commonplace": told}})
    if host == "codex":
        text = '[mcp_servers.commonplace]\ncommand = "/opt/other"\n'
    write(file_of(memory, host, level), text)
    before = seen(memory)
    done = memory.run(
        "install", *words(memory, host, level), "--mcp", "--repo", str(memory.root), code=1
    )  # fmt: skip
    assert "has another server of the name commonplace; it was left alone" in done.stderr
    memory.run("uninstall", *words(memory, host, level))
    assert seen(memory) == before


@every_place
def test_a_file_that_cannot_be_read_is_named_and_left_alone(memory: Memory, host: str, level: str) -> None:
    bare(memory)
    write(file_of(memory, host, level), "{ [ broken")
    before = seen(memory)
    done = memory.run(
        "install", *words(memory, host, level), "--mcp", "--repo", str(memory.root), code=1
    )  # fmt: skip
    assert f"{file_of(memory, host, level)} cannot be read" in done.stderr
    assert seen(memory) == before


@pytest.mark.parametrize("host", HOSTS)
def test_the_server_stays_registered_until_uninstall_and_doctor_sees_when_it_is_not(
    memory: Memory, host: str
) -> None:
    bare(memory)
    path = file_of(memory, host, "user")
    connect(memory, host, "user")
    memory.run("install", host, "--repo", str(memory.root))  # without the option
    assert held(path, host)

    def level() -> str:
        checks: list[dict[str, str]] = memory.json("doctor", code=None)
        return next(check["level"] for check in checks if check["name"] == host)

    assert level() == "ok"
    path.write_text("" if host == "codex" else "{}")
    assert level() == "error"
    memory.run("install", host, "--repo", str(memory.root))
    assert level() == "ok"


def test_without_the_option_no_server_is_registered(memory: Memory) -> None:
    bare(memory)
    for host in HOSTS:
        memory.run("install", host, "--repo", str(memory.root))
    assert not any(b'"mcp"' in data for path, (_, data) in seen(memory).items() if "connections" not in path)


def test_the_default_memory_needs_no_name_unless_only_the_environment_tells_where_it_is(
    memory: Memory,
) -> None:
    memory.run("init", cwd=memory.scratch)
    default = memory.scratch / "home/.local/share/commonplace/memory"
    path = file_of(memory, "cursor", "user")
    memory.run("install", "cursor", "--mcp", cwd=memory.scratch)
    assert "env" not in held(path, "cursor")
    elsewhere = {"XDG_DATA_HOME": str(memory.scratch / "data")}
    memory.run("init", cwd=memory.scratch, env=elsewhere)
    memory.run("install", "cursor", "--mcp", cwd=memory.scratch, env=elsewhere)
    assert held(path, "cursor")["env"] == {
        "COMMONPLACE_REPO": str(memory.scratch / "data/commonplace/memory")
    }  # fmt: skip
    assert default.exists()


def test_a_program_on_the_path_is_registered_by_its_name(memory: Memory) -> None:
    bare(memory)
    program = write(
        memory.scratch / "home/bin/commonplace", f"#!/bin/sh\nexec {sys.executable} -m commonplace\n"
    )
    program.chmod(0o755)
    found = {"PATH": f"{program.parent}:{os.environ['PATH']}"}
    connect(memory, "claude-code", "user", env=found)
    told = held(file_of(memory, "claude-code", "user"), "claude-code")
    assert (told["command"], told["args"]) == ("commonplace", ["mcp"])


def test_opencode_is_found_under_both_names_of_its_file(memory: Memory) -> None:
    bare(memory)
    path = write(memory.scratch / "home/.config/opencode/opencode.jsonc", "// mine\n{}\n")
    connect(memory, "opencode", "user")
    assert '"commonplace"' in path.read_text()
    assert path.read_text().startswith("// mine\n")
    assert not path.with_suffix(".json").exists()


def test_codex_may_write_its_file_anew_around_our_table(memory: Memory) -> None:
    bare(memory)
    path = write(memory.scratch / "home/.codex/config.toml", TOML)
    connect(memory, "codex", "user")
    ours = path.read_text()[len(TOML) :]
    assert ours.startswith("\n[mcp_servers.commonplace]\ncommand = ")
    # As seen: what is added goes behind our table, what a person allows goes below it.
    allowed = '\n[mcp_servers.commonplace.tools.flag]\napproval_mode = "approve"\n'
    more = "\n# a person's too\n[notice]\nhide = true\n"
    path.write_text(TOML + ours + allowed + more)
    memory.run("uninstall", "codex")
    assert path.read_text() == TOML + more


@pytest.mark.parametrize("text", ["mcp_servers = {}\n", 'mcp_servers = { memo = { command = "x" } }\n'])
def test_a_table_that_cannot_be_continued_is_left_alone(memory: Memory, text: str) -> None:
    bare(memory)
    path = write(memory.scratch / "home/.codex/config.toml", text)
    done = memory.run("install", "codex", "--mcp", "--repo", str(memory.root), code=1)
    assert "a table cannot be added at its end" in done.stderr
    assert path.read_text() == text


def test_what_claude_code_keeps_of_a_persons_words_is_never_taken_for_ours(memory: Memory) -> None:
    bare(memory)
    quoted = {
        "history": ["commonplace: made by `commonplace install`", "<!-- commonplace: begin (made by -->"]
    }
    path = write(memory.scratch / "home/.claude.json", json.dumps(quoted))
    connect(memory, "claude-code", "user")
    path.write_text(json.dumps({**json.loads(path.read_text()), "more": 1}))
    memory.run("uninstall", "claude-code")
    assert json.loads(path.read_text()) == {**quoted, "more": 1}


def test_toml_takes_any_path(memory: Memory) -> None:
    told = {"command": 'C:\\a "b"\n\u00e9', "args": ["mcp"], "env": {"X": "\u2028"}}
    registry = servers.Registry("config.toml", "mcp_servers")
    told["args"] = ["commonplace", "mcp"]
    (edit,) = servers.registered(
        [], servers.Registry(str(memory.scratch / "config.toml"), "mcp_servers"), told
    )
    assert edit.after
    assert tomllib.loads(edit.after.decode())["mcp_servers"]["commonplace"] == told
    assert servers.without(registry, edit.after) == b""
