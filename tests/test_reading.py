"""Logs are read once, to their last whole line, and the cache of them is never more than a cache."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from commonplace.place import Place
from commonplace.substrate import reading, store
from commonplace.substrate.logfile import MAX_LINE
from commonplace.substrate.reading import Reading
from commonplace.substrate.turns import Turn
from tests.logs import Claude, codex, codex_item, correction, lines


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the person's home, where the hosts keep their logs."""
    return tmp_path / "home"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Return a place with a private folder; nothing here needs the rest of a repository."""
    return Place(str(tmp_path), str(tmp_path / ".git"))


def refresh(place: Place, **given: str) -> Reading:
    """Read what is new."""
    return reading.refresh(place, os.environ, **given)  # type: ignore[arg-type]


def said(read: Reading) -> list[tuple[str, ...]]:
    """Return all there is to the turns found."""
    return [tuple(str(getattr(turn, name)) for name in Turn.__slots__) for turn in read.all_turns()]


def anew(place: Place, **given: str) -> list[tuple[str, ...]]:
    """Return what is found without a cache from before."""
    other = Place(place.root, f"{place.git}-other")
    shutil.rmtree(other.git, ignore_errors=True)
    return said(refresh(other, **given))


def cache(place: Place) -> Path:
    """Return the path of the cache."""
    return Path(place.inside(store.NAME))


def session(number: int = 6) -> Claude:
    """Return a session of so many turns."""
    log = Claude()
    for turn in range(number):
        log.user(f"question {turn}").calls(command="ls").result("x" * 50).says(f"answer {turn}")
    return log


def test_a_log_read_as_it_grows_gives_the_same_as_one_read_whole(place: Place, home: Path) -> None:
    path = session().save(home)
    whole = path.read_bytes()
    for end in [*range(0, len(whole), 997), len(whole)]:
        path.write_bytes(whole[:end])
        assert said(refresh(place)) == anew(place), end
    assert refresh(place).turns == 6


def test_what_has_not_changed_is_not_read_again(place: Place, home: Path) -> None:
    first, second = Claude("a" * 8).user("one").save(home), Claude("b" * 8).user("two").save(home)
    assert (refresh(place).files, refresh(place).read) == (2, 0)
    generation = store.open(place).generation
    with first.open("a") as log:
        log.write(lines(*Claude("a" * 8).calls(x="no turn").records))
    read = refresh(place)
    assert (read.read, read.turns, read.store.generation) == (1, 2, generation)
    with second.open("a") as log:
        log.write(lines(*Claude("b" * 8).says("x").user("three").records[1:]))
    read = refresh(place)
    assert (read.read, read.turns) == (1, 3)
    assert read.store.generation != generation


def test_a_last_line_without_an_end_counts_if_it_is_whole_and_once(place: Place, home: Path) -> None:
    path = session(2).user("the last").save(home)
    whole = path.read_text()
    path.write_text(whole[:-1])
    assert refresh(place).turns == 3
    path.write_text(whole + lines(*session(3).user("later").records[-1:]))
    assert [turn.text for turn in refresh(place).all_turns()][2:] == ["the last", "later"]
    assert said(refresh(place)) == anew(place)


@pytest.mark.parametrize(
    "text", ["", "x", "another one that is longer than all that was there before. " * 20]
)
def test_a_log_that_was_rewritten_is_read_anew(text: str, place: Place, home: Path) -> None:
    path = session(2).save(home)
    refresh(place)
    path.write_text(Claude().user(f"rewritten {text}").save(home).read_text())
    assert [turn.text for turn in refresh(place).all_turns()] == [f"rewritten {text}".strip()]


def test_a_log_rewritten_in_the_same_size_and_time_is_noticed(place: Place, home: Path) -> None:
    path = Claude().user("use tabs").save(home)
    refresh(place)
    before = path.stat()
    other = path.with_name("new")
    other.write_text(path.read_text().replace("tabs", "nuts"))
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)
    assert [turn.text for turn in refresh(place).all_turns()] == ["use nuts"]


def test_a_log_that_is_gone_is_forgotten_and_others_stay(place: Place, home: Path) -> None:
    path, _ = session(2).save(home), Claude("b" * 8).user("stays").save(home)
    below = home / "elsewhere"
    below.mkdir()
    shutil.copy(path, below / "copy.jsonl")
    assert (refresh(place).turns, refresh(place, path=str(below)).turns) == (3, 2)
    path.unlink()
    assert refresh(place, path=str(below)).turns == 2
    assert [turn.text for turn in refresh(place).all_turns()] == ["stays"]
    assert [turn.text for turn in store.open(place).turns()] == ["stays"]
    shutil.rmtree(below)
    assert refresh(place, path=str(below)).files == 0


def test_one_hosts_logs_can_be_read_alone(place: Place, home: Path) -> None:
    Claude().user("to claude").save(home)
    rollout = home / ".codex/sessions/2026/11/20/rollout-x.jsonl"
    rollout.parent.mkdir(parents=True)
    rollout.write_text(codex(codex_item(1, "user", "to codex")))
    assert [turn.text for turn in refresh(place, host="codex").all_turns()] == ["to codex"]
    assert refresh(place).turns == 2
    assert [turn.text for turn in refresh(place, host="claude-code").all_turns()] == ["to claude"]
    assert refresh(place).read == 0


def test_odd_records_are_counted_and_passed_over(place: Place, home: Path) -> None:
    path = home / ".claude/projects/x/odd.jsonl"
    path.parent.mkdir(parents=True)
    good = session(1).text.encode()
    odd = [
        b"not json", b'"text"', b"42", b"[1]", b"null", b'{"type":"user","message":"no object"}',
        b'{"type":"user","message":{"content":7}}', b'{"cut": "sh', b"\xff\xfe\x00binary\x00", b"[" * 99_999,
        b'{"type":"user","uuid":1,"sessionId":[],"timestamp":{},"message":{"content":[null,{"text":3}]}}',
    ]  # fmt: skip
    path.write_bytes(good + b"\n".join(odd) + b"\n\n   \n" + Claude("other").user("after").text.encode())
    read = refresh(place)
    assert [turn.text for turn in read.all_turns()] == ["question 0", "after"]
    assert read.skipped == len(odd) - 1
    assert said(read) == anew(place)


@pytest.mark.parametrize(("size", "cut"), [(1, 1_000), (3_000_000, 1_000), (3_000_000, MAX_LINE + 2_000_000)])
def test_a_gigantic_line_is_passed_over_also_when_it_comes_in_parts(
    size: int, cut: int, place: Place, home: Path
) -> None:
    path = home / ".claude/projects/x/big.jsonl"
    path.parent.mkdir(parents=True)
    huge = Claude().user("x" * (MAX_LINE + size)).text
    whole = session(1).text + huge + Claude("other").user("after").text
    path.write_text(whole[: len(session(1).text) + cut])
    assert refresh(place).turns == 1
    path.write_text(whole)
    read = refresh(place)
    assert [turn.text for turn in read.all_turns()] == ["question 0", "after"]
    assert read.skipped == 1
    assert said(read) == anew(place)


def test_lines_longer_than_what_is_read_at_once_are_whole(place: Place, home: Path) -> None:
    log = Claude()
    for number in range(3):
        log.user(
            [
                {"type": "image", "source": {"data": "A" * 1_500_000}},
                {"type": "text", "text": f"look {number}"},
            ]
        )
    log.save(home)
    assert [turn.text for turn in refresh(place).all_turns()] == ["look 0", "look 1", "look 2"]


def test_what_is_no_readable_file_is_passed_over(place: Place, home: Path) -> None:
    path = session(1).save(home)
    folder = path.parent
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "loop").symlink_to(folder)
    (folder / "itself.jsonl").symlink_to(folder / "itself.jsonl")
    (folder / "gone.jsonl").symlink_to(folder / "nowhere")
    (folder / "folder.jsonl").mkdir()
    (folder / "locked.jsonl").write_text(Claude("locked").user("x").text)
    (folder / "locked.jsonl").chmod(0)
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.jsonl")).write_text(path.read_text())
    (home / "linked").mkdir()
    shutil.move(path, home / "linked" / path.name)
    path.symlink_to(home / "linked" / path.name)
    assert {turn.text for turn in refresh(place).all_turns()} >= {"question 0"}
    readable = 1 + os.access(folder / "locked.jsonl", os.R_OK)
    assert (refresh(place).turns, refresh(place).files) == (readable, readable)
    assert refresh(Place(place.root, f"{place.git}2"), path=str(folder)).turns == readable


def damage(path: Path, how: str) -> None:
    """Damage the cache."""
    data = path.read_bytes()
    seal = path.with_name(f"{path.name}.seal")
    if how == "gone":
        path.unlink()
    elif how == "without its seal":
        seal.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif how == "foreign":
        path.write_bytes(b"this is no database\n" * 500)
    elif how == "of another program":
        path.unlink()
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE logs (x)")
        db.close()
    elif how == "changed in a text":
        path.write_bytes(data.replace(b"question", b"qquestio"))
    elif how == "damaged and sealed":
        path.write_bytes(data[:4096] + os.urandom(len(data) - 4096))
        status = path.stat()
        seal.write_text(
            f"{seal.read_text().split()[0]} {status.st_ino} {status.st_size} {status.st_mtime_ns}"
        )
    else:
        seal.write_text(f"0 {seal.read_text().split(' ', 1)[1]}")


HOW = (
    "gone", "without its seal", "empty", "cut", "foreign", "of another program", "changed in a text",
    "damaged and sealed", "of an older form",
)  # fmt: skip


@pytest.mark.parametrize("how", HOW)
def test_a_cache_that_is_damaged_is_made_anew_and_nothing_is_said(
    how: str, place: Place, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    session().save(home)
    whole = said(refresh(place))
    damage(cache(place), how)
    assert said(refresh(place)) == whole
    assert refresh(place).read == 0
    assert cache(place).stat().st_mode & 0o777 == 0o600
    assert capfd.readouterr() == ("", "")


def test_where_no_cache_can_be_kept_the_logs_are_read_each_time(
    place: Place, home: Path, tmp_path: Path
) -> None:
    session().save(home)
    whole = anew(place)
    (tmp_path / "file").write_text("")
    for git in (tmp_path / "file" / ".git", Path("/proc/nowhere")):
        assert said(refresh(Place(place.root, str(git)))) == whole
    cache(place).mkdir(parents=True)
    (cache(place) / "x").write_text("")
    assert said(refresh(place)) == whole
    assert (refresh(place).read, store.open(place).generation) == (1, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has it")
def test_a_full_disk_costs_the_cache_and_nothing_else(place: Place, home: Path) -> None:
    session(40).save(home)
    whole = anew(place)
    script = (
        "import os, resource, signal, sys\n"
        "from commonplace.place import Place\n"
        "from commonplace.substrate import reading\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (49152, 49152))\n"
        "read = reading.refresh(Place(sys.argv[1], sys.argv[2]), os.environ)\n"
        "print(read.turns, len(list(read.all_turns())))\n"
    )
    command = [sys.executable, "-c", script, place.root, place.git]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("40 40\n", "")
    assert said(refresh(place)) == whole


READ = (
    "import os, sys\n"
    "from commonplace.place import Place\n"
    "from commonplace.substrate import reading\n"
    "read = reading.refresh(Place(sys.argv[1], sys.argv[2]), os.environ)\n"
    "print(*(f'{turn.id} {turn.text}' for turn in read.all_turns()), sep='\\n')\n"
)


def begin(place: Place) -> "subprocess.Popen[str]":
    """Start a process that reads the logs."""
    return subprocess.Popen(
        [sys.executable, "-c", READ, place.root, place.git],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_processes_that_read_at_once_all_succeed_and_share_one_cache(place: Place, home: Path) -> None:
    for number in range(20):
        Claude(f"{number:08}").user(f"question {number}").says("x").user("on").save(home)
    processes = [begin(place) for _ in range(4)]
    found = {(*process.communicate(), process.returncode) for process in processes}
    wanted = "\n".join(f"{turn.id} {turn.text}" for turn in refresh(place).all_turns())
    assert found == {(f"{wanted}\n", "", 0)}
    assert refresh(place).read == 0


def test_a_kill_at_any_instant_leaves_a_cache_that_serves(place: Place, home: Path) -> None:
    for number in range(30):
        session(4).save(home, f"{number:08}")
    whole = anew(place)
    for number in range(6):
        process = begin(place)
        try:
            process.wait(0.01 + number * 0.02)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        assert said(refresh(Place(place.root, place.git))) == whole
        damage(cache(place), "gone" if number % 2 else "without its seal")


def test_a_turn_is_found_by_its_id_and_turns_by_project_and_time(place: Place, home: Path) -> None:
    Claude("a" * 8, cwd="/gone/one").user("of one").user("later of one").save(home)
    Claude("b" * 8, cwd="/gone/two").user("of two").save(home)
    read = refresh(place)
    kept = read.store
    assert [turn.text for turn in kept.turns("one")] == ["of one", "later of one"]
    assert [turn.text for turn in kept.turns("one", "2026-11-20T10:00:01.000Z")] == ["later of one"]
    assert [turn.text for turn in read.all_turns("two")] == ["of two"]
    (turn,) = kept.turns("two")
    again = store.open(place).turn(turn.id)
    assert again is not None
    assert (again.text, again.path, again.project) == (turn.text, turn.path, "two")


def repository(folder: Path, origin: str = "") -> None:
    """Make what a git repository looks like from outside."""
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "config").write_text(f'[remote "origin"]\n\turl = {origin}\n' if origin else "")


def test_a_session_belongs_to_the_project_that_its_folder_is_in_or_was(tmp_path: Path) -> None:
    there = tmp_path / "cad"
    repository(there, "git@github.com:Acme/CAD.git")
    (there / "src").mkdir()
    gone = {
        str(there): "github.com/acme/cad",
        str(there / "src"): "github.com/acme/cad",
        str(there / ".worktrees" / "fix-1"): "github.com/acme/cad",
        str(there / ".claude" / "worktrees" / "fix-2"): "github.com/acme/cad",
        str(there / "worktrees" / "fix-3"): "github.com/acme/cad",
        f"{there}-worktrees/fix-4": "github.com/acme/cad",
        "/nowhere/Some Tool": "some-tool",
        "/nowhere/tool/.worktrees/fix": "tool",
        "/nowhere/tool-worktrees/fix": "tool",
        "D:\\code\\tool": "tool",
        str(tmp_path): "",
        "": "",
    }
    assert {folder: reading.project_of(folder) for folder in gone} == gone
    assert reading.project_of("/nowhere/x", "https://github.com/Acme/Tool.git") == "github.com/acme/tool"
    assert reading.project_of(str(there), "https://elsewhere.org/a/b") == "github.com/acme/cad"


def test_a_project_is_what_its_folder_says_now(place: Place, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cad"
    Claude(cwd=str(folder)).user("x").save(home)
    assert [turn.project for turn in refresh(place).all_turns()] == ["cad"]
    generation = store.open(place).generation
    repository(folder, "https://github.com/Acme/CAD")
    read = refresh(place)
    assert [turn.project for turn in read.all_turns()] == ["github.com/acme/cad"]
    assert read.store.generation != generation
    assert said(read) == anew(place)


def test_the_tail_of_a_log_gives_its_last_turns(place: Place, home: Path) -> None:
    path = session(30).save(home)
    size = len(session(30).text) - len(session(20).text)
    last = reading.tail("claude-code", str(path), size)
    assert [turn.text for turn in last] == [f"question {number}" for number in range(20, 30)]
    assert last[-1].premise == "answer 28"
    whole = {turn.text: turn.id for turn in refresh(place).all_turns()}
    assert all(whole[turn.text] == turn.id for turn in last)
    assert {turn.project for turn in last} == {"cad"}
    path.write_text(session(30).text + session(30).text)  # as a resumed session has it
    assert len(reading.tail("claude-code", str(path), 1 << 24)) == 30


def test_a_tail_knows_whose_it_is_where_only_the_first_line_says_so(home: Path) -> None:
    items = [codex_item(number, "user", f"question {number}") for number in range(50)]
    path = home / "rollout.jsonl"
    path.write_text(codex(*items))
    last = reading.tail("codex", str(path), 1000)
    assert 0 < len(last) < 10
    assert {(turn.session, turn.project) for turn in last} == {("01a1f97d", "cad")}
    assert last[-1].text == "question 49"


def test_a_tail_that_cannot_be_read_holds_nothing(home: Path) -> None:
    assert reading.tail("claude-code", str(home / "nowhere"), 1000) == []
    assert reading.tail("claude-code", str(home), 1000) == []
    os.mkfifo(home / "pipe")
    assert reading.tail("claude-code", str(home / "pipe"), 1000) == []
    assert reading.tail("cursor", str(home / "nowhere"), 1000) == []


def test_the_tail_costs_no_heavy_import(home: Path) -> None:
    path = correction().save(home)
    script = (
        "import sys\n"
        "from commonplace.substrate import reading\n"
        f"assert reading.tail('claude-code', {str(path)!r}, 1000000)\n"
        "print(*sorted({'sqlite3', 're', 'json', 'typer', 'subprocess', 'datetime'} & {*sys.modules}))\n"
    )
    command = [sys.executable, "-S", "-c", script]  # without what a virtual environment imports
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
