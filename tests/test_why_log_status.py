"""The audit trail in the field's words: why, log, status."""

from tests.memory import PERSON, TOOL, Memory


def short(entry: str) -> str:
    return f"^{entry[-10:].lower()}"


def test_why_leads_from_a_line_of_memory_to_its_commits_entries_and_sessions(memory: Memory) -> None:
    first = memory.flag(
        "Deploys go\nthrough make ship", "--topic", "deploy", "--session", "s1", "--type", "procedure"
    )
    memory.env = {"CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": "s2"}
    same = memory.flag("deploys go through make ship", "--topic", "deploy")
    memory.env = {}
    memory.run("drain")
    drain = memory.git("log", "-1", "--format=%h", "--abbrev=10").strip()
    lines = memory.page("deploy").split("\n")
    number = next(n for n, line in enumerate(lines, start=1) if line.startswith("- Deploys"))

    said = memory.out("why", short(first))
    assert said.startswith(
        f"{short(first)}  memory/user/deploy.md:{number}\n  Deploys go through make ship\n  "
    )
    for words in (
        f"  {drain}  add of drain ", "(commonplace)\n",
        f"  from {first}  flag · procedure · agent · session s1 · ",
        '    "Deploys go through make ship"\n',
        f"  from {same}  flag · fact · agent · claude-code · session s2 · ",
    ):  # fmt: skip
        assert words in said, words
    assert memory.out("why", short(first).upper()) == said
    assert memory.out("why", f"memory/user/deploy.md:{number}") == said
    assert memory.out("why", f"memory/user/deploy.md:{number + 1}") == said  # its second line
    assert memory.out("why", f"deploy.md:{number}", cwd=memory.root / "memory" / "user") == said
    elsewhere = {"cwd": memory.scratch, "env": {"COMMONPLACE_REPO": str(memory.root)}}
    assert memory.out("why", f"memory/user/deploy.md:{number}", **elsewhere) == said
    assert memory.out("why", f"{memory.root}/memory/user/deploy.md:{number}", **elsewhere) == said
    answer = memory.json("why", short(first))
    assert [(s["id"], s["session"], s["host"]) for s in answer["sources"]] == [
        (first, "s1", ""), (same, "s2", "claude-code"),
    ]  # fmt: skip
    assert answer["sources"][0]["text"] == "Deploys go\nthrough make ship"

    new = memory.flag("Ship with just", "--supersedes", short(first))
    memory.run("drain")
    gone = memory.json("why", short(first))
    assert (gone["path"], gone["line"]) == ("", 0)
    assert [step["operation"].split()[0] for step in gone["steps"]] == ["add", "supersede"]
    assert "on no page any more" in memory.out("why", short(first))
    assert memory.json("why", short(new))["sources"][0]["id"] == new


def test_why_of_a_line_in_a_skill_tells_who_accepted_it(memory: Memory) -> None:
    first = memory.self_eval("hung", "clip first", "--target", "skills/cad", "--session", "s1")
    second = memory.self_eval("slow", "at night", "--target", "skills/cad", "--session", "s2")
    memory.run("drain")
    memory.as_person("accept", "--all")
    lines = memory.read("skills/cad/SKILL.md").split("\n")
    number = next(n for n, line in enumerate(lines, start=1) if line.endswith(short(first)))
    answer = memory.json("why", f"skills/cad/SKILL.md:{number}")
    assert [(s["id"], s["session"], s["snag"]) for s in answer["sources"]] == [(first, "s1", "hung")]
    assert answer["steps"][-1]["accepted_by"] == "a person at a terminal"
    shown = memory.out("why", short(second))
    assert "accepted by a person at a terminal" in shown
    assert "snag: slow" in shown


def test_why_says_what_it_cannot_tell(memory: Memory) -> None:
    memory.write("memory/user/mine.md", "# Mine\n- by hand ^aaaaaaaaaa\n")
    for said, why in (
        ("^zzzzzzzzzz", "no page and no commit names ^zzzzzzzzzz"),
        ("^short", "is not a fact's id"),
        ("nothing", "is neither ^id nor FILE:LINE"),
        ("memory/user/mine.md:1", "holds no fact"),
        ("memory/user/mine.md:99", "holds no fact"),
        ("memory/user/none.md:1", "No such file"),
        ("commonplace.toml:1", "is not in the memory"),
        ("/etc/passwd:1", "is not in the memory"),
    ):
        refused = memory.run("why", said, code=1)
        assert why in refused.stderr, said
    by_hand = memory.json("why", "memory/user/mine.md:2")
    assert (by_hand["text"], by_hand["steps"], by_hand["sources"]) == ("by hand", [], [])


def test_log_tells_what_was_done_the_newest_first(memory: Memory) -> None:
    memory.flag("Ship with make", "--topic", "deploy")
    memory.self_eval("hung", "clip first", "--target", "skills/cad")
    memory.run("drain")
    memory.run("reject", memory.json("review")[0]["id"], "--because", "no")
    memory.git("commit", "-q", "--allow-empty", "-m", "words of a person: drain")
    drain = memory.json("status")["last_drain"]["drain"]
    memory.run("undo", drain)

    entries = memory.json("log")
    assert [entry["kind"] for entry in entries] == ["undo", "edit", "reject", "drain", "capture", "init"]
    assert [entry["subject"] for entry in entries] == memory.subjects()
    assert entries[0]["author"] == PERSON
    assert entries[3]["committer"] == TOOL
    assert entries[3]["trailers"]["Drain-Id"][0].endswith(drain.upper())
    lines = memory.out("log").splitlines()
    assert [line.split("  ", 1)[1] for line in lines] == [
        subject + (f"  {drain}" if subject.startswith("drain: ") else "") for subject in memory.subjects()
    ]
    assert [line[:10] for line in lines] == memory.git("log", "--format=%h", "--abbrev=10").split()
    assert memory.out("log", "-n", "2").splitlines() == lines[:2]
    assert memory.run("log", "-n", "0", code=2).stdout == ""


def test_status_counts_what_there_is_what_waits_and_the_last_drain(memory: Memory) -> None:
    assert memory.json("status")["last_drain"] is None
    memory.flag("Ship with make", "--topic", "deploy")
    memory.flag("Tag first", "--topic", "deploy")
    memory.self_eval("hung", "clip first", "--target", "skills/cad")
    drain = memory.json("drain")["drain"]
    memory.write("rules/mine.md", "# Mine\n")
    memory.flag("waits")
    gone = memory.flag("gone")
    (memory.root / "queue" / f"{gone}.flag.md").unlink()
    memory.write("queue/odd.txt", "x")
    memory.run("boundary", "boot", "--session", "s1")
    memory.config("[index]\nmax_lines = 10\n")

    status = memory.json("status")
    size = len(memory.page("deploy").encode())
    index = memory.read("memory/index.md")
    expected = {
        "repository": str(memory.root), "scope_here": "user", "queue": 1, "vanished": 1, "odd": 1,
        "sessions": 1, "topics": 1, "facts": 2, "skills_and_rules": 1,
        "index": {"lines": 5, "bytes": len(index.encode())}, "proposals": 1,
        "settings": {"index.max_lines": 10},
    }  # fmt: skip
    assert {name: status[name] for name in expected} == expected
    assert status["last_drain"]["drain"] == drain[-10:].lower()
    assert status["last_drain"]["commit"] == memory.git("rev-parse", "HEAD").strip()

    rows = dict(line.split("  ", 1) for line in memory.out("status").splitlines())
    shown = {name.strip(): value.strip() for name, value in rows.items()}
    assert shown["queue"].startswith("1 entry waits, the oldest ")
    assert shown["facts"] == f"2 in {size} bytes"
    assert shown["proposals"] == "1 waits (commonplace review)"
    assert shown["index"].startswith("5 of 10 lines, ")
    assert shown["last drain"].endswith(f" ago, {drain[-10:].lower()}: {memory.subjects()[0]}")
    assert shown["settings"] == "index.max_lines = 10"
    assert memory.run("status", cwd=memory.scratch, code=1).stderr.endswith("commonplace init\n")


def test_what_superseded_a_fact_is_no_source_of_it(memory: Memory) -> None:
    old = memory.flag("Takes 5 minutes", "--topic", "deploy")
    memory.run("drain")
    same = memory.flag("takes 5 minutes.", "--topic", "deploy")
    dropped = memory.flag("Takes 6 minutes", "--topic", "deploy")
    new = memory.flag("Takes 7 minutes", "--topic", "deploy", "--supersedes", short(dropped))
    memory.run("drain")
    newest = memory.flag("Takes 9 minutes", "--supersedes", short(old))
    memory.run("drain")
    assert [s["id"] for s in memory.json("why", short(old))["sources"]] == [old, same]
    assert [s["id"] for s in memory.json("why", short(new))["sources"]] == [new]
    assert f"  superseded by {short(newest)} of drain " in memory.out("why", short(old))
    assert f"  superseded {dropped} before it was filed of drain " in memory.out("why", short(new))
