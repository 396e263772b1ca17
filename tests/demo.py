"""`make demo`: play README's transcript of the main job, live, in a scratch folder.

With `--write` the outputs in README are replaced by those of this run.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))

from tests.memory import hermetic  # noqa: E402
from tests.transcript import HOME, Step, blocks, parse, play  # noqa: E402

README = TOP / "README.md"


def main() -> int:
    """Play the transcript, say how long it took, and return 1 if a command printed nothing at all."""
    began = time.monotonic()
    steps = parse(blocks(README.read_text())[0])
    with tempfile.TemporaryDirectory(prefix="commonplace-demo-") as folder:
        scratch = Path(folder).resolve()
        environment = hermetic(scratch)
        environment.pop("PYTHONPATH")  # the installed program is shown, as a user has it
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        environment["TERM"] = "dumb"
        if sys.stdout.isatty() and "--write" not in sys.argv:
            environment["TERM"] = os.environ.get("TERM", "dumb")
            environment.pop("NO_COLOR")
        outputs = play(steps, scratch, environment, announce, show)
        if "--write" in sys.argv:
            write(steps, [output.replace(str(scratch), HOME) for output in outputs])
    print(f"\nThat was all of it, on real git, in {time.monotonic() - began:.0f} s.")
    return 0 if any(outputs) else 1


def announce(step: Step) -> None:
    """Show a step's sentence and command."""
    sentence = f"\n# {step.sentence}\n" if step.sentence else ""
    bold, plain = ("\x1b[1m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
    print(f"{sentence}{bold}$ {step.command.replace(chr(10), chr(10) + '> ')}{plain}", flush=True)


def show(text: str) -> None:
    """Show a piece of output."""
    sys.stdout.write(text)
    sys.stdout.flush()


def write(steps: list[Step], outputs: list[str]) -> None:
    """Put the outputs of this run into README."""
    lines: list[str] = []
    for step, output in zip(steps, outputs, strict=True):
        if step.sentence:
            lines += ["", f"# {step.sentence}"] if lines else [f"# {step.sentence}"]
        lines.append("$ " + step.command.replace("\n", "\n> "))
        lines += [output] if output else []
    text = README.read_text()
    old = blocks(text)[0]
    README.write_text(text.replace(old, "\n".join(lines) + "\n", 1))


if __name__ == "__main__":
    sys.exit(main())
