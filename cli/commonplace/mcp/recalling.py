"""A recall in a process of its own, for a server that lives long: `python -m commonplace.mcp.recalling`.

Bringing the index up to the logs of sessions takes memory that Python does not give back: a server that did
it itself held 56 MB after ten calls, against 15. And a search that nobody wants any more can be ended.
Standard input holds what is asked, standard output the answer, both as JSON.
"""

import json
import os
import signal
import subprocess
import sys
import time

from commonplace import fence, secrets
from commonplace.errors import CommonplaceError, UsageError
from commonplace.mcp.wire import compact
from commonplace.place import Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from commonplace.mcp.call import Call
    from commonplace.mcp.protocol import Json

_SKELETON = 120
"""What the names and numbers around recalled lines take of a budget, in characters."""

_GLANCE = 0.1
"""How often it is looked whether the answer is still wanted, in seconds."""


class Search:
    """The one search at work, so that whoever ends the server can end it too."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def run(self, call: "Call", environ: "Mapping[str, str]", asked: "Json") -> "Json":
        """Return `value`, what goes to the client, and `served`: (text, ref) of each line in it.

        CommonplaceError if nothing can be recalled, Cancelled if the client wants it no more.
        """
        command = [sys.executable, "-P", "-m", "commonplace.mcp.recalling"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=dict(environ)) as process:
            self.process = process
            try:
                out = _awaited(process, call, json.dumps(asked).encode())
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise RuntimeError(f"the search ended with {process.returncode}")
        said: Json = json.loads(out)
        if "error" in said:
            raise CommonplaceError(said["error"], said["hint"])
        return said

    def end(self) -> None:
        """End the search at work, if there is one."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def _awaited(process: "subprocess.Popen[bytes]", call: "Call", data: bytes) -> bytes:
    asked: bytes | None = data
    while True:
        try:
            return process.communicate(asked, timeout=_GLANCE)[0]
        except subprocess.TimeoutExpired:
            asked = None  # it goes on from where it was
            call.step("")


def within(here: Place, settings: "Mapping[str, str]", asked: "Json", environ: "Mapping[str, str]") -> "Json":
    """Return what is recalled: all that a client is sent, marks and ids and JSON's escapes, in the budget."""
    from commonplace.recall import answer
    from commonplace.recall.budget import Form

    budget, project = asked["budget"], asked["project"]
    if budget > (most := int(settings["recall.max_budget"])):
        raise UsageError(f"a budget of {budget:,} characters is too large", f"ask for at most {most:,}")
    found = answer.recall(
        here, settings, asked["query"], budget=budget - fence.overhead() - _SKELETON, project=project,
        everywhere=asked["everywhere"], source=asked["source"], now=time.time(), environ=environ,
    )  # fmt: skip
    form, lines = Form(project), list(found.lines)
    while True:
        text = form.whole([form.line(line) for line in lines], found.total)
        value = {
            "text": fence.fenced(text),
            "ids": [line.ref for line in lines],
            "shown": len(lines),
            "total": found.total,
            "budget_chars": budget,
        }
        if len(compact(value)) <= budget:
            return {"value": value, "served": [(line.text, line.ref) for line in lines]}
        if not lines:
            raise UsageError(f"{budget:,} characters hold no line", f"ask for {2 * budget:,}")
        lines.pop()


def main() -> int:
    """Answer one search."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from commonplace import compiled

    asked = json.load(sys.stdin)
    here = Place(asked["root"], asked["git"])
    try:
        settings = compiled.load(here, os.environ)
        secrets.learn(settings["secrets.patterns"])
        said = within(here, settings, asked, os.environ)
    except CommonplaceError as error:
        said = {"error": error.message, "hint": error.hint}
    sys.stdout.write(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
