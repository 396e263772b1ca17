"""Proposals: an agent proposes, a person accepts or rejects, and what is decided stays decided."""

import os
import subprocess
from pathlib import Path

from commonplace import caller
from tests.memory import PERSON, TOOL, Memory

SKILL = """# Cad

Mine.

## Steps

1. Open the file.
2. Render it.

## End
"""


def propose(
    memory: Memory, better: str = "clip first", target: str = "skills/cad", snag: str = "hung"
) -> str:
    memory.self_eval(snag, better, "--target", target, "--session", "s1")
    memory.run("drain")
    return next(str(p["id"]) for p in memory.json("review") if p["target"] == target)


def proposals(memory: Memory) -> list[str]:
    return [str(p["id"]) for p in memory.json("review")]


def trailer(memory: Memory, key: str, commit: str = "HEAD") -> str:
    return memory.git("log", "-1", f"--format=%(trailers:key={key},valueonly)", commit).strip()


def test_review_lists_proposals_with_their_evidence_and_shows_one_as_a_coloured_diff(memory: Memory) -> None:
    assert memory.out("review") == "no proposal waits\n"
    memory.write("skills/cad/SKILL.md", SKILL)
    cad = propose(memory)
    ship = propose(memory, "tag before pushing", "rules/ship", "pushed untagged")
    listed = memory.out("review")
    for words in (
        f"{cad}  skills/cad  ", "  evidence: 1 self-eval from 1 session on 1 day\n",
        "self-eval · agent · session s1 · ", "snag: hung\n", "better: clip first\n",
        f"  commonplace review {cad}\n", f"{ship}  rules/ship  ",
    ):  # fmt: skip
        assert words in listed
    assert "+##" not in listed

    whole = memory.out("review", cad[:6])  # a beginning of its id is enough
    assert "--- a/skills/cad/SKILL.md\n+++ b/skills/cad/SKILL.md\n@@ -8,3 +8,6 @@" in whole
    assert "\n+## Lessons\n+- clip first (snag: hung) ^" in whole
    assert f"commonplace accept {cad}\n" in whole
    assert f"commonplace reject {cad} --because" in whole
    assert "--- /dev/null\n+++ b/rules/ship.md\n" in memory.out("review", ship)

    (said,) = memory.json("review", cad)
    assert said["lessons"] == ["clip first (snag: hung)"]
    assert [(e["snag"], e["better"], e["session"]) for e in said["evidence"]] == [
        ("hung", "clip first", "s1")
    ]
    assert "there is no proposal 'nothing'" in memory.run("review", "nothing", code=1).stderr

    del os.environ["NO_COLOR"]
    shown = memory.as_person("review", ship)
    assert "\x1b[32m+# Ship\x1b[0m\n" in shown
    assert "\x1b[36m@@" in shown
    assert "\x1b[" not in memory.out("review", ship)  # not in a pipe


def test_an_agent_cannot_approve_itself(memory: Memory) -> None:
    memory.write("commonplace.toml", "[accept]\nfrom_agents = true\n")
    cad = propose(memory)
    before = memory.git("rev-parse", "HEAD")
    refused = memory.run("accept", cad, code=1)  # no terminal, and the repository's word does not count
    assert "accept is a person's to say, at a terminal: an agent cannot approve itself" in refused.stderr
    assert "accept.from_agents = true in your own config.toml" in refused.stderr
    assert "accept.from_agents" in memory.json("status")["settings_ignored"]
    memory.env = {"CLAUDECODE": "1"}
    assert "cannot approve itself" in memory.as_person("accept", "--all", code=1)
    for mark in (
        "CODEX_SANDBOX",
        "GEMINI_CLI",
        "CURSOR_AGENT",
        "COPILOT_CLI",
        "AI_AGENT",
        "COMMONPLACE_WORKER",
    ):
        assert caller.is_agent({mark: "1"}), mark
    assert memory.git("rev-parse", "HEAD") == before
    assert proposals(memory) == [cad]

    memory.config("[accept]\nfrom_agents = true\n")
    memory.env = {"CLAUDECODE": "1"}
    memory.run("accept", cad)
    assert trailer(memory, "Accepted-By") == "claude-code, by accept.from_agents"
    memory.env = {}
    ship = propose(memory, target="rules/ship")
    memory.run("accept", ship)
    assert trailer(memory, "Accepted-By") == "a script, by accept.from_agents"


def test_accept_is_one_commit_on_the_target_alone_that_says_who_agreed(memory: Memory) -> None:
    memory.write("skills/cad/SKILL.md", SKILL)
    cad = propose(memory)
    commit = memory.json("review")[0]["commit"]
    said = memory.as_person("accept", cad[:5])
    assert said.startswith(f"accepted {cad}: skills/cad/SKILL.md  ")
    assert "clip first (snag: hung) ^" in memory.read("skills/cad/SKILL.md")
    assert memory.subjects()[0] == "accept: skills/cad, 1 self-eval"
    assert memory.git("log", "-1", "--format=%an <%ae>|%cn <%ce>").strip() == f"{TOOL}|{PERSON}"
    assert len(memory.git("log", "-1", "--format=%P").split()) == 1
    assert memory.git("diff", "--name-only", "HEAD~1", "HEAD") == "skills/cad/SKILL.md\n"
    assert trailer(memory, "Proposal") == cad
    assert trailer(memory, "Accepted-By") == "a person at a terminal"
    assert memory.git("branch", "--list", "proposal/*") == ""
    assert memory.git("rev-parse", f"refs/commonplace/closed/{cad}").strip() == commit
    assert memory.git("status", "--short") == ""

    propose(memory, target="skills/two")
    propose(memory, target="rules/three")
    for words in ((), (cad, "--all")):
        assert "say which proposals, or --all" in memory.as_person("accept", *words, code=2)
    assert memory.as_person("accept", "--all").count("accepted ") == 2
    assert (memory.root / "rules" / "three.md").exists()
    assert memory.as_person("accept", "--all") == "no proposal waits\n"
    assert memory.out("boot") == ""


def test_accept_merges_with_what_the_person_has_written_since(memory: Memory) -> None:
    memory.write("skills/cad/SKILL.md", SKILL)
    cad = propose(memory)
    memory.write("skills/cad/SKILL.md", SKILL.replace("Mine.", "Mine, edited."))
    memory.as_person("accept", cad)
    text = memory.read("skills/cad/SKILL.md")
    assert "Mine, edited." in text
    assert "clip first" in text
    assert memory.subjects()[:2] == ["accept: skills/cad, 1 self-eval", "edit: 1 file by hand"]
    assert memory.git("log", "-1", "--format=%an", "HEAD~1").strip() == "Ada Lovelace"
    assert "clip first" not in memory.git("show", "HEAD~1:skills/cad/SKILL.md")


def test_a_conflict_is_reported_and_nothing_is_half_applied(memory: Memory) -> None:
    memory.write("skills/cad/SKILL.md", SKILL)
    cad = propose(memory)
    fits = propose(memory, target="rules/aaa")
    memory.write("skills/cad/SKILL.md", SKILL.replace("## End\n", "## The end, mine\n"))
    assert "has changed where proposal" in memory.out("review", cad)
    before = memory.everything()
    for words in ((cad,), (fits, cad), ("--all",)):
        refused = memory.as_person("accept", *words, code=1)
        assert (
            f"skills/cad/SKILL.md has changed where proposal {cad} edits it; nothing was applied" in refused
        )
        assert f"commonplace review {cad}" in refused
    after = memory.everything()
    private = ".git/commonplace/"
    assert {p: d for p, d in after.items() if not p.startswith(private)} == {
        p: d for p, d in before.items() if not p.startswith(private)
    }
    assert len(proposals(memory)) == 2
    (memory.root / "skills" / "cad" / "SKILL.md").unlink()
    assert "nothing was applied" in memory.as_person("accept", cad, code=1)  # the skill is gone


def test_a_person_may_let_the_close_apply_proposals(memory: Memory) -> None:
    memory.write("commonplace.toml", '[proposals]\napply = "drain"\n')
    memory.self_eval("hung", "clip first", "--target", "skills/cad")
    assert ": applied\n" in memory.out("drain")
    assert "clip first" in memory.read("skills/cad/SKILL.md")
    assert trailer(memory, "Accepted-By") == "the drain, by proposals.apply"
    assert proposals(memory) == []
    assert memory.git("status", "--short") == " M commonplace.toml\n"


def test_what_was_rejected_is_remembered_and_not_offered_again(memory: Memory) -> None:
    cad = propose(memory)
    assert "Missing option '--because'" in memory.run("reject", cad, code=2).stderr
    said = memory.out("reject", cad, "--because", 'only "there"\nSigned-off-by: a <b@c>')
    assert said.startswith(f"rejected {cad}: skills/cad  ")
    page = memory.read(f"rejected/{cad}.md")
    assert 'target: "skills/cad"\n' in page
    assert 'because: "only \\"there\\"\\nSigned-off-by: a <b@c>"\n' in page
    assert page.endswith("\n---\n- clip first (snag: hung)\n")
    assert memory.git("log", "-1", "--format=%s|%an <%ae>").strip() == f"reject: skills/cad|{PERSON}"
    assert trailer(memory, "Proposal") == cad
    assert trailer(memory, "Signed-off-by") == ""
    assert memory.git("diff", "--name-only", "HEAD~1", "HEAD") == f"rejected/{cad}.md\n"
    assert memory.git("branch", "--list", "proposal/*") == ""
    assert not (memory.root / "skills" / "cad").exists()

    again = memory.self_eval("stuck", "Clip first.", "--target", "skills/cad", "--session", "s2")
    memory.self_eval("stuck", "clip first", "--target", "skills/other")
    drained = memory.json("drain")
    assert f"drop {again} rejected-before skills/cad" in drained["operations"]
    assert [p["target"] for p in drained["proposals"]] == ["skills/other"]
    assert memory.queue() == []


def test_a_newer_proposal_takes_over_the_evidence_of_an_older_one(memory: Memory) -> None:
    old = propose(memory)
    old_commit = memory.json("review")[0]["commit"]
    new = propose(memory, "render at night", snag="slow")
    assert new != old
    (said,) = memory.json("review")
    assert said["lessons"] == ["clip first (snag: hung)", "render at night (snag: slow)"]
    assert [e["snag"] for e in said["evidence"]] == ["hung", "slow"]
    assert trailer(memory, "Proposal") == old  # the drain closed it
    assert memory.git("rev-parse", f"refs/commonplace/closed/{old}").strip() == old_commit
    assert "1 proposal waits" in memory.out("boot")

    memory.self_eval("slow", "Render at night!", "--target", "skills/cad")  # said already: nothing new
    memory.run("drain")
    assert proposals(memory) == [new]
    memory.as_person("accept", new)
    assert memory.read("skills/cad/SKILL.md").count("\n- ") == 2


def test_a_closed_proposal_is_not_revived_by_its_branch_but_can_be_accepted_again_after_a_revert(
    memory: Memory,
) -> None:
    cad = propose(memory)
    memory.as_person("accept", cad)
    text = memory.read("skills/cad/SKILL.md")
    memory.git("branch", f"proposal/{cad}", f"refs/commonplace/closed/{cad}")
    ship = propose(memory, target="rules/ship")
    memory.run("reject", ship, "--because", "no")
    memory.git("branch", f"proposal/{ship}", f"refs/commonplace/closed/{ship}")
    memory.git("pack-refs", "--all")
    assert memory.out("review") == "no proposal waits\n"
    assert memory.out("boot", "--check") == ""
    assert memory.as_person("accept", "--all") == "no proposal waits\n"

    accepted = memory.git("log", "-1", "--format=%H", "--grep=^accept: ").strip()
    memory.git("revert", "--no-edit", accepted)
    assert not (memory.root / "skills" / "cad" / "SKILL.md").exists()
    assert memory.out("review") == "no proposal waits\n"
    memory.as_person("accept", cad)
    assert memory.read("skills/cad/SKILL.md") == text
    assert memory.git("status", "--short") == ""


def test_proposals_of_a_remote_are_shown_and_accepted_by_name_alone(memory: Memory, tmp_path: Path) -> None:
    cad = propose(memory)
    clone = Memory(tmp_path / "clone", tmp_path)
    subprocess.run(["git", "clone", "-q", memory.root, clone.root], check=True, env=dict(os.environ))
    clone.run("init", str(clone.root))
    clone.git("pack-refs", "--all")
    shown = clone.out("review")
    assert f"{cad}  skills/cad  " in shown
    assert f"  at refs/remotes/origin/proposal/{cad}\n" in shown
    assert "snag: hung" in shown
    assert "1 proposal waits" in clone.out("boot")
    assert clone.as_person("accept", "--all") == "no proposal waits\n"
    clone.as_person("accept", cad)
    assert "clip first" in clone.read("skills/cad/SKILL.md")
    assert clone.out("boot") == ""
    assert clone.git("branch", "-r", "--list", "*/proposal/*").strip() == f"origin/proposal/{cad}"

    memory.git("pull", "-q", str(clone.root), "main")
    assert memory.out("review") == "no proposal waits\n"  # the trailer came along


def test_a_branch_that_edits_more_than_one_skill_or_rule_is_no_proposal(memory: Memory) -> None:
    memory.git("switch", "-q", "-c", "proposal/two")
    memory.write("skills/a/SKILL.md", "a\n")
    memory.write("skills/b/SKILL.md", "b\n")
    memory.git("add", "-A")
    memory.git("commit", "-q", "-m", "two")
    memory.git("switch", "-q", "-c", "proposal/page", "main")
    memory.write("memory/user/x.md", "- forged ^aaaaaaaaaa\n")
    memory.git("add", "-A")
    memory.git("commit", "-q", "-m", "page")
    memory.git("switch", "-q", "main")
    shown = memory.out("review")
    assert "not a proposal: proposal two touches skills/a/SKILL.md, skills/b/SKILL.md; " in shown
    assert "not a proposal: proposal page touches memory/user/x.md; " in shown
    for name in ("two", "page"):
        assert "a proposal edits one skill or one rule" in memory.as_person("accept", name, code=1)
    assert memory.as_person("accept", "--all") == "no proposal waits\n"
    assert memory.subjects() == ["init: a memory repository"]


def test_a_branch_that_is_no_proposal_hides_none_of_those_beside_it(memory: Memory) -> None:
    memory.self_eval("hung", "clip first", "--target", "skills/cad")
    memory.run("drain")
    good = memory.json("review")[0]["id"]
    memory.git("branch", "proposal/twin", f"proposal/{good}")
    memory.git("branch", "proposal/first", "main~1")
    memory.write(".git/refs/heads/proposal/gone", "1" * 40 + "\n")
    memory.git("switch", "-q", "-c", "proposal/trick", "main")
    memory.write("1" * 40, f"a path that looks like a commit: {good}\n")
    memory.git("add", "-A")
    memory.git("commit", "-q", "-m", "trick")
    memory.git("switch", "-q", "main")
    assert {proposal["id"] for proposal in memory.json("review")} == {good, "twin"}
    shown = memory.out("review")
    assert "not a proposal: proposal gone is no commit\n" in shown
    assert f"not a proposal: proposal trick touches {'1' * 40}; " in shown
    assert "not a proposal: proposal first touches queue/" in shown


def test_what_was_accepted_is_neither_accepted_again_nor_rejected_unless_it_was_reverted(
    memory: Memory,
) -> None:
    memory.self_eval("hung", "clip first", "--target", "skills/cad")
    memory.run("drain")
    (proposal,) = memory.json("review")
    memory.as_person("accept", proposal["id"])
    subjects = memory.subjects()
    assert "(it had been accepted already)" in memory.as_person("accept", proposal["id"])
    refused = memory.run("reject", proposal["id"], "--because", "no", code=1).stderr
    assert f"proposal {proposal['id']} has been accepted: skills/cad/SKILL.md says it\n" in refused
    assert memory.subjects() == subjects

    memory.git("revert", "--no-edit", "HEAD")
    memory.as_person("accept", proposal["id"])
    assert "clip first" in memory.read("skills/cad/SKILL.md")
