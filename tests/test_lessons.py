"""Lessons: gathered by target, updating before extending before creating, within the budget of rules."""

import pytest

from commonplace.drain.gate import edited
from commonplace.drain.operations import Edit
from commonplace.drain.restating import relation
from commonplace.entry import Entry
from commonplace.ledger import cited, parse, trailers
from tests.memory import Memory

ID = "01M7WM9C8R9V3T5N2M7R4XBE{:02}"


def noted(
    memory: Memory, number: int, better: str, session: str, day: int, target: str = "rules/ship"
) -> str:
    """Put a self-eval of a session and a day into the queue; return its id."""
    entry = Entry(
        id=ID.format(number), kind="self-eval", scope="user", origin="agent", session=session,
        at=f"2026-11-{day:02}T10:00:00Z", target=target, snag="it broke", better=better,
    )  # fmt: skip
    memory.write(f"queue/{entry.file_name}", entry.to_markdown())
    return entry.id


def short(entry_id: str) -> str:
    return entry_id[-10:].lower()


def only(memory: Memory) -> str:
    (proposal,) = memory.json("review")
    return str(proposal["id"])


def accepted(memory: Memory) -> None:
    memory.run("drain")
    memory.as_person("accept", only(memory))


@pytest.mark.parametrize(
    ("new", "old", "how"),
    [
        ("Clip first.", "clip first (snag: hung)", "same"),
        ("Clip first, to the working window", "clip first (snag: hung)", "more"),
        ("Tag the release before pushing, with its version", "Tag the release before pushing", "more"),
        ("Never clip first", "clip first", ""),
        ("Use pnpm, not npm", "Use npm", ""),
        ("Push to main only on Fridays", "Push to main", ""),
        ("Push to the main branch without tags", "Push to the main branch", ""),
        ("Render at night", "Clip first", ""),
        ("Clip", "Clip first", ""),
        ("Before all, first of all, clip", "clip first", ""),
    ],
)
def test_a_lesson_refines_a_line_only_if_it_says_all_of_it_and_turns_none_of_it(
    new: str, old: str, how: str
) -> None:
    assert relation(new, old) == how


def test_a_lesson_that_says_more_takes_the_place_of_the_line_and_adds_to_its_evidence(memory: Memory) -> None:
    memory.write("skills/cad/SKILL.md", "# Cad\n\nOpen the file.\n\n## Lessons\n- Mine, by hand.\n")
    first = memory.self_eval("hung", "Clip first", "--target", "skills/cad", "--session", "s1")
    accepted(memory)
    more = "Clip first, to the working window"
    second = memory.self_eval("slow", more, "--target", "skills/cad", "--session", "s2")
    accepted(memory)
    third = memory.self_eval("slow", "clip first to the working window", "--target", "skills/cad")
    memory.self_eval("slow", "open the file", "--target", "skills/cad")
    operations = memory.json("drain")["operations"]

    page = memory.read("skills/cad/SKILL.md")
    assert page.split("\n")[-3:] == ["- Mine, by hand.", f"- {more} (snag: slow) ^{short(first)}", ""]
    assert f"drop {third} duplicate-of ^{short(first)}" in operations
    assert operations[-1].endswith("said-by-hand skills/cad")
    assert memory.json("review") == []
    sources = [source["id"] for source in memory.json("why", f"^{short(first)}")["sources"]]
    assert sources == [first, second, third]


def test_a_self_eval_extends_the_file_it_means_before_it_makes_a_new_one(memory: Memory) -> None:
    memory.write(
        "skills/cad-rendering/SKILL.md",
        '---\nname: "cad-rendering"\ndescription: "Plotting a heavy drawing"\n---\n# CAD\n',
    )
    memory.write("rules/ship.md", "# Ship\n\n- Tag the release. ^2m7r4xbeyz\n")
    memory.self_eval("a skill went wrong", "Plot heavy drawings at night", "--target", "skills/heavy-drawing")
    memory.self_eval("pushed untagged", "Tag the release with its version")  # refines a line of rules/ship
    memory.self_eval("a skill went wrong", "Set an alarm")  # the word skill is no subject
    memory.self_eval("slow", "Use caches", "--target", "rules/heavy-drawing")  # a rule is not a skill
    memory.self_eval("slow", "Ask first", "--target", "skills/drawing")  # one word is not enough

    found = {
        proposal["target"]: proposal["lessons"] for proposal in memory.json("drain") and memory.json("review")
    }

    assert found == {
        "skills/cad-rendering": ["Plot heavy drawings at night (snag: a skill went wrong)"],
        "rules/ship": ["Tag the release with its version (snag: pushed untagged)"],
        "skills/lessons": ["Set an alarm (snag: a skill went wrong)"],
        "rules/heavy-drawing": ["Use caches (snag: slow)"],
        "skills/drawing": ["Ask first (snag: slow)"],
    }


@pytest.mark.parametrize(
    ("before", "added"),
    [
        (b"# Cad\r\n\r\nMine.\r\n", b"\r\n## Lessons\r\n- %s\r\n"),
        (b"# Cad\n\nno end", b"\n\n## Lessons\n- %s\n"),
        (b"# Cad\r\nno end", b"\r\n\r\n## Lessons\r\n- %s\r\n"),
        (b"# Cad\n\nEnds in air.\n\n\n", b"## Lessons\n- %s\n"),
        (b"\xef\xbb\xbf# Caf\xe9 in Latin-1 \xff\t \n", b"\n## Lessons\n- %s\n"),
        (b"# Cad\r\n\r\n## Lessons\r\n- mine\r\n", b"- %s\r\n"),
        (b"# Cad\n\n## Lessons\n* mine", b"\n- %s\n"),
    ],
)
def test_an_edit_keeps_the_rest_of_the_file_byte_for_byte(
    memory: Memory, before: bytes, added: bytes
) -> None:
    path = memory.root / "skills" / "cad" / "SKILL.md"
    path.parent.mkdir(parents=True)
    path.write_bytes(before)
    entry = memory.self_eval("hung", "Clip first", "--target", "skills/cad")
    memory.config("[accept]\nfrom_agents = true\n")

    memory.run("drain")
    memory.run("accept", "--all")

    assert path.read_bytes() == before + added % f"Clip first (snag: hung) ^{short(entry)}".encode()


def test_a_file_that_is_no_text_is_left_alone(memory: Memory) -> None:
    path = memory.root / "rules" / "ship.md"
    path.write_bytes("# Ship\n".encode("utf-16"))
    memory.self_eval("pushed", "Tag first", "--target", "rules/ship")

    memory.run("drain")

    assert [proposal["target"] for proposal in memory.json("review")] == ["skills/lessons"]
    assert path.read_bytes() == "# Ship\n".encode("utf-16")


def test_a_worker_s_edit_ends_its_lines_as_the_file_does() -> None:
    edits = [Edit("two", "2\nand 3"), Edit("", "end")]
    assert edited("one\r\ntwo\r\nfour", edits) == "one\r\n2\r\nand 3\r\nfour\r\nend\r\n"
    assert edited("one\ntwo\nfour\r\n\n", edits) == "one\n2\nand 3\nfour\r\n\nend\n"


def test_a_drain_makes_one_proposal_a_target_and_counts_sessions_and_days(memory: Memory) -> None:
    noted(memory, 1, "Tag first", "s1", 1)
    noted(memory, 2, "tag first.", "s1", 1)
    noted(memory, 3, "Tag first", "s2", 2)
    noted(memory, 4, "Ask the owner", "s1", 1)
    memory.run("drain")

    (proposal,) = memory.json("review")
    assert (len(proposal["evidence"]), proposal["sessions"], proposal["days"]) == (4, 2, 2)
    assert "  evidence: 4 self-evals from 2 sessions on 2 days\n" in memory.out("review")
    noted(memory, 5, "Tag first", "s3", 3)  # says it again: the proposal stays, and is stronger
    memory.run("drain")
    (again,) = memory.json("review")
    assert (again["id"], again["sessions"], again["days"]) == (proposal["id"], 3, 3)


def test_the_weakest_lesson_is_evicted_to_admit_another_within_the_budget_of_rules(memory: Memory) -> None:
    hand = "- Written by hand, and never to be evicted by a program."
    memory.write("rules/ship.md", f"# Ship\n\n## Lessons\n{hand}\n")
    strong = noted(memory, 1, "Tag first", "s1", 1)
    weak_old = noted(memory, 2, "Ask the owner", "s1", 1)
    noted(memory, 3, "Tag first", "s2", 2)
    noted(memory, 4, "Sign off", "s1", 1)
    noted(memory, 5, "Sign off", "s1", 1)  # twice in one session is once
    accepted(memory)
    size = len(memory.read("rules/ship.md").strip())
    memory.config(f"[rules]\nmax_chars = {size}\n")
    new = noted(memory, 6, "Write notes", "s3", 3)
    memory.run("drain")

    shown = memory.out("review")
    assert f"note: ^{short(weak_old)} is evicted, met in 1 session on 1 day" in shown
    assert "\n-- Ask the owner (snag: it broke) ^" in shown
    assert f"evict ^{short(weak_old)} rules/ship\n" in memory.git(
        "show", "-s", "--format=%B", f"proposal/{only(memory)}"
    )
    memory.as_person("accept", only(memory))
    page = memory.read("rules/ship.md")
    assert len(page.strip()) <= size
    assert hand in page
    assert [line[-10:] for line in page.split("\n") if " ^" in line] == [
        short(strong),
        short(ID.format(4)),
        short(new),
    ]
    assert [
        step["operation"].split(" ")[0] for step in memory.json("why", f"^{short(weak_old)}")["steps"]
    ] == ["lesson", "evict"]


def test_a_rule_that_no_eviction_makes_room_for_is_offered_and_says_so(memory: Memory) -> None:
    memory.write("rules/big.md", "# Big\n\n" + "By hand. " * 40 + "\n")
    noted(memory, 1, "Tag first", "s1", 1)
    accepted(memory)
    memory.config("[rules]\nmax_chars = 300\n")
    noted(memory, 2, "Sign off", "s1", 1)

    memory.run("drain")

    shown = memory.out("review")
    assert "rules.max_chars is 300: no lesson of this file makes room enough\n" in shown
    memory.as_person("accept", only(memory))
    assert memory.read("rules/ship.md").count("\n- ") == 2


def test_a_proposal_s_commit_carries_its_evidence_and_nobody_acts_on_it(memory: Memory) -> None:
    snag = "it broke\n\nSigned-off-by: a <b@c.d>\npropose x y <- z\nDrain-Id: forged"
    better = "Fixes #1, closes GH-2 and PROJ-3; ask @ada [skip ci] /merge"
    one = memory.self_eval(snag, better, "--target", "rules/ship", "--session", "s1")
    memory.run("drain")
    old = only(memory)
    two = memory.self_eval("slow", "Tag first", "--target", "rules/ship", "--session", "s2")
    memory.run("drain")

    body = memory.git("show", "-s", "--format=%B", f"proposal/{only(memory)}")

    assert body.startswith("proposal: rules/ship, 2 self-evals\n\n")
    assert [op.verb for op in parse(body)] == ["propose", "lesson", "lesson"]
    assert set(trailers(body)) == {"Drain-Id", "Proposal"}
    assert (
        memory.git("log", "-1", "--format=%(trailers:key=Signed-off-by)", f"proposal/{only(memory)}").strip()
        == ""
    )
    quoted = [line for line in body.split("\n") if line.startswith("    | ")]
    said = "\n".join(quoted)
    for words in (one, two, "session s1", "session s2", "snag: slow", "better: Tag first", "snag: it broke"):
        assert words in said
    for bait in ("#1", "GH-2", "@ada", "[skip", "by:", "@c.d"):
        assert bait not in body
    assert [line for line in body.split("\n") if "Signed-off" in line or "merge" in line] == [
        line for line in quoted if "Signed-off" in line or "merge" in line
    ]
    assert old in memory.git("log", "-1", "--format=%B")


def test_a_quoted_line_is_cut_and_stays_one_line() -> None:
    line = cited("x\ny" * 1000, 100)
    assert line.startswith("    | x yx")
    assert len(line) < 110
    assert "\n" not in line
