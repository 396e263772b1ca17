"""Whatever state git and the work tree are in: no entry is lost, no edit of a person's is, nothing runs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ledger_check import bullets, check_entries, check_repository
from tests.memory import Memory

DEPLOY = "memory/user/deploy.md"


def state(memory: Memory) -> tuple[object, ...]:
    """Return all refs, HEAD, the index and every file of the work tree."""
    git = memory.root / ".git"
    tree = {
        str(path.relative_to(memory.root)): path.read_bytes()
        for path in memory.root.rglob("*")
        if path.is_file() and git not in path.parents
    }
    refs = memory.git("for-each-ref")
    return refs, (git / "HEAD").read_text(), (git / "index").read_bytes(), tree


def known(memory: Memory, text: str, *options: str) -> str:
    """Drain one fact and return its block id."""
    entry_id = memory.flag(text, *options)
    memory.run("drain")
    return entry_id[-10:].lower()


def diverge(memory: Memory) -> None:
    """Commit another version of the same page on `main` and on `side`."""
    for branch, line in (("side", "- theirs\n"), ("main", "- ours\n")):
        memory.git("switch", "-q", *(["-c"] if branch == "side" else []), branch)
        memory.write(DEPLOY, memory.page("deploy") + line)
        memory.git("commit", "-qam", line.strip())


def rebase(memory: Memory) -> None:
    diverge(memory)
    memory.git("rebase", "side", code=1)


def merge(memory: Memory) -> None:
    diverge(memory)
    memory.git("merge", "side", code=1)


def cherry_pick(memory: Memory) -> None:
    diverge(memory)
    memory.git("cherry-pick", "side", code=1)


def stash_pop(memory: Memory) -> None:
    memory.write(DEPLOY, memory.page("deploy") + "- stashed\n")
    memory.git("stash", "-q")
    memory.write(DEPLOY, memory.page("deploy") + "- committed\n")
    memory.git("commit", "-qam", "another")
    memory.git("stash", "pop", code=1)


def detach(memory: Memory) -> None:
    memory.git("checkout", "-q", "--detach")


def switch(memory: Memory) -> None:
    memory.git("switch", "-q", "-c", "side")


def lock_index(memory: Memory) -> None:
    (memory.root / ".git" / "index.lock").write_bytes(b"")


def hide(memory: Memory) -> None:
    memory.git("status")
    memory.git("sparse-checkout", "set", "--no-cone", "/*", "!/memory/user")
    assert not (memory.root / DEPLOY).exists()


@pytest.mark.parametrize(
    ("bring_about", "said", "remedy"),
    [
        (rebase, "a rebase is under way", "git rebase --continue"),
        (merge, "a merge is under way", "git merge --continue"),
        (cherry_pick, "a cherry-pick is under way", "git cherry-pick --continue"),
        (stash_pop, "conflicts that nobody has settled", "git add"),
        (detach, "HEAD is detached", "switch main"),
        (switch, "the branch side is checked out", "switch main"),
        (hide, "a sparse checkout hides files", "sparse-checkout disable"),
        (lock_index, "a git command holds", "let it finish"),
    ],
)
def test_a_drain_at_a_bad_moment_changes_nothing_and_says_what_to_do(
    memory: Memory, bring_about: Callable[[Memory], None], said: str, remedy: str
) -> None:
    known(memory, "Deploys go out on Mondays", "--topic", "deploy")
    bring_about(memory)
    memory.flag("Rollbacks take a minute", "--topic", "deploy")
    before = state(memory)
    refused = memory.run("drain", code=1)
    assert said in refused.stderr
    assert remedy in refused.stderr
    assert "nothing was changed" in refused.stderr
    assert state(memory) == before


def test_a_persons_edits_are_committed_first_under_their_own_name(memory: Memory) -> None:
    known(memory, "Deploys go out on Mondays", "--topic", "deploy")
    for name in ("gone", "staged", "twice"):
        memory.write(f"memory/user/{name}.md", f"# {name}\n")
    memory.write("skills/cad/SKILL.md", "# CAD\n")
    memory.git("add", "-A")
    memory.git("commit", "-qm", "pages by hand")
    hand = {
        DEPLOY: memory.page("deploy") + "- modified\n",
        "memory/user/new.md": "# New\n- untracked\n",
        "memory/user/staged.md": "# staged\n- staged\n",
        "memory/user/twice.md": "# twice\n- staged\n- and more\n",
        "skills/cad/SKILL.md": "# CAD\nClip first.\n",
    }
    (memory.root / "memory/user/gone.md").unlink()
    memory.write("memory/user/twice.md", "# twice\n- staged\n")
    memory.write("memory/user/staged.md", hand["memory/user/staged.md"])
    memory.git("add", "memory/user/staged.md", "memory/user/twice.md")
    for path, text in hand.items():
        memory.write(path, text)
    memory.flag("Rollbacks take a minute", "--topic", "deploy")

    memory.run("drain")

    assert memory.subjects("-3") == [
        "drain: 1 flag into 1 topic",
        "capture: 1 entry",
        "edit: 6 files by hand",
    ]
    assert memory.git("log", "-1", "--format=%an", "HEAD~2") == "Ada Lovelace\n"
    assert memory.git("log", "--format=%an", "-2") == "commonplace\ncommonplace\n"
    for path, text in hand.items():
        assert memory.git("show", f"HEAD~2:{path}") == text
    assert memory.git("ls-tree", "HEAD~2", "memory/user/gone.md") == ""
    assert "- modified\n" in memory.page("deploy")
    check_repository(memory)


def test_what_no_drain_can_take_is_named_and_left_and_the_rest_drained(memory: Memory) -> None:
    ids = [memory.flag(f"Number {number}") for number in range(5)]
    good = memory.flag("All is well", "--topic", "deploy")
    queue = memory.root / "queue"
    names = [f"{entry_id}.flag.md" for entry_id in ids]
    for name in names:
        (queue / name).unlink()
        (memory.root / ".git/commonplace/inbox" / name).unlink()
    (queue / names[0]).write_text("no frontmatter\n")
    (queue / names[1]).touch()
    (queue / names[2]).mkdir()
    (queue / names[3]).symlink_to("/etc/passwd")
    with (queue / names[4]).open("wb") as file:
        file.truncate(50_000_000)
    (queue / "shopping.txt").write_text("milk\n")
    os.mkfifo(queue / "01M7WM9C8R9V3T5N2M7R4XBEYZ.flag.md")
    odd = [*names, "01M7WM9C8R9V3T5N2M7R4XBEYZ.flag.md", "shopping.txt"]

    (found,) = [row for row in memory.json("boot") if row["kind"] == "odd"]
    assert found["count"] == len(odd)
    report = memory.json("drain")
    assert sorted(row["name"] for row in report["left"]) == sorted(odd)
    assert memory.queue() == sorted(odd)
    check_entries(memory, {good: "All is well"}, all_drained=True)
    assert "shopping.txt" not in memory.git("ls-tree", "-r", "--name-only", "HEAD")


def stashed(memory: Memory) -> None:
    memory.git("stash", "-q", "-u")


def cleaned(memory: Memory) -> None:
    memory.git("clean", "-qfdx")


def reset_after_a_commit(memory: Memory) -> None:
    memory.git("add", "-A")
    memory.git("commit", "-qm", "wip")
    memory.git("reset", "-q", "--hard", "HEAD~1")


def switched_away(memory: Memory) -> None:
    memory.git("switch", "-q", "-c", "side")
    memory.git("add", "-A")
    memory.git("commit", "-qm", "wip")
    memory.git("switch", "-q", "main")


def hidden_by_status(memory: Memory) -> None:
    memory.git("config", "status.showUntrackedFiles", "no")


def excluded(memory: Memory) -> None:
    (memory.root / ".git/info/exclude").write_text("queue/\n*.md\n")


def deleted(memory: Memory) -> None:
    shutil.rmtree(memory.root / "queue")


@pytest.mark.parametrize(
    ("happens", "gone"),
    [
        (stashed, True),
        (cleaned, True),
        (reset_after_a_commit, True),
        (switched_away, True),
        (hidden_by_status, False),
        (excluded, False),
        (deleted, True),
    ],
)
def test_boot_knows_every_entry_and_restore_brings_back_what_vanished(
    memory: Memory, happens: Callable[[Memory], None], gone: bool
) -> None:
    said = {memory.flag(text, "--topic", "deploy"): text for text in ("One fact", "Another fact")}
    happens(memory)
    (found,) = memory.json("boot")
    assert (found["kind"], found["count"]) == ("vanished" if gone else "queue", 2)
    if gone:
        assert all(entry_id in found["message"] for entry_id in said)
        memory.run("queue", "restore", "--all")
    memory.run("drain")
    check_entries(memory, said, all_drained=True)
    memory.git("checkout", "-q", "HEAD", "--", ".")
    assert memory.out("boot") == ""


@pytest.mark.parametrize("happens", [stashed, switched_away])
def test_an_entry_that_git_brings_back_after_its_drain_is_not_drained_twice(
    memory: Memory, happens: Callable[[Memory], None]
) -> None:
    said = {memory.flag("Only once", "--topic", "deploy"): "Only once"}
    happens(memory)
    memory.run("queue", "restore", "--all")
    memory.run("drain")
    known(memory, "Something else", "--topic", "deploy")
    if happens is stashed:
        memory.git("stash", "pop")
    else:
        memory.git("merge", "-q", "--no-edit", "side")
    assert len(memory.queue()) == 1
    memory.run("drain")
    check_entries(memory, said, all_drained=True)
    check_repository(memory)


def test_an_editor_that_had_the_page_open_keeps_what_was_drained_since(memory: Memory) -> None:
    known(memory, "Deploys go out on Mondays", "--topic", "deploy")
    buffer = memory.page("deploy")
    first = known(memory, "Rollbacks take a minute", "--topic", "deploy")
    second = known(memory, "Ask Bo first", "--topic", "deploy", "--type", "procedure")
    memory.write(DEPLOY, buffer + "- by hand\n")
    memory.flag("The port is 8080", "--topic", "cad")
    assert f"kept ^{first}" in memory.out("drain")
    page = memory.page("deploy")
    for line in ("- by hand", f"- Rollbacks take a minute ^{first}", f"- Ask Bo first ^{second}"):
        assert page.count(line) == 1
    check_repository(memory)

    memory.write(DEPLOY, page.replace(f"- Rollbacks take a minute ^{first}\n", ""))
    known(memory, "The port is 8081", "--topic", "cad")
    assert "Rollbacks" not in memory.page("deploy")
    assert f"removed ^{first} {DEPLOY}" in memory.git("log", "-1", "--format=%B", "HEAD~2")


@pytest.fixture
def other(tmp_path: Path) -> Memory:
    """Return a code repository with one commit and something staged."""
    made = Memory(tmp_path / "code", tmp_path)
    made.root.mkdir()
    made.git("init", "-q")
    made.write("main.py", "print()\n")
    made.git("add", "-A")
    made.git("commit", "-qm", "code")
    made.write("more.py", "print()\n")
    made.git("add", "-A")
    return made


def test_called_with_another_repositorys_variables_it_touches_only_its_own(
    memory: Memory, other: Memory
) -> None:
    git = other.root / ".git"
    inherited = {
        "GIT_DIR": str(git),
        "GIT_INDEX_FILE": str(git / "index"),
        "GIT_WORK_TREE": str(other.root),
        "GIT_OBJECT_DIRECTORY": str(git / "objects"),
        "GIT_PREFIX": "",
        "GIT_CONFIG_PARAMETERS": "'core.bare'='true'",
        "COMMONPLACE_REPO": str(memory.root),
    }
    before = state(other)
    for words in (
        ["flag", "--scope", "user", "Hooks are tricky"],
        ["self-eval", "--snag", "s", "--better", "b"],
        ["boot"],
        ["drain"],
        ["status"],
        ["review"],
        ["undo", "main"],
    ):
        memory.run(*words, cwd=other.root, env=inherited)
    assert state(other) == before
    assert memory.subjects()[0].startswith("undo: 1 fact")
    check_repository(memory, [f"?? queue/{name}" for name in memory.queue()])


def test_a_hook_of_another_repository_may_flag_and_drain(memory: Memory, other: Memory) -> None:
    hook = other.root / ".git/hooks/pre-commit"
    command = f"'{sys.executable}' -m commonplace"
    hook.write_text(
        f"#!/bin/sh\nset -e\nexport COMMONPLACE_REPO='{memory.root}'\n"
        f"{command} flag 'Said in a hook'\n{command} drain\n"
    )
    hook.chmod(0o755)
    other.git("commit", "-qm", "with a hook")
    assert other.git("ls-tree", "--name-only", "HEAD").split() == ["main.py", "more.py"]
    assert other.git("status", "--porcelain") == ""
    assert other.git("for-each-ref", "--format=%(refname)") == "refs/heads/main\n"
    assert bullets(memory, "Said in a hook") == 1
    check_repository(memory)


def test_nothing_that_the_repositorys_configuration_names_is_run(memory: Memory, tmp_path: Path) -> None:
    mark, hooks = tmp_path / "ran", tmp_path / "hooks"
    hooks.mkdir()
    trap = tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0 $*" >>"{mark}"\ncat\n')
    trap.chmod(0o755)
    for name in ("pre-commit", "commit-msg", "post-commit", "post-checkout", "post-index-change",
                 "post-merge", "reference-transaction", "pre-auto-gc", "update"):  # fmt: skip
        (hooks / name).symlink_to(trap)
    (memory.root / ".git/info/attributes").write_text("* filter=trap diff=trap merge=trap\n")
    for key, value in {
        "core.hooksPath": str(hooks),
        "commit.gpgSign": "true",
        "log.showSignature": "true",
        "filter.trap.required": "true",
        **dict.fromkeys(
            ("core.fsmonitor", "core.pager", "pager.log", "core.editor", "sequence.editor", "gpg.program",
             "diff.external", "diff.trap.textconv", "diff.trap.command", "merge.trap.driver",
             "filter.trap.clean", "filter.trap.smudge", "filter.trap.process", "core.sshCommand",
             "core.askPass", "credential.helper", "core.alternateRefsCommand", "trailer.session.cmd",
             "interactive.diffFilter", "gc.recentObjectsHook"),
            str(trap),
        ),
    }.items():  # fmt: skip
        memory.git("config", key, value)
    memory.flag("Nothing runs", "--topic", "deploy")
    memory.self_eval("it ran", "Switch it off", "--target", "skills/git")
    memory.write("memory/user/notes.md", "# By hand\n")
    memory.run("boot")
    drain = memory.json("drain")["drain"]
    (proposal,) = memory.json("review")
    memory.run("review", proposal["id"])
    memory.as_person("accept", proposal["id"])
    memory.as_person("log")
    memory.run("status")
    memory.run("why", f"{DEPLOY}:9")
    memory.run("undo", drain)
    memory.flag("Dropped", "--topic", "deploy")
    memory.run("queue", "drop", memory.queue()[-1].partition(".")[0], "--because", "a test")
    assert not mark.exists(), mark.read_text()
    memory.git("status", "--short", code=None)
    assert mark.exists(), "the trap itself does not work"


def test_a_clone_that_carries_the_settings_is_not_taken_for_a_memory(memory: Memory, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    memory.git("clone", "-q", str(memory.root), str(clone))
    refused = memory.run("flag", "Not there", cwd=clone, code=1)
    assert "there is no memory repository yet" in refused.stderr
    assert not (clone / ".git/commonplace").exists()


def test_a_repository_with_sha256_objects_works_alike(memory: Memory, tmp_path: Path) -> None:
    root = tmp_path / "sha256"
    subprocess.run(["git", "init", "-q", "--object-format=sha256", str(root)], check=True)
    sha256 = Memory(root, tmp_path)
    for path in memory.git("ls-files", "-z").rstrip("\0").split("\0"):
        sha256.write(path, memory.read(path))
    sha256.git("add", "-A")
    sha256.git("commit", "-qm", "init")
    sha256.run("init", str(root))
    said = {sha256.flag("Long names", "--topic", "deploy"): "Long names"}
    sha256.self_eval("short", "Go long", "--target", "skills/git")
    sha256.write("memory/user/notes.md", "# By hand\n")
    sha256.run("drain")
    check_entries(sha256, said, all_drained=True)
    check_repository(sha256)
    assert "Go long" in sha256.out("review", sha256.json("review")[0]["id"])
    assert sha256.json("why", f"{DEPLOY}:9")["sources"][0]["id"] in said
    sha256.run("undo", sha256.git("rev-parse", "HEAD").strip())
    assert len(sha256.queue()) == 2


def test_a_linked_worktree_uses_the_queue_of_the_main_one(memory: Memory, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    memory.git("worktree", "add", "-q", "-b", "side", str(linked))
    entry_id = memory.out("flag", "Said next door", "--topic", "deploy", cwd=linked).strip()
    assert memory.queue() == [f"{entry_id}.flag.md"]
    assert "1 entry in the queue" in memory.out("boot", cwd=linked)
    memory.run("drain", cwd=linked)
    check_entries(memory, {entry_id: "Said next door"}, all_drained=True)
    check_repository(memory)
    assert not (linked / DEPLOY).exists()


def test_a_memory_folder_that_is_a_symlink_is_not_followed(memory: Memory, tmp_path: Path) -> None:
    memory.flag("Stay inside", "--topic", "deploy")
    shutil.move(memory.root / "memory", tmp_path / "elsewhere")
    (memory.root / "memory").symlink_to(tmp_path / "elsewhere")
    before = memory.git("for-each-ref")
    refused = memory.run("drain", code=1)
    assert "memory is a symbolic link" in refused.stderr
    assert memory.git("for-each-ref") == before
    assert not (tmp_path / "elsewhere/user/deploy.md").exists()


@pytest.mark.parametrize("kind", ["symlink", "too large"])
def test_a_page_that_cannot_be_read_is_neither_followed_nor_overwritten_nor_taken_for_deleted(
    memory: Memory, tmp_path: Path, kind: str
) -> None:
    known(memory, "Deploys go out on Mondays", "--topic", "deploy")
    page = memory.root / DEPLOY
    target = tmp_path / "target.md"
    page.rename(target)
    if kind == "symlink":
        page.symlink_to(target)
    else:
        with page.open("wb") as file:
            file.truncate(11_000_000)
    entry_id = memory.flag("Elsewhere", "--topic", "cad")
    assert DEPLOY in memory.out("drain")
    check_entries(memory, {entry_id: "Elsewhere"}, all_drained=True)
    assert "Mondays" in memory.git("show", f"HEAD:{DEPLOY}")

    memory.flag("Rollbacks take a minute", "--topic", "deploy")
    before = state(memory)
    assert DEPLOY in memory.run("drain", code=1).stderr
    assert state(memory) == before
    assert page.is_symlink() if kind == "symlink" else page.stat().st_size == 11_000_000
    assert "Rollbacks" not in target.read_text()
