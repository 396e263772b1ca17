"""The backstop at boot, the boundaries, and the close that nobody has to remember."""

import os
import re
import shutil
import signal
from pathlib import Path

from commonplace import queue
from commonplace.lock import Lock
from commonplace.place import Place
from tests.memory import Memory, wait_until

TEXTS = Path(__file__).resolve().parent.parent / "templates" / "boundary"


def place(memory: Memory) -> Place:
    return Place(str(memory.root), str(memory.root / ".git"))


def mark(memory: Memory) -> Path:
    return memory.root / ".git" / "commonplace" / "closing"


def text_of(boundary: str) -> str:
    return (TEXTS / f"{boundary}.md").read_text().split("\n")[0]


def later(memory: Memory) -> None:
    """Let the mark be ten minutes old: a dead process may keep its number until it is reaped."""
    at, rest = mark(memory).read_text().split(" ", 1)
    mark(memory).write_text(f"{int(at) - 600} {rest}")


def findings(memory: Memory) -> dict[str, dict[str, object]]:
    return {finding["kind"]: finding for finding in memory.json("boot")}


def test_boot_is_silent_when_all_is_well(memory: Memory) -> None:
    memory.flag("Deploys go through make ship")
    memory.run("drain")
    assert memory.json("boot") == []
    for words in (
        ("boot",),
        ("boot", "--check"),
        ("boundary", "boot"),
        ("boundary", "boot", "--session", "s"),
    ):
        done = memory.run(*words)
        assert (done.stdout, done.stderr) == ("", ""), words


def test_boot_names_everything_that_waits_with_counts_ages_and_the_command_that_mends_it(
    memory: Memory,
) -> None:
    memory.self_eval("hung", "clip first", "--target", "skills/cad")
    memory.run("drain")
    committed = memory.flag("committed")
    memory.git("add", "queue")
    memory.git("commit", "-q", "-m", "wip")
    held, gone = memory.flag("held"), memory.flag("gone")
    memory.flag("loose")
    memory.flag("loose too")
    queue.hold(place(memory), held, "drain x was undone")
    (memory.root / "queue" / f"{gone}.flag.md").unlink()
    memory.write("queue/note.txt", "not an entry")
    memory.run("boundary", "boot", "--session", "lost")
    mark(memory).write_text("1 0 lost ")
    memory.config("[index]\nmax_lines = 4\n")

    found = memory.json("boot")
    assert [(f["kind"], f["count"]) for f in found] == [
        ("drain", 1), ("queue", 2), ("committed", 1), ("vanished", 1), ("held", 1), ("odd", 1),
        ("sessions", 1), ("proposals", 1), ("index", 1),
    ]  # fmt: skip
    (proposal,) = memory.json("review")
    age = "a moment"
    lines = memory.out("boot").splitlines()
    assert [re.sub(r"\d+ s (?=old|ago)", f"{age} ", line) for line in lines[1:]] == [
        f"commonplace: 2 entries in the queue, not in git, the oldest {age} old: commonplace drain",
        f"commonplace: 1 entry committed but not drained, the oldest {age} old: commonplace drain",
        f"commonplace: 1 entry vanished from queue/, the oldest {age} old ({gone}): "
        "commonplace queue restore --all (or: commonplace queue drop ID --because TEXT)",
        f"commonplace: 1 entry held back, the oldest {age} old: "
        "commonplace queue list, then commonplace queue release ID",
        "commonplace: 1 file in queue/ no drain can take (note.txt: not named as an entry): "
        "commonplace queue list",
        f"commonplace: 1 session never ended: lost (last seen {age} ago): "
        "commonplace boundary end --session lost",
        f"commonplace: 1 proposal waits for a person ({proposal['id']}): commonplace review",
        "commonplace: memory/index.md has 4 of 4 lines and 106 of 25,000 bytes; topics beyond that are left "
        "out of it: merge small topics by hand, or raise index.max_lines",
    ]
    assert lines[0].startswith("commonplace: the drain started at the end of session lost ")
    assert lines[0].endswith(" d ago did not finish: commonplace drain")
    assert memory.run("boot", "--check", code=4).stdout == memory.out("boot")

    told = memory.out("boundary", "boot", "--session", "next").splitlines()
    assert told[0] == text_of("boot")
    assert [line.removeprefix("- ")[:20] for line in told[1:]] == [line[13:][:20] for line in lines]

    memory.run("queue", "restore", "--all")
    memory.run("queue", "release", "--all")
    memory.run("drain")
    (memory.root / "queue" / "note.txt").unlink()
    (proposal,) = memory.json("review")
    memory.as_person("accept", proposal["id"])
    memory.run("boundary", "end", "--session", "lost")
    memory.run("boundary", "end", "--session", "next")
    memory.config("")
    assert memory.out("boot") == ""
    for text in ("committed", "held", "gone", "loose", "loose too"):
        assert f"- {text} ^" in memory.page("general")
    assert committed[-10:].lower() in memory.page("general")


def test_settings_that_cannot_be_read_are_named_at_boot_and_capture_goes_on(memory: Memory) -> None:
    memory.write("commonplace.toml", "[drain]\nat_session_end = 3\n")
    memory.flag("still kept")
    assert "drain.at_session_end must be true or false" in str(findings(memory)["settings"]["message"])
    refused = memory.run("drain", code=1)
    assert f"{memory.root}/commonplace.toml: drain.at_session_end must be true or false" in refused.stderr
    for text, why in (("nonsense = 1", "unknown key 'nonsense'"), ("= x", "cannot be read"),
                      ("[proposals]\napply = 'no'", "must be one of accept, drain"),
                      ("format = 9", "format 9")):  # fmt: skip
        memory.write("commonplace.toml", text)
        assert why in memory.run("status", code=1).stderr
        assert why in memory.out("boot")
    assert len(memory.queue()) == 1


def test_a_boundary_asks_for_flags_in_words_that_a_repository_made_here_may_override(memory: Memory) -> None:
    for boundary in ("chapter", "compaction"):
        said = memory.out("boundary", boundary, "--session", "s1")
        assert said.split("\n")[0] == text_of(boundary)
        assert "flag --type fact|decision|" in said
    memory.write("templates/boundary/chapter.md", "Flag it, {{ 1 + 1 }} lines.\n")
    assert memory.out("boundary", "chapter") == "Flag it, 2 lines.\n"

    refused = memory.run("boundary", "lunch", code=2)
    assert (
        "'lunch' is not a boundary\n  mend it with: use one of boot, chapter, compaction, end"
        in refused.stderr
    )
    assert "is not a process id" in memory.run("boundary", "boot", "--pid", "x", code=2).stderr
    assert "is not a session id" in memory.run("boundary", "end", "--session", "../x", code=2).stderr


def test_sessions_are_registered_at_boot_and_one_that_runs_is_not_lost(memory: Memory) -> None:
    me = str(os.getpid())
    memory.run("boundary", "boot", "--session", "alive", "--pid", me, "--host", "codex")
    memory.run("boundary", "boot", "--session", "gone", "--pid", str(2**22 + 1))
    assert memory.json("status")["sessions"] == 2
    told = memory.out("boundary", "boot", "--session", "third")
    assert "1 session never ended: gone" in told
    assert "alive" not in told
    memory.run("boundary", "end", "--session", "gone")
    assert memory.out("boundary", "boot", "--session", "third") == ""  # nor does it find itself
    assert memory.out("boot", env={"COMMONPLACE_SESSION": "third"}) == ""
    assert "1 session never ended: third" in memory.out("boot")


def test_the_end_of_a_session_starts_the_drain_and_its_mark_goes_away_by_itself(memory: Memory) -> None:
    memory.run("boundary", "boot", "--session", "s1")
    memory.flag("Deploys go through make ship", "--topic", "deploy", "--session", "s1")
    done = memory.run("boundary", "end", "--session", "s1")
    assert (done.stdout, done.stderr) == ("", "")
    wait_until(lambda: not mark(memory).exists() and memory.queue() == [])
    assert "- Deploys go through make ship ^" in memory.page("deploy")
    assert memory.git("log", "-1", "--format=%(trailers:key=Session,valueonly)").strip() == "s1"
    assert memory.out("boot", "--check") == ""

    memory.run("boundary", "end", "--session", "s1")  # nothing waits: no drain is started
    assert not mark(memory).exists()
    held = memory.flag("held")
    queue.hold(place(memory), held, "a test")
    memory.run("boundary", "end")
    assert not mark(memory).exists()
    queue.release(place(memory), held)
    memory.config("[drain]\nat_session_end = false\n")
    memory.run("boundary", "end")
    assert not mark(memory).exists()
    assert len(memory.queue()) == 1


def test_a_drain_that_failed_at_a_sessions_end_is_named_at_boot_with_its_reason(memory: Memory) -> None:
    memory.git("checkout", "-q", "--detach")
    memory.flag("x", "--session", "s1")
    memory.run("boundary", "end", "--session", "s1")
    wait_until(lambda: "detached" in mark(memory).read_text())
    message = str(findings(memory)["drain"]["message"])
    assert message.startswith("the drain started at the end of session s1 ")
    assert message.endswith(" ago did not finish (HEAD is detached; nothing was changed)")
    assert len(memory.queue()) == 1

    memory.git("switch", "-q", "main")
    memory.run("drain")
    assert memory.out("boot", "--check") == ""


def test_a_close_that_stumbles_over_its_settings_is_named_at_boot_with_its_reason(memory: Memory) -> None:
    memory.flag("x")
    memory.config("[drain]\nworker = 'nobody'\n")
    memory.run("boundary", "end", "--session", "s1")
    wait_until(lambda: "nobody" in mark(memory).read_text())
    assert "did not finish ('nobody' is no worker)" in str(findings(memory)["drain"]["message"])
    memory.config("")
    memory.run("drain")
    assert memory.out("boot", "--check") == ""


def test_a_boot_that_may_heal_starts_the_drain_that_did_not_happen_and_says_so(memory: Memory) -> None:
    left = memory.flag("Deploys go through make ship", "--topic", "deploy", "--session", "lost")
    assert "commonplace drain" in memory.out("boundary", "boot", "--session", "s1")
    assert not mark(memory).exists()  # warned alone: the default

    memory.config('[drain]\nheal = "drain"\n')
    assert "commonplace drain" in memory.out("boot")  # looking changes nothing
    said = memory.out("boundary", "boot", "--session", "s2")
    assert "1 entry in the queue, not in git" in said
    assert "a drain has been started (drain.heal)" in said
    wait_until(lambda: not mark(memory).exists() and memory.queue() == [])
    assert left in memory.git("log", "-1", "--format=%B")
    assert memory.out("boundary", "boot", "--session", "s2") == ""


def test_a_boot_that_may_heal_leaves_a_drain_under_way_and_held_entries_alone(memory: Memory) -> None:
    memory.config('[drain]\nheal = "drain"\n')
    queue.hold(place(memory), memory.flag("held"), "a test")
    assert "held back" in memory.out("boundary", "boot", "--session", "s1")
    assert not mark(memory).exists()
    memory.flag("waits")
    with Lock(place(memory), "a test"):
        memory.run("boundary", "end", "--session", "s1")
        wait_until(lambda: mark(memory).read_text().split(" ")[1] != "0")
        started = mark(memory).read_text()
        said = memory.out("boundary", "boot", "--session", "s2")
        assert "has been started" not in said
        assert mark(memory).read_text() == started
    wait_until(lambda: not mark(memory).exists())


def test_a_drain_that_was_killed_at_a_sessions_end_is_named_at_boot_and_one_under_way_is_not(
    memory: Memory,
) -> None:
    memory.flag("x")
    with Lock(place(memory), "a drain"):
        memory.run("boundary", "end", "--session", "s1")
        assert "drain" not in findings(memory)
        pid = int(mark(memory).read_text().split()[1])
        os.kill(pid, signal.SIGKILL)
        later(memory)
        assert "drain" not in findings(memory)  # another one holds the lock
    assert "did not finish" in str(findings(memory)["drain"]["message"])
    memory.run("drain")
    assert memory.out("boot", "--check") == ""


def test_boot_speaks_also_where_nothing_can_be_written_down(memory: Memory) -> None:
    memory.self_eval("hung", "clip first")
    memory.run("drain")
    private = memory.root / ".git" / "commonplace"
    (private / "closed").unlink(missing_ok=True)
    (private / "closed" / "in-the-way").mkdir(parents=True)
    shutil.rmtree(private / "sessions", ignore_errors=True)
    (private / "sessions").write_text("in the way")
    said = memory.out("boundary", "boot", "--session", "s1")
    assert "1 proposal waits" in said
    assert text_of("chapter") in memory.out("boundary", "chapter", "--session", "s1")
    assert "1 proposal waits" in memory.out("boot")
    assert len(memory.json("review")) == 1


def test_the_finding_about_the_index_names_the_limit_that_is_near(memory: Memory) -> None:
    memory.flag("x", "--topic", "deploy")
    memory.run("drain")
    memory.config("[index]\nmax_bytes = 150\n")
    assert findings(memory)["index"]["remedy"] == "merge small topics by hand, or raise index.max_bytes"
    memory.config("[index]\nmax_bytes = 0\n")
    assert "index.max_bytes must be at least 1" in memory.run("status", code=1).stderr
