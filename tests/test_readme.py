"""README is true: its transcript is replayed, its commands exist."""

import re
import sys
from pathlib import Path

from tests.memory import hermetic
from tests.transcript import blocks, parse, play, steady

README = Path(__file__).resolve().parent.parent / "README.md"


def test_the_transcript_prints_what_it_says(tmp_path: Path) -> None:
    steps = parse(blocks(README.read_text())[0])
    environment = {**hermetic(tmp_path), "TERM": "dumb"}
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    command = bin_folder / "commonplace"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m commonplace "$@"\n')
    command.chmod(0o755)
    environment["PATH"] = f"{bin_folder}:{environment['PATH']}"

    outputs = play(steps, tmp_path, environment)

    assert len(steps) > 10
    for step, output in zip(steps, outputs, strict=True):
        assert steady(output, str(tmp_path)) == steady(step.expected), step.command


def test_every_verb_is_named_in_the_readme() -> None:
    from commonplace.app import app

    text = README.read_text()
    names = [command.name for command in app.registered_commands]
    names += [group.name for group in app.registered_groups]
    for name in names:
        assert name
        assert re.search(rf"`{name}\b", text), f"README does not name {name}"
