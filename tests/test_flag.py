"""`commonplace flag` and `commonplace self-eval`: one file an entry, there before its id is printed."""

import io
import os
import sys
from pathlib import Path

import pytest

from commonplace import hot, ulid
from commonplace.lock import Lock
from commonplace.place import Place
from commonplace.text import MAX_TEXT
from tests.memory import Memory


def test_a_flag_prints_its_id_alone_and_is_one_file_with_a_second_link(memory: Memory) -> None:
    options = ("--type", "correction", "--topic", "CAD Rendering!", "--scope", "project:acme-cad",
               "--origin", "user", "--session", "3f2c9a", "--supersedes", "^2M7R4XBEYZ")  # fmt: skip
    done = memory.run("flag", *options, "Clip to the\nworking window.")
    entry = done.stdout.removesuffix("\n")
    assert ulid.is_ulid(entry)
    assert done.stderr == ""
    assert memory.queue() == [f"{entry}.flag.md"]
    text = memory.read(f"queue/{entry}.flag.md")
    at = text.partition('at: "')[2][:20]
    assert text == (
        f'---\nid: "{entry}"\nkind: "flag"\ntype: "correction"\ntopic: "cad-rendering"\n'
        f'scope: "project:acme-cad"\norigin: "user"\nsession: "3f2c9a"\nat: "{at}"\n'
        'supersedes: "^2m7r4xbeyz"\n---\nClip to the\nworking window.\n'
    )
    assert abs(ulid.seconds(entry) - (memory.root / "queue" / f"{entry}.flag.md").stat().st_mtime) < 60
    queued = memory.root / "queue" / f"{entry}.flag.md"
    inbox = memory.root / ".git" / "commonplace" / "inbox" / f"{entry}.flag.md"
    assert os.path.samefile(queued, inbox)


def test_a_self_eval_is_appended_the_same_way(memory: Memory) -> None:
    done = memory.run(
        "self-eval", "--snag", 'it "hung"', "--better", "clip\nfirst", "--target", "skills/cad",
        "--session", "s1", "--scope", "user",
    )  # fmt: skip
    entry = done.stdout.removesuffix("\n")
    text = memory.read(f"queue/{entry}.self-eval.md")
    at = text.partition('at: "')[2][:20]
    assert text == (
        f'---\nid: "{entry}"\nkind: "self-eval"\nscope: "user"\norigin: "agent"\nsession: "s1"\nat: "{at}"\n'
        'target: "skills/cad"\nsnag: "it \\"hung\\""\nbetter: "clip\\nfirst"\n---\n'
    )
    inbox = memory.root / ".git" / "commonplace" / "inbox" / f"{entry}.self-eval.md"
    assert os.path.samefile(memory.root / "queue" / f"{entry}.self-eval.md", inbox)
    assert memory.json("self-eval", "--snag", "a", "--better=b")["path"].endswith(".self-eval.md")
    for wrong, why in (
        (("--snag", "a"), "the better way is empty"),
        (("--better", "b"), "the snag is empty"),
        (("--snag", " ", "--better", "b"), "the snag is empty"),
        (("--snag", "a", "--better", ""), "the better way is empty"),
        (("--snag", "a", "--better", "b", "--target", "memory/x"), "is not a target"),
        (("--snag", "a", "--better", "b", "--target", "skills/../x"), "is not a target"),
        (("--snag", "a", "--better", "b", "--target", "rules/"), "is not a target"),
    ):
        refused = memory.run("self-eval", *wrong, code=2)
        assert why in refused.stderr
        assert refused.stdout == ""
    assert len(memory.queue()) == 2


def test_text_comes_from_stdin_or_after_two_dashes_and_json_says_where_it_lies(memory: Memory) -> None:
    entry = memory.out("flag", "-", stdin="from a pipe\r\nsecond line\r\n\n").strip()
    assert memory.read(f"queue/{entry}.flag.md").endswith("\n---\nfrom a pipe\nsecond line\n")
    entry = memory.flag("--topic is an option")
    assert memory.read(f"queue/{entry}.flag.md").endswith("\n---\n--topic is an option\n")
    said = memory.json("flag", "x", "--topic=deploy")
    assert said["path"] == str(memory.root / "queue" / f"{said['id']}.flag.md")
    assert 'topic: "deploy"' in Path(said["path"]).read_text()


def test_empty_binary_and_over_long_text_is_a_clear_error(memory: Memory) -> None:
    for text, why in (
        (b"", "the text is empty"),
        (b" \n\t\n", "the text is empty"),
        (b"a\0b", "the text is binary or not UTF-8"),
        (b"\xff\xfe\x00x", "the text is binary or not UTF-8"),
        (b"x" * (MAX_TEXT + 1), "the text has 8,193 characters; 8,192 is the most"),
        (b"x" * (3 << 20), "8,192 is the most"),
    ):
        refused = memory.run("flag", "-", stdin=text, code=2)
        assert why in refused.stderr
        assert "mend it with: " in refused.stderr
        assert refused.stdout == ""
    assert memory.queue() == []


def test_the_longest_text_is_kept_whole(memory: Memory) -> None:
    text = "ü" * MAX_TEXT
    entry = memory.out("flag", "-", stdin=text).strip()
    assert memory.read(f"queue/{entry}.flag.md").endswith(f"\n{text}\n")
    memory.run("drain")
    assert text in memory.page("general")


def test_options_that_make_no_sense_are_refused_with_what_would(memory: Memory) -> None:
    for wrong, why in (
        (("--type", "opinion"), "use one of fact, decision"),
        (("--origin", "god"), "use one of user, agent"),
        (("--topic", "///"), "has no letter or digit"),
        (("--scope", "team"), "reserved for shared memory"),
        (("--scope", "project:../x"), "is not a scope"),
        (("--session", "../x"), "is not a session id"),
        (("--supersedes", "^x"), "is not a fact's id"),
        (("--colour", "red"), "No such option"),
        (("--topic", "a", "two words"), "unexpected extra argument"),
    ):
        refused = memory.run("flag", "x", *wrong, code=2)
        assert why in refused.stderr, wrong
        assert refused.stdout == ""
    assert "the text is empty" in memory.run("flag", code=2).stderr
    assert memory.queue() == []


def test_who_flags_is_told_by_the_terminal_and_the_environment(memory: Memory) -> None:
    def said(entry: str) -> dict[str, str]:
        head = memory.read(f"queue/{entry}.flag.md").split("\n---\n")[0].split("\n")[1:]
        return {key: value.strip('"') for key, _, value in (line.partition(": ") for line in head)}

    assert said(memory.flag("from a script"))["origin"] == "agent"
    assert said(memory.as_person("flag", "at a terminal").strip())["origin"] == "user"
    memory.env = {"CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": "c0ffee"}
    fields = said(memory.as_person("flag", "an agent at a terminal").strip())
    assert (fields["origin"], fields["host"], fields["session"]) == ("agent", "claude-code", "c0ffee")
    assert said(memory.flag("x", "--session", "other"))["session"] == "other"


def test_a_flag_waits_for_no_lock_and_runs_no_git(memory: Memory) -> None:
    (memory.root / ".git" / "index.lock").touch()
    with Lock(Place(str(memory.root), str(memory.root / ".git")), "a drain"):
        for verb in (("flag", "x"), ("self-eval", "--snag", "a", "--better", "b"), ("boundary", "chapter")):
            memory.run(*verb, env={"PATH": "/nonexistent"})
    assert len(memory.queue()) == 2
    (memory.root / ".git" / "index.lock").unlink()


def test_file_and_folders_are_synced_before_the_id_is_printed(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[object] = []
    fsync = os.fsync

    def recorded(handle: int) -> None:
        events.append(os.fstat(handle).st_ino)
        fsync(handle)

    class Screen(io.StringIO):
        def write(self, text: str) -> int:
            events.append(text)
            return len(text)

    monkeypatch.chdir(memory.root)
    monkeypatch.setattr(os, "fsync", recorded)
    monkeypatch.setattr(sys, "stdout", Screen())
    assert hot.run("flag", {"": "x"}) == 0
    monkeypatch.undo()

    (name,) = memory.queue()
    inbox = memory.root / ".git" / "commonplace" / "inbox"
    printed = events.index(f"{name.partition('.')[0]}\n")
    for path in (memory.root / "queue" / name, memory.root / "queue", inbox):
        assert path.stat().st_ino in events[:printed], path


def test_a_queue_that_cannot_be_written_is_a_clear_error_and_leaves_nothing_behind(memory: Memory) -> None:
    queue = memory.root / "queue"
    (queue / ".gitkeep").unlink()
    queue.rmdir()
    queue.write_text("a file in the way")
    refused = memory.run("flag", "x", code=1)
    assert "the entry could not be written" in refused.stderr
    assert refused.stdout == ""
    assert list((memory.root / ".git" / "commonplace" / "inbox").glob("*")) == []
    queue.unlink()
    memory.flag("x")  # the folder is made again
    assert len(memory.queue()) == 1
