"""`commonplace undo`: a drain is taken back by fact, and its entries wait until they are released."""

from tests.memory import PERSON, Memory


def short(entry: str) -> str:
    return f"^{entry[-10:].lower()}"


def drain(memory: Memory) -> str:
    return str(memory.json("drain")["drain"])


def test_a_drain_is_taken_back_after_later_drains_wrote_on_the_same_page(memory: Memory) -> None:
    old = memory.flag("Deploy on Friday", "--topic", "deploy")
    stale = memory.flag("Render whole", "--topic", "cad")
    drain(memory)
    before = memory.page("deploy")
    new = memory.flag("Deploy on Monday", "--topic", "deploy", "--supersedes", short(old))
    tag = memory.flag("Tag first", "--topic", "deploy")
    moved = memory.flag("Render clipped", "--topic", "deploy", "--supersedes", short(stale))
    alone = memory.flag("Alone", "--topic", "alone")
    second = drain(memory)
    later = memory.flag("Later", "--topic", "deploy")
    drain(memory)
    assert not (memory.root / "memory" / "user" / "cad.md").exists()

    plan = memory.run("undo", second[-10:].lower(), "--dry-run")
    everything = memory.everything()
    assert "-- Tag first " in plan.stdout
    assert "+- Deploy on Friday " in plan.stdout
    assert "would be undo: 4 facts taken back, 4 entries held in the queue" in plan.stderr
    assert memory.run("undo", second, "--dry-run").stdout == plan.stdout
    assert memory.everything() == everything

    said = memory.out("undo", second[-10:].lower())
    assert said.startswith("undo: 4 facts taken back, 4 entries held in the queue  ")
    assert "commonplace queue release --all" in said
    page = memory.page("deploy")
    assert f"- Deploy on Friday {short(old)}\n" in page
    assert f"- Later {short(later)}\n" in page
    for gone in ("Monday", "Tag first", "clipped"):
        assert gone not in page
    assert f"- Render whole {short(stale)}\n" in memory.page("cad")
    assert not (memory.root / "memory" / "user" / "alone.md").exists()
    assert "alone" not in memory.read("memory/index.md")
    assert memory.subjects()[0] == "undo: 4 facts taken back, 4 entries held in the queue"
    assert memory.git("log", "-1", "--format=%an <%ae>|%(trailers:key=Undo,valueonly)").strip() == (
        f"{PERSON}|{second}"
    )
    body = memory.git("log", "-1", "--format=%b")
    for line in (f"remove {short(tag)} user/deploy", f"restore {short(old)} user/deploy", f"requeue {moved}"):
        assert f"{line}\n" in body
    assert memory.queue() == sorted(f"{entry}.flag.md" for entry in (new, tag, moved, alone))
    assert {(row["state"], row["why"]) for row in memory.json("queue", "list")} == {
        ("held", f"drain {second[-10:].lower()} was undone")
    }
    assert "4 entries held back" in memory.out("boot")
    assert [step["operation"] for step in memory.json("why", short(tag))["steps"]][-1].startswith("remove ")

    memory.run("drain")  # held: no drain takes them
    assert memory.page("deploy") == page
    assert f"drain {second[-10:].lower()} has been undone" in memory.run("undo", second, code=1).stderr

    memory.run("queue", "release", "--all")
    drain(memory)
    assert "- Deploy on Monday " in memory.page("deploy")
    assert "- Tag first " in memory.page("deploy")
    assert "- Alone " in memory.page("alone")
    assert not (memory.root / "memory" / "user" / "cad.md").exists()
    assert memory.queue() == []
    assert "Deploy on Friday" in before


def test_what_a_later_drain_or_a_person_rests_on_stays(memory: Memory) -> None:
    shared = memory.flag("Tag first", "--topic", "deploy")
    edited = memory.flag("Ship with make", "--topic", "deploy")
    plain = memory.flag("Plain", "--topic", "deploy")
    first = drain(memory)
    memory.flag("Tag first.", "--topic", "deploy")
    drain(memory)
    memory.write("memory/user/deploy.md", memory.page("deploy").replace("with make", "with just"))
    commit = memory.git("log", "-1", "--format=%H", f"--grep=^Drain-Id: {first}").strip()
    assert memory.git("log", "-1", "--format=%s", commit).startswith("drain: ")

    said = memory.out("undo", commit[:12])
    assert f"  {short(shared)} stays: a later drain or an edit rests on it\n" in said
    assert f"  {short(edited)} stays: a later drain or an edit rests on it\n" in said
    assert memory.page("deploy").endswith(
        f"## Facts\n- Tag first {short(shared)}\n- Ship with just {short(edited)}\n"
    )
    assert short(plain) not in memory.page("deploy")
    assert memory.subjects()[:2] == [
        "undo: 1 fact taken back, 3 entries held in the queue", "edit: 1 file by hand",
    ]  # fmt: skip

    memory.run("queue", "release", "--all")
    drain(memory)
    assert memory.page("deploy").count("- Tag first ") == 1
    assert memory.page("deploy").count("- Plain ") == 1
    assert memory.git("status", "--short") == ""


def test_open_proposals_are_withdrawn_with_all_their_evidence_and_decided_ones_stand(memory: Memory) -> None:
    memory.self_eval("hung", "clip first", "--target", "skills/cad")
    drain(memory)
    memory.self_eval("slow", "at night", "--target", "skills/cad")  # takes the first one over
    memory.self_eval("pushed", "tag it", "--target", "rules/ship")
    second = drain(memory)
    found = {p["target"]: p["id"] for p in memory.json("review")}
    memory.as_person("accept", found["rules/ship"])

    said = memory.out("undo", second)
    assert f"  proposal {found['skills/cad']} for skills/cad withdrawn\n" in said
    assert memory.json("review") == []
    assert memory.git("branch", "--list", "proposal/*") == ""
    assert "tag it" in memory.read("rules/ship.md")
    snags = sorted(row["about"].partition("snag: ")[2] for row in memory.json("queue", "list"))
    assert snags == ["hung)", "slow)"]
    assert memory.subjects()[0] == "undo: 0 facts taken back, 2 entries held in the queue"

    memory.run("queue", "release", "--all")
    drain(memory)
    (again,) = memory.json("review")
    assert again["lessons"] == ["clip first (snag: hung)", "at night (snag: slow)"]
    assert memory.queue() == []


def test_only_a_drain_can_be_undone(memory: Memory) -> None:
    memory.flag("x")
    drain(memory)
    head = memory.git("rev-parse", "HEAD")
    for said in ("zzzzzzzzzz", "ab", "", "HEAD~2", memory.git("rev-parse", "HEAD~1").strip(), "--all"):
        refused = memory.run("undo", "--", said, code=1)
        assert f"there is no drain {said!r}\n  mend it with: commonplace log\n" in refused.stderr
    assert memory.git("rev-parse", "HEAD") == head


def test_drains_that_superseded_each_other_can_be_undone_from_the_first_on(memory: Memory) -> None:
    drains, fact = [], ""
    for text in ("Takes 5 minutes", "Takes 7 minutes", "Takes 9 minutes"):
        options = ("--supersedes", fact) if fact else ()
        fact = short(memory.flag(text, "--topic", "deploy", *options))
        drains.append(drain(memory))
    for done in drains[:2]:
        memory.run("undo", done)
        assert "9 minutes" in memory.page("deploy")
        assert memory.page("deploy").count(" minutes ") == 1
    memory.run("undo", drains[2])
    assert not (memory.root / "memory" / "user" / "deploy.md").exists()


def test_a_fact_goes_when_all_the_drains_that_found_it_are_undone(memory: Memory) -> None:
    fact = memory.flag("Tag first", "--topic", "deploy")
    drains = [drain(memory)]
    for _ in range(2):
        memory.flag("tag first.", "--topic", "deploy")
        drains.append(drain(memory))
    memory.run("undo", drains[0])
    memory.run("undo", drains[2])
    assert short(fact) in memory.page("deploy")
    memory.run("undo", drains[1])
    assert not (memory.root / "memory" / "user" / "deploy.md").exists()
    assert f"remove {short(fact)} user/deploy\n" in memory.git("log", "-1", "--format=%b")
