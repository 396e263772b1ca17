"""The fixtures: every test has its own HOME, its own clock of git, and no way to the real ones."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.closed import sitecustomize as closed
from tests.memory import Memory, hermetic


@pytest.fixture(autouse=True)
def _hermetic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test a scratch HOME and nothing of the environment it was started in."""
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name, value in hermetic(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test talk to this machine, and to nothing beyond it."""
    monkeypatch.setenv(closed.LOOPBACK, "1")


@pytest.fixture(scope="session")
def _founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a memory repository made by `commonplace init`, for copies to be taken of."""
    scratch = tmp_path_factory.mktemp("founded")
    command = [sys.executable, "-m", "commonplace", "init", "memory"]
    subprocess.run(command, cwd=scratch, env=hermetic(scratch), check=True, capture_output=True)
    return scratch / "memory"


@pytest.fixture
def memory(tmp_path: Path, _founded: Path) -> Memory:
    """Return a fresh memory repository, as `commonplace init` makes it."""
    shutil.copytree(_founded, tmp_path / "memory", symlinks=True)
    return Memory(tmp_path / "memory", tmp_path)
