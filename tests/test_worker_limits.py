"""What a worker may not do to what others said, end to end: the page, the ledger, the report."""

import json
import sys

import pytest

from commonplace.drain import cutting
from tests.memory import Memory

WORKER = """
import json, sys
from pathlib import Path
packet = json.load(sys.stdin)
by_text = json.loads(Path(__file__).with_name("says.json").read_text())
made = []
for entry in packet["entries"]:
    made.append({**by_text[entry["text"]], "sources": [entry["id"]]})
print(json.dumps({"operations": made}))
"""


@pytest.fixture
def desk(memory: Memory) -> Memory:
    """Return a memory with a worker that says of an entry's text what the test wants it to."""
    (memory.scratch / "worker.py").write_text(WORKER)
    command = f"{sys.executable} -S {memory.scratch}/worker.py"
    memory.config(f'[drain]\nworker = "mine"\n[workers.mine]\ncommand = "{command}"\ninput = "packet"\n')
    return memory


def says(memory: Memory, **by_text: dict[str, str]) -> None:
    said = {text.replace("_", " "): operation for text, operation in by_text.items()}
    (memory.scratch / "says.json").write_text(json.dumps(said))


def fact(memory: Memory, text: str, *options: str) -> str:
    """File a fact as it is said, and return its id."""
    entry = memory.flag(text, "--topic", "deploy", *options)
    memory.run("drain", "--worker", "builtin")
    return entry[-10:].lower()


def test_what_a_web_page_said_stands_beside_what_the_person_said(desk: Memory) -> None:
    old = fact(desk, "the port is 8080", "--origin", "user")
    says(desk, the_port_is_9090={"op": "supersede", "fact": old, "text": "The port is 9090"})
    desk.flag("the port is 9090", "--topic", "deploy", "--origin", "web")

    said = desk.out("drain")

    assert f"refused: an entry of origin web may not change ^{old}, which others said" in said
    page = desk.page("deploy")
    assert f"- the port is 8080 ^{old}" in page
    assert "- the port is 9090 (said by a web page) ^" in page


def test_what_a_tool_said_stays_marked_once_however_often_it_is_said_anew(desk: Memory) -> None:
    old = fact(desk, "the port is 8080", "--origin", "tool")
    text = "The port of the stage is 8080 (said by a tool)"
    says(desk, port_of_the_stage={"op": "update", "fact": old, "text": text})
    for origin in ("tool", "agent"):
        desk.flag("port of the stage", "--topic", "deploy", "--origin", origin)
        desk.run("drain")
        assert f"- {text} ^{old}" in desk.page("deploy")
        text = "On the stage the port is 8080"
        says(desk, port_of_the_stage={"op": "update", "fact": old, "text": text})
        text += " (said by a tool)"


def test_what_is_dropped_as_not_durable_is_listed_with_that_reason(desk: Memory) -> None:
    drop = {"op": "drop", "reason": "not-durable"}
    says(desk, the_build_is_red_today=drop, the_stage_is_down_today=drop)
    mine = desk.flag("the stage is down today", "--topic", "deploy", "--origin", "user")
    theirs = desk.flag("the build is red today", "--topic", "deploy", "--origin", "agent")

    said = desk.out("drain")

    assert f"not durable, the worker says: {theirs} the build is red today" in said
    assert f"\ndrop {theirs} not-durable\n" in desk.git("log", "-1", "--format=%B")
    assert "refused: it drops as not durable what the person said" in said
    assert f"- the stage is down today ^{mine[-10:].lower()}" in desk.page("deploy")
    assert "the build" not in desk.page("deploy")


def test_of_two_packets_that_change_one_fact_neither_s_words_are_lost(
    desk: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "MOST_ENTRIES", 1)
    old = fact(desk, "the port is 8080")
    says(
        desk,
        on_the_stage={"op": "update", "fact": old, "text": "The port is 8080 on the stage"},
        the_port_is_open={"op": "update", "fact": old, "text": "The port is 8080 and open"},
    )
    desk.flag("on the stage", "--topic", "deploy")
    desk.flag("the port is open", "--topic", "deploy")

    desk.run("drain")

    page = desk.page("deploy")
    assert f"- The port is 8080 on the stage ^{old}" in page
    assert "- the port is open ^" in page


def test_an_entry_that_supersedes_what_a_worker_changed_takes_none_of_it_away(desk: Memory) -> None:
    old = fact(desk, "the port is 8080")
    says(
        desk,
        on_the_stage={"op": "update", "fact": old, "text": "The port is 8080 on the stage"},
        the_port_is_9090={"op": "add", "text": "The port is 9090, Elena says"},
    )
    desk.flag("on the stage", "--topic", "deploy")
    later = desk.flag("the port is 9090", "--topic", "deploy", "--supersedes", f"^{old}")

    said = desk.out("drain")

    assert f"note: ^{old}, which {later} supersedes, was changed in this drain" in said
    page = desk.page("deploy")
    assert f"- The port is 8080 on the stage ^{old}" in page
    assert f"- the port is 9090 ^{later[-10:].lower()}" in page


def test_no_more_calls_are_made_than_the_ceiling_says_and_the_oldest_go_first(desk: Memory) -> None:
    config = (desk.scratch / "home/.config/commonplace/config.toml").read_text()
    desk.config(config.replace("[drain]", "[drain]\nmax_calls = 7\nvotes = 2"))
    says(desk)  # it knows no answer, and crashes
    entries = [desk.flag("never mind", "--topic", f"topic-{number}") for number in range(5)]

    said = desk.out("drain")

    assert "mine: 7 calls" in said
    assert said.count("; no call was left to try again") == 2  # the first votes, but for one
    assert "2 over the ceiling (drain.max_packets, drain.max_chars, drain.max_calls) wait" in said
    assert [name[:26] for name in desk.queue()] == entries[3:]
    desk.config(config.replace("[drain]", "[drain]\nmax_calls = 1\nvotes = 2"))
    assert "drain.max_calls is 1, and a packet needs 2" in desk.run("drain", code=2).stderr
    assert len(desk.queue()) == 2


def test_a_packet_too_large_for_any_drain_is_filed_as_it_was_said_and_does_not_wait_for_ever(
    desk: Memory,
) -> None:
    config = (desk.scratch / "home/.config/commonplace/config.toml").read_text()
    desk.config(config.replace("[drain]", "[drain]\nmax_chars = 100"))
    desk.flag("A fact", "--topic", "deploy")
    assert "0 packets would be sent; 0 would wait for another drain, 1 too large for any" in desk.out(
        "drain", "--show-packets"
    )
    said = desk.out("drain")
    assert "user/deploy alone is over drain.max_chars: filed as it was said" in said
    assert "- A fact ^" in desk.page("deploy")
    assert desk.queue() == []


BAD = """
import json, os, sys
packet = json.load(sys.stdin)
name = packet["name"].rpartition("/")[2]
entries = packet["entries"]
made = [{"op": "add", "text": e.get("text"), "sources": [e["id"]]} for e in entries]
if name == "crashes":
    sys.exit(3)
if name == "floods":
    for _ in range(100): sys.stdout.write("x" * 1_000_000)
if name == "says-nothing":
    sys.exit()
if name == "drops":
    made.pop()
if name == "cites":
    made[0]["sources"] = [os.environ["FOREIGN"]]
if name == "rewrites":
    facts = [line.rpartition("^")[2] for line in packet["page"].splitlines() if line.startswith("- ")]
    said = zip(entries, facts)
    made = [{"op": "update", "fact": f, "text": e["text"], "sources": [e["id"]]} for e, f in said]
if packet["kind"] == "target":
    edit = {"find": "", "replace": "- " + entries[0]["better"]}
    target = "../../.ssh/config" if name == "cad" else "skills/../../.ssh/config"
    made = [{"op": "propose", "target": target, "edits": [edit], "sources": [entries[0]["id"]]}]
print("Here is what I made of it:", json.dumps({"operations": made}), "I hope it helps.")
"""


def test_every_bad_answer_costs_only_its_own_packet_and_is_named(desk: Memory) -> None:
    long = "The importer reads every drawing, and " + "checks the layers of the drawing, and " * 5
    for number in range(8):
        desk.flag(f"{long}goes on to part {number}", "--topic", "rewrites")
    desk.run("drain", "--worker", "builtin")
    (desk.scratch / "worker.py").write_text(BAD)
    config = desk.scratch / "home/.config/commonplace/config.toml"
    config.write_text(config.read_text() + 'environment = "FOREIGN"\n')
    topics = ("crashes", "floods", "says-nothing", "drops", "cites", "fine")
    flags = {topic: desk.flag(f"A fact about {topic}", "--topic", topic) for topic in topics}
    dropped = desk.flag("A second fact", "--topic", "drops")
    for number in range(8):
        desk.flag(f"The importer reads drawings of part {number}", "--topic", "rewrites")
    desk.self_eval("it hung", "Clip to the window first", "--target", "skills/cad")
    desk.self_eval("it hung", "Clip to the window first", "--target", "rules/cad-too")

    report = desk.json("drain", env={"FOREIGN": flags["fine"]})

    assert {each["packet"]: each["why"].partition(":")[0] for each in report["worker"]["failures"]} == {
        "user/crashes": "exit code 3",
        "user/floods": "the answer is longer than 1,048,576 bytes",
        "user/says-nothing": "the answer holds no JSON object with `operations`",
    }
    refused = "\n".join(each["reason"] for each in report["worker"]["refused"])
    for reason in (
        f"entry {dropped} was silently dropped",
        f"it cites '{flags['fine']}', which is no entry of this packet",
        "characters off the page",
        "'../../.ssh/config' is not this packet's target, 'skills/cad'",
        "'skills/../../.ssh/config' is not this packet's target, 'rules/cad-too'",
    ):
        assert reason in refused
    for topic, entry in flags.items():
        assert f"- A fact about {topic} ^{entry[-10:].lower()}" in desk.page(topic)
    assert "- A second fact ^" in desk.page("drops")
    assert desk.page("rewrites").count("goes on to part") == 8
    assert desk.page("rewrites").count("- The importer reads drawings of part") == 8
    assert {each["target"] for each in desk.json("review")} == {"skills/cad", "rules/cad-too"}
    assert not list(desk.scratch.rglob(".ssh"))
    assert desk.queue() == []
    assert "\nFailed-Packets: 3\n" in desk.git("log", "-1", "--format=%B")


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("sleep 600", "no answer within 1 s"),
        ("no-such-program --fast", "not installed"),
    ],
)
def test_a_worker_that_hangs_or_is_not_there_costs_no_entry(command: str, why: str, desk: Memory) -> None:
    desk.config(f'[drain]\nworker = "mine"\n[workers.mine]\ncommand = "{command}"\ntimeout = 1\n')
    desk.flag("A fact", "--topic", "deploy")

    said = desk.out("drain")

    assert f"user/deploy was filed as it was said: {why}" in said
    assert "- A fact ^" in desk.page("deploy")


def test_what_was_paid_before_a_drain_had_to_plan_again_is_counted_once(desk: Memory) -> None:
    moves = (
        "import json, subprocess, sys\n"
        f"git = ['git', '-C', {str(desk.root)!r}, 'commit', '-q', '--allow-empty', '-m', 'by hand']\n"
        "subprocess.run(git, check=True)\n"
        "entry = json.load(sys.stdin)['entries'][0]\n"
        "made = [{'op': 'add', 'text': entry['text'], 'sources': [entry['id']]}]\n"
        "print(json.dumps({'operations': made}))\n"
        "print('Token usage: 1,200 input, 30 output', file=sys.stderr)\n"
    )
    (desk.scratch / "worker.py").write_text(moves)
    config = desk.scratch / "home/.config/commonplace/config.toml"
    config.write_text(config.read_text() + 'answer = "llm"\n')
    desk.flag("A fact", "--topic", "deploy")

    assert "mine: 1 call, 1,200 tokens in, 30 out" in desk.out("drain")

    assert desk.subjects()[2] == "by hand"
    assert {"Worker-Calls: 1", "Tokens-In: 1200"} <= set(desk.git("log", "-1", "--format=%B").splitlines())
