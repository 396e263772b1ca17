"""Every verb and option has help and an example, and the exit codes are those the app promises."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from commonplace import __version__
from commonplace.__main__ import HOT
from commonplace.app import app
from tests.memory import CODE, Memory

VERBS = (
    "init", "flag", "self-eval", "boundary", "boot", "drain", "review", "accept", "reject", "log", "why",
    "undo", "status", "queue",
)  # fmt: skip


def commands() -> Iterator[tuple[str, Any]]:
    """Yield (name, command) of every verb, those of `queue` with it before them."""
    top: Any = typer.main.get_command(app)  # of click, or of the click that some releases of typer carry
    for name, command in top.commands.items():
        if hasattr(command, "commands"):
            yield from ((f"{name} {inner}", sub) for inner, sub in command.commands.items())
        else:
            yield name, command


def test_the_verbs_are_those_of_the_table() -> None:
    names = [name for name, _ in commands()]
    queue = ["queue list", "queue show", "queue release", "queue restore", "queue drop"]
    assert {*names} >= {*VERBS, *queue} - {"queue"}


@pytest.mark.parametrize(("name", "command"), [pytest.param(*pair, id=pair[0]) for pair in commands()])
def test_every_verb_and_option_has_help_and_the_verb_an_example_that_it_takes(
    name: str, command: Any
) -> None:
    assert (command.help or "").endswith("."), name
    for parameter in command.params:
        text = getattr(parameter, "help", None)
        assert text, f"{name}: {parameter.name}"
        assert text.endswith((".", ")")), f"{name}: {parameter.name}"
    example = (command.epilog or "").removeprefix("Example: ")
    words = shlex.split(re.split(r" (?:\|\||&&|\|) ", example)[0])
    assert words[: 1 + len(name.split())] == ["commonplace", *name.split()]
    command.make_context(name, words[1 + len(name.split()) :])


def test_scripts_can_have_json_where_they_would_want_it() -> None:
    with_json = {name for name, command in commands() if any("--json" in p.opts for p in command.params)}
    assert with_json >= {
        "flag",
        "self-eval",
        "boot",
        "drain",
        "review",
        "accept",
        "log",
        "why",
        "status",
        "queue list",
    }
    found = dict(commands())
    for verb in set(VERBS) - {"queue"}:
        assert any("--repo" in p.opts for p in found[verb].params), verb


def test_help_is_shown_by_every_spelling_also_for_the_hot_verbs(memory: Memory) -> None:
    shown = memory.out("--help")
    for verb in VERBS:
        assert f"  {verb}  " in shown
    for words in (("flag", "--help"), ("flag", "-h"), ("drain", "--help"), ("queue", "drop", "--help")):
        text = memory.out(*words)
        assert text.startswith("Usage: commonplace " + " ".join(w for w in words if w[0] != "-")), words
        assert "Example: commonplace " in text
    assert memory.out("--version") == f"commonplace {__version__}\n"
    assert memory.queue() == []


def test_the_exit_code_tells_what_went_wrong(memory: Memory, tmp_path: object) -> None:
    memory.run("boot", "--check", code=0)
    for words in (
        ("undo", "nothing"),
        ("boot", "--repo", "/nonexistent"),
        ("status", "--repo", "/nonexistent"),
    ):
        done = memory.run(*words, code=1)
        assert done.stderr.startswith("commonplace: ")
        assert "\n  mend it with: commonplace " in done.stderr
        assert "Traceback" not in done.stderr
    for line in (
        "nonsense",
        "drain --nonsense",
        "flag x --nonsense",
        "boundary nonsense",
        "log -n many",
        "review a b",
    ):
        done = memory.run(*line.split(), code=2)
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
    memory.run("flag", "x")
    memory.run("boot", "--check", code=4)
    memory.run("boot", code=0)


@pytest.mark.parametrize("words", [("boot",), ("review",)])
def test_a_bug_is_told_in_one_line_with_a_log_ready_to_paste(memory: Memory, words: tuple[str, ...]) -> None:
    memory.self_eval("hung", "clip first")
    memory.run("drain")
    broken = memory.scratch / "broken" / "sitecustomize.py"
    broken.parent.mkdir()
    broken.write_text(
        "import os\nlisted = os.listdir\n"
        "def listdir(path='.'):\n"
        "    if str(path).endswith('proposal'):\n        raise RuntimeError('broken')\n"
        "    return listed(path)\n"
        "os.listdir = listdir\n"
    )
    done = memory.run(*words, code=3, cold=True, env={"PYTHONPATH": f"{broken.parent}{os.pathsep}{CODE}"})
    assert done.stdout == ""
    assert re.match(r"commonplace: this is a bug: \w*Error: .*\n  please report it with (.*)\n", done.stderr)
    log = done.stderr.split("please report it with ")[1].strip()
    with open(log) as file:
        text = file.read()
    assert text.startswith(f"commonplace {__version__}, Python ")
    assert "Traceback" in text


@pytest.mark.parametrize("words", [("flag", "-"), ("drain", "--wait", "60")])
def test_an_interrupt_ends_with_130_and_nothing_is_lost(memory: Memory, words: tuple[str, ...]) -> None:
    entry = memory.flag("x")
    script = (
        "import signal, sys\n"
        "from commonplace import lock, place\n"
        "from commonplace.__main__ import main\n"
        "here = place.at(sys.argv[1])\n"
        "lock.Lock(here, 'a test').__enter__()\n"
        "signal.signal(signal.SIGALRM, signal.default_int_handler)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.5)\n"
        "sys.argv = ['commonplace', *sys.argv[2:]]\n"
        "sys.exit(main())\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(memory.root), *words],
        cwd=memory.root, env=dict(os.environ), stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.read() == "commonplace: interrupted; nothing is lost\n"
    assert process.wait() == 130
    assert process.stdin is not None
    process.stdin.close()
    assert memory.queue() == [f"{entry}.flag.md"]


def test_a_reader_that_has_gone_is_no_error(memory: Memory) -> None:
    for words in (("log",), ("flag", "--json", "x")):
        out, end = os.pipe()
        os.close(out)
        done = subprocess.run(
            [sys.executable, "-m", "commonplace", *words],
            cwd=memory.root, env=dict(os.environ), stdout=end, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
        os.close(end)
        assert (done.returncode, done.stderr) == (0, b""), words
    assert len(memory.queue()) == 1


def test_the_small_parser_and_the_full_one_take_the_same_options() -> None:
    from commonplace import hot

    known = dict(commands())
    for verb in HOT:
        options = {opt[2:] for p in known[verb].params for opt in p.opts if opt.startswith("--")}
        assert options == {*hot.VALUES[verb], *hot.SWITCHES[verb]}, verb


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has it")
def test_a_full_disk_is_no_bug(memory: Memory) -> None:
    memory.flag("x")
    for verb in ("boot", "status"):  # the hot path and the typer app
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "commonplace", verb],
                stdout=full, stderr=subprocess.PIPE, text=True, cwd=memory.root, check=False,
            )  # fmt: skip
        assert (done.returncode, done.stderr) == (
            1, "commonplace: No space left on device\n  mend it with: free space, or mend the permissions\n",
        )  # fmt: skip


def test_without_git_every_verb_that_needs_it_says_so_and_flags_are_taken(memory: Memory) -> None:
    nothing = {"PATH": str(memory.scratch / "home")}
    memory.run("flag", "x", env=nothing, cold=True)
    memory.run("boot", env=nothing, cold=True)
    for words in (("drain",), ("log",), ("status",), ("why", "^2m7r4xbeyz"), ("init", "elsewhere")):
        refused = memory.run(*words, code=1, env=nothing, cold=True).stderr
        assert refused == "commonplace: git is not installed\n  mend it with: install git 2.31 or later\n"
    assert not (memory.root / "elsewhere").exists()
