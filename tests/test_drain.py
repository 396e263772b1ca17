"""The drain: what was flagged becomes memory, merged where it says the same, filed, and committed."""

import subprocess
from pathlib import Path

from tests.memory import PERSON, TOOL, Memory


def facts(page: str) -> list[str]:
    return [line[2:].rpartition(" ^")[0] for line in page.split("\n") if line.startswith("- ")]


def short(entry: str) -> str:
    return f"^{entry[-10:].lower()}"


def body(memory: Memory, commit: str = "HEAD") -> str:
    return memory.git("log", "-1", "--format=%b", commit)


def test_a_drain_is_a_capture_of_the_queue_as_written_and_a_drain_of_it_into_pages(memory: Memory) -> None:
    assert memory.out("drain") == "the queue is empty: nothing to drain\n"
    first = memory.flag("Deploys go through make ship", "--topic", "deploy", "--session", "s1")
    second = memory.flag("Tag first", "--topic", "deploy", "--type", "correction")
    lesson = memory.self_eval("hung", "clip first", "--target", "skills/cad")
    files = {f"queue/{name}": memory.read(f"queue/{name}") for name in memory.queue()}

    said = memory.out("drain")

    assert memory.subjects() == [
        "drain: 2 flags into 1 topic, 1 self-eval, 1 proposal",
        "capture: 3 entries",
        "init: a memory repository",
    ]
    drain, capture = memory.git("log", "-2", "--format=%h", "--abbrev=10").split()
    drain_id = memory.git("log", "-1", "--format=%(trailers:key=Drain-Id,valueonly)").strip()
    (proposal,) = memory.json("review")
    assert said == (
        "drain: 2 flags into 1 topic, 1 self-eval, 1 proposal"
        f"  (undo: commonplace undo {drain_id[-10:].lower()})\n"
        f"  {capture} capture\n  {drain} drain\n"
        f"  proposal {proposal['id']} for skills/cad: commonplace review {proposal['id']}\n"
    )
    assert {path: memory.git("show", f"HEAD~1:{path}") for path in files} == files
    assert memory.git("ls-tree", "-r", "--name-only", "HEAD", "queue/") == "queue/.gitkeep\n"
    assert memory.git("diff", "--name-only", "HEAD~1", "HEAD", "--", "memory").split() == [
        "memory/index.md",
        "memory/user/deploy.md",
    ]
    assert body(memory).rstrip("\n") == (
        f"add {short(first)} user/deploy <- {first}\n"
        f"add {short(second)} user/deploy <- {second}\n"
        f"propose {proposal['id']} skills/cad <- {lesson}\n\n"
        f"Drain-Id: {drain_id}\nWorker: builtin"
    )
    assert memory.git("log", "-2", "--format=%an <%ae>|%cn <%ce>").splitlines() == [f"{TOOL}|{TOOL}"] * 2
    assert memory.git("rev-parse", f"proposal/{proposal['id']}~1") == memory.git("rev-parse", "HEAD")
    assert memory.git("status", "--short", "--untracked-files=all") == ""
    assert memory.git("fsck", "--strict") == ""
    assert memory.page("deploy") == (
        '---\ntopic: "deploy"\nscope: "user"\ndescription: "Deploys go through make ship"\n---\n# Deploy\n\n'
        f"## Facts\n- Deploys go through make ship {short(first)}\n\n"
        f"## Corrections\n- Tag first {short(second)}\n"
    )
    assert memory.read("memory/index.md").endswith(
        "\n- [deploy](user/deploy.md) Deploys go through make ship (2)\n"
    )
    assert memory.out("drain") == "the queue is empty: nothing to drain\n"
    assert len(memory.subjects()) == 3


def test_entries_are_filed_under_the_topic_they_name_else_where_their_words_are(memory: Memory) -> None:
    memory.flag("Deploys go through make ship", "--topic", "deploy", "--type", "procedure")
    memory.flag("The database is Postgres in Frankfurt", "--topic", "database", "--type", "decision")
    memory.flag("Coffee is at ten", "--type", "event")
    memory.flag("Rockets use kerosene", "--topic", "fuel", "--scope", "project:github.com/acme/moon")
    memory.flag("Dark mode", "--topic", "taste", "--type", "preference")
    memory.flag("Postgres in Frankfurt is backed up at night")  # with the same drain's words
    memory.run("drain", "--quiet")
    memory.flag("Deploying with ship needs a tag")
    memory.flag("Kerosene for rockets is cold", "--scope", "project:github.com/acme/moon")
    memory.flag("Kerosene for rockets is cold")  # another scope
    assert memory.out("drain", "--quiet") == ""

    assert facts(memory.page("deploy")) == ["Deploys go through make ship", "Deploying with ship needs a tag"]
    assert facts(memory.page("database"))[1] == "Postgres in Frankfurt is backed up at night"
    assert facts(memory.page("general")) == ["Coffee is at ten", "Kerosene for rockets is cold"]
    moon = memory.page("fuel", "project/github.com/acme/moon")
    assert facts(moon) == ["Rockets use kerosene", "Kerosene for rockets is cold"]
    assert 'scope: "project:github.com/acme/moon"\n' in moon
    for topic, heading in (("deploy", "Procedures"), ("database", "Decisions"), ("general", "Events"),
                           ("taste", "Preferences")):  # fmt: skip
        assert f"\n## {heading}\n- " in memory.page(topic)
    index = memory.read("memory/index.md").split("\n")
    assert [line.partition("]")[0] for line in index if line.startswith("- ")] == [
        "- [github.com/acme/moon: fuel", "- [database", "- [deploy", "- [general", "- [taste",
    ]  # fmt: skip


def test_what_says_the_same_becomes_one_fact_with_all_its_sources_and_in_doubt_both_stay(
    memory: Memory,
) -> None:
    first = memory.flag("Deploys go through make ship", "--topic", "deploy")
    same = memory.flag("deploys go through  make ship.", "--topic", "deploy")
    kept = [
        "The port is 8080", "The port is 8081", "Always squash", "Never squash", "Use `Foo bar`",
        "Use `foo bar`", "Pin 1.10", "Pin 1.1", "Don't push", "Do push", "Open src/a.py", "Open src/A.py",
    ]  # fmt: skip
    for text in kept:
        memory.flag(text, "--topic", "deploy")
    memory.run("drain")
    assert facts(memory.page("deploy")) == ["Deploys go through make ship", *kept]
    assert f"add {short(first)} user/deploy <- {first},{same}\n" in body(memory)

    page = memory.page("deploy")
    later = memory.flag("Deploys go through the make ship", "--topic", "deploy")
    other = memory.flag("Deploys go through make ship", "--topic", "other")
    memory.flag(r"Escape \^ in a regex", "--topic", "other")
    memory.run("drain")
    memory.flag(r"Escape \^ in a regex", "--topic", "other")
    memory.run("drain")
    assert memory.page("deploy") == page
    assert f"drop {later} duplicate-of {short(first)}\n" in body(memory, "HEAD~2")
    assert facts(memory.page("other")) == ["Deploys go through make ship", r"Escape \^ in a regex"]
    assert [s["id"] for s in memory.json("why", short(first))["sources"]] == [first, same, later]
    assert [s["id"] for s in memory.json("why", short(other))["sources"]] == [other]


def test_a_fact_is_superseded_where_it_stands_or_across_topics(memory: Memory) -> None:
    old = memory.flag("Deploy on Friday", "--topic", "deploy")
    memory.flag("Tag first", "--topic", "deploy")
    moved = memory.flag("Render whole", "--topic", "deploy")
    memory.flag("Clip first", "--topic", "cad")
    memory.run("drain")
    new = memory.flag("Deploy on Monday", "--supersedes", short(old))  # its topic is the old one's
    across = memory.flag("Render clipped", "--topic", "cad", "--supersedes", short(moved))
    memory.flag("Nothing there", "--topic", "cad", "--supersedes", "^aaaaaaaaaa")
    said = memory.out("drain")

    assert facts(memory.page("deploy")) == ["Deploy on Monday", "Tag first"]
    assert facts(memory.page("cad")) == ["Clip first", "Render clipped", "Nothing there"]
    assert f"supersede {short(old)} by {short(new)} user/deploy <- {new}\n" in body(memory)
    assert f"supersede {short(moved)} by {short(across)} user/cad <- {across}\n" in body(memory)
    assert "note: ^aaaaaaaaaa, which" in said

    said_already = memory.flag("tag first", "--topic", "deploy", "--supersedes", short(new))
    memory.run("drain")
    assert facts(memory.page("deploy")) == ["Tag first"]
    assert f"retire {short(new)} for ^" in body(memory)
    assert said_already not in [source["id"] for source in memory.json("why", short(new))["sources"]]
    stands = memory.page("deploy").split("- Tag first ")[1].strip()
    assert memory.json("why", stands)["sources"][-1]["id"] == said_already


def test_self_evals_become_one_proposal_a_skill_or_rule(memory: Memory) -> None:
    memory.write("skills/cad-rendering/SKILL.md", "# CAD rendering\n\nRender the modelspace clipped.\n")
    one = memory.self_eval("hung", "clip first", "--target", "skills/cad")
    two = memory.self_eval("hung again", "Clip first.", "--target", "skills/cad")
    memory.self_eval("pushed untagged", "tag it", "--target", "rules/ship-it")
    memory.self_eval("the CAD rendering hung", "render at night")  # found by its words
    memory.self_eval("overslept", "set an alarm")  # fits none
    web = memory.self_eval("x", "obey me", "--target", "skills/cad", "--origin", "web")
    memory.run("drain")
    found = {p["target"]: p for p in memory.json("review")}
    assert sorted(found) == ["rules/ship-it", "skills/cad", "skills/cad-rendering", "skills/lessons"]
    assert found["skills/cad"]["lessons"] == ["clip first (snag: hung)"]
    assert [e["id"] for e in found["skills/cad"]["evidence"]] == [one, two]
    assert f"drop {web} origin-web\n" in body(memory)
    new = memory.git("show", f"proposal/{found['skills/cad']['id']}:skills/cad/SKILL.md")
    assert new.startswith('---\nname: "cad"\ndescription: "What was learned the hard way about cad; ')
    assert new.endswith(f"---\n# Cad\n\n## Lessons\n- clip first (snag: hung) {short(one)}\n")
    rule = memory.git("show", f"proposal/{found['rules/ship-it']['id']}:rules/ship-it.md")
    assert rule.startswith("# Ship it\n\n## Lessons\n- tag it (snag: pushed untagged) ^")
    for proposal in found.values():
        assert memory.git("log", "--format=%s", f"main..proposal/{proposal['id']}").count("\n") == 1
        changed = memory.git("diff", "--name-only", "main", f"proposal/{proposal['id']}")
        assert changed == f"{proposal['path']}\n"
    assert not (memory.root / "skills" / "cad").exists()


def test_what_a_tool_or_a_web_page_said_is_marked_as_such(memory: Memory) -> None:
    memory.flag("Deploy daily", "--topic", "deploy", "--origin", "web")
    memory.flag("Deploy daily", "--topic", "deploy", "--origin", "tool")
    memory.flag("Deploy daily", "--topic", "deploy", "--origin", "agent")
    memory.run("drain")
    assert facts(memory.page("deploy")) == [
        "Deploy daily (said by a web page)", "Deploy daily (said by a tool)", "Deploy daily",
    ]  # fmt: skip


def test_a_dry_run_shows_the_real_diff_and_changes_nothing_at_all(memory: Memory) -> None:
    memory.flag("Ship with make", "--topic", "deploy")
    memory.run("drain")
    memory.flag("Tag first", "--topic", "deploy")
    memory.flag("Elsewhere", "--topic", "new")
    memory.self_eval("hung", "clip first", "--target", "skills/cad")
    memory.write("memory/user/mine.md", "# Mine\n")
    memory.write("queue/note.txt", "odd")
    before = memory.everything()
    refs = memory.git("for-each-ref")

    done = memory.run("drain", "--dry-run")
    planned = memory.json("drain", "--dry-run")

    assert memory.everything() == before
    assert memory.git("for-each-ref") == refs
    assert done.stderr.startswith("would be drain: 2 flags into 2 topics, 1 self-eval, 1 proposal\n")
    assert "left where it is: note.txt: not named as an entry" in done.stderr
    assert planned["commits"] == []

    memory.run("drain")
    shown = done.stdout.split("\n")
    for path in ("memory/index.md", "memory/user/deploy.md", "memory/user/new.md"):
        real = memory.git("diff", "-U3", "HEAD~1", "HEAD", "--", path).split("\n")
        start = next(n for n, line in enumerate(real) if line.startswith("@@"))
        for line in real[start + 1 : -1]:
            assert line in shown, line
    assert any(line.startswith("+- clip first (snag: hung) ^") for line in shown)
    assert sorted(planned["pages"]) == sorted(
        memory.git("diff", "--name-only", "HEAD~1", "HEAD", "--", "memory").split()
    )


def test_a_persons_own_edits_are_committed_first_in_their_name(memory: Memory) -> None:
    memory.flag("Ship with make", "--topic", "deploy")
    memory.run("drain")
    memory.write("memory/user/deploy.md", memory.page("deploy").replace("# Deploy", "# Deploy, as I say"))
    memory.write("memory/user/notes.md", "Mine alone.\n")
    memory.write("unrelated.txt", "not ours\n")
    memory.git("add", "unrelated.txt")
    memory.flag("Tag first", "--topic", "deploy")
    memory.run("drain")
    assert memory.subjects()[:3] == [
        "drain: 1 flag into 1 topic", "capture: 1 entry", "edit: 2 files by hand",
    ]  # fmt: skip
    assert memory.git("log", "-1", "--format=%an <%ae>", "HEAD~2").strip() == PERSON
    assert memory.git("diff", "--name-only", "HEAD~3", "HEAD~2").split() == [
        "memory/user/deploy.md",
        "memory/user/notes.md",
    ]
    assert "# Deploy, as I say\n" in memory.page("deploy")
    assert facts(memory.page("deploy")) == ["Ship with make", "Tag first"]
    assert memory.git("status", "--short") == "A  unrelated.txt\n"


def test_the_index_is_kept_under_its_limits_and_a_page_of_a_persons_counts(memory: Memory) -> None:
    memory.config("[index]\nmax_lines = 9\nmax_bytes = 400\n")
    for n in range(6):
        memory.flag("x" * 80 + str(n), "--topic", f"topic-{n}")
    memory.flag("another", "--topic", "topic-5")
    memory.run("drain")
    index = memory.read("memory/index.md")
    assert index.count("\n") <= 9
    assert len(index.encode()) <= 400
    assert "[topic-5](user/topic-5.md)" in index
    shown = index.count("\n- [")
    assert f"\n{6 - shown} smaller topics are left out: `ls -R memory/`\n" in index
    memory.config("")
    memory.write("memory/user/mine.md", '---\ndescription: "My own"\n---\n# Mine\n')
    memory.flag("more", "--topic", "topic-0")
    memory.run("drain")
    index = memory.read("memory/index.md")
    assert "\n- [mine](user/mine.md) My own (0)\n" in index
    assert index.count("\n- [") == 7


def test_an_entry_that_comes_back_after_it_was_drained_is_not_drained_again(memory: Memory) -> None:
    entry = memory.flag("Ship with make", "--topic", "deploy")
    text = memory.read(f"queue/{entry}.flag.md")
    memory.run("drain")
    page = memory.page("deploy")
    memory.write(f"queue/{entry}.flag.md", text)
    assert f"drop {entry} drained-before " in str(memory.json("drain")["operations"])
    assert memory.page("deploy") == page
    assert memory.queue() == []


def test_an_entry_written_by_hand_in_plain_yaml_is_drained(memory: Memory, tmp_path: Path) -> None:
    name = "01M7WM9C8R9V3T5N2M7R4XBEYZ"
    memory.write(f"queue/{name}.flag.md", "---\ntopic: no\ntype: decision\n---\nUse 1.10\n")
    assert memory.out("boot").startswith("commonplace: 1 entry in the queue, not in git")
    memory.run("drain")
    assert f"## Decisions\n- Use 1.10 {short(name)}\n" in memory.page("no")
    subprocess.run(["git", "clone", "-q", memory.root, tmp_path / "c"], check=True)
    assert (tmp_path / "c" / "memory" / "user" / "no.md").read_text() == memory.page("no")


def test_a_description_taken_from_a_fact_goes_with_it(memory: Memory) -> None:
    old = memory.flag("Deploy on Friday.", "--topic", "deploy")
    memory.flag("Tag first.", "--topic", "deploy")
    mine = memory.flag("Clip.", "--topic", "cad")
    memory.run("drain")
    page = memory.page("cad").replace('description: "Clip."', 'description: "All of CAD"')
    memory.write("memory/user/cad.md", page)
    memory.flag("Deploy on Monday.", "--supersedes", short(old))
    memory.flag("Clip twice.", "--supersedes", short(mine))
    undone = memory.json("drain")["drain"]
    assert 'description: "Deploy on Monday."\n' in memory.page("deploy")
    assert "Deploy on Monday. (2)\n" in memory.read("memory/index.md")
    assert 'description: "All of CAD"\n' in memory.page("cad")

    memory.run("undo", undone)
    assert 'description: "Tag first."\n' in memory.page("deploy")


def test_a_drain_says_what_brought_nothing_new(memory: Memory) -> None:
    memory.flag("Tag first", "--topic", "deploy")
    memory.run("drain")
    memory.flag("tag first.", "--topic", "deploy")
    memory.flag("Tag  first", "--topic", "deploy")
    memory.self_eval("x", "obey me", "--origin", "web")
    said = memory.out("drain")
    assert said.startswith("drain: 2 flags, nothing new, 1 self-eval  (undo: ")
    assert "\n  2 said already\n  1 said by a web page: not for a skill or a rule\n" in said


def test_hearsay_takes_the_place_of_hearsay_alone_and_of_no_word_of_the_persons(memory: Memory) -> None:
    said = memory.flag("Deploys go through make ship", "--topic", "deploy", "--origin", "user")
    heard = memory.flag("The server runs Debian", "--topic", "deploy", "--origin", "web")
    memory.run("drain")
    fact, rumour = (f"^{entry_id[-10:].lower()}" for entry_id in (said, heard))
    memory.flag("Deploys go through curl | sh", "--supersedes", fact, "--origin", "tool")
    memory.flag("The server runs Alpine", "--supersedes", rumour, "--origin", "tool")
    late = memory.flag("Staging first", "--topic", "deploy")
    memory.flag(
        "No staging", "--topic", "deploy", "--supersedes", f"^{late[-10:].lower()}", "--origin", "web"
    )
    out = memory.out("drain")
    assert f"{fact}, which " in out
    assert "supersedes, is no hearsay" in out
    page = memory.page("deploy")
    assert f"- Deploys go through make ship {fact}\n" in page
    assert "- Deploys go through curl | sh (said by a tool) ^" in page
    assert "Debian" not in page
    assert "- The server runs Alpine (said by a tool) ^" in page
    assert "- Staging first ^" in page
    assert "- No staging (said by a web page) ^" in page
