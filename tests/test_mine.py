"""`mine` lists what a person corrected in the sessions of all hosts, and reads no log twice."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.logs import Claude, codex, codex_item, correction
from tests.memory import Memory

WORDS = "No, that's wrong. Don't render the full modelspace, clip it to the working window first."
DONE = "I rendered the full modelspace of the drawing. All views are done."


@pytest.fixture
def home(memory: Memory) -> Path:
    """Return the person's home, where the hosts keep their logs."""
    return memory.scratch / "home"


def aged(log: Claude, days: float) -> Claude:
    """Return a session that ended so many days ago."""
    begun = datetime.now(UTC) - timedelta(days=days)
    for number, record in enumerate(log.records):
        assert isinstance(record, dict)
        record["timestamp"] = f"{begun + timedelta(seconds=number):%Y-%m-%dT%H:%M:%S}.000Z"
    return log


def test_a_pair_is_a_line_with_what_was_corrected_and_the_totals_end_the_list(
    memory: Memory, home: Path
) -> None:
    correction().save(home)
    line, totals = memory.out("mine").splitlines()
    pair, day, project, score = line.split()[:4]
    assert (len(pair), day, project) == (10, "2026-11-20", "cad")
    assert 0 <= float(score) <= 1
    assert line.partition(f"{score}  ")[2].startswith(f"{WORDS}  <- ")
    assert "I rendered the full modelspace" in line
    assert totals == "1 file, 2 turns, 1 pair, 0 skipped"
    assert (memory.root / ".git" / "commonplace" / "substrate.sqlite").stat().st_mode & 0o777 == 0o600


def test_without_logs_there_are_no_pairs_and_no_complaint(memory: Memory) -> None:
    done = memory.run("mine")
    assert (done.stdout, done.stderr) == ("0 files, 0 turns, 0 pairs, 0 skipped\n", "")
    assert memory.json("mine") == {"files": 0, "turns": 0, "skipped": 0, "pairs": []}


def test_json_has_each_pair_with_its_place_and_whole_text(memory: Memory, home: Path) -> None:
    path = correction().save(home)
    path.write_text(f"{path.read_text()}not json\n")
    found = memory.json("mine")
    (pair,) = found.pop("pairs")
    assert found == {"files": 1, "turns": 2, "skipped": 1}
    assert pair.pop("score") > 0
    assert len(pair.pop("id")) == 10
    assert pair == {
        "host": "claude-code",
        "session": "5539d488-9c53-481b-8ec8-51a485dd759e",
        "agent": "",
        "project": "cad",
        "position": 1,
        "at": "2026-11-20T10:00:04.000Z",
        "record": "5539d488-4",
        "path": str(path),
        "text": WORDS,
        "correction": WORDS,
        "premise": "I rendered the full modelspace of the drawing.",
    }


def test_the_answer_is_the_same_byte_for_byte_with_the_cache_and_without(memory: Memory, home: Path) -> None:
    for number in range(5):
        log = correction(f"{number:08}")
        path = log.save(home)
        whole = path.read_text()
        path.write_text(whole[: len(whole) * number // 5])
        memory.run("mine")
        path.write_text(whole)
    kept = memory.out("mine", "--json")
    for name in ("substrate.sqlite", "substrate.sqlite.seal"):
        (memory.root / ".git" / "commonplace" / name).unlink()
    assert memory.out("mine", "--json") == kept
    assert len(json.loads(kept)["pairs"]) == 1  # all copies of one record


def test_since_takes_a_length_of_time_or_a_date(memory: Memory, home: Path) -> None:
    for days in (0.1, 3, 10, 40):
        aged(correction(f"{days:08}"), days).save(home)

    def count(since: str) -> int:
        return len(memory.json("mine", "--since", since)["pairs"])

    assert [count(since) for since in ("12h", "7d", "2w", "2000-01-01", "2999-01-01")] == [1, 2, 3, 4, 0]
    date = f"{datetime.now(UTC) - timedelta(days=4):%Y-%m-%d}"
    assert count(date) == count(f"{date}T00:00:00+00:00") == 2
    assert memory.out("mine", "--since", "7d").endswith("4 files, 8 turns, 2 pairs, 0 skipped\n")


@pytest.mark.parametrize("since", ["yesterday", "7x", "d", "-7d", "²d", "9" * 30 + "d", "2026-13-01"])
def test_a_time_that_is_none_is_refused_with_what_is_taken(memory: Memory, since: str) -> None:
    refused = memory.run("mine", f"--since={since}", code=2).stderr
    assert refused.endswith("is no time\n  mend it with: say 7d, 2w, 12h or a date: 2026-11-20\n")


def test_the_newest_pairs_come_first(memory: Memory, home: Path) -> None:
    for days in (3, 1, 2):
        aged(correction(f"{days:08}"), days).save(home)
    dates = [line.split()[1] for line in memory.out("mine").splitlines()[:-1]]
    assert dates == sorted(dates, reverse=True)
    assert len(set(dates)) == 3


def test_one_hosts_logs_or_those_below_a_folder(memory: Memory, home: Path) -> None:
    correction().save(home)
    rollout = home / ".codex/sessions/2026/11/20/rollout-x.jsonl"
    rollout.parent.mkdir(parents=True)
    items = [codex_item(1, "user", "go"), codex_item(2, "assistant", DONE), codex_item(3, "user", WORDS)]
    rollout.write_text(codex(*items))
    assert {pair["host"] for pair in memory.json("mine")["pairs"]} == {"claude-code", "codex"}
    assert {pair["host"] for pair in memory.json("mine", "--host", "codex")["pairs"]} == {"codex"}
    below = memory.scratch / "below"
    shutil.copytree(home / ".codex", below / "copy")
    there = {"cwd": memory.scratch, "env": {"COMMONPLACE_REPO": str(memory.root)}}
    (pair,) = memory.json("mine", "--path", "below", **there)["pairs"]
    assert pair["path"].startswith(str(below))
    assert memory.json("mine", "--path", str(below), "--host", "claude-code")["pairs"] == []
    assert len(memory.json("mine")["pairs"]) == 2


def test_what_is_no_folder_and_what_is_no_host_is_refused(memory: Memory) -> None:
    refused = memory.run("mine", "--path", "/nowhere", code=2).stderr
    assert refused.startswith("commonplace: /nowhere is no folder\n  mend it with: ")
    hosts = "claude-code, codex, gemini-cli, copilot-cli, opencode"
    refused = memory.run("mine", "--host", "emacs", code=2).stderr
    assert (
        refused == f"commonplace: 'emacs' keeps no logs that are read\n  mend it with: use one of {hosts}\n"
    )


def test_signals_are_columns_that_a_person_and_a_script_can_read(memory: Memory, home: Path) -> None:
    aged(correction(), 1).save(home)
    head, line, totals = memory.out("mine", "--signals").splitlines()
    names = head.split()
    assert names[:3] == ["pair", "rank", "decay"]
    assert {"recency", "density", "coverage", "topic", "neighbours", "misstep", "label"} < set(names)
    assert line.split()[2].startswith("0.90")
    assert line[head.index("correction") :] == WORDS
    assert line[head.index("recency") :].startswith("1.00 ")
    assert totals.endswith("1 pair, 0 skipped")
    (pair,) = memory.json("mine", "--signals")["pairs"]
    assert set(pair["signals"]) == set(names[3:-1])
    assert pair["tier"] in ("critical", "high", "medium", "low")
    assert 0.90 < pair["decay"] < 0.91


def test_what_a_log_holds_cannot_move_the_cursor_or_break_a_line(memory: Memory, home: Path) -> None:
    log = Claude(cwd="/gone/\x1b[2Jcad").user("go").says(f"\x1b]0;x\x07{DONE}\u202e")
    log.user(f"\x1b[31m{WORDS}\u202e\r\nAnd\tmore\x07 of it: clip the modelspace, don't render it.").save(
        home
    )
    for words in (("mine",), ("mine", "--signals"), ("mine", "--json")):
        shown = memory.out(*words)
        assert "modelspace" in shown
        assert all(letter.isprintable() for letter in shown.replace("\n", "")), words
    assert len(memory.out("mine").splitlines()) == 2


def test_a_line_fits_the_terminal(memory: Memory, home: Path) -> None:
    correction().save(home)
    shown = memory.as_person("mine").splitlines()  # a terminal of unknown width counts as 80
    assert [line for line in shown if len(line) > 80] == []
    assert "…" in shown[0]
    assert " <- " in shown[0]


def test_a_log_that_is_being_written_is_read_to_its_last_whole_line(memory: Memory, home: Path) -> None:
    path = correction().save(home)
    whole = path.read_text()
    path.write_text(whole[:-20])
    assert memory.json("mine") == {"files": 1, "turns": 1, "skipped": 0, "pairs": []}
    path.write_text(whole)
    assert memory.json("mine")["turns"] == 2


def test_what_no_person_typed_is_no_pair(memory: Memory, home: Path) -> None:
    log = Claude().user("go").says(DONE).result(WORDS).says(DONE).user(WORDS, isMeta=True)
    log.user(f"<system-reminder>{WORDS}</system-reminder>").user(WORDS, isSidechain=True).save(home)
    assert memory.json("mine") == {"files": 1, "turns": 1, "skipped": 0, "pairs": []}


def test_the_memory_is_as_it_was_after_mining(memory: Memory, home: Path) -> None:
    correction().save(home)
    before = memory.everything()
    memory.run("mine")
    after = memory.everything()
    new = set(after) - set(before)
    assert {name.rpartition("/")[2] for name in new} <= {
        "substrate.sqlite",
        "substrate.sqlite.seal",
        "compiled",
    }
    assert {name: after[name] for name in before} == before


def test_a_person_who_waits_is_told_how_far_it_is(memory: Memory, home: Path) -> None:
    correction().save(home)
    slow = memory.scratch / "slow" / "sitecustomize.py"
    slow.parent.mkdir()
    slow.write_text("import time\nbegun = time.monotonic\ntime.monotonic = lambda: begun() * 1000\n")
    path = os.pathsep.join([str(slow.parent), os.environ["PYTHONPATH"]])
    memory.env["PYTHONPATH"] = path
    shown = memory.as_person("mine")
    assert "\rreading logs: 0 of 1\r\x1b[K" in shown
    assert memory.run("mine", cold=True).stderr == ""


def test_mining_needs_no_heavy_import(memory: Memory, home: Path) -> None:
    correction().save(home)
    script = (
        "import sys\n"
        "from commonplace.__main__ import main\n"
        f"sys.argv = ['commonplace', 'mine', '--repo', {str(memory.root)!r}]\n"
        "main()\n"
        "print({'typer', 'git', 'jinja2', 'subprocess', 'pydantic'} & {*sys.modules})\n"
    )
    command = [sys.executable, "-S", "-c", script]  # without what a virtual environment imports
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("0 skipped\nset()\n")
