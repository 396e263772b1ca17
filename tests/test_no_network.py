"""No network, no stray paths: the guards are there, and they bite."""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests import strays
from tests.closed.sitecustomize import Closed
from tests.memory import Memory

TOP = Path(__file__).resolve().parent.parent

REACH = "import socket; socket.create_connection(('{}', 9), 1)"


def reach(host: str) -> str:
    """Return the last line of a Python process that tries to reach a host."""
    done = subprocess.run(
        [sys.executable, "-c", REACH.format(host)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    return done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("host", ["192.0.2.1", "127.0.0.1", "::1", "localhost", "example.com"])
def test_no_test_and_no_process_of_one_reaches_anybody(host: str) -> None:
    with pytest.raises(Closed):
        socket.create_connection((host, 9), 1)
    assert "the network is closed to tests" in reach(host)


def test_nobody_reaches_a_test() -> None:
    with socket.socket() as server, pytest.raises(Closed):
        server.bind(("127.0.0.1", 0))
    with socket.socket(type=socket.SOCK_DGRAM) as sender, pytest.raises(Closed):
        sender.sendto(b"hello", ("192.0.2.1", 9))


def test_a_test_that_states_it_reaches_this_machine_and_nothing_beyond(loopback: None) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with suppress(
            OSError
        ):  # where `unshare` has closed the network, this machine cannot be reached either
            socket.create_connection(server.getsockname(), 1).close()
    assert "the network is closed to tests" in reach("192.0.2.1")
    assert "the network is closed to tests" not in reach("127.0.0.1")


LOADED = """
import sys
from commonplace.__main__ import main
code = main()
print(code, *sorted(set(sys.modules) & set(sys.argv[0].split())), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "call", [("boot",), ("flag", "A fact"), ("drain",), ("status",), ("audit", "verify"), ("doctor",)],
    ids=" ".join,
)  # fmt: skip
def test_no_verb_even_loads_what_would_reach_the_network(memory: Memory, call: tuple[str, ...]) -> None:
    memory.self_eval("hung", "Clip first", "--target", "skills/cad")
    code = LOADED.replace("sys.argv[0]", repr(" ".join(strays.NETWORK - {"http", "xmlrpc"})))
    done = subprocess.run(
        [sys.executable, "-c", code, *call], cwd=memory.root, capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == "0"


@pytest.mark.parametrize(
    "code",
    [
        "import socket", "import urllib.request", "from urllib import request", "import http.client as c",
        "def f():\n    import requests", "from asyncio import run", "__import__('ssl')",
        "import importlib\nimportlib.import_module('httpx')",
    ],
)  # fmt: skip
def test_an_import_that_reaches_the_network_is_refused_in_the_program(code: str) -> None:
    path = "cli/commonplace/new.py"
    assert [line.partition(": ")[2] for line in strays.strays(path, code.encode())] != []
    assert list(strays.strays("tests/test_new.py", code.encode())) == []


@pytest.mark.parametrize(
    "code", ["import os", "from urllib.parse import quote", "import socketry", "x = 'ssl'"]
)
def test_any_other_import_is_let_be(code: str) -> None:
    assert list(strays.strays("cli/commonplace/new.py", code.encode())) == []


HOMES = [
    "/ho" + "me/grace/notes",
    "/Us" + "ers/grace",
    "C:\\Us" + "ers\\grace",
    "/ro" + "ot/notes",
    "x=/ho" + "me/me",
]


@pytest.mark.parametrize("home", HOMES)
def test_a_home_folder_is_refused_in_any_file(home: str) -> None:
    (found,) = strays.strays("README.md", f"# One\n\nsee {home} there\n".encode())
    assert found.startswith("README.md:3: a home folder, ")


@pytest.mark.parametrize(
    "text", ["~/notes", "$HOME/notes", "{scratch}/home/x", "memory/user/x", "root/x", "\0/home"]
)
def test_any_other_path_is_let_be(text: str) -> None:
    assert list(strays.strays("README.md", text.encode())) == []


def test_this_project_holds_neither() -> None:
    done = subprocess.run(
        [sys.executable, TOP / "tests/strays.py"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_pre_commit_hook_looks_at_what_is_staged(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for name in ("tests/strays.py", ".githooks/pre-commit"):
        (project / name).parent.mkdir(parents=True)
        shutil.copy(TOP / name, project / name)
    said = "see /ho" + "me/grace\n"
    (project / "notes.md").write_text(said)
    environment = {**os.environ, "PYTHON": sys.executable}

    def git(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["git", *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False
        )

    git("init", "--quiet")
    git("config", "core.hooksPath", ".githooks")
    git("add", ".")
    refused = git("commit", "--quiet", "-m", "notes")
    assert (refused.returncode, "notes.md:1: a home folder" in refused.stderr) == (1, True)
    (project / "notes.md").write_text("mended, and not staged\n")
    assert git("commit", "--quiet", "-m", "notes").returncode == 1
    git("add", ".")
    (project / "notes.md").write_text(said)
    assert git("commit", "--quiet", "-m", "notes").returncode == 0
