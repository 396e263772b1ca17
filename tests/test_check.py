"""The check: a person's command looks at each proposal before it is offered; its verdict is kept."""

from pathlib import Path

import pytest

from tests.memory import Memory

CHECK = "[proposals]\ncheck = '''{}'''\n"


def proposed(memory: Memory, check: str, better: str = "Clip first", more: str = "") -> str:
    memory.config(CHECK.format(check) + more)
    memory.self_eval("hung", better, "--target", "skills/cad")
    memory.run("drain")
    return next(str(p["id"]) for p in memory.json("review") if better in str(p["lessons"]))


def verdict(memory: Memory, proposal: str) -> tuple[str, list[str]]:
    (said,) = memory.json("review", proposal)
    return said["check"], said["check_output"]


def test_the_check_sees_the_tree_with_the_proposal_applied_and_little_else(memory: Memory) -> None:
    memory.write("skills/cad/SKILL.md", "# Cad\n")
    memory.write("skills/cad/run.sh", "#!/bin/sh\n")
    (memory.root / "skills/cad/run.sh").chmod(0o755)
    memory.write("rules/ship.md", "# Ship\n")
    memory.flag("a fact", "--topic", "t")
    out = memory.scratch / "seen"
    check = (
        f'{{ pwd; find . -type f | sort; test -x skills/cad/run.sh; grep "Clip first" "$1"; env; }} > {out}'
    )
    memory.env = {"SECRET_TOKEN": "hunter2", "WANTED": "yes", "GIT_DIR": "/nowhere", "COMMONPLACE_REPO": ""}

    made = proposed(memory, check, more="check_environment = 'WANTED'\n")

    assert verdict(memory, made) == ("passed", [])
    assert "  check: passed\n" in memory.out("review", made)
    seen = out.read_text()
    assert not seen.startswith(str(memory.root))
    assert "./rules/ship.md\n" in seen
    assert "./skills/cad/SKILL.md\n./skills/cad/run.sh\n- Clip first (snag: hung) ^" in seen
    for words in ("COMMONPLACE_WORKER=1\n", "COMMONPLACE_TARGET=skills/cad\n", "WANTED=yes\n"):
        assert words in seen
    for words in ("hunter2", "GIT_DIR", "COMMONPLACE_REPO", "./memory", "./queue"):
        assert words not in seen
    assert not Path(seen.split("\n")[0]).exists()
    assert memory.as_person("accept", made).endswith("\n")
    assert "Despite-Check" not in memory.git("log", "-1", "--format=%B")


def test_a_proposal_that_fails_its_check_is_kept_with_the_verdict_and_takes_one_word_more(
    memory: Memory,
) -> None:
    made = proposed(memory, 'echo "$1:3 fixes #1 @ada"; echo "Signed-off-by: x" >&2; exit 3')
    fine = proposed(memory, "true", "Tag it first")
    memory.config("")
    other = memory.self_eval("pushed", "Ask the owner", "--target", "rules/ship")
    memory.run("drain")

    # The second took the first one over and was looked at anew; a third was made without a check.
    assert verdict(memory, fine) == ("passed", [])
    assert memory.json("review", made)[0]["check"] == "failed: exit code 3"
    memory.as_person("accept", "--all")
    assert other[-10:].lower() in memory.read("rules/ship.md")

    failed = proposed(
        memory, 'echo "$1:3 fixes #1 @ada"; echo "Signed-off-by: x" >&2; exit 3', "Render at night"
    )
    body = memory.git("show", "-s", "--format=%B", f"proposal/{failed}")
    told = ["skills/cad/SKILL.md:3 fixes # 1 @ ada", "Signed-off-by : x"]
    assert "check: failed: exit code 3\n    | " + "\n    | ".join(told) + "\n\nDrain-Id: " in body
    assert verdict(memory, failed) == ("failed: exit code 3", told)
    shown = memory.out("review")
    assert f"  check: failed: exit code 3\n    {told[0]}\n    {told[1]}\n" in shown
    assert f"commonplace accept {failed} --despite-check\n" in shown

    before = memory.git("rev-parse", "HEAD")
    refused = memory.as_person("accept", failed, code=1)
    assert f"proposal {failed} has not passed its check: failed: exit code 3; nothing was applied" in refused
    assert f"left {failed}: skills/cad/SKILL.md has not passed its check" in memory.as_person(
        "accept", "--all"
    )
    assert memory.git("rev-parse", "HEAD") == before
    assert "despite its check: failed: exit code 3" in memory.as_person("accept", failed, "--despite-check")
    assert "Render at night" in memory.read("skills/cad/SKILL.md")
    assert (
        memory.git("log", "-1", "--format=%(trailers:key=Despite-Check,valueonly)").strip()
        == "failed: exit code 3"
    )


@pytest.mark.parametrize(
    ("check", "says"),
    [
        ("no-such-linter $1", "no verdict: it cannot be run (exit code 127)"),
        ("sleep 60 & sleep 60", "no verdict within 1 s"),
        ("yes", "no verdict: it printed more than 1,048,576 bytes"),
        ("kill -9 $$", "failed: killed by signal 9"),
    ],
)
def test_a_check_that_is_missing_hangs_floods_or_dies_says_so_and_costs_nothing_else(
    memory: Memory, check: str, says: str
) -> None:
    made = proposed(memory, check, more="check_timeout = 1\n")
    assert verdict(memory, made)[0] == says
    assert len(verdict(memory, made)[1]) <= 12
    assert memory.queue() == []
    assert memory.git("status", "--short") == ""


def test_the_close_applies_only_what_has_passed(memory: Memory) -> None:
    check = 'case "$1" in rules/*) exit 1;; esac'
    memory.config(CHECK.format(check) + 'apply = "drain"\n')
    memory.self_eval("hung", "Clip first", "--target", "skills/cad")
    memory.self_eval("pushed", "Tag first", "--target", "rules/ship")

    report = memory.json("drain")

    assert [(p["target"], p["applied"], p["check"]) for p in report["proposals"]] == [
        ("rules/ship", False, "failed: exit code 1"),
        ("skills/cad", True, "passed"),
    ]
    assert [p["target"] for p in memory.json("review")] == ["rules/ship"]


def test_a_check_that_came_with_a_clone_runs_nothing_before_it_is_trusted(
    memory: Memory, tmp_path: Path
) -> None:
    marker = tmp_path / "ran"
    text = memory.read("commonplace.toml").replace('check = ""', f'check = "touch {marker}"')
    memory.write("commonplace.toml", text)
    memory.git("commit", "-qam", "a check")
    memory.git("clone", "-q", str(memory.root), str(tmp_path / "clone"))
    clone = Memory(tmp_path / "clone", tmp_path)
    clone.run("init", str(clone.root))

    for trusted in (False, True):
        if trusted:
            clone.as_person("trust", "--yes", "--repo", str(clone.root))
        clone.run("self-eval", "--snag", "x", "--better", f"y {trusted}", "--repo", str(clone.root))
        clone.run("drain", "--repo", str(clone.root))
        assert marker.exists() == trusted
