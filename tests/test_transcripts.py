"""What a person typed is found in every host's logs, with what it answers; what no person typed is not."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from commonplace.place import Place
from commonplace.substrate import reading
from commonplace.substrate.turns import Turn, turn_id
from tests import logs
from tests.logs import Claude, at, codex, codex_item, lines


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the person's home, where the hosts keep their logs."""
    return tmp_path / "home"


def turns(tmp_path: Path, path: Path | None = None) -> list[Turn]:
    """Return the turns in the logs, read without a cache from before."""
    place = Place(str(tmp_path), str(tmp_path / ".git"))
    return list(reading.refresh(place, os.environ, path=str(path or "")).all_turns())


def said(tmp_path: Path, path: Path | None = None) -> list[tuple[str, str]]:
    """Return (text, premise) of the turns in the logs."""
    return [(turn.text, turn.premise) for turn in turns(tmp_path, path)]


def test_a_turn_is_what_a_person_typed_beside_what_the_assistant_had_said(tmp_path: Path, home: Path) -> None:
    log = Claude().user("hello").says("Hi.").calls(command="ls").result("a\nb")
    path = log.says("There are two files.", "Both are empty.").user("delete them").save(home)
    first, second = turns(tmp_path)
    assert (first.text, first.premise, first.position) == ("hello", "", 0)
    assert (second.text, second.premise) == ("delete them", "Hi.\n\nThere are two files.\n\nBoth are empty.")
    assert (second.host, second.session, second.agent) == ("claude-code", log.session, "")
    assert (second.project, second.position, second.at) == ("cad", 1, at(5))
    assert (second.path, second.record) == (str(path), "5539d488-5")
    assert second.id == turn_id(log.session, "5539d488-5")
    assert len(second.id) == 10


NOT_TYPED: dict[str, Claude] = {
    "a meta record": Claude().user("Use pnpm, not npm.", isMeta=True),
    "a tool's result": Claude().result("No, that is wrong."),
    "a tool's result in blocks": Claude().result([{"type": "text", "text": "No, that is wrong."}]),
    "an older tool's result": Claude().user([{"tool_use_id": "t", "type": "tool_result", "content": "No!"}]),
    "a tool's error": Claude().result("The user said: no", is_error=True),
    "a call refused without words": Claude().result(
        "The user doesn't want to proceed with this tool use. The tool use was rejected.", is_error=True
    ),
    "a summary of a compaction": Claude().user("The user wants tabs.", isCompactSummary=True),
    "an unmarked summary": Claude().user("This session is being continued from a previous conversation that"),
    "a skill's body": Claude().user("Base directory for this skill: /home/ada/.claude/skills/x\n\n# X"),
    "a command of the host": Claude().user(
        "<command-name>/clear</command-name>\n<command-args></command-args>"
    ),
    "a command's setting": Claude().user(
        "<command-name>/model</command-name><command-args>opus</command-args>"
    ),
    "a command's output": Claude().user("<local-command-stdout>No, use tabs.</local-command-stdout>"),
    "a shell's output": Claude().user("<bash-stdout>No such file</bash-stdout>"),
    "a task's end": Claude().user(
        "<task-notification>\n<summary>No, it failed.</summary></task-notification>"
    ),
    "an interruption": Claude().user(
        [{"type": "text", "text": "[Request interrupted by user for tool use]"}]
    ),
    "a hook's feedback": Claude().user("Stop hook feedback:\n- run the tests first"),
    "a reminder alone": Claude().user("<system-reminder>Use the todo list.</system-reminder>"),
    "an agent's prompt": Claude().user("Search the code.", isSidechain=True),
    "another agent's message": Claude().user("No, use tabs.", origin={"kind": "peer"}),
    "a turn of the host's own": Claude().user("Go on.", turnOrigin="auto-continuation"),
    "a picture alone": Claude().user([{"type": "image", "source": {"data": "AAAA"}}]),
    "a queued task's end": Claude()
    .add("queue-operation", operation="enqueue", content='{"task_id":"1"}')
    .add("queue-operation", operation="remove"),
    "a queued message of another agent": Claude().add(
        "attachment", attachment={"type": "queued_command", "prompt": "No!", "origin": {"kind": "peer"}}
    ),
    "other attachments": Claude().add("attachment", attachment={"type": "hook_success", "content": "No!"}),
    "a tool's progress": Claude().add(
        "progress", data={"message": {"type": "user", "message": {"content": "No!"}}}
    ),
    "a terminal's text": Claude().user("--- FAIL: TestResume (3.72s)\n    hooks.go:196: no such file\nFAIL"),
    "a review tool's report": Claude().user(
        "The RunAll function in `testenv.go` is exported but never called anywhere in the code. "
        "A search for env.RunAll returns no match, which indicates dead code that adds to the burden."
    ),
}


@pytest.mark.parametrize("log", NOT_TYPED.values(), ids=NOT_TYPED)
def test_what_no_person_typed_is_no_turn(log: Claude, tmp_path: Path, home: Path) -> None:
    log.says("Done.").user("thanks").save(home)
    assert [turn.text for turn in turns(tmp_path)] == ["thanks"]


RULE = (
    "The UserService should not call PaymentGateway in the request itself, because the retries are handled "
    "in BillingFacade, and two of them would charge a customer twice for the same order."
)

TYPED: dict[str, tuple[Claude, str]] = {
    "plain text": (Claude().user("use tabs"), "use tabs"),
    "blocks": (
        Claude().user([{"type": "text", "text": "use"}, {"type": "text", "text": "tabs"}]),
        "use\n\ntabs",
    ),
    "beside a picture": (
        Claude().user(
            [{"type": "text", "text": "this is broken"}, {"type": "image", "source": {"data": "AAAA"}}]
        ),
        "this is broken",
    ),
    "beside what the editor shows": (
        Claude().user("<ide_opened_file>The user opened a.py</ide_opened_file>\n\nuse tabs"),
        "use tabs",
    ),
    "beside a reminder": (Claude().user("use tabs\n<system-reminder>todo\n</system-reminder>"), "use tabs"),
    "before a reminder cut short": (Claude().user("use tabs\n<system-reminder>to"), "use tabs"),
    "what a command was given": (
        Claude().user("<command-name>/plan</command-name><command-args>use tabs here</command-args>"),
        "use tabs here",
    ),
    "what is to be remembered": (
        Claude().user("<user-memory-input>always use tabs</user-memory-input>"),
        "always use tabs",
    ),
    "a program's prompt": (Claude().user("use tabs", turnOrigin="sdk", promptSource="sdk"), "use tabs"),
    "instead of a tool's call": (
        Claude().result(
            "The user doesn't want to proceed with this tool use. The tool use was rejected. To tell you how "
            "to proceed, the user said:\nuse tabs\n\nNote: The user's next message may contain a correction.",
            is_error=True,
        ),
        "use tabs",
    ),
    "beside a yes to a tool's call": (
        Claude().result("ok", {"type": "text", "text": "and use tabs"}),
        "and use tabs",
    ),
    "while the agent worked": (
        Claude()
        .add("queue-operation", operation="enqueue", content="use tabs")
        .add(
            "attachment", attachment={"type": "queued_command", "prompt": "use tabs", "commandMode": "prompt"}
        )
        .add("queue-operation", operation="remove"),
        "use tabs",
    ),
    "while an older agent worked": (
        Claude()
        .add("queue-operation", operation="enqueue", content="use tabs")
        .add("queue-operation", operation="remove"),
        "use tabs",
    ),
    "queued and sent later": (
        Claude()
        .add("queue-operation", operation="enqueue", content="use tabs")
        .add("queue-operation", operation="dequeue")
        .user("use tabs"),
        "use tabs",
    ),
    "a quote": (Claude().user("> the names are camelCase"), "> the names are camelCase"),
    "a quote and an answer": (
        Claude().user("> the names are camelCase\n\nsnake_case!"),
        "> the names are camelCase\n\nsnake_case!",
    ),
    "a careful rule": (
        Claude().user(RULE),
        RULE,
    ),
    "what JSON can't say plainly": (
        Claude().user("caf\u00e9 \U0001f605 \ud83d \x00 end"),
        "caf\u00e9 \U0001f605 ? \x00 end",
    ),
}


@pytest.mark.parametrize(("log", "text"), TYPED.values(), ids=TYPED)
def test_a_persons_words_are_found_in_what_the_host_made_of_them(
    log: Claude, text: str, tmp_path: Path, home: Path
) -> None:
    log.save(home)
    assert [turn.text for turn in turns(tmp_path)] == [text]


def test_the_premise_is_the_assistants_last_text_and_nothing_else(tmp_path: Path, home: Path) -> None:
    log = Claude().says("Of another turn.").user("go").says("First.", isSidechain=True)
    log.says("Overloaded", isApiErrorMessage=True).says("No response requested.", model="<synthetic>")
    log.says("<analysis>a</analysis><summary>s</summary>").says("\n\n").says("Last.").user("and then?").save(
        home
    )
    assert said(tmp_path)[1] == ("and then?", "Last.")


def test_a_long_premise_keeps_its_end_and_the_start_of_a_long_last_block(tmp_path: Path, home: Path) -> None:
    Claude("a" * 8).says("x" * 3000).says("y" * 3000).user("one").save(home)
    Claude("b" * 8).says("The plan: " + "z" * 9000 + " the end.").user("two").save(home)
    two, one = (premise for _, premise in said(tmp_path))
    assert (len(one), one.count("y"), one[:1]) == (4000, 3000, "x")
    assert len(two) == 4000
    assert two.startswith("The plan: z")
    assert two.endswith("z the end.")


def test_a_text_without_end_keeps_its_start_and_end(tmp_path: Path, home: Path) -> None:
    Claude().user("It fails: " + "log line\n" * 9000 + "so what now?").save(home)
    ((text, _),) = said(tmp_path)
    assert len(text) < 20_010
    assert text.startswith("It fails: log line")
    assert text.endswith("so what now?")


def test_a_record_is_read_however_it_is_spaced_and_ordered(tmp_path: Path, home: Path) -> None:
    record: Any = Claude().user("use tabs").records[0]
    other = {**Claude().user("use spaces").records[0], "uuid": "b", "timestamp": at(9)}  # type: ignore[dict-item]
    path = Claude().save(home)
    path.write_text(json.dumps(dict(reversed(record.items()))) + "\n" + json.dumps(other) + "\r\n")
    assert [text for text, _ in said(tmp_path)] == ["use tabs", "use spaces"]


def test_a_resumed_session_does_not_count_twice_and_each_copy_finds_its_turn(
    tmp_path: Path, home: Path
) -> None:
    log = Claude().user("hello").says("Hi.").user("use tabs")
    again: list[Any] = [{**record, "uuid": f"again-{n}"} for n, record in enumerate(log.records)]  # type: ignore[dict-item]
    forked: list[Any] = [{**record, "sessionId": "forked"} for record in again]
    Claude(records=[*log.records, *again]).user("thanks").save(home)
    Claude(records=forked).user("no thanks").save(home, "forked")
    log.save(home, "copy-of-the-log")
    found = turns(tmp_path)
    assert [turn.text for turn in found] == ["hello", "use tabs", "no thanks", "thanks"]
    assert [turn.position for turn in found[:2]] == [0, 1]
    store = reading.refresh(Place(str(tmp_path), str(tmp_path / ".git")), os.environ).store
    for session, record in ((log.session, "5539d488-2"), (log.session, "again-2"), ("forked", "again-2")):
        copy = store.turn(turn_id(session, record))
        assert copy is not None
        assert (copy.text, copy.premise, copy.position) == ("use tabs", "Hi.", 1)
    assert store.turn("0000000000") is None


def test_the_same_words_typed_again_are_another_turn(tmp_path: Path, home: Path) -> None:
    Claude().user("continue").says("Done.").user("continue").save(home)
    assert [turn.position for turn in turns(tmp_path)] == [0, 1]


def test_a_sub_agents_log_holds_turns_only_where_a_person_typed_in_it(tmp_path: Path, home: Path) -> None:
    asked = {"isSidechain": True, "agentId": "a742bf5c"}
    log = Claude().user("Search the code.", **asked).says("Found.", isSidechain=True)
    log.user("not there", origin={"kind": "human"}, **asked)
    path = home / ".claude/projects/-home-ada-cad" / log.session / "subagents" / "agent-a742bf5c.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(log.text)
    (turn,) = turns(tmp_path)
    assert (turn.text, turn.agent, turn.session) == ("not there", "a742bf5c", log.session)


def write(home: Path, path: str, text: str) -> Path:
    """Write a log below the home."""
    full = home / path
    full.parent.mkdir(parents=True, exist_ok=True)
    full.write_text(text)
    return full


ROLLOUT = ".codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-01a1f97d.jsonl"


def record(number: int, kind: str, **payload: Any) -> logs.Record:
    """Return a record of a rollout."""
    return {"timestamp": at(number), "type": kind, "payload": payload}


def test_codex_says_what_is_the_persons_text(tmp_path: Path, home: Path) -> None:
    records = [
        codex_item(1, "developer", "Use the skills.", "skills"),
        codex_item(2, "user", "<environment_context>\n<cwd>/x</cwd></environment_context>", "environments.x"),
        codex_item(3, "user", "Fix the build.", "user.text"),
        record(3, "event_msg", type="user_message", message="Fix the build."),
        codex_item(4, "assistant", "I fixed it.", "unknown"),
        record(5, "response_item", type="function_call_output", output="No!"),
        codex_item(6, "user", "Run the tests first.", "hooks.additional_context"),
        codex_item(7, "user", "It still fails.", "user.text"),
        codex_item(8, "assistant", "A summary.", metadata={"compaction_output": True}),
        record(9, "compacted", replacement_history=[codex_item(3, "user", "Fix it.")["payload"]]),
        codex_item(10, "user", "Go on.", "user.text"),
    ]  # fmt: skip
    write(home, ROLLOUT, codex(*records))
    assert said(tmp_path) == [("Fix the build.", ""), ("It still fails.", "I fixed it."), ("Go on.", "")]
    (turn, *_) = turns(tmp_path)
    assert (turn.host, turn.session, turn.project, turn.record) == ("codex", "01a1f97d", "cad", "msg_3")


def test_older_codex_logs_are_known_by_the_first_words_of_what_the_host_wrote(
    tmp_path: Path, home: Path
) -> None:
    def bare(role: str, text: str) -> logs.Record:
        kind = "output_text" if role == "assistant" else "input_text"
        return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}

    first = {"id": "0197", "timestamp": at(0), "instructions": None}
    asked = "# Context from my IDE setup:\n## Open tabs: a.py\n\n## My request for Codex:\nuse tabs\n"
    spoken = [
        bare("user", "<environment_context>\n  <cwd>/x</cwd>\n</environment_context>"),
        bare("user", "# AGENTS.md instructions for /x\n\n<INSTRUCTIONS>use spaces</INSTRUCTIONS>"),
        bare("user", "<user_instructions>\nuse spaces\n</user_instructions>"),
        bare("user", asked), bare("assistant", "Used spaces."),
        bare("user", "<turn_aborted>x</turn_aborted>"), bare("user", "no, tabs"), bare("user", "no, tabs"),
    ]  # fmt: skip
    write(home, ROLLOUT, lines(first, *spoken))
    assert said(tmp_path) == [("use tabs", ""), ("no, tabs", "Used spaces."), ("no, tabs", "")]
    assert {(turn.session, turn.at) for turn in turns(tmp_path)} == {("0197", at(0))}
    assert len({turn.id for turn in turns(tmp_path)}) == 3


def test_codex_forks_and_sub_agents_do_not_speak_for_the_person(tmp_path: Path, home: Path) -> None:
    spoken = [
        codex_item(1, "user", "Fix the build.", "user.text"),
        codex_item(2, "assistant", "I fixed it.", "u"),
    ]
    write(home, ROLLOUT, codex(*spoken))
    later = [{**record, "timestamp": at(40)} for record in spoken]
    copied = {"timestamp": at(40), "type": "session_meta", "payload": {"id": "01a1f97d", "cwd": "/other"}}
    fork = codex(copied, *later, codex_item(41, "user", "No.", "user.text"), session_id="fork", id="fork")
    write(home, ROLLOUT.replace("01a1f97d", "fork"), fork)
    agent = codex(
        *spoken, id="agent", source={"subagent": {"thread_spawn": {"parent_thread_id": "01a1f97d"}}}
    )
    write(home, ROLLOUT.replace("01a1f97d", "agent"), agent.replace("msg_", "own_"))
    assert [(turn.text, turn.session) for turn in turns(tmp_path)] == [
        ("Fix the build.", "01a1f97d"), ("No.", "fork"),
    ]  # fmt: skip


def gemini(*messages: logs.Record, kind: str = "main") -> str:
    """Return a log of Gemini CLI."""
    where = "- **Workspace Directories:**\n  - /home/ada/cad\n"
    context = f"<session_context>\nThis is the Gemini CLI.\n{where}</session_context>"
    first = {"id": "c", "timestamp": at(0), "type": "user", "content": [{"text": context}]}
    head = {"sessionId": "74ad8f52", "projectHash": "7ea6", "startTime": at(0), "kind": kind}
    touched = {"$set": {"lastUpdated": at(1)}}
    return lines(head, {"$set": {"messages": [first], "lastUpdated": at(0)}}, *messages, touched)


def message(number: int, kind: str, content: Any, **rest: Any) -> logs.Record:
    """Return a message of Gemini CLI."""
    return {"id": f"g{number}", "timestamp": at(number), "type": kind, "content": content, **rest}


SPOKEN = [
    message(1, "info", "No, this is the host."),
    message(
        2,
        "user",
        [{"text": "<hook_context>No!</hook_context>\n\nlist it"}, {"text": "<hook_context>x</hook_context>"}],
    ),
    message(3, "gemini", "", toolCalls=[]),
    message(4, "user", [{"functionResponse": {"response": {"output": "No!"}}}]),
    message(5, "gemini", "Two files."),
    message(5, "gemini", "Two files.", toolCalls=[{"name": "ls"}]),
    message(6, "user", [{"text": "@a.py --- No!"}], displayContent=[{"text": "there are three"}]),
]


def test_gemini_repeats_messages_and_patches_them_and_each_counts_once(tmp_path: Path, home: Path) -> None:
    again = {
        "$set": {"messages": [SPOKEN[1], SPOKEN[4], message(7, "user", [{"text": "<state_snapshot>s"}])]}
    }
    write(home, ".gemini/tmp/cad/chats/session-1.jsonl", gemini(*SPOKEN, again))
    assert said(tmp_path) == [("list it", ""), ("there are three", "Two files.")]
    assert {(turn.session, turn.project, turn.host) for turn in turns(tmp_path)} == {
        ("74ad8f52", "cad", "gemini-cli")
    }


def test_older_gemini_logs_are_one_object_and_sub_agents_are_no_person(tmp_path: Path, home: Path) -> None:
    whole = {"sessionId": "old", "projectHash": "7ea6", "messages": SPOKEN}
    write(home, ".gemini/tmp/7ea6/chats/session-0.json", json.dumps(whole, indent=2))
    write(
        home, ".gemini/tmp/7ea6/chats/old/agent.jsonl", gemini(message(9, "user", "Search."), kind="subagent")
    )
    write(home, ".gemini/tmp/7ea6/logs.json", json.dumps([{"type": "user", "message": "x"}]))
    assert said(tmp_path) == [("list it", ""), ("there are three", "Two files.")]


def test_copilot_notes_what_was_typed_apart_from_what_was_sent(tmp_path: Path, home: Path) -> None:
    def event(number: int, kind: str, **data: Any) -> logs.Record:
        return {"type": kind, "data": data, "id": f"e{number}", "timestamp": at(number)}

    context = {"cwd": "/home/ada/cad/src", "gitRoot": "/home/ada/cad", "repository": "Acme/CAD"}
    sent = "<current_datetime>x</current_datetime>\n\nlist it\n\n<system_reminder>No!</system_reminder>"
    events = [
        event(0, "session.start", sessionId="6dc85f2a", context=context),
        event(1, "hook.start", input={"prompt": "No!"}),
        event(2, "user.message", content="list it", transformedContent=sent),
        event(3, "assistant.message", content="", toolRequests=[{"name": "bash"}]),
        event(4, "assistant.message", content="Of a sub-agent.", parentToolCallId="t"),
        event(5, "assistant.message", content="Two files."),
        event(6, "user.message", content="# A skill", source="skill-x"),
        event(7, "user.message", content="there are three", source="user"),
        event(8, "assistant.message", content="<overview>a summary</overview>"),
        event(9, "user.message", content="go on"),
    ]
    write(home, ".copilot/session-state/6dc85f2a/events.jsonl", lines(*events))
    assert said(tmp_path) == [("list it", ""), ("there are three", "Two files."), ("go on", "")]
    assert {(turn.session, turn.project) for turn in turns(tmp_path)} == {("6dc85f2a", "github.com/acme/cad")}


def test_opencode_sessions_are_read_from_its_database_and_read_again_when_they_change(
    tmp_path: Path, home: Path
) -> None:
    database = home / ".local/share/opencode/opencode.db"
    spoken: list[Any] = [
        ("user", "list it", {}), ("user", "The tool said no.", {"synthetic": True}),
        ("assistant", "Two files.", {}),
        ("assistant", "A summary.", {"info": {"summary": True}}), ("user", "there are three", {}),
    ]  # fmt: skip
    child: logs.Record = {"parent_id": "ses_1", "messages": [("user", "Search.", {})]}
    logs.opencode(database, {"ses_1": {"messages": spoken}, "ses_2": child})
    assert said(tmp_path) == [("list it", ""), ("there are three", "Two files.")]
    assert turns(tmp_path)[0].at == "2026-11-20T15:17:13.000Z"
    logs.opencode(database, {"ses_1": {"messages": [*spoken, ("user", "go on", {})]}})
    assert [text for text, _ in said(tmp_path)] == ["list it", "there are three", "go on"]
    assert {(turn.session, turn.project, turn.host) for turn in turns(tmp_path)} == {
        ("ses_1", "cad", "opencode")
    }


def test_a_session_that_opencode_exported_is_a_log_too(tmp_path: Path) -> None:
    def part(text: str, role: str, number: int) -> logs.Record:
        info = {"role": role, "time": {"created": 1795187833436 + number}, "id": f"m{number}"}
        return {"info": info, "parts": [{"type": "step-start"}, {"type": "text", "text": text}]}

    about = {"id": "ses_1", "projectID": "global", "directory": "/home/ada/cad", "version": "1.18.33"}
    spoken = [part("list it", "user", 0), part("Two files.", "assistant", 1), part("three", "user", 2)]
    path = write(tmp_path, "exports/export.json", json.dumps({"info": about, "messages": spoken}, indent=2))
    assert said(tmp_path, path.parent) == [("list it", ""), ("three", "Two files.")]


def test_below_a_named_folder_each_log_is_known_by_its_first_records(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "elsewhere"
    write(folder, "a.jsonl", "// a comment\n" + Claude().user("one").text)
    write(folder, "deep/er/b.jsonl", codex(codex_item(1, "user", "two")))
    write(folder, "c.jsonl", gemini(message(2, "user", "three")))
    write(folder, "notes.jsonl", lines({"type": "user", "text": "of another program"}))
    write(folder, "d.txt", Claude("other").user("four").text)
    Claude("at-home").user("at home").save(home)
    found = turns(tmp_path, folder)
    assert [(turn.text, turn.host) for turn in found] == [
        ("one", "claude-code"), ("two", "codex"), ("three", "gemini-cli"),
    ]  # fmt: skip
    assert [turn.text for turn in turns(tmp_path)] == ["at home"]
