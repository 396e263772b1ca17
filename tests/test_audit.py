"""`audit verify`: honest histories are well, and whatever was tampered with is named."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.memory import CODE, Memory

SKELETON = CODE.parent / "memory-repo-skeleton"

WORKER = """
import json, sys
entry = json.load(sys.stdin)["entries"][0]
said = {"op": "add", "text": entry["text"].replace("go", "always go"), "sources": [entry["id"]]}
print(json.dumps({"operations": [said]}))
"""


def verdict(memory: Memory, *arguments: str, code: int | None = None) -> dict[str, Any]:
    """Return what `audit verify` finds; its exit code says whether all is well."""
    done = memory.run("audit", "verify", "--json", *arguments, code=code)
    import json

    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if found["well"] else 4)
    return found


def faults(memory: Memory, *arguments: str) -> list[str]:
    """Return `kind: what` of every fault, where it is put last."""
    found = verdict(memory, *arguments)["findings"]
    return [f"{f['kind']}: {f['what']} @{f['where']}" for f in found if f["level"] == "fault"]


def notes(memory: Memory) -> list[str]:
    return [f"{f['kind']}: {f['what']}" for f in verdict(memory)["findings"] if f["level"] == "note"]


def remade(
    memory: Memory,
    *,
    files: Mapping[str, str | None] | None = None,
    message: Callable[[str], str] = str,
    parent: str = "HEAD^",
    quietly: bool = True,
) -> str:
    """Make the last commit anew under the program's name, and return it; quietly: with all traces of the old
    one cleared away, so that only the new one itself can give it away.
    """
    index = {"GIT_INDEX_FILE": str(memory.scratch / "index")}
    who = {"NAME": "commonplace", "EMAIL": "commonplace@localhost", "DATE": "1795203783 +0000"}
    names = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}

    def git(*arguments: str, stdin: str = "") -> str:
        environment = {**os.environ, **index, **names}
        done = subprocess.run(
            ["git", *arguments], cwd=memory.root, env=environment, input=stdin, capture_output=True,
            text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    text = git("log", "-1", "--format=%B")
    git("read-tree", "HEAD")
    for path, content in (files or {}).items():
        if content is None:
            git("update-index", "--force-remove", path)
        else:
            oid = git("hash-object", "-w", "--stdin", stdin=content)
            git("update-index", "--add", "--cacheinfo", f"100644,{oid},{path}")
    commit = git("commit-tree", git("write-tree"), "-p", parent, "-m", message(text))
    memory.git("reset", "--hard", "--quiet", commit)
    if quietly:
        shutil.rmtree(memory.root / ".git" / "logs")
        (memory.root / ".git" / "commonplace" / "audit-heads").unlink()
    return commit


@pytest.fixture
def drained(memory: Memory) -> Memory:
    """Return a memory with one drain of two flags on one page."""
    memory.flag("Deploys go through make ship", "--topic", "deploy")
    memory.flag("Staging comes first", "--topic", "deploy")
    memory.run("drain")
    return memory


def proposed(memory: Memory) -> str:
    """Drain a self-eval and return the proposal that came of it."""
    memory.self_eval("hung", "Clip first", "--target", "skills/cad")
    memory.run("drain")
    (waiting,) = memory.json("review")
    return str(waiting["id"])


def test_an_honest_history_is_well_and_what_a_person_wrote_is_named_as_theirs(drained: Memory) -> None:
    first = drained.flag("Ask Grace before noon", "--topic", "people")
    drained.flag("Staging comes first", "--topic", "deploy")
    drained.run("drain")
    drained.flag("Ask Heidi before noon", "--topic", "people", "--supersedes", f"^{first[-10:].lower()}")
    drained.flag("Two\nlines", "--topic", "people", "--origin", "web")
    drained.run("drain")
    drained.as_person("accept", proposed(drained))
    drained.self_eval("slow", "Cache it", "--target", "rules/speed")
    drained.run("drain")
    drained.run("reject", drained.json("review")[0]["id"], "--because", "not true")
    page = drained.page("deploy").replace("Staging comes first", "Staging always comes first")
    drained.write("memory/user/deploy.md", page + "- Written by hand\n")
    drained.run("drain")
    undone = drained.flag("Nobody knows", "--topic", "people")
    drained.run("drain")
    drained.run("undo", drained.json("log", "-n", "1")[0]["trailers"]["Drain-Id"][0])
    drained.run("queue", "drop", undone, "--because", "wrong")
    edit = drained.git("log", "-1", "--format=%H", "--grep=^edit: ").strip()
    drained.write("memory/user/deploy.md", drained.page("deploy") + "- Not committed yet\n")

    found = verdict(drained, code=0)

    assert found["drains"] == 6
    assert found["by_hand"] == [edit]
    assert notes(drained) == [
        f"hand-made: a person's own, by {edit[:10]}, without an id: 'Written by hand'",
        "uncommitted: differs from the history",
    ]
    assert drained.out("audit", "verify").endswith("verdict  all is well\n")


def test_what_a_worker_reworded_is_well_and_what_no_source_says_is_told(memory: Memory) -> None:
    (memory.scratch / "worker.py").write_text(WORKER)
    command = f"{sys.executable} {memory.scratch}/worker.py"
    memory.config(f'[workers.mine]\ncommand = "{command}"\ninput = "packet"\n')
    memory.flag("Deploys go through make ship", "--topic", "deploy")
    memory.run("drain", "--worker", "mine")
    assert "always go" in memory.page("deploy")
    assert (faults(memory), notes(memory)) == ([], [])

    remade(memory, files={"memory/user/deploy.md": memory.page("deploy").replace("make ship", "`rm -rf`")})
    assert any("says '`rm -rf`', and none of its sources does" in note for note in notes(memory)), notes(
        memory
    )


def test_what_a_worker_made_of_a_web_page_says_so(memory: Memory) -> None:
    (memory.scratch / "worker.py").write_text(WORKER)
    command = f"{sys.executable} {memory.scratch}/worker.py"
    memory.config(f'[workers.mine]\ncommand = "{command}"\ninput = "packet"\n')
    memory.flag("Deploys go through make ship", "--topic", "deploy", "--origin", "web")
    memory.run("drain", "--worker", "mine")
    assert (faults(memory), notes(memory)) == ([], [])
    page = memory.page("deploy").replace(" (said by a web page)", "")
    remade(memory, files={"memory/user/deploy.md": page})
    assert "does not say that a tool or a web page said it" in faults(memory)[0]


def test_a_clone_has_recorded_nothing_and_says_so_until_its_first_change(
    drained: Memory, tmp_path: Path
) -> None:
    drained.git("clone", "--quiet", str(drained.root), str(tmp_path / "clone"))
    clone = Memory(tmp_path / "clone", tmp_path)
    clone.run("init", str(clone.root))
    assert notes(clone) == ["clone: no head is recorded here yet: only its reflog says that it has grown"]
    clone.flag("Said in the clone", "--topic", "people")
    clone.run("drain")
    assert verdict(clone, code=0)["heads"] == 2
    assert notes(clone) == []

    drained.flag("Said in the first one", "--topic", "places")
    drained.run("drain")
    clone.git("pull", "--quiet", "--no-rebase", "--no-edit", "-X", "ours", "origin", "main")
    clone.run("drain")
    assert verdict(clone, code=0)["facts"] == 4


def test_a_repository_with_longer_hashes_is_verified_alike(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory", tmp_path)
    shutil.copytree(SKELETON, memory.root)
    memory.git("init", "--quiet", "--object-format=sha256")
    memory.git("add", "--all")
    memory.git("commit", "--quiet", "-m", "a memory repository")
    memory.run("init", str(memory.root))
    memory.flag("Deploys go through make ship", "--topic", "deploy")
    memory.run("drain")
    assert verdict(memory, code=0)["facts"] == 1
    page = memory.page("deploy").replace("make ship", "make sheep")
    remade(memory, files={"memory/user/deploy.md": page})
    assert {line.partition(":")[0] for line in faults(memory)} == {"unsaid"}


def test_a_drain_that_was_amended_is_named_with_the_head_that_is_lost(drained: Memory) -> None:
    old = drained.git("rev-parse", "HEAD").strip()
    drained.git("commit", "--amend", "--quiet", "-m", "drain: 2 flags into 1 topic\n\nDrain-Id: X")
    found = faults(drained)
    assert f"not in the history any more @{old}" in found[0]
    assert found[0].startswith("rewritten: 1 head recorded here, the last on ")
    assert any("is a drain, and Ada Lovelace <ada@example.com> made it" in line for line in found)

    drained.as_person("audit", "restart", "--because", "a word was wrong")
    taken = verdict(drained, code=0)
    assert any("Ada Lovelace" in finding["what"] for finding in taken["accepted"])
    assert "taken as they are, by restart: a word was wrong\n" in drained.out("audit", "verify")


def test_an_amended_commit_that_keeps_our_name_is_named_by_the_recorded_head(drained: Memory) -> None:
    remade(drained, quietly=False)
    assert [line.partition(":")[0] for line in faults(drained)] == ["rewritten"]


def test_a_history_that_was_reset_is_named_and_a_person_can_take_it_as_it_is(drained: Memory) -> None:
    drained.git("reset", "--hard", "--quiet", "HEAD~2")
    (lost,) = faults(drained)
    assert lost.startswith("rewritten: 1 head recorded here")

    refused = drained.run("audit", "restart", "--because", "a test", code=1)
    assert "a person's to say" in refused.stderr
    drained.as_person("audit", "restart", "--because", "a test")
    assert verdict(drained, code=0)["heads"] == 3


def test_the_reflog_tells_of_a_reset_where_the_record_is_gone(drained: Memory) -> None:
    (drained.root / ".git/commonplace/audit-heads").unlink()
    drained.git("reset", "--hard", "--quiet", "HEAD~2")
    (lost,) = faults(drained)
    assert "the branch stood on it and has lost it (reset: moving to HEAD~2)" in lost


def test_what_a_person_amends_of_their_own_is_no_fault(drained: Memory) -> None:
    drained.write("memory/user/mine.md", "# Mine\n")
    drained.git("add", ".")
    drained.git("commit", "--quiet", "-m", "a page of mine")
    drained.git("commit", "--quiet", "--amend", "-m", "a better word for it")
    assert faults(drained) == []
    assert "by-hand: the branch stood on it and has lost it (commit (amend): a better" in notes(drained)[0]


def test_a_tip_noted_elsewhere_must_still_stand(drained: Memory) -> None:
    tip = verdict(drained)["tip"]
    assert faults(drained, "--since", tip) == []
    assert faults(drained, "--since", "f" * 40) == [
        f"rewritten: was noted, and is not in the history @{'f' * 40}"
    ]


def test_a_record_that_was_changed_is_named(drained: Memory) -> None:
    record = drained.root / ".git/commonplace/audit-heads"
    lines = record.read_text().splitlines(keepends=True)
    record.write_text(lines[1])
    assert "line 1 has been tampered with" in faults(drained)[0]


def test_half_a_line_that_a_power_cut_left_in_the_record_is_no_fault(drained: Memory) -> None:
    record = drained.root / ".git/commonplace/audit-heads"
    with record.open("a") as file:
        file.write("1795203783\tdrain")
    assert faults(drained) == []
    drained.flag("Another")
    drained.run("drain")
    assert verdict(drained, code=0)["heads"] == 3


def test_a_line_changed_within_a_drain_is_named(drained: Memory) -> None:
    page = drained.page("deploy").replace("make ship", "make sheep")
    remade(drained, files={"memory/user/deploy.md": page})
    assert re.fullmatch(
        r"unsaid: \^\w{10} on memory/user/deploy.md does not say what entry \w{26} said @\w{40}",
        faults(drained)[0],
    )


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("- Trust nobody ^0123456789", "^0123456789 is new on memory/user/deploy.md"),
        ("Trust nobody", "put a line on memory/user/deploy.md that no entry stands for: 'Trust nobody'"),
        ("- Trust nobody", "put a line on memory/user/deploy.md that no entry stands for: '- Trust nobody'"),
    ],
)
def test_a_line_added_within_a_drain_is_named(drained: Memory, line: str, what: str) -> None:
    remade(drained, files={"memory/user/deploy.md": f"{drained.page('deploy')}{line}\n"})
    assert any(what in each for each in faults(drained)), faults(drained)


def test_a_description_that_no_fact_gives_is_named(drained: Memory) -> None:
    page = re.sub(r'description: ".*"', 'description: "Run rm -rf"', drained.page("deploy"))
    index = re.sub(r"\) .* \(2\)", ") Run rm -rf (2)", drained.read("memory/index.md"))
    remade(drained, files={"memory/user/deploy.md": page})
    assert "put a line on memory/user/deploy.md" in faults(drained)[0]
    remade(drained, files={"memory/index.md": index}, quietly=False)
    assert not any("index" in line for line in faults(drained))  # it says what the page says
    remade(
        drained, files={"memory/user/deploy.md": drained.page("deploy").replace("rm", "ls")}, quietly=False
    )
    assert any("put a line in memory/index.md that is no page's" in line for line in faults(drained))


def test_a_file_beyond_what_a_drain_changes_is_named(drained: Memory) -> None:
    remade(drained, files={"skills/evil/SKILL.md": "# Evil\n"})
    assert "beyond: changed skills/evil/SKILL.md" in faults(drained)[0]


def test_a_forged_ledger_is_named(drained: Memory) -> None:
    entries = re.findall(r"<- (\w{26})", drained.git("log", "-1", "--format=%B"))
    remade(drained, message=lambda text: text.replace(entries[0], entries[1]))
    assert any(line.startswith(f"ledger: took entry {entries[0]} out") for line in faults(drained))
    assert any("has its id from none of the entries" in line for line in faults(drained))
    made_up = "01M7WM9C8R9V3T5N2M7R4XBEYZ"
    remade(drained, message=lambda text: text.replace(f"<- {entries[1]}", f"<- {made_up}", 1), quietly=False)
    assert any(f"`add` names entry {made_up}, which it did not take" in line for line in faults(drained))
    assert any(f"rests on entry {made_up}, which is not in history" in line for line in faults(drained))


def test_a_subject_that_counts_wrong_is_named(drained: Memory) -> None:
    remade(drained, message=lambda text: text.replace("2 flags", "3 flags"))
    (found,) = faults(drained)
    assert found.startswith("miscounted: says 'drain: 3 flags into 1 topic', and did 'drain: 2 flags")


def test_a_capture_that_was_taken_out_is_named(drained: Memory) -> None:
    remade(drained, parent="HEAD^^")
    found = faults(drained)
    assert sum("which it did not take" in line for line in found) == 2
    assert sum("which is not in history" in line for line in found) == 2


def test_an_entry_that_was_changed_after_its_capture_is_named(memory: Memory) -> None:
    entry = memory.flag("Deploys go through make ship")
    path = f"queue/{entry}.flag.md"
    memory.git("add", "queue")
    memory.git("commit", "--quiet", "-m", "keep the queue")
    memory.write(path, memory.read(path).replace("ship", "sheep"))
    memory.run("drain")
    assert f"altered: {path} is not what it was when it was captured" in faults(memory)[0]


def test_a_fact_that_stands_twice_is_named(drained: Memory) -> None:
    fact = next(line for line in drained.page("deploy").split("\n") if line.startswith("- "))
    drained.write("memory/user/copy.md", f"# Copy\n\n{fact}\n{fact}\n")
    drained.git("add", ".")
    drained.git("commit", "--quiet", "-m", "a copy")
    found = [line for line in faults(drained) if line.startswith("twice")]
    assert len(found) == 1
    assert "stands also at memory/user/" in found[0]


def test_a_fact_with_an_id_that_a_person_made_up_is_named_as_theirs(drained: Memory) -> None:
    drained.write("memory/user/deploy.md", drained.page("deploy") + "- By hand ^0123456789\n")
    drained.run("flag", "More", "--topic", "deploy")
    drained.run("drain")
    assert faults(drained) == []
    assert any("^0123456789 is a person's own, by " in note for note in notes(drained))


def test_a_proposal_that_was_merged_past_accept_is_named(drained: Memory) -> None:
    proposal = proposed(drained)
    drained.git("merge", "--quiet", "--ff-only", f"proposal/{proposal}")
    assert any("put on the branch by hand: nobody accepted it" in line for line in faults(drained))


def test_an_accept_of_something_else_than_was_proposed_is_named(drained: Memory) -> None:
    drained.as_person("accept", proposed(drained))
    assert faults(drained) == []
    skill = drained.read("skills/cad/SKILL.md").replace("Clip", "Delete")
    remade(drained, files={"skills/cad/SKILL.md": skill})
    assert "did something else than proposal" in faults(drained)[0]


def test_an_undo_that_does_more_than_take_back_is_named(drained: Memory) -> None:
    drained.flag("Ask Grace", "--topic", "deploy")
    drained.run("drain")
    drained.run("undo", drained.json("log", "-n", "1")[0]["commit"])
    assert faults(drained) == []
    fact = next(line for line in drained.page("deploy").split("\n") if line.startswith("- Deploys"))
    page = drained.page("deploy").replace(f"{fact}\n", "")
    remade(drained, files={"memory/user/deploy.md": page})
    assert any("has gone on memory/user/deploy.md" in line for line in faults(drained))


def test_facts_that_a_merge_dropped_are_told(drained: Memory) -> None:
    drained.git("switch", "--quiet", "-c", "side", "HEAD~2")
    drained.write("memory/user/mine.md", "# Mine\n")
    drained.git("add", ".")
    drained.git("commit", "--quiet", "-m", "mine")
    drained.git("switch", "--quiet", "main")
    tree = drained.git("rev-parse", "side^{tree}").strip()
    made = drained.git("commit-tree", tree, "-p", "main", "-p", "side", "-m", "merge").strip()
    drained.git("reset", "--hard", "--quiet", made)
    assert any("2 facts went in a merge" in note for note in notes(drained))


def test_a_shallow_clone_cannot_be_verified(drained: Memory, tmp_path: Path) -> None:
    drained.git("clone", "--quiet", "--depth=1", f"file://{drained.root}", str(tmp_path / "clone"))
    clone = Memory(tmp_path / "clone", tmp_path)
    clone.run("init", str(clone.root))
    assert any(line.startswith("shallow: ") for line in faults(clone))
