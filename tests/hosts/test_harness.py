from dataclasses import replace

import pytest

from tests.hosts.clients import CLIENTS, Codex
from tests.hosts.conftest import Start
from tests.hosts.own_hooks import BOOT, END, answer, connect, say_at_boot, seen
from tests.hosts.wire import Turn, say

every_client = pytest.mark.parametrize("name", CLIENTS)


@every_client
def test_a_plain_prompt_is_answered(name: str, start: Start) -> None:
    client = start(name, say("The answer is forty-two."))
    ran = client.run("What is the answer?")
    assert ran.code == 0, ran.err
    assert "The answer is forty-two." in ran.out
    assert client.stub.saw("What is the answer?")
    assert len(client.stub.of()) == 1


@every_client
def test_a_shell_command_of_the_model_runs_and_its_output_is_in_the_next_request(
    name: str, start: Start
) -> None:
    client = start(name)
    client.stub.play(client.shell("echo one | tr n N; pwd > here"), say("Done."))
    assert client.run("Go.").code == 0
    assert (client.project / "here").read_text().strip() == str(client.project)
    first, second = client.stub.of()
    assert "oNe" not in first.text()
    assert "oNe" in second.text()


@every_client
def test_what_a_session_start_hook_says_reaches_the_model(name: str, start: Start) -> None:
    client = start(name, say("Hello."))
    connect(client)
    say_at_boot(client, "MARK-OF-BOOT")
    client.run("Hello?")
    assert seen(client, BOOT[name])
    assert "MARK-OF-BOOT" in client.stub.of()[0].text()


@every_client
def test_a_hook_is_told_that_the_session_ended(name: str, start: Start) -> None:
    client = start(name, say("Bye."))
    connect(client)
    client.run("Bye?")
    assert seen(client, END[name])


@every_client
def test_a_client_that_is_killed_tells_no_hook(name: str, start: Start) -> None:
    client = start(name, say("Never said.", hold=True))
    connect(client)
    process = client.start("Hello?")
    client.stub.wait(1)
    client.kill(process)
    assert process.returncode == -9
    assert seen(client, BOOT[name])
    assert not seen(client, END[name])


@every_client
def test_a_session_is_resumed_with_what_was_said_before(name: str, start: Start) -> None:
    client = start(name, say("I keep that."), say("Seven."))
    client.run("My number is seven.")
    assert client.run("What is it?", resume="last").code == 0
    assert "My number is seven." in client.stub.of()[1].text()


@every_client
def test_an_attended_session_answers_and_ends_at_a_person_s_word(name: str, start: Start) -> None:
    client = start(name, say("The first answer."), say("The second answer."))
    connect(client)
    screen = client.interactive()
    screen.wait_for(client.ready)
    screen.type("The first question")
    screen.wait_for("The first answer.")
    screen.type("The second question")
    screen.wait_for("The second answer.")
    screen.type(client.leave)
    screen.wait_gone()
    assert seen(client, END[name])
    assert len(client.stub.of()) == 2


@pytest.mark.parametrize("name", ["claude-code", "codex"])
def test_a_person_can_have_an_attended_session_compacted(name: str, start: Start) -> None:
    client = start(name, say("The first answer."), say("The second answer."))
    client.stub.summary = "<summary>SUMMARY-BY-STUB</summary>"
    connect(client)
    answer(client, "PreCompact", "MARK-FOR-SUMMARY" if name == "claude-code" else "")
    screen = client.interactive()
    screen.wait_for(client.ready)
    screen.type("The first question")
    screen.wait_for("The first answer.")
    say_at_boot(client, "MARK-AFTER-COMPACTION")
    screen.type(client.compact)
    client.stub.wait(1, "compaction")
    screen.type("The second question")
    screen.wait_for("The second answer.")
    assert client.stub.saw("MARK-FOR-SUMMARY", "compaction") == (name == "claude-code")
    after = client.stub.of()[1].text()
    assert "SUMMARY-BY-STUB" in after
    assert "MARK-AFTER-COMPACTION" in after


def test_claude_code_compacts_by_itself_when_its_context_is_full(start: Start) -> None:
    client = start("claude-code")
    full = replace(client.shell("echo full"), tokens=175_000)
    client.stub.play(full, full, say("Done."))
    connect(client)
    answer(client, "PreCompact", "MARK-FOR-SUMMARY")
    client.run("Go.", env={"CLAUDE_CODE_AUTO_COMPACT_WINDOW": "200000"})
    assert client.stub.saw("MARK-FOR-SUMMARY", "compaction")


def test_codex_runs_no_hook_before_a_person_has_trusted_it(start: Start) -> None:
    client = start("codex", say("One."), say("Two."))
    assert isinstance(client, Codex)
    client.trust = False
    connect(client)
    client.run("One?")
    assert not seen(client, "SessionStart")
    client.review_hooks()
    client.run("Two?")
    assert seen(client, "SessionStart")


@every_client
def test_an_error_of_the_model_ends_a_run(name: str, start: Start) -> None:
    client = start(name)
    client.stub.when("Hello?", Turn("No such thing.", status=400))
    assert client.run("Hello?").code != 0
