import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from commonplace.lock import Lock
from commonplace.place import Place
from tests.hosts.clients import CLIENTS, Codex, OpenCode
from tests.hosts.conftest import Start
from tests.hosts.desk import ASKED, COMPACTED, LOST, TO_KEEP, WAITS, Desk
from tests.hosts.terminal import Screen
from tests.hosts.wire import Turn, call, say
from tests.memory import wait_until

COMMIT = "echo one > a.txt && git add a.txt && git commit -q -m 'Say one'"
FLAG = 'commonplace flag --type procedure --topic deploy "Deploys go through make ship."'
SOON = "[boundaries]\nturn_end_after = 2\n"
WORK = "sleep 0.4"  # clients write their logs with a delay, and real tools take a while

every_client = pytest.mark.parametrize("name", CLIENTS)
# opencode takes the asking of a turn's end along with the next prompt.
clients_that_ask_at_once = pytest.mark.parametrize("name", [name for name in CLIENTS if name != "opencode"])

Connect = Callable[..., Desk]


@pytest.fixture
def connect(start: Start) -> Connect:
    """Return a function that sets up a desk with a client that is connected."""

    def made(name: str, *turns: Turn) -> Desk:
        at = Desk(start(name, *turns))
        at.install()
        return at

    return made


def attended(at: Desk) -> Screen:
    """Start the client at a terminal, ready for a prompt."""
    screen = at.client.interactive()
    screen.wait_for(at.client.ready)
    return screen


def end(at: Desk, screen: Screen) -> None:
    """Leave the client as a person does, and wait until our hook has noticed."""
    screen.type(at.client.leave)
    screen.wait_gone()
    wait_until(lambda: at.sessions() == [])


@every_client
def test_what_waits_reaches_the_model_when_a_session_begins(name: str, connect: Connect) -> None:
    at = connect(name, say("Hello."))
    at.memory.flag("The stage is on port 8443.")
    at.client.run("Hello?")
    first = at.client.stub.of()[0].text()
    assert WAITS in first
    assert "1 entry in the queue, not in git" in first
    assert "commonplace drain" in first


@every_client
def test_a_commit_through_the_shell_tool_asks_for_flags_in_the_next_request(
    name: str, connect: Connect
) -> None:
    at = connect(name)
    at.client.stub.play(at.client.shell("ls -a"), at.client.shell(COMMIT), say("Done."))
    at.client.run("Go.")
    begun, listed, committed = (request.text() for request in at.client.stub.of())
    assert WAITS not in begun  # nothing waits: the boot is silent
    assert ASKED not in begun + listed
    assert "A chapter has closed." in committed
    assert ASKED in committed


def test_a_sub_agent_that_comes_back_asks_for_flags_in_the_next_request(connect: Connect) -> None:
    at = connect("claude-code")
    errand = {
        "description": "Look",
        "prompt": "ERRAND",
        "subagent_type": "general-purpose",
        "run_in_background": False,
    }
    at.client.stub.play(call("Agent", errand), say("Found it."), say("Done."))
    at.client.run("Go.")
    sent, searched, back = (request.text() for request in at.client.stub.of())
    assert ASKED not in sent + searched
    assert "A chapter has closed." in back


@every_client
def test_a_flag_of_the_model_is_drained_detached_when_its_session_ends(name: str, connect: Connect) -> None:
    at = connect(name)
    at.client.stub.play(at.client.shell(FLAG), say("Flagged.", hold=True))
    process = at.client.start("Go.")
    at.client.stub.wait(2)
    (session,) = at.sessions()
    (entry,) = at.entries()
    assert f'session: "{session}"' in entry
    assert f'host: "{name}"' in entry
    assert at.knows(session)
    with Lock(Place(str(at.memory.root), str(at.memory.root / ".git")), "a test"):
        at.client.stub.release()
        assert process.wait(60) == 0
        assert at.sessions() == [] or name == "opencode"  # its plugin does not wait for our hook
        assert len(at.memory.queue()) == 1  # the client is gone, and its drain waits for the lock
        wait_until(lambda: at.drain() and os.getsid(at.drain()) == at.drain())  # a process session of its own
    wait_until(at.drained)
    assert at.memory.subjects()[:2] == ["drain: 1 flag into 1 topic", "capture: 1 entry"]
    assert f"Session: {session}" in at.memory.git("log", "-1", "--format=%B")
    assert "Deploys go through make ship." in at.memory.page("deploy", "project/project")


@every_client
def test_a_session_that_was_killed_is_named_at_the_next_start(name: str, connect: Connect) -> None:
    at = connect(name)
    at.client.stub.play(at.client.shell(FLAG), say("Never said.", hold=True))
    process = at.client.start("Go.")
    at.client.stub.wait(2)
    (session,) = at.sessions()
    at.client.kill(process)
    at.client.stub.play(say("Hello again."))
    at.client.run("Hello?")
    first = at.client.stub.of()[2].text()
    assert f"1 session {LOST}: {session} (last seen" in first
    assert " ago): commonplace boundary end --session" in first
    assert "1 entry in the queue, not in git" in first


@every_client
def test_sessions_that_still_run_or_are_resumed_are_not_called_lost(name: str, connect: Connect) -> None:
    at = connect(name)
    at.client.stub.when("Wait for me.", say("Here.", hold=True))
    process = at.client.start("Wait for me.")
    at.client.stub.wait(1)
    at.client.run("Hello?")
    assert len(at.sessions()) == 1
    at.client.stub.release()
    process.communicate(timeout=60)
    at.client.run("Hello again?", resume="last")
    assert not at.client.stub.saw(LOST)
    assert not at.client.stub.saw(WAITS)
    wait_until(lambda: at.sessions() == [])


@every_client
def test_a_person_is_shown_what_waits_and_a_compaction_is_followed_by_an_asking(
    name: str, connect: Connect
) -> None:
    at = connect(name, say("The first answer."), say("The second answer."), say("The third answer."))
    at.memory.flag("The stage is on port 8443.")
    screen = attended(at)
    screen.type("The first question")
    if name != "copilot-cli":  # it shows nothing of what a hook says
        screen.wait_for("commonplace: 1 entry in the queue, not in git")
    screen.wait_for("The first answer.")
    screen.type("The second question")
    screen.wait_for("The second answer.")
    screen.type(at.client.compact)
    at.client.stub.wait(1, "compaction")
    screen.wait_for(COMPACTED[name])
    screen.type("The third question")
    screen.wait_for("The third answer.")
    end(at, screen)
    assert at.client.stub.saw(TO_KEEP, "compaction") == (name in ("claude-code", "opencode"))
    first, second, third = (request.text() for request in at.client.stub.of())
    assert WAITS in first
    assert ASKED not in first + second
    assert third.count("The context was compacted. Flag what is durable") == 1
    wait_until(at.drained)


def test_a_compaction_by_itself_keeps_what_is_durable_and_asks_once(connect: Connect) -> None:
    at = connect("claude-code")
    full = replace(at.client.shell("echo full"), tokens=175_000)
    at.client.stub.play(full, full, say("Done."))
    at.client.run("Go.", env={"CLAUDE_CODE_AUTO_COMPACT_WINDOW": "200000"})
    assert at.client.stub.saw(TO_KEEP, "compaction")
    assert at.client.stub.of()[-1].text().count("The context was compacted. Flag what is durable") == 1


@clients_that_ask_at_once
def test_the_end_of_a_turn_with_enough_work_asks_once_where_a_person_attends(
    name: str, connect: Connect
) -> None:
    at = connect(name)
    at.memory.config(SOON)
    work = [at.client.shell(WORK)] * 3
    at.client.stub.play(*work, say("All is done."), say("Nothing to flag."), say("The next answer."))
    screen = attended(at)
    screen.type("Go.")
    screen.wait_for("Nothing to flag.")
    screen.type("Go on.")
    screen.wait_for("The next answer.")
    end(at, screen)
    assert [request.text().count(ASKED) for request in at.client.stub.of()] == [0, 0, 0, 0, 1, 1]


def test_opencode_asks_after_enough_work_with_the_next_prompt(connect: Connect) -> None:
    at = connect("opencode")
    at.memory.config(SOON)
    work = [at.client.shell("true")] * 2
    at.client.stub.play(*work, say("All is done."), say("The next answer."), say("The last answer."))
    screen = attended(at)
    for prompt, answered in (
        ("Go.", "All is done."),
        ("Go on.", "The next answer."),
        ("And on.", "The last answer."),
    ):
        screen.type(prompt)
        screen.wait_for(answered)
    end(at, screen)
    assert [request.text().count(ASKED) for request in at.client.stub.of()] == [0, 0, 0, 1, 1]


@clients_that_ask_at_once
def test_the_end_of_a_turn_costs_a_headless_run_nothing(name: str, connect: Connect) -> None:
    at = connect(name)
    at.memory.config(SOON)
    at.client.stub.play(*[at.client.shell(WORK)] * 3, say("All is done."))
    assert "All is done." in at.client.run("Go.").out
    assert [ASKED in request.text() for request in at.client.stub.of()] == [False] * 4


def test_installed_in_the_middle_of_a_session_a_next_boundary_fires(start: Start) -> None:
    at = Desk(start("claude-code", say("The first answer.")))
    screen = attended(at)
    screen.type("The first question")
    screen.wait_for("The first answer.")
    at.install()
    for number in range(20):  # it looks at its settings in its own time, within 2 s
        commit = f"git commit -q --allow-empty -m 'Say {number}'"
        at.client.stub.play(at.client.shell(commit), say(f"Commit {number} is made."))
        screen.type(f"Make commit {number}")
        screen.wait_for(f"Commit {number} is made.")
        if at.client.stub.saw(ASKED):
            break
    assert at.client.stub.saw(ASKED)
    end(at, screen)


@every_client
def test_rules_and_skills_are_in_the_context_a_newly_accepted_one_too(name: str, start: Start) -> None:
    at = Desk(start(name, say("Hello.")))
    at.memory.write("rules/money.md", "Amounts are whole cents.\n")
    at.install()
    at.memory.config("[accept]\nfrom_agents = true\n")
    at.memory.self_eval("Rendered all of it.", "Clip to the window first.", "--target", "skills/cad")
    at.memory.run("drain")
    at.memory.run("accept", "--all")
    at.client.run("Hello?")
    request = at.client.stub.of()[0]
    prompt = request.text() + json.dumps(request.body.get("tools"))
    assert "Amounts are whole cents." in prompt
    assert str(at.memory.root / "memory/index.md") in prompt
    assert "Keep what is durable across sessions" in prompt  # the skill that teaches the verbs
    assert "What was learned the hard way about cad" in prompt


@every_client
def test_connected_for_one_project_it_speaks_there(name: str, start: Start) -> None:
    at = Desk(start(name, say("Hello.")))
    if isinstance(at.client, OpenCode):
        at.client.plugin_package(at.client.project / ".opencode")
    before = at.files()
    at.memory.run("install", name, "--project", str(at.client.project))
    at.memory.flag("The stage is on port 8443.")
    at.client.run("Hello?")
    assert WAITS in at.client.stub.of()[0].text()
    wait_until(at.drained)
    at.memory.run("uninstall", name, "--project", str(at.client.project))
    after = {path: data for path, data in at.files().items() if path.startswith("project/")}
    after.pop("project/.opencode/.gitignore", None)  # the client's own
    assert after == {path: data for path, data in before.items() if path.startswith("project/")}


@every_client
def test_nothing_of_us_is_left_after_uninstall(name: str, start: Start) -> None:
    at = Desk(start(name, say("Hello.")))
    before = at.files()
    at.install()
    assert at.files() != before
    at.memory.run("uninstall", name)
    assert at.files() == before
    at.memory.flag("The stage is on port 8443.")
    at.client.run("Hello?")
    assert len(at.client.stub.of()) == 1
    assert not at.client.stub.saw("commonplace", None)
    assert [path for path, data in at.files().items() if b"commonplace" in data] == []
    assert at.sessions() == []
    assert len(at.memory.queue()) == 1


@every_client
def test_the_session_of_a_worker_is_left_alone(name: str, connect: Connect) -> None:
    at = connect(name)
    at.client.stub.play(at.client.shell(COMMIT), say("Done."))
    at.memory.flag("The stage is on port 8443.")
    at.client.run("Go.", env={"COMMONPLACE_WORKER": "1"})
    assert len(at.client.stub.of()) == 2
    assert not at.client.stub.saw(ASKED)
    assert not at.client.stub.saw(WAITS)
    assert at.sessions() == []
    assert len(at.memory.queue()) == 1


def doctor(at: Desk, name: str) -> str:
    """Return the level of one of doctor's checks."""
    found: list[dict[str, str]] = at.memory.json("doctor", code=None)
    return next(check["level"] for check in found if check["name"] == name)


def test_doctor_sees_whether_codex_trusts_the_hooks(connect: Connect) -> None:
    at = connect("codex", say("One."), say("Two."))
    assert isinstance(at.client, Codex)
    at.client.trust = False
    at.memory.flag("The stage is on port 8443.")
    at.client.run("One?")
    assert not at.client.stub.saw(WAITS)
    assert doctor(at, "codex trust") == "error"
    at.client.review_hooks()
    assert doctor(at, "codex trust") == "ok"
    wait_until(at.drained)  # its session has ended
    at.memory.flag("The stage moved to port 9443.")
    at.client.run("Two?")
    assert at.client.stub.saw(WAITS)


def test_doctor_sees_that_codex_cannot_call_us(connect: Connect) -> None:
    at = connect("codex")
    (at.client.home / ".profile").write_text("PATH=/usr/bin:/bin\n")
    at.client.stub.play(at.client.shell(FLAG), say("Done."))
    at.client.run("Go.")
    assert "command not found" in at.client.stub.of()[1].text()
    assert doctor(at, "codex shell") == "warning"


def test_doctor_sees_whether_copilot_trusts_a_project(start: Start) -> None:
    at = Desk(start("copilot-cli", say("One."), say("Two.")))
    project = at.client.project
    at.memory.run("install", "copilot-cli", "--project", str(project))
    at.memory.flag("The stage is on port 8443.")

    def trust(*folders: Path) -> None:
        named = json.dumps({"trustedFolders": [str(folder) for folder in folders]})
        at.client.write(".copilot/config.json", f"// This file is managed automatically.\n{named}")

    trust()
    at.client.run("One?")
    assert not at.client.stub.saw(WAITS)
    assert doctor(at, "copilot-cli trust") == "warning"
    trust(project.parent)
    assert doctor(at, "copilot-cli trust") == "ok"
    at.client.run("Two?")
    assert at.client.stub.saw(WAITS)
