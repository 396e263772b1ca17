"""`audit` and what drains and decisions write: votes, lessons, checks, drops, hearsay."""

import json
import re
from collections.abc import Callable

import pytest

from tests.memory import Memory
from tests.test_audit import faults, notes, remade, verdict
from tests.test_disputes import disputed, say, with_voters
from tests.test_net import DEPLOYED, NO, fire, log, shown

CHECK = "[proposals]\ncheck = '''{}'''\n"

MADE_UP = "01M7WM9C8R9V3T5N2M7R4XBEYZ"


def short(entry_id: str) -> str:
    return entry_id[-10:].lower()


def accepted(memory: Memory, *more: str) -> None:
    """Accept the one proposal that is open."""
    (waiting,) = memory.json("review")
    memory.as_person("accept", str(waiting["id"]), *more)


def test_a_long_history_of_votes_lessons_checks_and_drops_is_well_and_told(memory: Memory) -> None:
    voters = with_voters(memory)
    before = (memory.scratch / "home/.config/commonplace/config.toml").read_text()
    builtin = ("drain", "--worker", "builtin")
    # A dispute is accepted after another took it over; one is rejected; the drain behind it is undone.
    disputed(voters, "Deploys go through make ship")
    _, drain, offered = disputed(voters, "Backups run at night")
    memory.as_person("accept", offered)
    memory.run("undo", drain)
    _, _, refused = disputed(voters, "Logs are kept a week", topic="logs")
    memory.run("reject", refused, "--because", "as it was said")
    # Disputes that replace one fact by another, and that drop one.
    old = memory.flag("The port is 80", "--topic", "net")
    memory.run(*builtin)
    say(voters, f"""
if me == "two": made = [op("add", "Elena Marsh says that the port is 81, as asked")]
if me == "three": made = [op("supersede", "The port is 81, as asked", fact="{short(old)}")]
""")  # fmt: skip
    for text in ("The port is 81", "Port 81, as asked"):
        memory.flag(text, "--topic", "net")
    memory.run("drain")
    accepted(memory)
    # What a tool said is no lesson; some things do not last.
    memory.self_eval("slow", "Ask the cache first", "--origin", "web")
    say(voters, 'made = [op("drop", reason="not-durable")]\n')
    memory.flag("The build is red today", "--topic", "today")
    memory.run("drain")
    # A correction flagged from its pair.
    log(memory, "Deploy the service please.", DEPLOYED, NO, "Understood, I use make ship.", "thanks")
    fire(memory, "before")
    (pair,) = shown(fire(memory, "after"))
    memory.run("flag", "--from", pair, "--topic", "deploy")
    memory.run(*builtin)
    # Lessons: extended by a later drain, said by hand, said again, and one that a check refuses.
    memory.config(before + CHECK.format('case "$1" in *ship*) exit 3;; esac'))
    memory.self_eval("hung", "Clip first", "--target", "skills/cad")
    memory.run(*builtin)
    memory.self_eval("slow", "Cache the layers", "--target", "skills/cad")
    memory.self_eval("hung again", "Clip first", "--target", "skills/cad")
    memory.run(*builtin)
    accepted(memory)
    memory.write("skills/cad/SKILL.md", memory.read("skills/cad/SKILL.md") + "- Save often\n")
    for better in ("Save often", "Clip first"):
        memory.self_eval("lost", better, "--target", "skills/cad")
    memory.self_eval("pushed", "Tag it first", "--target", "rules/ship")
    memory.run(*builtin)
    accepted(memory, "--despite-check")

    found = verdict(memory, code=0)

    assert [f for f in found["findings"] if f["kind"] != "hand-made"] == []
    bodies = memory.git("log", "--format=%B")
    for words in ("supersede ^", "lesson ^", " not-durable", " origin-web", " said-by-hand ",
                  " duplicate-of ^", "Votes: 3", "Despite-Check: failed: exit code 3"):  # fmt: skip
        assert words in bodies, words
    totals = json.loads(memory.out("audit", "report", "--format", "json"))["totals"]
    names = ("made of a dispute", "accepted", "accepted despite the check", "rejected", "drains undone")
    assert [totals[name] for name in names] == [4, 4, 1, 1, 1]
    told = memory.out("audit", "report")
    assert "**despite its check**: `failed: exit code 3`" in told
    assert "worker `one,two,three`, votes `3`" in told
    assert f"of pair `{pair}`, about " in told


@pytest.fixture
def agreed(memory: Memory) -> Memory:
    """Return a memory whose last commit accepts a rewording on a page."""
    voters = with_voters(memory)
    _, _, offered = disputed(voters, "Deploys go through make ship")
    voters.as_person("accept", offered)
    assert faults(voters) == []
    return voters


def other_fact(body: str) -> str:
    return re.sub(r"update \^\w+", "update ^0123456789", body)


@pytest.mark.parametrize(
    ("forged", "what"),
    [
        (other_fact, "was changed on memory/user/deploy.md, and its ledger does not say so"),
        (other_fact, "its ledger is not that of its proposal"),
        (lambda body: body.replace("1 entry", "2 entries"), "miscounted: "),
        (
            lambda body: re.sub(r"(accept .*<- )\w+", rf"\g<1>{MADE_UP}", body),
            "rests on other entries than its proposal",
        ),
        (
            lambda body: re.sub(r"(update .*<- )\w+", rf"\g<1>{MADE_UP}", body),
            f"`update` names entry {MADE_UP}, which was never captured",
        ),
        (
            lambda body: body.rstrip() + "\nDespite-Check: failed: exit code 3\n",
            "does not say what the check said of its proposal: nothing",
        ),
    ],
)
def test_a_forged_accept_on_a_page_is_named(agreed: Memory, forged: Callable[[str], str], what: str) -> None:
    remade(agreed, message=forged)
    assert any(what in line for line in faults(agreed)), faults(agreed)


def test_an_accept_on_a_page_that_does_more_than_was_offered_is_named(agreed: Memory) -> None:
    page = agreed.page("deploy").replace("make ship", "make sheep")
    remade(agreed, files={"memory/user/deploy.md": page, "skills/x/SKILL.md": "# X\n"})
    found = faults(agreed)
    assert any("did something else than proposal" in line for line in found)
    assert any("changed skills/x/SKILL.md" in line for line in found)


def test_an_accept_that_hides_what_the_check_said_is_named(memory: Memory) -> None:
    memory.config(CHECK.format("exit 3"))
    memory.self_eval("hung", "Clip first", "--target", "skills/cad")
    memory.run("drain")
    accepted(memory, "--despite-check")
    assert faults(memory) == []
    remade(memory, message=lambda body: re.sub("\nDespite-Check: .*", "", body))
    assert any("does not say what the check said of its proposal: failed" in line for line in faults(memory))
    remade(memory, message=lambda body: re.sub("lesson .*\n", "", body), quietly=False)
    assert any("its ledger is not that of its proposal" in line for line in faults(memory))


@pytest.mark.parametrize(
    ("why", "what"),
    [
        ("origin-web", "drops entry {} as origin-web, and its origin is agent"),
        ("not-durable", "drops entry {} as not durable, which no worker may say of it"),
        ("duplicate-of ^0123456789", "drops entry {} for ^0123456789, which was never there"),
        ("lesson", "its ledger has `lesson`, which no drain does"),
    ],
)
def test_a_drop_that_history_belies_is_named(memory: Memory, why: str, what: str) -> None:
    memory.flag("Deploys go through make ship", "--topic", "deploy")
    memory.run("drain")
    again = memory.flag("Deploys go through make ship", "--topic", "deploy")
    memory.run("drain")
    assert faults(memory) == []
    new = f"lesson ^0123456789 skills/x <- {again}" if why == "lesson" else f"drop {again} {why}"
    remade(memory, message=lambda body: re.sub("drop .*", new, body))
    assert any(what.format(again) in line for line in faults(memory)), faults(memory)


def test_an_update_that_loses_the_mark_of_what_a_tool_said_is_named(memory: Memory) -> None:
    voters = with_voters(memory)
    entry = memory.flag("The cache holds 4 GB", "--topic", "cache", "--origin", "tool")
    memory.run("drain", "--worker", "builtin")
    say(voters, f'made = [op("update", "The cache holds 4 GB on disk", fact="{short(entry)}")]\n')
    memory.flag("The cache holds 4 GB on disk", "--topic", "cache")
    memory.run("drain", "--worker", "one")
    assert (faults(memory), notes(memory)) == ([], [])
    page = memory.page("cache")
    assert "on disk (said by a tool) ^" in page
    remade(memory, files={"memory/user/cache.md": page.replace(" (said by a tool)", "")})
    assert any("no longer says that a tool or a web page said it" in line for line in faults(memory))
