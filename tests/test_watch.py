"""`watch`: what lands in the memory, as it lands."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from commonplace import queue, watching
from commonplace.place import Place
from tests.memory import Memory, wait_until


def place(memory: Memory) -> Place:
    return Place(str(memory.root), str(memory.root / ".git"))


@contextmanager
def watch(memory: Memory, *options: str, code: int = 0) -> Iterator[Path]:
    """Run `watch` and give the file that its words go to; Ctrl-C ends it."""
    words = memory.scratch / "watched"
    with words.open("wb") as out:
        command = [sys.executable, "-m", "commonplace", "watch", *options]
        process = subprocess.Popen(
            command, cwd=memory.root, stdout=out, stderr=subprocess.PIPE, env={**os.environ, **memory.env}
        )
    assert process.stderr
    assert b"watching " in process.stderr.readline()
    try:
        yield words
    finally:
        process.send_signal(signal.SIGINT)
        left = process.communicate(timeout=30)[1].decode()
    assert process.returncode == code, left
    assert "Traceback" not in left


def seen(words: Path, text: str) -> None:
    wait_until(lambda: text in words.read_text())


def test_flags_drains_and_proposals_are_shown_as_diffs_when_they_land(memory: Memory) -> None:
    memory.flag("was there before", "--topic", "deploy")
    with watch(memory) as words:
        flag = memory.flag("Deploys go through make ship", "--topic", "deploy", "--session", "s1")
        seen(words, f"  flag {flag}  fact · agent · session s1 · ")
        seen(words, "\n+Deploys go through make ship\n")
        noted = memory.self_eval("hung", "clip first", "--target", "skills/cad")
        seen(words, f"  self-eval {noted}  ")
        seen(words, "\n-hung\n+clip first\n")
        memory.run("drain")
        drained = memory.git("rev-parse", "HEAD")[:10]
        seen(words, f"  drain {drained}  2 flags into 1 topic, 1 self-eval, 1 proposal\n")
        seen(words, "\n+++ b/memory/user/deploy.md\n")
        seen(words, "\n+- Deploys go through make ship ^")
        seen(words, "(commonplace review ")
        seen(words, "\n+- clip first (snag: hung) ^")
        memory.write("memory/user/deploy.md", memory.page("deploy").replace("make ship", "make sail"))
        memory.git("commit", "-qam", "by hand")
        seen(words, "\n+- Deploys go through make sail ^")
    told = words.read_text()
    assert "index.md" not in told
    assert told.count(flag) == 1
    assert "+was there before" not in told.partition("drain")[0]


def test_a_queue_that_is_idle_is_drained_and_what_is_held_back_is_not(memory: Memory) -> None:
    held = memory.flag("held")
    queue.hold(place(memory), held, "a test")
    with watch(memory, "--drain-idle", "1s") as words:
        memory.flag("Deploys go through make ship", "--topic", "deploy")
        seen(words, "drain ")
        wait_until(lambda: len(memory.queue()) == 1)
    assert [name[:26] for name in memory.queue()] == [held]
    assert [s.partition(":")[0] for s in memory.subjects()].count("drain") == 1


def test_a_script_gets_a_line_of_json_for_each(memory: Memory) -> None:
    with watch(memory, "--json") as words:
        flag = memory.flag("Deploys go\nthrough make ship")
        seen(words, "\n")
    told = json.loads(words.read_text().splitlines()[0])
    assert (told["kind"], told["id"]) == ("flag", flag)
    assert told["diff"] == ["+Deploys go", "+through make ship"]


def test_a_length_of_time_that_is_none_is_refused(memory: Memory) -> None:
    for odd in ("soon", "10", "m", "-5m", "1.5h"):
        assert "say it as 90s, 10m, 2h or 7d" in memory.run("watch", "--drain-idle", odd, code=2).stderr


def test_on_a_terminal_it_is_in_colour_and_no_control_character_gets_through(memory: Memory) -> None:
    lead, follow = pty.openpty()
    env = {**os.environ, "TERM": "xterm"} | {"NO_COLOR": ""}
    process = subprocess.Popen(
        [sys.executable, "-m", "commonplace", "watch"], cwd=memory.root,
        stdin=follow, stdout=follow, stderr=follow, env=env, start_new_session=True,
    )  # fmt: skip
    os.close(follow)
    shown = os.read(lead, 65536)
    memory.write("memory/user/odd.md", "a page\x1b]0;title\x07 by hand\n")
    memory.git("add", "memory")
    memory.git("commit", "-qm", "odd \x1b[2J")
    while b"by hand" not in shown:
        shown += os.read(lead, 65536)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    os.close(lead)
    assert b"\x1b[32m+a page\\x1b]0;title\\x07 by hand" in shown
    assert b"\x1b]" not in shown
    assert b"\x1b[2J" not in shown


def test_an_entry_that_came_and_was_drained_between_two_looks_is_told_from_its_commit(memory: Memory) -> None:
    before = watching.look(place(memory))
    flag = memory.flag("Deploys go through make ship", "--topic", "deploy")
    memory.run("drain")
    told = list(watching.news(place(memory), before, watching.look(place(memory))))
    assert [(item.kind, item.id) for item in told[:1]] == [("flag", flag)]
    assert told[0].diff == ("+Deploys go through make ship",)
    assert [item.kind for item in told[1:]] == ["capture", "drain"]


def test_what_vanished_and_a_branch_that_was_moved_back_are_told(memory: Memory) -> None:
    memory.flag("Deploys go through make ship", "--topic", "deploy")
    memory.run("drain")
    flag = memory.flag("second")
    before = watching.look(place(memory))
    (memory.root / "queue" / f"{flag}.flag.md").unlink()
    memory.git("reset", "-q", "--hard", "HEAD~2")
    told = list(watching.news(place(memory), before, watching.look(place(memory))))
    assert [item.kind for item in told] == ["vanished", "moved"]
    assert told[0].id == flag


def test_a_long_diff_is_cut_with_the_command_that_shows_the_rest(memory: Memory) -> None:
    before = watching.look(place(memory))
    memory.write("memory/user/long.md", "line\n" * 500)
    memory.git("add", "memory")
    memory.git("commit", "-qm", "long")
    [item] = watching.news(place(memory), before, watching.look(place(memory)))
    assert len(item.diff) == watching.MOST_LINES + 1
    assert item.diff[-1] == f" … 303 more lines: git show {item.id[:10]}"
