"""A drain with a worker, end to end: what it answers, what the gate lets through, what falls back."""

import sys
from pathlib import Path

import pytest

from tests.memory import Memory

HONEST = """
import json, sys
packet = json.load(sys.stdin)
made = []
for entry in packet["entries"]:
    if entry["kind"] == "flag":
        made.append({"op": "add", "text": entry["text"], "sources": [entry["id"]]})
    else:
        edit = {"find": "", "replace": "- " + entry["better"]}
        made.append({"op": "propose", "target": packet["name"], "edits": [edit], "sources": [entry["id"]]})
"""
ANSWER = 'print("Here you are:\\n" + json.dumps({"operations": made}))\n'


MINE = f'[workers.mine]\ncommand = "{sys.executable} {{}}/worker.py"\ninput = "packet"\n'


@pytest.fixture
def desk(memory: Memory, tmp_path: Path) -> Memory:
    """Return a memory with a worker `mine` of the person's own; its code goes into `worker.py`."""
    memory.config(MINE.format(tmp_path))
    return memory


def worker(memory: Memory, code: str) -> None:
    (memory.scratch / "worker.py").write_text(HONEST + code + ANSWER)


def test_what_an_honest_worker_says_is_filed_and_the_commit_names_it(desk: Memory) -> None:
    worker(desk, "")
    flag = desk.flag("Deploys go through make ship", "--topic", "deploy")
    desk.self_eval("hung", "Clip first", "--target", "skills/cad")

    out = desk.out("drain", "--worker", "mine")

    assert "mine: 2 calls" in out
    assert f"- Deploys go through make ship ^{flag[-10:].lower()}" in desk.page("deploy")
    body = desk.git("log", "-1", "--format=%B")
    assert "Worker: mine\nWorker-Calls: 2\n" in body
    (proposal,) = desk.json("review")
    assert desk.git("show", f"proposal/{proposal['id']}:skills/cad/SKILL.md").endswith("- Clip first\n")
    assert desk.git("status", "--short") == ""
    assert desk.json("why", "memory/user/deploy.md:9")["sources"][0]["id"] == flag


def test_an_invented_signatory_amount_and_date_are_caught_and_named(desk: Memory) -> None:
    invented = {
        "Elena Marsh": "The quote is due on Friday, signed by Dr. Elena Marsh",
        "48,500": "The quote of 48,500 EUR is due on Friday",
        "2026-12-04": "The quote is due on Friday, 2026-12-04",
    }
    for number, (claim, text) in enumerate(invented.items()):
        worker(desk, f"made[0]['text'] = {text!r}\n")
        desk.flag("The quote is due on Friday", "--topic", f"deal-{number}")

        out = desk.out("drain", "--worker", "mine")

        assert "refused" in out
        assert claim.split()[-1] in out
        assert claim not in desk.page(f"deal-{number}")
        assert "The quote is due on Friday" in desk.page(f"deal-{number}")


def test_a_bad_worker_costs_only_its_own_packet_and_loses_nothing(desk: Memory) -> None:
    code = """
if packet["name"] == "user/crash": sys.exit(3)
if packet["name"] == "user/silent": made = []
if packet["name"] == "user/foreign": made[0]["sources"] = ["01M7WM9C8R9V3T5N2M7R4XBEYZ"]
if packet["name"] == "user/unknown": made[0]["mood"] = "good"
"""
    worker(desk, code)
    topics = ("crash", "silent", "foreign", "unknown", "fine")
    for topic in topics:
        desk.flag(f"A fact about {topic}", "--topic", topic)

    report = desk.json("drain", "--worker", "mine")

    assert {failure["packet"] for failure in report["worker"]["failures"]} == {"user/crash", "user/unknown"}
    assert len(report["worker"]["refused"]) >= 2
    for topic in topics:
        assert desk.page(topic).count(f"A fact about {topic} ^") == 1
    assert desk.queue() == []


def test_what_a_worker_reworded_says_again_what_it_said_when_its_drain_is_undone(desk: Memory) -> None:
    flag = desk.flag("Deploys go through make ship", "--topic", "deploy")
    desk.run("drain")
    text = "Deploys go through make ship, never by hand"
    code = "made = [{'op': 'update', 'fact': %r, 'text': %r, 'sources': [packet['entries'][0]['id']]}]\n"
    worker(desk, code % (flag[-10:].lower(), text))
    desk.flag("never deploy by hand", "--topic", "deploy")
    report = desk.json("drain", "--worker", "mine")
    assert f"- {text} ^{flag[-10:].lower()}" in desk.page("deploy")

    desk.run("undo", report["drain"])

    assert f"- Deploys go through make ship ^{flag[-10:].lower()}" in desk.page("deploy")


def test_a_packet_that_would_change_nothing_and_one_over_the_ceiling_are_not_sent(desk: Memory) -> None:
    worker(desk, "")
    desk.flag("Deploys go through make ship", "--topic", "deploy")
    desk.run("drain")
    desk.flag("deploys go through make ship.", "--topic", "deploy")
    assert desk.json("drain", "--worker", "mine")["worker"]["calls"] == 0
    desk.config(f"[drain]\nmax_packets = 1\n{MINE.format(desk.scratch)}")
    first = desk.flag("One thing", "--topic", "one")
    second = desk.flag("Another thing", "--topic", "two")

    report = desk.json("drain", "--worker", "mine")

    assert report["worker"]["waits"] == [second]
    assert [name[:26] for name in desk.queue()] == [second]
    assert first[-10:].lower() in desk.page("one")


def test_a_worker_that_came_with_a_clone_runs_nothing(memory: Memory, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    text = memory.read("commonplace.toml").replace('worker = "builtin"', 'worker = "evil"')
    memory.write("commonplace.toml", text + f'\n[workers.evil]\ncommand = "touch {marker}"\n')
    memory.git("commit", "-qam", "a worker")
    memory.git("clone", "-q", str(memory.root), str(tmp_path / "clone"))
    clone = Memory(tmp_path / "clone", tmp_path)
    clone.run("init", str(clone.root))
    clone.run("flag", "--topic", "t", "A thing", "--repo", str(clone.root))

    clone.run("drain", "--repo", str(clone.root))

    assert not marker.exists()
    assert "A thing" in clone.page("t")


def test_what_the_votes_disagree_about_is_filed_as_it_was_said(desk: Memory) -> None:
    desk.config("[drain]\nvotes = 3\n" + MINE.format(desk.scratch))
    code = """
import os
from pathlib import Path
turn = Path(__file__).with_name("turn-" + packet["name"].replace("/", "-"))
number = len(turn.read_text()) if turn.exists() else 0
turn.write_text("x" * (number + 1))
if packet["name"] == "user/split": made[0]["text"] = made[0]["text"].split(",")[number]
"""
    worker(desk, code)
    desk.flag("Deploys go through make ship", "--topic", "agreed")
    desk.flag("one thing, another thing, a third thing", "--topic", "split")

    report = desk.json("drain", "--worker", "mine")

    assert report["worker"]["calls"] == 6
    assert "the votes disagree" in {refusal["reason"] for refusal in report["worker"]["refused"]}
    assert "- one thing, another thing, a third thing ^" in desk.page("split")
    assert "- Deploys go through make ship ^" in desk.page("agreed")
