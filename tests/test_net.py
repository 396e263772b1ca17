"""The net under capture: corrections that a compaction or a silent end would lose."""

import json
from pathlib import Path
from typing import Any

from commonplace.entry import parse
from tests.happenings import event, stdin
from tests.memory import Memory, wait_until

LOG = "home/.claude/projects/-home-ada-cad/s1.jsonl"
DEPLOYED = "I deployed the service by hand with scp to the production server. All done."
NO = "No, that's wrong. Never deploy by hand, always use make ship."
CLAIM = "I renamed the helper to clip_window and removed the old tests. Everything passes."
STOP = "no, don't remove the tests, I told you to keep the tests"


def log(memory: Memory, *talk: str, begin: int = 0) -> Path:
    """Let a Claude Code session's log grow by a talk: the person and the assistant in turns."""
    path = memory.scratch / LOG
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        for number, text in enumerate(talk, start=begin):
            who = "assistant" if number % 2 else "user"
            content: Any = [{"type": "text", "text": text}] if number % 2 else text
            record = {
                "type": who, "message": {"role": who, "content": content}, "uuid": f"u{number}",
                "parentUuid": f"u{number - 1}" if number else None, "isSidechain": False, "sessionId": "s1",
                "timestamp": f"2026-11-20T10:{number:02}:00.000Z", "cwd": str(memory.scratch),
                "userType": "external", "entrypoint": "cli", "version": "2.1.329",
            }  # fmt: skip
            file.write(json.dumps(record) + "\n")
    return path


def fire(memory: Memory, what: str, session: str = "s1") -> str:
    name, payload = event("claude-code", what, session, memory.scratch, transcript=memory.scratch / LOG)
    done = memory.run(
        "hook", "claude-code", name, stdin=stdin(payload), env={"COMMONPLACE_REPO": str(memory.root)}
    )
    assert done.stderr == ""
    assert not (memory.root / ".git" / "commonplace" / "faults").exists()
    return done.stdout


def entries(memory: Memory) -> list[Any]:
    return [parse(memory.read(f"queue/{name}")) for name in memory.queue()]


def shown(answer: str) -> dict[str, str]:
    """Return pair → line of the candidates that an asking shows."""
    text = json.loads(answer)["hookSpecificOutput"]["additionalContext"]
    lines = [line[2:] for line in text.splitlines() if line.startswith("- ") and '"' in line]
    return {line.split(" ")[0]: line for line in lines}


def test_what_was_corrected_before_a_compaction_is_shown_after_it_and_flagged_with_one_command(
    memory: Memory,
) -> None:
    log(
        memory,
        "Deploy the service please.",
        DEPLOYED,
        NO,
        "Understood, I use make ship from now on.",
        "thanks",
    )
    fire(memory, "boot")
    fire(memory, "before")
    found = shown(fire(memory, "after"))
    [(pair, line)] = found.items()
    assert f'"{NO}"' in line
    assert "(about: " in line
    assert "by hand" in line.partition("(about: ")[2]

    flag = memory.out("flag", "--from", pair, "--topic", "deploy").strip()
    [entry] = entries(memory)
    assert (entry.id, entry.type, entry.text, entry.pair) == (flag, "correction", NO, pair)
    assert "by hand" in entry.premise
    assert pair not in fire(memory, "after"), "it is not shown again"
    memory.run("drain")
    assert f"- {NO} ^" in memory.page("deploy")
    why = memory.out("why", f"^{flag[-10:].lower()}")
    assert f"pair {pair}" in why
    assert "by hand" in why


def test_the_agent_may_reword_a_correction_and_keeps_its_source(memory: Memory) -> None:
    log(memory, "Deploy the service please.", DEPLOYED, NO, "Understood.")
    fire(memory, "before")
    [pair] = shown(fire(memory, "after"))
    memory.run(
        "flag", "--from", pair, "--type", "procedure", "--scope", "user", "Deploys go through make ship."
    )
    [entry] = entries(memory)
    assert (entry.type, entry.text, entry.scope) == ("procedure", "Deploys go through make ship.", "user")
    assert entry.pair == pair


def test_candidates_add_up_over_compactions_and_the_surest_few_are_shown(memory: Memory) -> None:
    log(memory, "Deploy the service please.", DEPLOYED, NO, CLAIM)
    fire(memory, "before")
    log(memory, STOP, "Sorry, restored.", begin=4)
    fire(memory, "before")
    fire(memory, "before")
    assert len(shown(fire(memory, "after"))) == 2


def test_a_pair_that_nobody_knows_is_refused_with_the_command_that_lists_them(memory: Memory) -> None:
    done = memory.run("flag", "--from", "0123456789", code=2)
    assert "commonplace mine lists them" in done.stderr
    assert memory.queue() == []


def test_a_session_that_flagged_nothing_offers_its_corrections_which_wait_for_a_person(
    memory: Memory,
) -> None:
    log(memory, "Deploy the service please.", DEPLOYED, NO, "Understood.", "thanks, great work")
    fire(memory, "boot")
    fire(memory, "end")
    wait_until(lambda: memory.queue() and not (memory.root / ".git" / "commonplace" / "closing").exists())
    [entry] = entries(memory)
    assert (entry.origin, entry.session, entry.text) == ("mined", "s1", NO)
    assert entry.at == "2026-11-20T10:02:00Z"
    [row] = memory.json("queue", "list")
    assert (row["state"], row["id"]) == ("held", entry.id)
    assert "waits for a person" in row["why"]
    memory.run("drain")
    assert len(memory.queue()) == 1, "no drain takes it"

    fire(memory, "boot")
    fire(memory, "end")
    wait_until(lambda: not (memory.root / ".git" / "commonplace" / "closing").exists())
    assert len(memory.queue()) == 1, "it is offered once"
    memory.run("queue", "release", "--all")
    memory.run("drain")
    assert memory.queue() == []


def test_what_a_person_labelled_skip_is_neither_shown_nor_offered(memory: Memory) -> None:
    log(memory, "Deploy the service please.", DEPLOYED, NO, "Understood.")
    [pair] = [row["id"] for row in memory.json("mine")["pairs"]]
    memory.run("label", pair, "skip")
    fire(memory, "before")
    assert not shown(fire(memory, "after"))
    fire(memory, "end")
    wait_until(lambda: not (memory.root / ".git" / "commonplace" / "closing").exists())
    assert memory.queue() == []


def test_a_session_that_flagged_anything_itself_offers_nothing(memory: Memory) -> None:
    log(memory, "Deploy the service please.", DEPLOYED, NO, "Understood.")
    for drained in (False, True):
        memory.flag("Deploys go through make ship", "--topic", "deploy", "--session", "s1")
        if drained:
            memory.run("drain")
        fire(memory, "end")
        wait_until(lambda: not (memory.root / ".git" / "commonplace" / "closing").exists())
        assert memory.queue() == []


def test_the_settings_say_whether_offers_wait_are_drained_or_are_not_made(memory: Memory) -> None:
    log(memory, "Deploy the service please.", DEPLOYED, NO, "Understood.")
    memory.config('[mine]\noffer = "off"\n')
    fire(memory, "end")
    assert not (memory.root / ".git" / "commonplace" / "closing").exists()
    memory.config('[mine]\noffer = "queue"\n')
    fire(memory, "end")
    wait_until(lambda: not (memory.root / ".git" / "commonplace" / "closing").exists())
    assert memory.queue() == []
    assert NO in memory.git("grep", "-h", "make ship", "--", "memory/user")
