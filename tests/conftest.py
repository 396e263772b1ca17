"""The fixtures: every test has its own HOME, its own clock of git, and no way to the real ones."""

import os
from pathlib import Path

import pytest

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
def memory(tmp_path: Path) -> Memory:
    """Return a fresh memory repository, made by `commonplace init`."""
    made = Memory(tmp_path / "memory", tmp_path)
    made.run("init", str(made.root))
    return made
