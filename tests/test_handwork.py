"""What the person changed by hand since the last drain goes along with a packet."""

import sys

from commonplace.drain import handwork, snapshot
from commonplace.place import Place
from commonplace.settings import load
from tests.memory import Memory

PACKET = '[workers.mine]\ncommand = "{} -c pass"\ninput = "prompt"\n'


def changes(memory: Memory) -> dict[str, str]:
    place = Place(str(memory.root), str(memory.root / ".git"))
    return handwork.since_last_drain(place, snapshot.take(place, load(place, {"HOME": "/nowhere"})))


def reword(memory: Memory, old: str, new: str) -> None:
    memory.write("memory/user/deploy.md", memory.page("deploy").replace(old, new))


def test_committed_and_uncommitted_edits_count_from_the_last_drain_on_and_ours_do_not(memory: Memory) -> None:
    memory.flag("Deploys go through make ship", "--topic", "deploy")
    memory.run("drain")
    reword(memory, "make ship", "make sail")
    memory.git("commit", "-qam", "before the last drain")
    memory.flag("Staging first", "--topic", "deploy")
    memory.run("drain")
    memory.flag("Then production", "--topic", "deploy")
    memory.run("drain")
    memory.run("undo", "HEAD")
    assert changes(memory) == {}

    reword(memory, "Staging first", "Staging always first")
    memory.git("commit", "-qam", "drain: a person's own words", "--author", "Ada <ada@example.com>")
    assert changes(memory) == {}, "what calls itself a drain is not taken for the person's"
    reword(memory, "always first", "is first")
    memory.git("commit", "-qam", "by hand")
    reword(memory, "make sail", "make ship")
    memory.write("skills/cad/SKILL.md", "# CAD\n")
    told = changes(memory)
    assert set(told) == {"memory/user/deploy.md", "skills/cad/SKILL.md"}
    lines = told["memory/user/deploy.md"].splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("+- Staging is first"))
    second = next(n for n, line in enumerate(lines) if line.startswith("+- Deploys go through make ship"))
    assert first < second
    assert told["skills/cad/SKILL.md"].endswith("+# CAD")


def test_a_packet_carries_them_and_says_that_they_stand(memory: Memory) -> None:
    memory.config(PACKET.format(sys.executable))
    memory.flag("Deploys go through make ship", "--topic", "deploy")
    memory.run("drain")
    reword(memory, "make ship", "make sail")
    memory.git("commit", "-qam", "by hand")
    memory.flag("Never by hand", "--topic", "deploy")
    shown = memory.out("drain", "--worker", "mine", "--show-packets")
    assert "their word stands" in shown
    assert "-- Deploys go through make ship ^" in shown
    assert "+- Deploys go through make sail ^" in shown


def test_of_long_changes_the_newest_go_along(memory: Memory) -> None:
    memory.write("memory/user/long.md", "".join(f"line {n}\n" for n in range(2000)))
    told = changes(memory)["memory/user/long.md"]
    assert len(told) <= handwork.MOST + 2
    assert told.startswith("…\n")
    assert told.endswith("+line 1999")
