"""`audit report`: a page that tells an auditor who changed what, when, why, from where, and who agreed."""

import json
import sys
from typing import Any

import pytest

from tests.memory import Memory

WORKER = """
import json, sys
entry = json.load(sys.stdin)["entries"][0]
said = json.dumps({"operations": [{"op": "add", "text": entry["text"], "sources": [entry["id"]]}]})
usage = {"input_tokens": 1000, "output_tokens": 20}
print(json.dumps({"type": "result", "result": said, "usage": usage, "total_cost_usd": 0.0125}))
"""

HOSTILE = """`` ` code``` <script>alert(1)</script> [x](https://evil.example) @ada #1 | <!-- -->
## A heading of its own
- a bullet
</details> &amp; \x1b[2J \u202e
"""


def report(memory: Memory, *arguments: str) -> Any:
    return json.loads(memory.out("audit", "report", "--format", "json", *arguments))


def spans(line: str) -> tuple[list[str], str]:
    """Return a line's code spans, read as CommonMark does, and what is left without them."""
    import re

    found = []

    def take(match: re.Match[str]) -> str:
        found.append(match[2])
        return "{}"

    return found, re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", take, line)


@pytest.fixture
def lived(memory: Memory) -> Memory:
    """Return a memory with one of everything."""
    (memory.scratch / "worker.py").write_text(WORKER)
    command = f"{sys.executable} {memory.scratch}/worker.py"
    memory.config(f'[workers.mine]\ncommand = "{command}"\ninput = "packet"\nanswer = "claude-json"\n')
    memory.flag("Deploys go through make ship", "--topic", "deploy", "--session", "s1")
    memory.run("drain", "--worker", "mine")
    memory.self_eval("hung", "Clip first", "--target", "skills/cad", "--session", "s2")
    memory.run("drain")
    memory.as_person("accept", "--all")
    memory.self_eval("slow", "Cache it", "--target", "rules/speed")
    memory.run("drain")
    memory.run("reject", memory.json("review")[0]["id"], "--because", "not true on Windows")
    memory.flag("Nobody knows", "--topic", "people")
    memory.run("drain")
    memory.run("undo", memory.json("log", "-n", "1")[0]["commit"])
    memory.write("memory/user/deploy.md", memory.page("deploy").replace("make ship", "make sail"))
    memory.git("commit", "--quiet", "-am", "ships sail")
    return memory


def test_the_report_tells_who_what_when_why_and_who_agreed(lived: Memory) -> None:
    said = report(lived)
    events = said["events"]

    kinds = ["init", "drain", "drain", "accept", "drain", "reject", "drain", "undo", "hand"]
    assert [event["kind"] for event in events] == kinds
    first, accepted, rejected, undone, hand = (events[n] for n in (1, 3, 5, 6, 8))
    assert (first["worker"], first["cost_usd"]) == ("mine", "0.012500")
    (fact,) = first["facts"]
    assert (fact["did"], fact["after"]) == ("added", "Deploys go through make ship")
    assert first["entries"][fact["sources"][0]]["session"] == "s1"
    assert accepted["accepted_by"] == "a person at a terminal"
    assert accepted["committer"] == "Ada Lovelace <ada@example.com>"
    assert [entry["better"] for entry in accepted["entries"].values()] == ["Clip first"]
    assert [entry["snag"] for entry in events[2]["entries"].values()] == ["hung"]
    assert [made["by"] for made in events[2]["decided"].values()] == ["accept"]
    assert rejected["because"] == "not true on Windows"
    assert undone["undone_by"] == events[7]["commit"]
    assert [(f["did"], f["before"], f["after"]) for f in hand["facts"]] == [
        ("reworded", "Deploys go through make ship", "Deploys go through make sail")
    ]
    totals = {name: number for name, number in said["totals"].items() if number}
    assert totals == {
        "drains": 4, "entries": 4, "facts added": 3, "facts reworded": 1, "facts removed": 1,
        "proposals made": 2, "accepted": 1, "rejected": 1, "drains undone": 1, "undos": 1,
        "changes by hand": 1, "sessions": 2, "worker calls": 1, "tokens in": 1000, "tokens out": 20,
        "cost in USD": 0.0125,
    }  # fmt: skip


def test_the_page_tells_the_same_in_words(lived: Memory) -> None:
    page = lived.out("audit", "report")
    assert page.startswith("# Audit of the memory, from the beginning to 20")
    for words in (
        "| drains | 4 |",
        "worker `mine`, calls `1`, tokens in `1000`, tokens out `20`, cost in USD `0.012500`",
        "on `memory/user/deploy.md`: `Deploys go through make ship`",
        "`flag, fact, origin agent, session s1, ",
        "- accepted by `Ada Lovelace, ada@example.com`: `a person at a terminal`",
        ": `snag: hung · better: Clip first`",
        "- because: `not true on Windows`",
        "- **undone** by ",
        "`Deploys go through make ship` is now `Deploys go through make sail`",
    ):
        assert words in page


def test_a_span_is_chosen_by_age_date_or_commit(lived: Memory) -> None:
    commits = [event["commit"] for event in report(lived)["events"]]
    assert [e["commit"] for e in report(lived, "--since", commits[4])["events"]] == commits[5:]
    assert [e["commit"] for e in report(lived, "--until", commits[4])["events"]] == commits[:5]
    assert len(report(lived, "--since", "7d")["events"]) == len(commits)
    assert report(lived, "--until", "2001-02-03")["events"] == []
    assert report(lived, "--since", "2w", "--until", "1w")["events"] == []
    assert "Nothing was changed." in lived.out("audit", "report", "--until", "2001-02-03T10:00")
    for odd in ("yesterday", "2026-13-40", "--all"):
        refused = lived.run("audit", "report", f"--since={odd}", code=2)
        assert "7d" in refused.stderr or "2026-11-20" in refused.stderr
    assert "md or" in lived.run("audit", "report", "--format", "pdf", code=2).stderr


SECRET = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"


def test_a_secret_that_history_holds_is_told_masked(memory: Memory) -> None:
    memory.write("memory/user/deploy.md", f"# Deploy\n\n- Use {SECRET} ^0123456789\n- Or {SECRET}\n")
    memory.git("add", ".")
    memory.git("commit", "--quiet", "-m", f"keep {SECRET}")
    shown = [memory.out("audit", "report"), memory.out("audit", "report", "--format", "json")]
    shown += [memory.out("audit", "verify"), memory.out("audit", "verify", "--json")]
    assert [SECRET in text for text in shown] == [False] * 4
    assert ["ghp_" in text for text in shown] == [True] * 4


def test_no_text_breaks_out_of_its_quotation(memory: Memory) -> None:
    memory.flag(HOSTILE, "--topic", "deploy")
    memory.self_eval(HOSTILE, HOSTILE, "--target", "skills/cad")
    memory.run("drain")
    memory.run("reject", memory.json("review")[0]["id"], "--because", HOSTILE)
    memory.write(
        "memory/user/deploy.md", memory.page("deploy") + f"- {HOSTILE.splitlines()[0]} ^0123456789\n"
    )
    memory.git("add", ".")
    evil = ["-c", "user.name=Eve `` <script> [x](y)", "commit", "--quiet", "-m", HOSTILE]
    memory.git(*evil)

    page = memory.out("audit", "report")

    assert page.isprintable() or all(line.isprintable() for line in page.split("\n"))
    quoted: list[str] = []
    for line in page.split("\n"):
        found, rest = spans(line)
        quoted += found
        assert not any(sign in rest for sign in "`<>@#[") or rest.startswith("#"), line
    assert sum("&lt;script&gt;" in text for text in quoted) >= 7
    headings = [line for line in page.split("\n") if line.startswith("#")]
    assert all(line.startswith(("# Audit", "## 20", "### ")) for line in headings)
    assert len(headings) == 2 + len(report(memory)["events"])
