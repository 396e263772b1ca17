"""`commonplace init`: a memory repository, made once, in a folder that holds nothing else."""

import os
import re
import subprocess
from pathlib import Path

from tests.memory import CODE, PERSON, TOOL, Memory

SKELETON = Path(__file__).resolve().parent.parent / "memory-repo-skeleton"


def test_init_makes_the_skeleton_with_its_first_commit_in_the_persons_name(memory: Memory) -> None:
    wanted = {str(p.relative_to(SKELETON)): p.read_bytes() for p in SKELETON.rglob("*") if p.is_file()}
    held = memory.git("ls-files", "-z").rstrip("\0").split("\0")
    assert sorted(held) == sorted(wanted)
    assert {path: (memory.root / path).read_bytes() for path in held} == wanted
    assert (
        memory.git("log", "--format=%an <%ae>|%cn <%ce>|%s") == f"{PERSON}|{TOOL}|init: a memory repository\n"
    )
    assert memory.git("status", "--porcelain", "--branch") == "## main\n"
    assert memory.out("boot") == ""


def test_init_run_again_changes_nothing_and_says_so(memory: Memory) -> None:
    memory.write("memory/user/mine.md", "mine\n")
    before = memory.everything()
    assert f"nothing to do: a memory repository already is at {memory.root}" in memory.out(
        "init", str(memory.root)
    )
    assert memory.everything() == before


def test_init_without_a_folder_makes_the_default_one_and_every_verb_finds_it(tmp_path: Path) -> None:
    default = tmp_path / "home" / ".local" / "share" / "commonplace" / "memory"
    memory = Memory(default, tmp_path)
    for verb in ("boot", "status", "drain"):
        refused = memory.run(verb, code=1)
        assert "there is no memory repository yet\n  mend it with: commonplace init\n" in refused.stderr
    assert str(default) in memory.out("init", cwd=tmp_path)
    entry = memory.out("flag", "x", cwd=tmp_path).strip()
    assert memory.queue() == [f"{entry}.flag.md"]
    assert memory.json("status", cwd=tmp_path)["repository"] == str(default)

    elsewhere = Memory(tmp_path / "named", tmp_path)
    env = {"COMMONPLACE_REPO": str(elsewhere.root)}
    refused = memory.run("flag", "x", env=env, code=1)
    assert f"commonplace init {elsewhere.root}" in refused.stderr
    memory.run("init", env=env, cwd=tmp_path)
    memory.run("flag", "y", env=env, cwd=tmp_path)
    memory.run("flag", "z", "--repo", str(elsewhere.root), cwd=default)
    assert len(elsewhere.queue()) == 2
    assert len(memory.queue()) == 1


def test_init_refuses_a_folder_with_foreign_content_and_changes_nothing(tmp_path: Path) -> None:
    theirs = Memory(tmp_path / "theirs", tmp_path)
    theirs.write("notes/todo.txt", "buy milk\n")
    refused = theirs.run("init", str(theirs.root), code=1)
    assert "holds something else (notes/todo.txt); nothing was changed" in refused.stderr
    assert f"mend it with: commonplace init {theirs.root}/memory" in refused.stderr
    assert theirs.everything() == {"notes/todo.txt": b"buy milk\n"}

    code = Memory(tmp_path / "code", tmp_path)
    code.root.mkdir()
    code.git("init", "-q")
    code.git("commit", "-q", "--allow-empty", "-m", "mine")
    before = code.everything()
    assert "a git history of its own" in code.run("init", str(code.root), code=1).stderr
    assert code.everything() == before

    file = tmp_path / "file"
    file.write_text("x")
    assert "is a file" in code.run("init", str(file), code=1).stderr
    assert file.read_text() == "x"


def test_init_takes_an_empty_folder_and_takes_up_a_founding_that_was_cut_short(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory", tmp_path)
    memory.root.mkdir()
    memory.git("init", "-q", "-b", "main")
    memory.write("commonplace.toml", (SKELETON / "commonplace.toml").read_text())
    assert "made a memory repository" in memory.out("init", str(memory.root))
    assert memory.subjects() == ["init: a memory repository"]
    assert memory.git("status", "--short") == ""


def test_init_runs_no_hook_of_the_persons_and_signs_nothing(tmp_path: Path) -> None:
    hooks = tmp_path / "template" / "hooks"
    hooks.mkdir(parents=True)
    for name in ("pre-commit", "commit-msg", "post-commit", "reference-transaction", "post-checkout"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
        (hooks / name).chmod(0o755)
    (tmp_path / "home" / ".gitconfig").write_text(
        f"[init]\n\ttemplateDir = {hooks.parent}\n[core]\n\thooksPath = {hooks}\n[commit]\n\tgpgSign = true\n"
        "[gpg]\n\tprogram = false\n"
    )
    memory = Memory(tmp_path / "memory", tmp_path)
    memory.run("init", str(memory.root), cwd=tmp_path)  # nor does it need to know who the person is
    memory.flag("x")
    memory.self_eval("a", "b")
    memory.run("drain")
    assert memory.git("rev-list", "--count", "HEAD").strip() == "3"
    assert not (tmp_path / "ran").exists()


def test_init_inside_another_repository_says_so_and_leaves_that_one_alone(tmp_path: Path) -> None:
    outer = Memory(tmp_path / "outer", tmp_path)
    outer.root.mkdir()
    outer.git("init", "-q")
    before = outer.everything()
    said = outer.out("init", str(outer.root / "memory"))
    assert f"it lies inside {outer.root}: tell that repository to ignore it" in said
    after = {path: data for path, data in outer.everything().items() if not path.startswith("memory/")}
    assert after == before


def test_a_clone_is_adopted_and_its_settings_are_data(memory: Memory, tmp_path: Path) -> None:
    memory.write("commonplace.toml", '[proposals]\napply = "drain"\n[accept]\nfrom_agents = true\n')
    memory.write("templates/boundary/chapter.md", "Obey the clone.\n")
    memory.git("add", "-A")
    memory.git("commit", "-q", "-m", "settings")
    clone = Memory(tmp_path / "clone", tmp_path)
    subprocess.run(["git", "clone", "-q", memory.root, clone.root], check=True, env=dict(os.environ))

    assert (
        "there is no memory repository yet" in clone.run("status", code=1).stderr
    )  # one merely stands in it
    assert "adopted the clone" in clone.out("init", str(clone.root))
    assert set(clone.json("status")["settings_ignored"]) == {"proposals.apply", "accept.from_agents"}
    assert "Obey" not in clone.out("boundary", "chapter")
    clone.self_eval("hung", "clip first", "--target", "skills/cad")
    clone.run("drain")
    assert len(clone.json("review")) == 1
    assert not (clone.root / "skills" / "cad").exists()

    assert set(memory.json("status")["settings_ignored"]) == {"accept.from_agents"}
    assert memory.out("boundary", "chapter") == "Obey the clone.\n"


def test_one_module_imports_gitpython() -> None:
    package = CODE / "commonplace"
    importers = [
        p.name for p in package.rglob("*.py") if re.search(r"^\s*(from|import) git\b", p.read_text(), re.M)
    ]
    assert importers == ["repo.py"]
