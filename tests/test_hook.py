"""The hook: every boundary of every host, the form of each answer, and what it does when all goes wrong."""

import ctypes
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest

from commonplace import ulid
from commonplace.boundary import sessions
from commonplace.hosts.happening import makes_commit
from commonplace.lock import Lock
from commonplace.place import Place
from tests.happenings import HOSTS, event, has, stdin, work
from tests.memory import CODE, Memory, wait_until

TEXTS = Path(__file__).resolve().parent.parent / "templates" / "boundary"
COMMIT = "git commit -m x"
NOBODY = 2**22 + 1
"""No process can have this number."""

ALIVE = {"CLAUDE_PID": str(os.getpid())}


def first_line(boundary: str) -> str:
    return (TEXTS / f"{boundary}.md").read_text().split("\n")[0]


def place(memory: Memory) -> Place:
    return Place(str(memory.root), str(memory.root / ".git"))


def private(memory: Memory, name: str) -> Path:
    return memory.root / ".git" / "commonplace" / name


def raw(memory: Memory, host: str, name: str, payload: str | bytes, **env: str) -> str:
    """Fire a hook and return what it printed; it must exit with 0 and say nothing else."""
    done = memory.run("hook", host, name, stdin=payload, env={"COMMONPLACE_REPO": str(memory.root), **env})
    assert done.stderr == ""
    return done.stdout


def fire(memory: Memory, host: str, what: str, session: str = "s1", **how: Any) -> str:
    env = how.pop("env", {})
    name, payload = event(host, what, session, memory.scratch, **how)
    return raw(memory, host, name, stdin(payload), **env)


def told(host: str, name: str, answer: str) -> str:
    """Return what a host hands to the model of an answer; the form must be the host's very own."""
    if not answer:
        return ""
    if host == "claude-code" and name == "PreCompact":
        return answer.strip()
    said = json.loads(answer)
    if host in ("claude-code", "codex", "gemini-cli"):
        ends = {"Stop": "block", "AfterAgent": "deny"}
        if name in ends and host != "claude-code":
            assert set(said) == {"decision", "reason"}
            assert said["decision"] == ends[name]
            return str(said["reason"])
        assert set(said) <= {"hookSpecificOutput", "systemMessage"}
        inner = said["hookSpecificOutput"]
        assert set(inner) == {"hookEventName", "additionalContext"}
        assert inner["hookEventName"] == name
        return str(inner["additionalContext"])
    if host == "copilot-cli" and name == "agentStop":
        assert set(said) == {"decision", "reason"}
        assert said["decision"] == "block"
        return str(said["reason"])
    if host == "opencode":
        assert set(said) <= {"model", "person"}
        return str(said["model"])
    keys = {"copilot-cli": "additionalContext", "cursor": "additional_context"}
    key = "followup_message" if name == "stop" else keys[host]
    assert set(said) == {key}
    return str(said[key])


def ask(memory: Memory, host: str, what: str, session: str = "s1", **how: Any) -> str:
    """Fire a hook and return what the model is told."""
    name, _ = event(host, what, session, memory.scratch)
    return told(host, name, fire(memory, host, what, session, **how))


def person(answer: str) -> str:
    return str(json.loads(answer).get("systemMessage") or json.loads(answer).get("person") or "")


# Boundaries


@pytest.mark.parametrize("host", HOSTS)
def test_a_boot_registers_the_session_is_silent_when_all_is_well_and_else_names_what_waits(
    memory: Memory, host: str
) -> None:
    assert fire(memory, host, "boot") == ""
    assert sessions.load(place(memory), "s1")
    memory.flag("left over", "--session", "gone")
    for what in ("boot", "resumed"):
        name, _ = event(host, what, "s2", memory.scratch)
        answer = fire(memory, host, what, "s2")
        lines = told(host, name, answer).splitlines()
        assert lines[0] == first_line("boot")
        assert "- 1 entry in the queue, not in git, the oldest " in lines[1]
        if host not in ("copilot-cli", "cursor"):  # those two have no way to a person
            assert person(answer).startswith("commonplace: 1 entry in the queue, not in git")


def test_a_sub_agent_is_told_its_id_and_its_flags_carry_session_and_agent(memory: Memory) -> None:
    said = ask(memory, "claude-code", "subagent")
    assert "flag --agent a742bf5c --topic TOPIC" in said

    memory.run(
        "flag", "--agent", "a742bf5c", "A thing", env={"CLAUDE_CODE_SESSION_ID": "s1", "CLAUDECODE": "1"}
    )

    entry = memory.read(f"queue/{memory.queue()[0]}")
    assert 'session: "s1"\nagent: "a742bf5c"\nhost: "claude-code"\n' in entry


def test_a_context_that_fills_is_asked_about_once_with_the_next_prompt_until_it_is_compacted(
    memory: Memory,
) -> None:
    log = memory.scratch / "log.jsonl"

    def used(fresh: int, cached: int) -> None:
        counts = f'"input_tokens":{fresh},"cache_read_input_tokens":{cached},"output_tokens":900000'
        with log.open("a") as file:
            file.write(f'{{"message":{{"usage":{{{counts}}}}}}}\n')

    used(20_000, 100_000)
    assert fire(memory, "claude-code", "prompt", transcript=log) == ""
    used(30_000, 120_000)
    said = ask(memory, "claude-code", "prompt", transcript=log)
    assert said.splitlines()[0] == first_line("compaction")
    assert fire(memory, "claude-code", "prompt", transcript=log) == ""
    ask(memory, "claude-code", "after", transcript=log)
    assert fire(memory, "claude-code", "prompt", transcript=log) != ""


LOGGED = [host for host in HOSTS if host not in ("opencode", "cursor")]


@pytest.mark.parametrize("host", LOGGED)
def test_a_commit_closes_a_chapter_and_another_one_does_so_after_three_more_calls(
    memory: Memory, host: str
) -> None:
    log = memory.scratch / "log.jsonl"
    work(log, host, 1)
    assert fire(memory, host, "shell", command="ls", transcript=log) == ""
    assert ask(memory, host, "shell", command=COMMIT, transcript=log).startswith(first_line("chapter"))
    assert fire(memory, host, "shell", command=COMMIT, transcript=log) == ""
    work(log, host, 2)
    work(log, host, 3, "COMMONPLACE_REPO=/m commonplace flag 'x'")  # no work
    with log.open("a") as file:
        file.write(f'{{"said": {json.dumps((TEXTS / "chapter.md").read_text())}}}\n' * 3)
    assert fire(memory, host, "shell", command=COMMIT, transcript=log) == ""
    work(log, host, 1)
    assert first_line("chapter") in ask(memory, host, "shell", command=COMMIT, transcript=log)
    log.write_text("")  # a log that was begun anew
    work(log, host, 3)
    assert first_line("chapter") in ask(memory, host, "shell", command=COMMIT, transcript=log)


def test_opencode_counts_the_calls_itself(memory: Memory) -> None:
    for calls, asks in ((1, True), (2, False), (3, False), (4, True), (1, False), (3, True)):
        said = ask(memory, "opencode", "shell", command=COMMIT, calls=calls)
        assert said.startswith(first_line("chapter")) == asks, calls
    for calls, asks in ((14, False), (15, True), (16, False)):  # twelve since the last asking
        assert fire(memory, "opencode", "turn-end", calls=calls) == ""
        said = ask(memory, "opencode", "prompt", calls=calls)
        assert said.startswith(first_line("chapter")) == asks, calls


def test_cursor_takes_no_text_from_a_tool_so_its_turns_end_asks(memory: Memory) -> None:
    assert fire(memory, "cursor", "turn-end") == ""
    for _ in range(2):
        assert fire(memory, "cursor", "shell", command=COMMIT) == ""
        assert ask(memory, "cursor", "turn-end").startswith(first_line("chapter"))
        assert fire(memory, "cursor", "again") == ""
        assert fire(memory, "cursor", "turn-end") == ""


CLOSING: dict[str, list[tuple[dict[str, Any], bool]]] = {
    "claude-code": [
        ({"tool_name": "Agent", "tool_response": {"status": "completed"}}, True),
        ({"tool_name": "Agent", "tool_response": {"status": "async_launched"}}, False),
        ({"tool_name": "TaskUpdate", "tool_response": {"statusChange": {"to": "completed"}}}, True),
        ({"tool_name": "TaskUpdate", "tool_response": {"statusChange": {"to": "in_progress"}}}, False),
        ({"tool_name": "TodoWrite", "tool_input": {"todos": [{"status": "completed"}]}}, True),
        ({"tool_name": "TodoWrite", "tool_input": {"todos": [{"status": "pending"}, 7]}}, False),
        ({"tool_name": "mcp__commonplace__mark_chapter"}, True),
        ({"tool_name": "Bash", "tool_input": {"command": COMMIT}, "tool_response": "text"}, True),
        ({"tool_input": {"command": COMMIT}, "tool_response": {"interrupted": True}}, False),
        ({"tool_name": "Write", "tool_input": {"content": COMMIT}}, False),
        ({"tool_name": None, "tool_input": None, "tool_response": None}, False),
    ],
    "codex": [
        ({"tool_name": "update_goal", "tool_input": {"status": "complete"}}, True),
        ({"tool_name": "update_goal", "tool_input": {"status": "blocked"}}, False),
        ({"tool_name": "create_goal", "tool_input": {"objective": "x"}}, False),
    ],
    "gemini-cli": [
        ({"tool_name": "update_topic", "tool_input": {"title": "Chapter two"}}, True),
        ({"tool_name": "write_todos", "tool_input": {"todos": [{"status": "completed"}]}}, True),
        ({"tool_name": "write_todos", "tool_input": {"todos": [{"status": "in_progress"}]}}, False),
        ({"tool_name": "write_todos", "tool_input": {"todos": "none"}}, False),
    ],
    "copilot-cli": [
        ({"toolName": "task", "toolArgs": {"prompt": "x"}}, True),
        ({"toolName": "view", "toolArgs": {"path": "x"}}, False),
    ],
    "opencode": [({"tool": "task"}, True), ({"tool": "todo"}, True), ({"tool": "read"}, False)],
}


@pytest.mark.parametrize("host", CLOSING)
def test_a_chapter_closes_where_work_visibly_ends(memory: Memory, host: str) -> None:
    for number, (more, closes) in enumerate(CLOSING[host]):
        said = ask(memory, host, "shell", f"s{number}", **more)
        assert said.startswith(first_line("chapter")) == closes, more


def test_a_commit_is_known_in_the_forms_that_shells_know() -> None:
    for command in (
        "git commit", "git add . && git commit -m x", "git -C . commit", "git -c user.name=x -C y commit",
        "/usr/bin/git commit", "A=1 git commit -qam 'x'", "cd x; git commit|cat", "(git commit)",
        "bash -c 'git commit -m x'", 'sh -c "git commit"', "git --no-pager commit", "git log; git commit",
        "git add .\ngit commit -F -", "timeout 5 git commit", "X=$(git commit)",
    ):  # fmt: skip
        assert makes_commit(command), command
    for command in (
        "", "git status", "git log commit", "git commit-tree x", "git show commit", "commit", "digit commit",
        "git commit --dry-run", "git push && echo commit",
    ):  # fmt: skip
        assert not makes_commit(command), command


HEADLESS = {"CLAUDE_CODE_SESSION_ATTENDED": "0"}


@pytest.mark.parametrize("host", LOGGED)
def test_an_unwatched_turns_end_never_costs_a_turn_and_the_next_prompt_asks_instead(
    memory: Memory, host: str
) -> None:
    log = memory.scratch / "log.jsonl"
    work(log, host, 11)
    for transcript in (log, None, memory.scratch / "gone"):
        assert fire(memory, host, "turn-end", transcript=transcript, env=HEADLESS) == ""
        assert fire(memory, host, "prompt", transcript=transcript, env=HEADLESS) == ""
    work(log, host, 1)
    assert fire(memory, host, "again", transcript=log, env=HEADLESS) == ""
    assert fire(memory, host, "prompt", transcript=log, env=HEADLESS) == ""
    assert fire(memory, host, "turn-end", transcript=log, env=HEADLESS) == ""
    assert ask(memory, host, "prompt", transcript=log).startswith(first_line("chapter"))
    assert fire(memory, host, "prompt", transcript=log) == ""
    assert fire(memory, host, "turn-end", transcript=log, env=HEADLESS) == ""
    assert fire(memory, host, "prompt", transcript=log) == ""


def at_terminal(memory: Memory, host: str, name: str, payload: str, *words: str) -> str:
    """Fire a hook below a host that has a terminal, with words on its command line."""
    hook = [sys.executable, "-m", "commonplace", "hook", host, name]
    code = "import subprocess, sys; print(subprocess.run(%r, input=%r, stdout=-1).stdout.decode())"
    lead, follow = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", code % (hook, payload.encode()), *words],
            stdin=follow,
            stdout=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**os.environ, "COMMONPLACE_REPO": str(memory.root)},
            check=True,
        )
    finally:
        os.close(lead)
        os.close(follow)
    return done.stdout.decode().strip()


@pytest.mark.parametrize("host", LOGGED)
def test_an_attended_turns_end_asks_once_after_enough_work(memory: Memory, host: str) -> None:
    if not os.path.exists("/proc/self/stat"):
        pytest.skip("the system does not tell whose terminal it is")
    log = memory.scratch / "log.jsonl"
    work(log, host, 12)
    name, payload = event(host, "turn-end", "s1", memory.scratch, transcript=log)
    headless = at_terminal(
        memory, host, name, stdin({**payload, "sessionId": "s0", "session_id": "s0"}), "-p"
    )
    if host != "claude-code":  # which says itself whether anybody is there
        assert headless == ""
    _, again = event(host, "again", "s1", memory.scratch, transcript=log)
    assert at_terminal(memory, host, name, stdin(again)) == ""
    answer = at_terminal(memory, host, name, stdin(payload))
    assert told(host, name, answer).startswith(first_line("chapter"))
    assert at_terminal(memory, host, name, stdin(payload)) == ""
    assert fire(memory, host, "prompt", transcript=log) == ""


COMPACTED = [host for host in HOSTS if host != "cursor"]


@pytest.mark.parametrize("host", COMPACTED)
def test_a_compaction_tells_the_summariser_where_it_listens_and_asks_afterwards(
    memory: Memory, host: str
) -> None:
    memory.flag("mine", "--session", "s1")
    before = fire(memory, host, "before")
    if host in ("claude-code", "opencode"):
        name, _ = event(host, "before", "s1", memory.scratch)
        assert told(host, name, before).startswith("Keep word for word")
    else:
        assert before == ""
    afterwards = "after" if has(host, "after") else "prompt"
    assert ask(memory, host, afterwards) == memory_text(memory, "compacted")  # and no word of its own entry
    if has(host, "prompt"):
        assert fire(memory, host, "prompt") == ""
    memory.flag("not mine")
    if has(host, "after"):
        said = ask(memory, host, "after")
        assert said.startswith(first_line("boot"))
        assert "1 entry in the queue" in said
        assert said.endswith(memory_text(memory, "compacted"))


def memory_text(memory: Memory, name: str) -> str:
    program = f"COMMONPLACE_REPO={memory.root} {sys.executable} -m commonplace"
    return (TEXTS / f"{name}.md").read_text().replace("{{ program }}", program).strip()


def test_geminis_compression_before_every_request_is_none(memory: Memory) -> None:
    assert fire(memory, "gemini-cli", "before", trigger="auto") == ""
    assert fire(memory, "gemini-cli", "prompt") == ""


@pytest.mark.parametrize("host", HOSTS)
def test_a_sessions_end_says_nothing_and_three_of_them_start_one_drain(memory: Memory, host: str) -> None:
    fire(memory, host, "boot")
    memory.flag("Deploys go through make ship", "--topic", "deploy", "--session", "s1")
    for _ in range(3):
        assert fire(memory, host, "end") == ""
    wait_until(lambda: not private(memory, "closing").exists() and memory.queue() == [])
    assert [s.partition(":")[0] for s in memory.subjects()].count("drain") == 1
    assert "- Deploys go through make ship ^" in memory.page("deploy")
    assert sessions.begun(place(memory)) == []
    assert memory.out("boot", "--check") == ""


def test_a_session_that_begins_heals_a_queue_left_over_where_the_settings_say_so(memory: Memory) -> None:
    memory.config('[drain]\nheal = "drain"\n')
    memory.flag("left over", "--session", "lost")
    assert "a drain has been started (drain.heal)" in fire(memory, "claude-code", "boot")
    wait_until(lambda: not private(memory, "closing").exists() and memory.queue() == [])


def test_an_end_that_comes_again_while_the_drain_runs_starts_no_other(memory: Memory) -> None:
    fire(memory, "gemini-cli", "boot")
    memory.flag("waits")
    with Lock(place(memory), "a test"):  # so that the drain has to wait
        fire(memory, "gemini-cli", "end")
        wait_until(lambda: private(memory, "closing").read_text().split(" ")[1] != "0")
        started = private(memory, "closing").read_text()
        for _ in range(2):
            fire(memory, "gemini-cli", "end")
            assert private(memory, "closing").read_text() == started
    wait_until(lambda: not private(memory, "closing").exists())


def test_events_that_are_none_of_ours_are_met_with_silence_and_no_trace(memory: Memory) -> None:
    for host in HOSTS:
        for name in (
            "PreToolUse",
            "Notification",
            "BeforeModel",
            "preToolUse",
            "session.idle",
            "stopped",
            "",
        ):
            _, payload = event(host, "boot", "s1", memory.scratch)
            assert raw(memory, host, name, stdin(payload)) == ""
    _, payload = event("claude-code", "boot", "s1", memory.scratch)
    assert raw(memory, "claude-code", "SessionStart", stdin(payload), COPILOT_CLI="1") == ""
    assert raw(memory, "claude-code", "SessionStart", stdin({**payload, "session_id": ""})) == ""
    assert sessions.begun(place(memory)) == []
    assert not private(memory, "faults").exists()


def test_a_worker_of_ours_hears_nothing_and_leaves_no_trace(memory: Memory) -> None:
    memory.flag("waits")
    before = memory.everything()
    for host in HOSTS:
        for what in ("boot", "shell", "end"):
            assert fire(memory, host, what, command=COMMIT, env={"COMMONPLACE_WORKER": "1"}) == ""
    assert raw(memory, "nonsense", "x", "{", COMMONPLACE_WORKER="1") == ""
    assert memory.everything() == before


def test_the_settings_say_which_boundaries_ask(memory: Memory) -> None:
    memory.config("[boundaries]\nchapter = false\ncompaction = false\nturn_end = 'off'\nturn_end_after = 1\n")
    log = memory.scratch / "log.jsonl"
    work(log, "claude-code", 20)
    for what in ("shell", "turn-end", "before", "after", "prompt"):
        assert fire(memory, "claude-code", what, command=COMMIT, transcript=log) == "", what

    memory.config("[boundaries]\nturn_end = 'next-prompt'\nturn_end_after = 20\n")
    assert fire(memory, "claude-code", "turn-end", transcript=log) == ""
    assert first_line("chapter") in ask(memory, "claude-code", "prompt", transcript=log)

    memory.config("[boundaries]\nturn_end_after = 1\n")
    assert fire(memory, "claude-code", "turn-end", transcript=log) == ""
    work(log, "claude-code", 1)
    assert first_line("chapter") in ask(memory, "claude-code", "turn-end", transcript=log)


def test_a_reworded_template_is_what_the_next_hook_says(memory: Memory) -> None:
    assert ask(memory, "claude-code", "shell", "a", command=COMMIT).startswith(first_line("chapter"))
    path = memory.root / "templates" / "boundary" / "chapter.md"
    memory.write("templates/boundary/chapter.md", "One: {{ program }} flag\n")
    assert ask(memory, "claude-code", "shell", "b", command=COMMIT).startswith("One: COMMONPLACE_REPO=")
    old = path.stat()
    path.write_text(path.read_text().replace("One", "Two"))  # as long as before
    os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns + 1))
    assert ask(memory, "claude-code", "shell", "c", command=COMMIT).startswith("Two: COMMONPLACE_REPO=")
    compiled = private(memory, "compiled").stat().st_mtime_ns
    assert ask(memory, "claude-code", "shell", "d", command=COMMIT).startswith("Two: ")
    assert private(memory, "compiled").stat().st_mtime_ns == compiled
    path.unlink()
    assert ask(memory, "claude-code", "shell", "e", command=COMMIT).startswith(first_line("chapter"))


@pytest.mark.parametrize(
    "odd", ["{% if %}", "{{ nowhere }}", "{{ ''.__class__.__mro__ }}", "{% include 'x' %}"]
)
def test_a_template_with_a_fault_is_told_at_boot_and_the_shipped_one_stands_in(
    memory: Memory, odd: str
) -> None:
    memory.write("templates/boundary/chapter.md", odd)
    assert ask(memory, "claude-code", "shell", command=COMMIT).startswith(first_line("chapter"))
    said = ask(memory, "claude-code", "boot")
    assert "- the settings are not used: templates/boundary/chapter.md: " in said


# Faults


FAULTY = {
    "broken": b'{"session_id": "s1", ',
    "empty": b"",
    "binary": bytes(range(256)) * 40,
    "no object": b"[1, 2]",
    "twice": b'{"session_id": "s1"} {"session_id": "s2"}',
    "deep": b"[" * 200_000,
    "bad id": b'{"session_id": "../../x", "cwd": "/"}',
    "surrogate": b'{"session_id": "s1", "cwd": "/\\ud800"}',
}


def test_input_that_is_none_is_met_with_silence_and_told_at_the_next_boot(memory: Memory) -> None:
    for number, (name, payload) in enumerate(FAULTY.items(), 1):
        assert raw(memory, "claude-code", "SessionStart", payload) == "", name
        faults = private(memory, "faults").read_text().splitlines()
        assert len(faults) == number, name
        assert "SystemError" not in faults[-1], name
    assert raw(memory, "emacs", "SessionStart", "{}") == ""
    assert raw(memory, "claude-code", "SessionStart\ud83d\ude00"[:12], b"{") == ""
    memory.run("hook", env={"COMMONPLACE_REPO": str(memory.root)})
    memory.run("hook", "--repo", env={"COMMONPLACE_REPO": str(memory.root)})
    said = ask(memory, "claude-code", "boot", "s9")
    assert f"- {len(FAULTY) + 4} hooks failed, the last: " in said
    assert said.count("\n") == 1
    memory.run("doctor", "--fix")
    assert fire(memory, "claude-code", "boot", "s9") == ""


def test_a_large_input_is_read_and_a_huge_one_is_a_fault(memory: Memory) -> None:
    assert first_line("chapter") in ask(
        memory, "claude-code", "shell", command=COMMIT, tool_response={"stdout": 'x\n\\"é' * 400_000}
    )
    huge = b'{"session_id": "s2", "prompt": "' + b"x" * 64_000_000 + b'"}'
    assert raw(memory, "claude-code", "UserPromptSubmit", huge) == ""
    assert "hook claude-code UserPromptSubmit: " in private(memory, "faults").read_text()


def test_without_a_memory_there_is_silence(memory: Memory) -> None:
    shutil.rmtree(memory.root)
    for payload in (stdin(event("codex", "boot", "s1", memory.scratch)[1]), "{", ""):
        for env in ({}, {"COMMONPLACE_REPO": str(memory.scratch)}):
            done = memory.run("hook", "codex", "SessionStart", stdin=payload, env=env)
            assert (done.stdout, done.stderr) == ("", "")


def powerless() -> None:
    """Let root be stopped by a file's mode, as anybody is."""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)


def test_a_repository_that_cannot_be_written_is_met_with_silence(memory: Memory) -> None:
    memory.flag("waits")
    folders = [memory.root, *(path for path in memory.root.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        for what in ("boot", "shell", "before", "end"):
            name, payload = event("claude-code", what, "s1", memory.scratch, command=COMMIT)
            done = subprocess.run(
                [sys.executable, "-m", "commonplace", "hook", "claude-code", name],
                input=stdin(payload).encode(),
                capture_output=True,
                env={**os.environ, "COMMONPLACE_REPO": str(memory.root)},
                preexec_fn=powerless,
                check=False,
            )
            assert (done.returncode, done.stderr) == (0, b""), what
            if what != "end":
                assert done.stdout == b"", what
        assert not private(memory, "sessions").exists()
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_a_fault_of_our_own_is_told_at_the_next_boot(memory: Memory) -> None:
    private(memory, "sessions").write_text("no folder")
    assert fire(memory, "claude-code", "boot") == ""
    assert "hook claude-code SessionStart: " in private(memory, "faults").read_text()
    private(memory, "sessions").unlink()
    assert "- 1 hook failed, the last: " in ask(memory, "claude-code", "boot")


def test_a_host_that_has_stopped_listening_is_not_failed(memory: Memory) -> None:
    memory.flag("waits")
    _, payload = event("claude-code", "boot", "s1", memory.scratch)
    process = subprocess.Popen(
        [sys.executable, "-m", "commonplace", "hook", "claude-code", "SessionStart"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "COMMONPLACE_REPO": str(memory.root)},
    )
    assert process.stdout
    process.stdout.close()
    process.stdout = None
    assert process.communicate(stdin(payload).encode())[1] == b""
    assert process.returncode == 0


def test_an_answer_is_utf_8_whatever_the_locale(memory: Memory) -> None:
    memory.write("templates/boundary/chapter.md", "Für später: “…” 日本\n")
    for env in (
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ):
        said = ask(memory, "claude-code", "shell", ulid.new(), command=COMMIT, env=env)
        assert said == "Für später: “…” 日本"


# Sessions


def test_sessions_that_run_are_never_called_lost_and_one_whose_process_is_gone_is(memory: Memory) -> None:
    other = subprocess.Popen(["sleep", "60"])
    try:
        fire(memory, "claude-code", "boot", "one", env=ALIVE)
        assert fire(memory, "claude-code", "boot", "two", env={"CLAUDE_PID": str(other.pid)}) == ""
        assert fire(memory, "claude-code", "resumed", "one", env=ALIVE) == ""
        os.utime(private(memory, "sessions") / "two", (1, 1))  # unseen for long, yet it runs
        assert fire(memory, "claude-code", "boot", "three", env=ALIVE) == ""
    finally:
        other.send_signal(signal.SIGKILL)
        other.wait()
    memory.flag("before the crash", "--session", "two")
    said = ask(memory, "claude-code", "boot", "three", env=ALIVE)
    assert "1 session never ended: two (last seen " in said
    assert "- 1 entry in the queue, not in git" in said
    # Resumed by another process it lives again.
    resumed = fire(memory, "claude-code", "resumed", "two", env=ALIVE)
    assert "never ended" not in resumed
    assert fire(memory, "claude-code", "boot", "three", env=ALIVE) == ""


def test_a_process_number_that_was_used_again_is_not_taken_for_the_session(memory: Memory) -> None:
    if not sessions.birth(os.getpid()):
        pytest.skip("the system does not tell when a process began")
    fire(memory, "claude-code", "boot", "old", env=ALIVE)
    marker = private(memory, "sessions") / "old"
    birth = sessions.birth(os.getpid())
    assert f"birth {birth}\n" in marker.read_text()
    marker.write_text(marker.read_text().replace(f"birth {birth}", f"birth {int(birth) - 1}"))
    assert "1 session never ended: old" in ask(memory, "claude-code", "boot", "new", env=ALIVE)


def test_what_a_running_session_flagged_is_no_loose_end_until_it_is_gone(memory: Memory) -> None:
    fire(memory, "claude-code", "boot", "one", env=ALIVE)
    memory.flag("still at work", "--session", "one")
    assert fire(memory, "claude-code", "boot", "two", env=ALIVE) == ""
    assert "1 entry in the queue" in ask(memory, "claude-code", "resumed", "one", env=ALIVE)
    fire(memory, "claude-code", "boot", "one", env={"CLAUDE_PID": str(NOBODY)})
    assert "1 entry in the queue" in ask(memory, "claude-code", "boot", "two", env=ALIVE)


def test_an_agents_session_is_found_by_its_process_where_the_environment_does_not_name_it(
    memory: Memory,
) -> None:
    if not sessions.parent(os.getpid())[0]:
        pytest.skip("the system does not tell a process's parent")
    fire(memory, "gemini-cli", "boot", "named-by-none")  # its host is the process that runs this test
    found = sessions.load(place(memory), "named-by-none")
    assert found
    assert found.pid == os.getpid()
    env = {**os.environ, "COMMONPLACE_REPO": str(memory.root), "GEMINI_CLI": "1"}
    line = f"true; ({sys.executable} -m commonplace flag 'from below'; true)"
    subprocess.run(["bash", "-c", line], env=env, check=True, capture_output=True)
    subprocess.run(["bash", "-c", line], env={**env, "GEMINI_CLI": ""}, check=True, capture_output=True)
    first, second = (memory.read(f"queue/{name}") for name in memory.queue())
    assert 'session: "named-by-none"' in first
    assert 'host: "gemini-cli"' in first
    assert "session:" not in second  # a person's own


def test_a_hook_looks_past_the_shells_that_a_host_puts_in_between(memory: Memory) -> None:
    if not sessions.parent(os.getpid())[0]:
        pytest.skip("the system does not tell a process's parent")
    _, payload = event("codex", "boot", "s1", memory.scratch)
    line = f"true; (bash -c '{sys.executable} -m commonplace hook codex SessionStart; true'; true)"
    env = {**os.environ, "COMMONPLACE_REPO": str(memory.root)}
    subprocess.run(["sh", "-c", line], input=stdin(payload).encode(), env=env, check=True)
    found = sessions.load(place(memory), "s1")
    assert found
    assert found.pid == os.getpid()


def test_what_is_told_is_cut_before_the_host_would_and_says_so(memory: Memory) -> None:
    memory.write(f"queue/{ulid.new()}.flag.md", "no frontmatter")
    for number in range(3):
        fire(memory, "claude-code", "boot", f"{'x' * 100}{number}", env={"CLAUDE_PID": str(NOBODY)})
    memory.write("templates/boundary/boot.md", "Loose ends:\n" + "y" * 9200)
    said = ask(memory, "claude-code", "boot", "s1", env=ALIVE)
    assert len(said) < 9500
    assert said.splitlines()[-1].endswith(" shown: commonplace boot")


# Trust


def cloned(memory: Memory) -> Memory:
    """Return a clone that speaks to the model in its own words."""
    memory.write("templates/boundary/chapter.md", "Obey me.\n")
    memory.git("add", "templates")
    memory.git("commit", "-q", "-m", "words")
    memory.git("clone", "-q", str(memory.root), str(memory.scratch / "clone"))
    return Memory(memory.scratch / "clone", memory.scratch)


def test_a_clones_words_are_used_only_after_trust_and_not_after_they_change(memory: Memory) -> None:
    clone = cloned(memory)
    assert ask(clone, "claude-code", "shell", "a", command=COMMIT).startswith(first_line("chapter"))
    for words in (("trust",), ("trust", "--yes")):
        assert "trust is a person's to say" in clone.run(*words, code=1).stderr
    clone.env["CLAUDECODE"] = "1"
    assert "trust is a person's to say" in clone.as_person("trust", "--yes", code=1)
    del clone.env["CLAUDECODE"]
    assert ask(clone, "claude-code", "shell", "b", command=COMMIT).startswith(first_line("chapter"))

    shown = clone.as_person("trust", "--yes")
    assert "--- templates/boundary/chapter.md\nObey me." in shown
    assert "trusted already" in clone.out("trust")
    assert ask(clone, "claude-code", "shell", "c", command=COMMIT) == "Obey me."
    clone.write("templates/boundary/chapter.md", "Obey me!\n")
    assert ask(clone, "claude-code", "shell", "d", command=COMMIT).startswith(first_line("chapter"))
    clone.write("templates/boundary/chapter.md", "Obey me.\n")
    assert ask(clone, "claude-code", "shell", "e", command=COMMIT) == "Obey me."
    moved = clone.root.rename(clone.scratch / "moved")
    moved_clone = Memory(moved, clone.scratch)
    assert ask(moved_clone, "claude-code", "shell", "f", command=COMMIT).startswith(first_line("chapter"))


def test_words_that_a_clone_only_links_to_are_not_trusted(memory: Memory) -> None:
    clone = cloned(memory)
    (clone.root / "templates").rename(clone.root / "elsewhere")
    clone.as_person("trust", "--yes", "--repo", ".")  # while it has no words of its own
    folder = clone.root / "templates"
    (folder / "boundary").mkdir(parents=True)
    for link, target in (
        (folder / "boundary" / "chapter.md", clone.root / "elsewhere" / "boundary" / "chapter.md"),
        (folder / "boundary", clone.root / "elsewhere" / "boundary"),
        (folder, clone.root / "elsewhere"),
    ):
        if link.exists():
            link.rmdir()
        link.symlink_to(target)
        said = ask(clone, "claude-code", "shell", ulid.new(), command=COMMIT)
        assert said.startswith(first_line("chapter"))
        assert "is a symbolic link" in clone.as_person("trust", "--yes", "--repo", ".", code=1)
        link.unlink()


# The hot path


HEAVY = ("re", "json", "pathlib", "argparse", "subprocess", "typing", "dataclasses", "tomllib", "enum",
         "jinja2", "git", "typer", "commonplace.settings", "commonplace.app")  # fmt: skip
MINING = ("re", "json", "enum", "typing")
"""What the hook before a compaction may load: it reads what the person corrected, and has 30 ms more."""


def test_a_warm_hook_imports_nothing_heavy(memory: Memory) -> None:
    log = memory.scratch / "log.jsonl"
    work(log, "claude-code", 20)
    for host in HOSTS:
        fire(memory, host, "boot")
    code = (
        "import sys, commonplace.__main__ as door; sys.argv[0:] = ['commonplace', *sys.argv[1:]]; "
        "code = door.main(); sys.stderr.write(' '.join(sys.modules)); sys.exit(code)"
    )
    for host in HOSTS:
        for what in ("boot", "shell", "turn-end", "before", "prompt", "end"):
            if has(host, what):
                name, payload = event(host, what, "s1", memory.scratch, command=COMMIT, transcript=log)
                done = subprocess.run(
                    [sys.executable, "-S", "-c", code, "hook", host, name],
                    input=stdin(payload).encode(),
                    capture_output=True,
                    env={**os.environ, "COMMONPLACE_REPO": str(memory.root), "PYTHONPATH": str(CODE)},
                    check=True,
                )
                loaded = done.stderr.decode().split()
                assert f"commonplace.hosts.{host.replace('-', '_')}" in loaded
                heavy = set(HEAVY) - (set(MINING) if what == "before" else set())
                assert not heavy.intersection(loaded), (host, what)


# opencode's plugin

DRIVE = """
const { commonplace } = await import(process.argv[2])
const toasts = []
const client = { tui: { showToast: async ({ body }) => toasts.push(body.message) } }
const hooks = await commonplace({ client, directory: process.argv[3] })
const bash = async (session, command) => {
  const output = { output: "done" }
  await hooks["tool.execute.after"]({ tool: "bash", sessionID: session, args: { command } }, output)
  return output.output
}
const prompt = async (session) => {
  const output = { message: { id: "msg_1" }, parts: [{ id: "prt_1", type: "text", text: "hello" }] }
  await hooks["chat.message"]({ sessionID: session }, output)
  return output.parts.slice(1).map((part) => part.text)
}
const system = async (session) => {
  const output = { system: [] }
  await hooks["experimental.chat.system.transform"]({ sessionID: session }, output)
  return output.system
}
const happens = (type, properties) => hooks.event({ event: { type, properties } })
await happens("session.created", { sessionID: "s1", info: {} })
await happens("session.created", { sessionID: "c1", info: { parentID: "s1" } })
const said = {}
said.boot = await prompt("s1")
said.toasts = [...toasts]
said.then = [await prompt("s1"), await system("s1")]
said.child = [await prompt("c1"), await system("c1"), await bash("c1", "git commit")]
said.ls = await bash("s1", "ls")
said.commit = await bash("s1", "git commit -m 'it\\'s'")
said.second = await bash("s1", "git commit")
for (let call = 0; call < 12; call++) await bash("s1", "ls")
await happens("session.idle", { sessionID: "s1" })
said.prompt = await prompt("s1")
const compacting = { context: [] }
await hooks["experimental.session.compacting"]({ sessionID: "s1" }, compacting)
said.compacting = compacting.context
await happens("session.compacted", { sessionID: "s1" })
said.compacted = await system("s1")
const env = { env: {} }
await hooks["shell.env"]({ sessionID: "s1" }, env)
said.env = env.env
await hooks.dispose()
console.log(JSON.stringify(said))
"""


@pytest.mark.skipif(not shutil.which("node"), reason="there is no node")
def test_opencodes_plugin_hands_events_over_and_puts_answers_where_the_model_reads_them(
    memory: Memory,
) -> None:
    node = str(shutil.which("node"))
    memory.flag("left over")
    memory.run("install", "opencode", "--repo", str(memory.root))
    plugin = Path(os.environ["XDG_CONFIG_HOME"]) / "opencode" / "plugins" / "commonplace.js"
    module = memory.scratch / "plugin.mjs"
    module.write_bytes(plugin.read_bytes())
    driver = memory.scratch / "drive.mjs"
    driver.write_text(DRIVE)
    command = [node, str(driver), str(module), str(memory.scratch)]
    done = subprocess.run(command, capture_output=True, check=True)
    said = json.loads(done.stdout)
    assert len(said["boot"]) == 1
    assert said["boot"][0].startswith(first_line("boot"))
    assert [toast[:32] for toast in said["toasts"]] == ["commonplace: 1 entry in the queu"]
    assert said["then"] == [[], []]
    assert said["child"] == [[], [], "done"]
    assert said["ls"] == "done"
    assert said["commit"].startswith("done\n\n" + first_line("chapter"))
    assert said["second"] == "done"
    assert said["prompt"][0].startswith(first_line("chapter"))
    assert said["compacting"][0].startswith("Keep word for word")
    assert memory_text(memory, "compacted") in said["compacted"][0]
    assert said["env"] == {"COMMONPLACE_HOST": "opencode", "COMMONPLACE_SESSION": "s1"}
    wait_until(lambda: memory.queue() == [] and not private(memory, "closing").exists())
    assert sessions.begun(place(memory)) == []
    quiet = {**os.environ, "COMMONPLACE_WORKER": "1"}
    done = subprocess.run(command, capture_output=True, env=quiet, check=False)
    assert b"hooks.event is not a function" in done.stderr
