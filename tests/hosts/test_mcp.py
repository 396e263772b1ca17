"""The MCP server as real clients use it: the hosts themselves, and the official inspector's command line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from commonplace.hosts import servers
from tests.hosts.clients import CLIENTS, PATH, binary
from tests.hosts.conftest import Start
from tests.hosts.desk import Desk
from tests.hosts.wire import call, say
from tests.memory import CODE, Memory, wait_until

TEXT = "The stage listens on port 8443."

TOOLS = {
    "claude-code": "mcp__commonplace__{}",
    "gemini-cli": "mcp_commonplace_{}",
    "copilot-cli": "commonplace-{}",
    "opencode": "commonplace_{}",
}
"""What each host calls a tool of ours. Codex's model has to search for a server's tools first."""


def known(at: Desk) -> str:
    """Flag and drain the text; return the fact's ^id."""
    entry = at.memory.flag(TEXT, "--topic", "stage", "--scope", "user")
    at.memory.run("drain")
    return f"^{entry[-10:].lower()}"


def registered(start: Start, name: str) -> Desk:
    """Return a desk whose client has the server."""
    at = Desk(start(name))
    at.memory.run("install", name, "--mcp")
    return at


@pytest.mark.parametrize("name", TOOLS)
def test_the_model_retrieves_a_line_of_the_memory(name: str, start: Start) -> None:
    at = registered(start, name)
    fact = known(at)
    tool = TOOLS[name].format("retrieve_context")
    at.client.stub.play(call(tool, {"query": "stage port", "budget_chars": 1000}), say("Done."))
    assert at.client.run("Go.").code == 0
    asked, answered = (request.text() for request in at.client.stub.of())
    assert TEXT not in asked
    back = answered[answered.rindex(tool) :]
    assert back.count(TEXT) == 1  # some hosts hand on the text and the value, where they differ
    assert back.count("<recalled-") == 1
    assert fact in back
    (entry,) = at.memory.json("log", "--retrievals")
    assert (entry["query"], entry["budget"], entry["ids"]) == ("stage port", 1000, [fact])
    assert entry["client"].startswith(name)
    assert entry["session"]  # the environment names it, or the registry knows whose process started us
    assert at.knows(entry["session"])


@pytest.mark.parametrize("name", TOOLS)
def test_a_flag_of_the_model_through_the_server_is_drained_when_its_session_ends(
    name: str, start: Start
) -> None:
    at = registered(start, name)
    tool = TOOLS[name].format("flag")
    at.client.stub.play(call(tool, {"text": TEXT, "topic": "stage"}), say("Done.", hold=True))
    process = at.client.start("Go.")
    at.client.stub.wait(2)
    (entry,) = at.entries()
    assert 'origin: "agent"' in entry
    assert f'host: "{name}"' in entry
    assert 'scope: "project:project"' in entry
    (session,) = at.sessions()
    assert f'session: "{session}"' in entry
    at.client.stub.release()
    assert process.wait(60) == 0
    wait_until(at.drained)
    assert TEXT in at.memory.page("stage", "project/project")


def test_a_chapter_that_the_model_marks_is_answered_with_the_asking(start: Start) -> None:
    at = registered(start, "claude-code")
    at.client.stub.play(call("mcp__commonplace__mark_chapter", {"title": "The importer"}), say("Done."))
    at.client.run("Go.")
    assert "A chapter has closed." in at.client.stub.of()[1].text()


def test_codex_starts_the_server(start: Start) -> None:
    at = registered(start, "codex")
    at.client.stub.play(say("Done."))
    ran = at.client.run("Go.")
    assert ran.code == 0
    assert "commonplace" not in ran.err  # it says so there when a server does not start


@pytest.mark.parametrize("name", CLIENTS)
def test_the_client_itself_names_the_server_and_nothing_is_left_after_uninstall(
    name: str, start: Start
) -> None:
    at = Desk(start(name))
    before = at.files()
    at.memory.run("install", name, "--mcp")
    command = {"opencode": ["mcp", "list"], "codex": ["mcp", "get", "commonplace"]}.get(name, ["mcp", "list"])
    shown = subprocess.run(
        [binary(at.client.program), *command], cwd=at.client.project, env=at.client.environment(),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "commonplace" in shown.stdout + shown.stderr
    at.memory.run("uninstall", name)
    path = str(
        Path(servers.registry(name, "", at.client.environment()).path).relative_to(at.client.home.parent)
    )
    assert b"commonplace" not in at.files().get(path, b"")
    assert (path in at.files()) == (path in before)


INSPECTOR = "mcp-inspector"


@pytest.fixture
def inspect(memory: Memory) -> Any:
    """Return a function that asks our server something through the inspector."""
    if not binary(INSPECTOR).exists():
        pytest.fail(f"{INSPECTOR} is not in {binary(INSPECTOR).parent}: make test-hosts installs it")

    def asked(era: str, method: str, *more: str, code: int = 0) -> Any:
        server = [sys.executable, "-P", "-m", "commonplace", "mcp", "--repo", str(memory.root)]
        options = ["--protocol-era", era, "--format", "json", "--quiet", "-e", f"PYTHONPATH={CODE}"]
        done = subprocess.run(
            [binary(INSPECTOR), "--cli", *server, "--method", method, *options, *more],
            cwd=memory.root, env={**os.environ, "PATH": PATH}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)["result"]

    return asked


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_can_use_everything(memory: Memory, inspect: Any, era: str) -> None:
    memory.flag(TEXT, "--topic", "stage")
    memory.run("drain")
    tools = inspect(era, "tools/list", "--strict")["tools"]
    assert len(tools) == 6
    found = inspect(
        era, "tools/call", "--tool-name", "retrieve_context", "--tool-args-json",
        json.dumps({"query": "stage port", "budget_chars": 1000}),
    )  # fmt: skip
    assert TEXT in found["structuredContent"]["text"]
    refused = inspect(era, "tools/call", "--tool-name", "flag", "--tool-args-json", "{}", code=5)
    assert "text is missing" in json.dumps(refused)
    listed = inspect(era, "resources/list")["resources"]
    assert [Path(resource["uri"]).name for resource in listed] == ["index.md", "stage.md"]
    page = inspect(era, "resources/read", "--uri", listed[1]["uri"])
    assert TEXT in page["contents"][0]["text"]
    assert len(inspect(era, "resources/templates/list")["resourceTemplates"]) == 2
    assert inspect(era, "prompts/list")["prompts"][0]["name"] == "close-session"
    assert "`flag`" in json.dumps(inspect(era, "prompts/get", "--prompt-name", "close-session"))
