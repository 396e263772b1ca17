"""`commonplace queue`: what waits, what is held back, what vanished; nothing leaves it unrecorded."""

import os

from commonplace import queue
from commonplace.place import Place
from tests.memory import PERSON, Memory


def test_the_queue_is_listed_shown_released_and_restored(memory: Memory) -> None:
    assert memory.out("queue") == "the queue is empty\n"
    place = Place(str(memory.root), str(memory.root / ".git"))
    waits = memory.flag("Ship with make", "--topic", "deploy", "--scope", "project:acme")
    held = memory.self_eval("hung", "clip first", "--target", "skills/cad")
    gone = memory.flag("gone")
    queue.hold(place, held, "drain x was undone")
    (memory.root / "queue" / f"{gone}.flag.md").unlink()
    memory.write("queue/note.txt", "x")
    odd = f"{waits[:-4]}0000.flag.md"
    memory.write(f"queue/{odd}", "no frontmatter")

    rows = {row["name"]: row for row in memory.json("queue", "list")}
    assert {name: row["state"] for name, row in rows.items()} == {
        f"{waits}.flag.md": "waits", f"{held}.self-eval.md": "held", f"{gone}.flag.md": "vanished",
        "note.txt": "odd", odd: "odd",
    }  # fmt: skip
    lines = memory.out("queue").splitlines()
    assert memory.out("queue", "list").splitlines() == lines
    assert sorted(lines) == sorted(
        [
            f"{waits}.flag.md  project:acme deploy: Ship with make",
            f"{odd}    [odd: no frontmatter]",
            f"{held}.self-eval.md  user skills/cad: clip first (snag: hung)  [held: drain x was undone]",
            f"{gone}.flag.md  user: gone  [vanished: commonplace queue restore brings it back]",
            "note.txt    [odd: not named as an entry]",
        ]
    )

    assert memory.out("queue", "show", waits[-8:].lower()) == memory.read(f"queue/{waits}.flag.md")
    assert memory.out("queue", "show", gone).endswith("\n---\ngone\n")  # from the inbox
    refused = memory.run("queue", "show", "nothing", code=1)
    assert (
        "no entry in the queue has the id 'nothing'\n  mend it with: commonplace queue list" in refused.stderr
    )
    twin = f"{waits[:-4]}1111"
    memory.write(f"queue/{twin}.flag.md", "also broken")
    memory.write(f"queue/{twin[:-5]}Z1111.flag.md", "also broken")
    assert "2 entries end in '1111'" in memory.run("queue", "show", "1111", code=1).stderr
    (memory.root / "queue" / f"{twin}.flag.md").unlink()
    (memory.root / "queue" / f"{twin[:-5]}Z1111.flag.md").unlink()

    for verb in ("release", "restore"):
        assert "say which entries, or --all" in memory.run("queue", verb, code=2).stderr
        assert "say which entries, or --all" in memory.run("queue", verb, waits, "--all", code=2).stderr
        assert f"{waits} is not " in memory.run("queue", verb, waits, code=2).stderr

    memory.run("drain")
    assert {row["state"] for row in memory.json("queue", "list")} == {"held", "vanished", "odd"}
    assert memory.out("queue", "release", held) == f"released {held}\n"
    assert memory.out("queue", "release", "--all") == "no entry is held back\n"
    assert memory.out("queue", "restore", "--all") == f"restored {gone}\n"
    assert memory.out("queue", "restore", "--all") == "no entry has vanished\n"
    inbox = memory.root / ".git" / "commonplace" / "inbox"
    assert os.path.samefile(memory.root / "queue" / f"{gone}.flag.md", inbox / f"{gone}.flag.md")
    memory.run("drain")
    assert "- gone ^" in memory.page("general")
    assert len(memory.json("review")) == 1


def test_what_is_dropped_stays_in_history_with_the_reason_in_the_persons_name(memory: Memory) -> None:
    kept, gone, odd = memory.flag("kept"), memory.flag("gone"), memory.flag("odd")
    memory.flag("stays")
    (memory.root / "queue" / f"{gone}.flag.md").unlink()
    os.unlink(memory.root / "queue" / f"{odd}.flag.md")
    memory.write(f"queue/{odd}.flag.md", "broken by hand")
    text = memory.read(f"queue/{kept}.flag.md")

    assert "Missing option '--because'" in memory.run("queue", "drop", kept, code=2).stderr
    assert "the reason is empty" in memory.run("queue", "drop", kept, "--because", " ", code=2).stderr
    why = "a test\n\nSigned-off-by: x <y@z>, fixes #1, asks @ada"
    said = memory.out("queue", "drop", kept, gone[-6:], odd, "--because", why)
    assert said.startswith(f"dropped {kept}, {gone}, {odd}  ")

    assert memory.subjects()[:2] == ["queue: drop 3 entries", "capture: 3 entries"]
    body = memory.git("log", "-1", "--format=%an <%ae>%n%b")
    assert body.rstrip("\n") == (
        f"{PERSON}\ndrop {kept} by-hand\ndrop {gone} by-hand\ndrop {odd} by-hand\n\n"
        'because: "a test Signed-off-by : x <y@ z>, fixes # 1, asks @ ada"'
    )
    assert memory.git("log", "--format=%(trailers:key=Signed-off-by)").strip() == ""
    assert memory.git("show", f"HEAD~1:queue/{kept}.flag.md") == text
    assert memory.git("show", f"HEAD~1:queue/{gone}.flag.md").endswith("\ngone\n")
    assert memory.git("show", f"HEAD~1:queue/{odd}.flag.md") == "broken by hand"
    assert [row["about"] for row in memory.json("queue", "list")] == ["user: stays"]
    assert memory.git("status", "--short").startswith("?? queue/")
    memory.run("drain")
    assert "kept" not in memory.page("general")
    assert memory.out("boot") == ""


def test_the_queue_alone_takes_the_options_of_its_list(memory: Memory) -> None:
    entry = memory.flag("x")
    elsewhere = {"cwd": memory.scratch}
    assert memory.out("queue", "--repo", str(memory.root), **elsewhere).startswith(entry)
    assert [row["id"] for row in memory.json("queue")] == [entry]
    assert "say it after list" in memory.run("queue", "--json", "list", code=2).stderr
