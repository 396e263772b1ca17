"""The presets for `llm` and `ollama`, with programs that take and print what the real ones do.

`llm` as version 0.36 was seen to; `ollama` as its source has it (`cmd/cmd.go`).
"""

import os
import sys

import pytest

from tests.memory import Memory

HEAD = f"""#!{sys.executable} -S
import argparse, json, os, re, sys
from pathlib import Path

here = Path(__file__).parent
said = (here / "says").read_text()


def answer(asked):
    (here / "asked").write_text(asked)
    (here / "environment").write_text(json.dumps(dict(os.environ)))
    entry = re.search("Entry ([0-9A-Z]{{26}}) ", asked)[1]
    text = "Deploy with `make ship`."
    made = [{{"op": "add", "text": text, "sources": [entry]}}]
    return said.replace("ANSWER", json.dumps({{"operations": made}}))


"""

LLM = """
parser = argparse.ArgumentParser()
parser.add_argument("verb", choices=["prompt"])
parser.add_argument("prompt", nargs="?", default="")
parser.add_argument("-s", "--system")
parser.add_argument("-m", "--model", default="gpt-4o-mini")
for option in (["--no-stream"], ["-n", "--no-log"], ["-u", "--usage"]):
    parser.add_argument(*option, action="store_true")
options = parser.parse_args()
if options.model == "nosuch":
    sys.exit("Error: 'Unknown model: nosuch'")
assert options.no_log and options.no_stream and "JSON" in options.system
print(answer("\\n".join(filter(None, [sys.stdin.read(), options.prompt]))))
if options.usage:
    print("Token usage: 1,234 input, 10 output", file=sys.stderr)
"""

OLLAMA = """
parser = argparse.ArgumentParser()
parser.add_argument("verb", choices=["run"])
parser.add_argument("model")
parser.add_argument("prompt", nargs="*")
parser.add_argument("--format", choices=["json"])
parser.add_argument("--nowordwrap", action="store_true")
options = parser.parse_args()
sys.stderr.write("\\x1b[?25l\\x1b[2K\\x1b[1G\\u2819 \\x1b[?25h")
if options.model == "down":
    sys.exit("Error: could not connect to ollama server, run 'ollama serve' to start it")
assert options.format == "json" and options.nowordwrap
print(answer(" ".join([sys.stdin.read(), *options.prompt])), end="\\n\\n")
"""

THOUGHT = 'Thinking...\nThe page {is empty}, so "add" it is.\n...done thinking.\n\nANSWER'


@pytest.fixture
def desk(memory: Memory) -> Memory:
    """Return a memory with both programs on the PATH, and an entry that waits."""
    programs = memory.scratch / "bin"
    programs.mkdir()
    for name, code in (("llm", LLM), ("ollama", OLLAMA)):
        (programs / name).write_text(HEAD + code)
        (programs / name).chmod(0o755)
    (programs / "says").write_text("ANSWER")
    memory.env["PATH"] = os.pathsep.join([str(programs), os.environ["PATH"]])
    memory.flag("deploys go through make ship", "--topic", "deploy")
    return memory


@pytest.mark.parametrize(
    ("worker", "says"),
    [
        ("llm", "ANSWER"),
        ("llm:claude-haiku", "Here you are:\n```json\nANSWER\n```"),
        ("ollama", "ANSWER"),
        ("ollama:qwen3:4b", THOUGHT),
    ],
)
def test_what_the_model_says_is_filed(worker: str, says: str, desk: Memory) -> None:
    (desk.scratch / "bin/says").write_text(says)
    desk.env.update(OPENAI_API_KEY="sk", OLLAMA_HOST="127.0.0.1:1", SECRET="mine")

    said = desk.json("drain", "--worker", worker)

    assert said["worker"]["failures"] == said["worker"]["refused"] == []
    assert "- Deploy with `make ship`. ^" in desk.page("deploy")
    asked = (desk.scratch / "bin/asked").read_text()
    assert asked.startswith("You keep one page of a memory in order.")
    assert asked.rstrip().endswith("Now answer with the JSON object.")
    held = (desk.scratch / "bin/environment").read_text()
    assert ('"OPENAI_API_KEY"' in held) == worker.startswith("llm")
    assert ('"OLLAMA_HOST"' in held) == worker.startswith("ollama")
    assert '"COMMONPLACE_WORKER": "1"' in held
    assert "SECRET" not in held
    assert said["worker"]["tokens_in"] == (1234 if worker.startswith("llm") else 0)


@pytest.mark.parametrize(
    ("worker", "why"),
    [
        ("llm:nosuch", "exit code 1: Error: 'Unknown model: nosuch'"),
        ("ollama:down", "Error: could not connect to ollama server, run 'ollama serve' to start it"),
    ],
)
def test_what_the_client_says_went_wrong_is_told(worker: str, why: str, desk: Memory) -> None:
    said = desk.out("drain", "--worker", worker)
    assert "user/deploy was filed as it was said: exit code 1: " in said
    assert why in said
    assert "\x1b" not in said
    assert "- deploys go through make ship ^" in desk.page("deploy")
