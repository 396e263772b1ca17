"""Disputes: what several votes disagree on is filed as it was said, and offered as a proposal on its page."""

import sys

import pytest

from tests.ledger_check import check_repository
from tests.memory import Memory
from tests.test_kill import Base

CODE = """
import json, sys
packet = json.load(sys.stdin)
me = sys.argv[1]
first = packet["entries"][0]["id"]
every = [entry["id"] for entry in packet["entries"]]
def op(verb, text="", sources=every, **more):
    return {"op": verb, "sources": sources, **({"text": text} if text else {}), **more}
made = [op("add", entry["text"], [entry["id"]]) for entry in packet["entries"]]
exec(open(__file__ + ".more").read())
print(json.dumps({"operations": made}))
"""

AS_SAID = "- Deploys go through make ship ^{}"


@pytest.fixture
def voters(memory: Memory) -> Memory:
    """Return a memory with three workers, `one`, `two` and `three`, that say different things."""
    return with_voters(memory)


def with_voters(memory: Memory) -> Memory:
    """Give a memory the three workers."""
    script = memory.scratch / "worker.py"
    script.write_text(CODE)
    tables = "".join(
        f'[workers.{name}]\ncommand = "{sys.executable} {script} {name}"\ninput = "packet"\n'
        for name in ("one", "two", "three")
    )
    memory.config(f'[drain]\nworker = "one, two, three"\n{tables}')
    return memory


def say(memory: Memory, code: str) -> None:
    (memory.scratch / "worker.py.more").write_text(code)


def short(entry_id: str) -> str:
    return entry_id[-10:].lower()


def disputed(memory: Memory, text: str, *options: str, topic: str = "deploy") -> tuple[str, str, str]:
    """Flag a text that two of three workers would reword, each otherwise; return entry, drain, proposal."""
    say(memory, """
if me == "two": made = [op("add", packet["entries"][0]["text"] + ", always")]
if me == "three": made = [op("add", "Always: " + packet["entries"][0]["text"])]
""")  # fmt: skip
    entry = memory.flag(text, "--topic", topic, *options)
    report = memory.json("drain")
    return entry, report["drain"], report["proposals"][-1]["id"]


def test_every_worker_named_has_a_vote_and_the_commit_names_them(voters: Memory) -> None:
    say(voters, 'if me == "three": made[0]["text"] = "Nobody said this at all, ever"\n')
    voters.flag("Deploys go through make ship", "--topic", "deploy")

    report = voters.json("drain")

    assert (report["worker"]["name"], report["worker"]["calls"], report["worker"]["votes"]) == (
        "one,two,three",
        3,
        3,
    )
    assert "Worker: one,two,three\nVotes: 3\nWorker-Calls: 3\n" in voters.git("log", "-1", "--format=%B")
    assert report["proposals"] == []
    assert "- Deploys go through make ship ^" in voters.page("deploy")
    assert "builtin has no vote" in voters.run("drain", "--worker", "one,builtin", code=2).stderr


def test_what_is_disputed_is_filed_as_it_was_said_and_offered_on_top(voters: Memory) -> None:
    entry, drain, proposal = disputed(voters, "Deploys go through make ship")

    assert AS_SAID.format(short(entry)) in voters.page("deploy")
    assert voters.queue() == []
    body = voters.git("log", "-1", "--format=%B")
    assert body.count(entry) == 1  # accounted for once, where it is filed
    assert f"propose {proposal} memory/user/deploy\n" in body
    shown = voters.out("review")
    assert "  evidence: 1 entry from 1 session on 1 day\n" in shown
    assert "  note: the votes disagree: 1 of 3 said add\n" in shown
    assert (
        f"-{AS_SAID.format(short(entry))}\n+- Deploys go through make ship, always ^{short(entry)}\n" in shown
    )
    assert voters.out("boot").count("proposal") == 1

    said = voters.as_person("accept", proposal)

    assert said.startswith(f"accepted {proposal}: memory/user/deploy.md  ")
    assert f"- Deploys go through make ship, always ^{short(entry)}" in voters.page("deploy")
    assert voters.subjects()[0] == "accept: memory/user/deploy, 1 entry"
    assert f"\nupdate ^{short(entry)} user/deploy <- {entry}\n" in voters.git("log", "-1", "--format=%B")
    why = voters.json("why", f"^{short(entry)}")
    assert [step["operation"].split(" ")[0] for step in why["steps"]] == ["add", "update"]
    assert why["steps"][-1]["accepted_by"] == "a person at a terminal"
    assert [source["id"] for source in why["sources"]] == [entry]
    assert "Deploys go through make ship, always (1)" in voters.read("memory/index.md")
    assert voters.git("status", "--short") == ""
    assert "accepted already" in voters.as_person("accept", proposal)

    voters.run("undo", drain)  # what a person accepted stays theirs
    assert f"- Deploys go through make ship, always ^{short(entry)}" in voters.page("deploy")
    assert voters.queue() == []


def test_an_open_offer_is_withdrawn_with_its_drain_and_a_rejected_one_is_remembered(voters: Memory) -> None:
    entry, drain, _ = disputed(voters, "Deploys go through make ship")
    voters.run("undo", drain)
    assert voters.json("review") == []
    assert not (voters.root / "memory/user/deploy.md").exists()
    assert [name[:26] for name in voters.queue()] == [entry]
    voters.run("queue", "release", "--all")
    proposal = voters.json("drain")["proposals"][0]["id"]

    voters.run("reject", proposal, "--because", "no")

    assert AS_SAID.format(short(entry)) in voters.page("deploy")
    assert 'target: "memory/user/deploy"' in voters.read(f"rejected/{proposal}.md")
    voters.flag("Deploys go through make ship", "--topic", "other")
    voters.write("memory/user/deploy.md", voters.page("deploy").replace(AS_SAID.format(short(entry)), ""))
    voters.flag("Deploys go through make ship", "--topic", "deploy")
    assert [p["target"] for p in voters.json("drain")["proposals"]] == ["memory/user/other"]


@pytest.mark.parametrize("verb", ["update", "supersede"])
def test_a_disputed_update_or_replacement_takes_the_place_of_what_was_filed(
    voters: Memory, verb: str
) -> None:
    old = voters.flag("The port is 80", "--topic", "net")
    voters.run("drain", "--worker", "builtin")
    say(voters, f"""
if me == "two": made = [op("add", "Elena Marsh says that the port is 81, as asked")]
if me == "three": made = [op("{verb}", "The port is 81, as asked", fact="{short(old)}")]
""")  # fmt: skip
    one, two = (voters.flag(text, "--topic", "net") for text in ("The port is 81", "Port 81, as asked"))

    (proposal,) = voters.json("drain")["proposals"]

    assert voters.page("net").count("\n- ") == 3
    assert voters.json("review")[0]["notes"] == [f"the votes disagree: 1 of 3 said {verb} ^{short(old)}"]
    voters.as_person("accept", proposal["id"])
    stays = short(old) if verb == "update" else short(one)
    assert [line for line in voters.page("net").split("\n") if line.startswith("- ")] == [
        f"- The port is 81, as asked ^{stays}"
    ]
    sources = {source["id"] for source in voters.json("why", f"^{stays}")["sources"]}
    assert {one, two} <= sources
    for fact in (old, one, two):
        assert voters.json("why", f"^{short(fact)}")["steps"]
    assert "The port is 81, as asked (1)" in voters.read("memory/index.md")


def test_a_page_has_one_open_offer_and_a_newer_one_takes_it_over(voters: Memory) -> None:
    one, _, old = disputed(voters, "Deploys go through make ship")
    two, _, new = disputed(voters, "Backups run at night")

    (proposal,) = voters.json("review")

    assert (proposal["id"], [e["id"] for e in proposal["evidence"]]) == (new, [one, two])
    assert f"Proposal: {old}\n" in voters.git("log", "-1", "--format=%B")
    voters.flag("A newer line below", "--topic", "deploy")
    voters.run("drain", "--worker", "builtin")  # a merge by lines would conflict here
    voters.as_person("accept", new)
    page = voters.page("deploy")
    for words in ("make ship, always ^", "at night, always ^", "- A newer line below ^"):
        assert words in page
    assert page.count("\n- ") == 3


def test_an_offer_on_a_fact_that_has_changed_since_is_a_conflict(voters: Memory) -> None:
    entry, _, proposal = disputed(voters, "Deploys go through make ship")
    voters.write("memory/user/deploy.md", voters.page("deploy").replace("make ship", "make sail"))

    refused = voters.as_person("accept", proposal, code=1)

    assert (
        f"memory/user/deploy.md has changed where proposal {proposal} edits it; nothing was applied"
        in refused
    )
    assert f"make sail ^{short(entry)}" in voters.page("deploy")


def test_an_accept_on_a_page_killed_before_any_step_applies_once(voters: Memory) -> None:
    entry, _, proposal = disputed(voters, "Deploys go through make ship")
    voters.config("[accept]\nfrom_agents = true\n")
    for memory in Base(voters).killed_at_each_step("accept", proposal, stride=3):
        if memory.json("review"):
            assert AS_SAID.format(short(entry)) in memory.page("deploy")
            memory.run("accept", proposal)
        assert f"- Deploys go through make ship, always ^{short(entry)}" in memory.page("deploy")
        assert "always (1)" in memory.read("memory/index.md")
        assert memory.git("log", "--format=%s", f"--grep=^Proposal: {proposal}$").count("accept: ") == 1
        check_repository(memory)


def test_the_close_never_applies_what_is_disputed(voters: Memory) -> None:
    voters.write("commonplace.toml", '[proposals]\napply = "drain"\n')
    entry, _, proposal = disputed(voters, "Deploys go through make ship")
    assert AS_SAID.format(short(entry)) in voters.page("deploy")
    assert [p["id"] for p in voters.json("review")] == [proposal]


def test_an_offer_that_cites_nothing_or_entries_that_nobody_knows_is_refused(voters: Memory) -> None:
    entry, _, proposal = disputed(voters, "Deploys go through make ship")
    body = voters.git("show", "-s", "--format=%B", f"proposal/{proposal}")
    other = "01M7WM9C8R9V3T5N2M7R4XBEYZ"
    for name, text in (("bare", "proposal: x"), ("forged", body.replace(entry, other))):
        voters.git("switch", "-q", "--detach", f"proposal/{proposal}")
        voters.git("commit", "-q", "--amend", "-m", text)
        voters.git("branch", f"proposal/{name}")
        voters.git("switch", "-q", "main")
    assert "not a proposal: proposal bare touches memory/user/deploy.md; " in voters.out("review")
    refused = voters.as_person("accept", "forged", code=1)
    assert (
        f"proposal forged rests on {other}, which this history does not hold; nothing was applied" in refused
    )
    assert AS_SAID.format(short(entry)) in voters.page("deploy")


def test_one_command_that_always_says_the_same_is_one_vote_and_the_drain_says_so(voters: Memory) -> None:
    say(voters, 'if me == "two": made[0]["text"] += ", always"\n')
    voters.flag("Deploys go through make ship", "--topic", "deploy")
    out = voters.out("drain", "--worker", "one")
    assert "one vote" not in out  # asked once
    voters.config(
        (voters.scratch / "home/.config/commonplace/config.toml")
        .read_text()
        .replace("[drain]", "[drain]\nvotes = 3")
    )
    voters.flag("Backups run at night", "--topic", "backup")

    out = voters.out("drain", "--worker", "one")

    assert "  one was asked 3 times and always said the same: that is one vote\n" in out
    assert voters.json("review") == []
    voters.flag("Logs are kept a week", "--topic", "logs")
    report = voters.json("drain", "--worker", "one,one,two")
    assert report["worker"]["notes"] == ["one was asked 2 times and always said the same: that is one vote"]
    assert "- Logs are kept a week ^" in voters.page("logs")
    assert [p["target"] for p in report["proposals"]] == ["memory/user/logs"]  # two voices, one each


def test_a_voter_that_fails_has_no_vote_and_is_named(voters: Memory) -> None:
    say(voters, 'if me == "three": sys.exit(3)\n')
    voters.flag("Deploys go through make ship", "--topic", "deploy")
    report = voters.json("drain")
    assert report["worker"]["notes"] == ["three has no vote on user/deploy: exit code 3"]
    assert report["worker"]["failures"] == []
    assert report["proposals"] == []
