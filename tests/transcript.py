"""Terminal transcripts: `# sentence`, `$ command`, then what the command prints.

A transcript is documentation, demonstration and test at once. It is played in one shell at a terminal of
its own, in a scratch folder with a scratch HOME, so that what a person would do (`accept`) can be done.
"""

import os
import pty
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HOME = "/home/ada"
"""What the scratch folder is called in a transcript."""

_MARK = "\x1e"
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One command with the sentence before it and the output that is expected of it."""

    sentence: str
    command: str
    expected: str


def blocks(text: str) -> list[str]:
    """Return the `console` blocks of a Markdown text."""
    return _BLOCK.findall(text)


def parse(transcript: str) -> list[Step]:
    """Return the steps of a transcript; a command goes on where its line ends in a backslash."""
    steps: list[Step] = []
    sentence: list[str] = []
    lines = transcript.splitlines()
    for number, line in enumerate(lines):
        if _is_sentence(lines, number):
            sentence.append(line[2:])
        elif line.startswith("$ "):
            steps.append(Step(" ".join(sentence), line[2:], ""))
            sentence = []
        elif steps and line.startswith("> ") and steps[-1].command.endswith("\\") and not steps[-1].expected:
            last = steps.pop()
            steps.append(Step(last.sentence, f"{last.command}\n{line[2:]}", ""))
        elif steps:
            last = steps.pop()
            steps.append(Step(last.sentence, last.command, f"{last.expected}{line}\n"))
    return [Step(s.sentence, s.command, s.expected.strip("\n")) for s in steps]


def _is_sentence(lines: list[str], number: int) -> bool:
    """Tell whether a line is a sentence, not output that looks like one: a command comes next."""
    while number < len(lines) and lines[number].startswith("# "):
        number += 1
        if number < len(lines) and lines[number].startswith("$ "):
            return True
    return False


def play(
    steps: list[Step],
    scratch: Path,
    environment: dict[str, str],
    before: Callable[[Step], None] = lambda _: None,
    shown: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Run the steps in one shell from the scratch folder and return what each printed."""
    script = [f"mark() {{ printf '{_MARK}'; }}", f"cd '{scratch}'"]
    for step in steps:
        script += ["mark", step.command]
    script.append("mark")
    path = scratch / ".transcript.sh"
    path.write_text("\n".join(script) + "\n")
    lead, follow = pty.openpty()
    shell = subprocess.Popen(
        ["bash", str(path)], stdin=follow, stdout=follow, stderr=follow, env=environment, cwd=scratch
    )
    os.close(follow)
    outputs: list[str] = []
    while chunk := _read(lead):
        for number, part in enumerate(chunk.decode(errors="replace").split(_MARK)):
            if number:
                if len(outputs) < len(steps):
                    before(steps[len(outputs)])
                outputs.append("")
            if outputs and part:
                outputs[-1] += part
                shown(part)
    os.close(lead)
    shell.wait()
    return [output.replace("\r\n", "\n").strip("\n") for output in outputs[: len(steps)]]


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 65536)
    except OSError:  # what Linux says when the other end is closed
        return b""


def steady(text: str, scratch: str = HOME) -> str:
    """Return an output with everything that differs from run to run replaced."""
    text = text.replace(scratch, HOME)
    for pattern, instead in (
        (r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b", "<ULID>"),
        (r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\dZ)?", "<time>"),
        (r"\b[0-9a-hjkmnp-tv-z]{10}\b", "<id>"),
        (r"\b[0-9a-f]{7}\b", "<commit>"),
        (r"\ba moment\b|\b\d+ (s|min)\b", "<age>"),
    ):
        text = re.sub(pattern, instead, text)
    return "\n".join(line.rstrip() for line in text.split("\n"))
