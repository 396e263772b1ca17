"""Forgetting: out of memory as a commit; and the purge, which takes it out of all history."""

import os
import random
import signal
import stat
import string
import subprocess
import sys

import pytest

from tests.ledger_check import check_repository
from tests.memory import PERSON, Memory
from tests.talk import answers, request, used
from tests.test_disputes import disputed, with_voters

LEAK = "ghp" + "_" + "".join(random.Random(5).choices(string.ascii_letters + string.digits, k=36))
"""Made while the tests run, so that no forge takes this file for a leak."""


def fact_of(memory: Memory, words: str, path: str = "memory/user/deploy.md") -> str:
    """Return the id of the fact whose line holds the words, with its `^`."""
    line = next(line for line in memory.read(path).split("\n") if words in line and " ^" in line)
    return "^" + line.rpartition("^")[2].strip()


def leaked(memory: Memory, text: str, *options: str) -> str:
    """Flag a text with a secret, let it through as a person would by mistake, and return the entry's id."""
    entry = memory.flag(text, *options)
    memory.as_person("queue", "release", entry)
    return entry


def objects_with(memory: Memory, word: str) -> int:
    """Return how many objects of the repository hold a word, whether anything names them or not."""
    command = ["git", "cat-file", "--batch-all-objects", "--unordered", "--batch"]
    out = subprocess.run(
        command, cwd=memory.root, env=dict(os.environ), capture_output=True, check=True
    ).stdout
    return out.count(word.encode())


def test_a_fact_is_taken_out_of_memory_as_a_commit_in_the_persons_name(memory: Memory) -> None:
    memory.flag("Tag before pushing", "--topic", "deploy")
    memory.flag("Ship on Mondays", "--topic", "deploy")
    memory.run("drain")
    fact = fact_of(memory, "Tag before")
    before = memory.everything()
    assert "- Tag before pushing" in memory.run("forget", fact, "--dry-run").stdout.replace("--", "-")
    assert memory.everything() == before

    said = memory.out("forget", fact)
    assert said.startswith("forget: 1 fact  ")
    assert "Tag before" not in memory.page("deploy")
    assert 'description: "Ship on Mondays"' in memory.page("deploy")
    assert "Tag before" not in memory.read("memory/index.md")
    assert (
        memory.git("log", "-1", "--format=%an <%ae>|%B").strip()
        == f"{PERSON}|forget: 1 fact\n\nforget {fact} user/deploy"
    )
    assert memory.json("log")[0]["kind"] == "forget"
    assert "forget (Ada Lovelace" in memory.out("why", fact)
    assert memory.out("forget", fact) == "it had been forgotten before\n"
    check_repository(memory)
    assert "no page, no commit and no entry" in memory.run("forget", "^zzzzzzzzzz", code=1).stderr
    assert "is not a fact's id" in memory.run("forget", "deploy", code=2).stderr
    assert "say which fact, or which entry" in memory.run("forget", code=2).stderr


def test_an_undo_does_not_bring_back_what_was_forgotten(memory: Memory) -> None:
    old = memory.flag("Ship on Mondays", "--topic", "deploy")
    memory.run("drain")
    fact = fact_of(memory, "Mondays")
    memory.flag("Ship on Fridays", "--topic", "deploy", "--supersedes", fact)
    memory.run("drain")
    drain = memory.out("log").splitlines()[0].split()[-1]
    memory.run("forget", fact)
    memory.run("undo", drain)
    pages = [path.read_text() for path in (memory.root / "memory").rglob("*.md")]
    assert not [text for text in pages if "Mondays" in text]

    first = memory.out("log").splitlines()[-3].split()[-1]
    memory.run("forget", "--entry", old)
    memory.run("undo", first)
    assert f"{old}.flag.md" not in memory.queue(), "a forgotten entry does not return to the queue"
    check_repository(memory, [f"?? queue/{name}" for name in memory.queue()])


def test_an_entry_that_waits_is_forgotten_without_having_been_in_history(memory: Memory) -> None:
    held = memory.flag(f"Push with {LEAK}", "--topic", "deploy")
    name = f"{held}.flag.md"
    lost = memory.flag("Tag before pushing")
    (memory.root / "queue" / f"{lost}.flag.md").unlink()
    copy = (memory.root / "queue" / name).read_text()
    assert memory.out("forget", "--entry", held[-8:].lower()).startswith("forget: 1 entry  ")
    memory.run("forget", "--entry", lost)
    assert memory.queue() == []
    private = memory.root / ".git" / "commonplace"
    assert [p.name for folder in ("inbox", "held") for p in (private / folder).iterdir()] == []
    assert "queue/" not in (memory.root / ".git" / "info" / "exclude").read_text()
    assert objects_with(memory, LEAK) == 0
    assert memory.out("boot") == ""
    check_repository(memory)

    memory.write(f"queue/{name}", copy.replace(LEAK, "the vault's token"))
    memory.run("drain")
    assert "was forgotten: rm " in memory.out("boot") + memory.out("drain")
    assert "vault" not in memory.git("log", "-p", "--all"), "it does not come back"


def test_an_entry_that_was_drained_takes_all_its_facts_along(memory: Memory) -> None:
    entry = memory.flag("Tag before pushing", "--topic", "deploy")
    memory.run("drain")
    memory.git("rm", "-q", "--cached", "README.md")
    memory.write("rules/own.md", "# Own\n")
    said = memory.out("forget", "--entry", entry)
    assert said.startswith("forget: 1 fact, 1 entry  ")
    assert not (memory.root / "memory/user/deploy.md").exists()
    assert memory.subjects("-2")[1] == "edit: 1 file by hand"
    assert "D  README.md" in memory.git("status", "--porcelain"), "what the person has staged stays staged"


def test_a_lesson_in_a_rule_is_forgotten_by_a_person_alone(memory: Memory) -> None:
    entry = memory.self_eval("hung", "clip first", "--target", "rules/cad")
    memory.run("drain")
    memory.run("install", "claude-code")
    memory.as_person("accept", "--all")
    fact = fact_of(memory, "clip first", "rules/cad.md")
    home = memory.scratch / "home"
    assert [path for path in home.rglob("*.md") if "clip first" in path.read_text()]
    assert "rules/cad.md changes only by a person" in memory.run("forget", fact, code=1).stderr
    assert "clip first" in memory.read("rules/cad.md")
    assert "forget: 1 fact, 1 entry" in memory.as_person("forget", "--entry", entry)
    assert "clip first" not in memory.read("rules/cad.md")
    assert not [path for path in home.rglob("*.md") if "clip first" in path.read_text()], "nor at the hosts"
    check_repository(memory)


def test_a_proposal_that_rests_on_a_forgotten_entry_is_withdrawn_and_the_others_come_back(
    memory: Memory,
) -> None:
    bad = memory.self_eval("leaked", "print the token", "--target", "skills/ci")
    good = memory.self_eval("hung", "clip first", "--target", "skills/ci")
    memory.run("drain")
    memory.run("forget", "--entry", bad)
    assert memory.out("review") == "no proposal waits\n"
    assert memory.queue() == [f"{good}.self-eval.md"]
    assert "held: a proposal was withdrawn" in memory.out("queue", "list")
    memory.run("queue", "release", "--all")
    memory.run("drain")
    assert "clip first" in memory.out("review")
    assert "print the token" not in memory.out("review")


def test_what_was_turned_down_is_forgotten_with_its_entry(memory: Memory) -> None:
    entry = memory.self_eval("hung", "sell the house", "--target", "skills/ci")
    memory.run("drain")
    proposal = memory.json("review")[0]["id"]
    memory.run("reject", proposal, "--because", "no")
    assert "sell the house" in memory.read(f"rejected/{proposal}.md")
    memory.run("forget", "--entry", entry)
    assert not (memory.root / "rejected" / f"{proposal}.md").exists()
    check_repository(memory)
    memory.as_person("forget", "--entry", entry, "--purge", "--prune", typed="y\n")
    assert objects_with(memory, "sell the house") == 0
    check_repository(memory)


def test_forget_leaves_a_page_alone_into_which_a_secret_was_written(memory: Memory) -> None:
    memory.flag("Tag before pushing", "--topic", "deploy")
    memory.run("drain")
    fact = fact_of(memory, "Tag")
    page = memory.page("deploy") + f"- {LEAK}\n"
    memory.write("memory/user/deploy.md", page)
    assert "has an edit that is not committed" in memory.run("forget", fact, code=1).stderr
    assert memory.page("deploy") == page


@pytest.fixture
def leak(memory: Memory) -> tuple[Memory, str]:
    """Return a memory in which a secret lies wherever one can, and its entry's id."""
    memory.flag("Tag before pushing", "--topic", "deploy")
    memory.run("drain")
    entry = leaked(memory, f"Push with {LEAK} from CI", "--topic", "deploy")
    memory.run("drain")
    memory.self_eval("hung", "clip first", "--target", "skills/cad")
    memory.flag("Ship on Mondays", "--topic", "deploy")
    memory.run("drain")
    memory.git("tag", "-a", "v1", "-m", f"with {LEAK}")
    memory.git("tag", "light")
    memory.write("notes.md", f"see {LEAK}\n")
    memory.git("add", "notes.md")
    memory.git("commit", "-m", f"notes\n\nThis follows {memory.git('rev-parse', 'HEAD').strip()}.")
    for number in range(2):
        memory.write("README.md", f"stash {number}\n")
        memory.git("stash")
    private = memory.root / ".git" / "commonplace"
    (private / "answers").mkdir(exist_ok=True)
    (private / "answers" / "key").write_text(f'{{"text": "{LEAK}", "failure": ""}}')
    (private / "faults").write_text(f"2026-11-20T14:03:11Z hook: cannot read {LEAK}\n")
    (private / "substrate.sqlite").write_bytes(b"SQLite" + LEAK.encode())
    return memory, entry


def test_a_purge_is_a_persons_and_asks(leak: tuple[Memory, str]) -> None:
    memory, entry = leak
    before = memory.everything()
    assert "a purge is a person's to say" in memory.run("forget", "--entry", entry, "--purge", code=1).stderr
    memory.env["CLAUDECODE"] = "1"
    assert "a purge is a person's to say" in memory.as_person("forget", "--entry", entry, "--purge", code=1)
    del memory.env["CLAUDECODE"]
    shown = memory.out("forget", "--entry", entry, "--purge", "--dry-run")
    assert "A purge writes history anew: 9 commits" in shown
    shown = memory.as_person("forget", "--entry", entry, "--purge", code=1, typed="n\n")
    assert "clones, remotes" in shown
    assert "nothing was changed" in shown
    after = memory.everything()
    for cache in ("compiled", "closed"):
        after.pop(f".git/commonplace/{cache}", None)
        before.pop(f".git/commonplace/{cache}", None)
    assert after == before
    assert "--prune goes with --purge" in memory.run("forget", "--entry", entry, "--prune", code=2).stderr


def test_a_purge_takes_a_secret_out_of_all_there_is(leak: tuple[Memory, str]) -> None:
    memory, entry = leak
    fact = fact_of(memory, "Push with")
    kept = memory.git("rev-list", "--reverse", "HEAD").split()[:3]
    memory.write("rules/staged.md", "# Staged\n")
    memory.git("remote", "add", "origin", "https://example.com/x.git")
    memory.git("update-ref", "refs/remotes/origin/main", "HEAD")
    proposal = memory.json("review")[0]["id"]

    shown = memory.as_person("forget", "--entry", entry, "--purge", "--prune", typed="y\n")
    assert LEAK not in shown
    assert "the remotes have it still (origin)" in shown
    assert objects_with(memory, LEAK) == 0
    backup = next((memory.root / ".git/commonplace/purged").iterdir())
    assert f"rm {backup}" in shown
    files = {name: data for name, data in memory.everything().items() if "/purged/" not in name}
    assert [name for name, data in files.items() if LEAK.encode() in data] == []

    check_repository(memory)
    assert memory.git("rev-list", "--reverse", "HEAD").split()[:3] == kept, "what came before keeps its ids"
    history = memory.git("log", "--format=%H %s%n%b")
    previous = memory.git("rev-parse", "HEAD~3").strip()
    assert f"This follows {previous}." in history, "a message names the new commit"
    assert memory.read("notes.md") == "see ghp_…(36 characters)\n"
    assert memory.git("for-each-ref", "refs/remotes") == ""
    assert len(memory.git("stash", "list").splitlines()) == 2
    memory.git("stash", "pop")
    assert memory.read("README.md") == "stash 1\n"
    memory.git("checkout", "README.md")
    assert "…(36 characters)" in memory.git("cat-file", "tag", "v1")
    assert "[forgotten]" in memory.out("why", fact)
    assert "Push" not in memory.out("why", fact)
    assert "clip first" in memory.out("review", proposal)
    memory.as_person("accept", proposal)
    assert "clip first" in memory.read("skills/cad/SKILL.md")
    drain = next(e for e in memory.json("log") if e["kind"] == "drain" and "self-eval" in e["subject"])
    memory.run("undo", drain["commit"])
    assert "Mondays" not in memory.page("deploy")
    assert memory.out("boot").count("\n") <= 2


def test_the_backup_of_a_purge_holds_the_old_history_for_its_owner_alone(leak: tuple[Memory, str]) -> None:
    memory, entry = leak
    tip = memory.git("rev-parse", "HEAD").strip()
    memory.as_person("forget", "--entry", entry, "--purge", typed="y\n")
    backup = next((memory.root / ".git/commonplace/purged").iterdir())
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    memory.git("clone", "-q", str(backup), str(memory.scratch / "old"))
    old = Memory(memory.scratch / "old", memory.scratch)
    assert old.git("rev-parse", "HEAD").strip() == tip
    assert LEAK in old.page("deploy")
    assert tip in memory.git("reflog", "--format=%H"), "without --prune git itself can still go back"
    check_repository(memory)


def test_a_purge_of_a_fact_masks_what_it_said_in_every_version_and_leaves_the_rest(memory: Memory) -> None:
    said = "The launch is codenamed Zebra and nobody outside may know of it before the end of the year"
    memory.flag(said, "--topic", "launch", "--origin", "tool")
    memory.flag("Tag before pushing", "--topic", "launch")
    memory.flag(f"Bob: {said}", "--topic", "rumours")
    memory.run("drain")
    memory.flag(said, "--topic", "launch", "--origin", "tool")
    memory.run("drain")
    assert "duplicate-of" in memory.git("log", "-1", "--format=%B")
    fact = fact_of(memory, "Zebra", "memory/user/launch.md")
    memory.as_person("forget", fact, "--purge", "--prune", typed="y\n")
    log = memory.git("log", "-p", "--format=", "--", "memory/user/launch.md", "memory/index.md", "queue")
    told = [line for line in log.split("\n") if "Zebra" in line and "Bob" not in line]
    assert [line for line in told if "[rumours]" not in line] == []
    assert f"- Bob: {said} ^" in memory.page("rumours"), "a part of another fact is that fact's own"
    page = memory.git("show", "HEAD~3:memory/user/launch.md")
    assert f"- [forgotten] (said by a tool) {fact}" in page
    assert 'description: "[forgotten]' in page
    assert "Tag before pushing" in page
    assert "Tag before pushing" in memory.page("launch")
    check_repository(memory)


def test_a_purge_is_told_by_history_itself_also_of_what_was_forgotten_before(memory: Memory) -> None:
    entry = leaked(memory, f"Push with {LEAK}", "--topic", "deploy")
    memory.run("drain")
    memory.run("forget", "--entry", entry)
    memory.as_person("forget", "--entry", entry, "--purge", "--prune", typed="y\n")
    assert objects_with(memory, LEAK) == 0
    assert memory.subjects("-2") == ["forget: history written anew", "forget: 1 fact, 1 entry"]
    assert memory.git("log", "-1", "--format=%B").strip().endswith("History: written anew")
    check_repository(memory)


def test_a_purge_keeps_merges_dates_people_and_drops_a_signature_that_no_longer_fits(memory: Memory) -> None:
    entry = leaked(memory, f"Push with {LEAK}", "--topic", "deploy")
    memory.run("drain")
    memory.git("checkout", "-q", "-b", "side")
    memory.write("skills/a/SKILL.md", "# A\n")
    memory.git("add", "-A")
    memory.git(
        "commit",
        "-q",
        "-m",
        "side",
        "--author",
        "Grace Hopper <grace@example.com>",
        "--date",
        "1000000000 +0200",
    )
    memory.git("checkout", "-q", "main")
    memory.write("rules/b.md", "# B\n")
    memory.git("add", "-A")
    memory.git("commit", "-q", "-m", "main")
    memory.git("merge", "-q", "--no-edit", "side")
    signature = "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n"
    raw = memory.git("cat-file", "commit", "HEAD").replace("\n\n", signature, 1)
    done = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin"], input=raw.encode(), cwd=memory.root,
        env=dict(os.environ), capture_output=True, check=True,
    )  # fmt: skip
    memory.git("update-ref", "refs/heads/main", done.stdout.decode().strip())
    form = "--format=%an|%ae|%at|%cn|%ct|%s|%p"
    before = memory.git("log", "--topo-order", form.removesuffix("|%p"))
    memory.as_person("forget", "--entry", entry, "--purge", typed="y\n")
    assert memory.git("log", "--topo-order", form.removesuffix("|%p"), "HEAD~1") == before
    assert len(memory.git("log", "-1", "--format=%p", "HEAD~1").split()) == 2
    assert "gpgsig" not in memory.git("cat-file", "commit", "HEAD~1")
    assert LEAK not in memory.git("log", "-p", "--all", "-m")
    check_repository(memory)


def test_where_history_cannot_be_written_anew_nothing_is_changed(memory: Memory) -> None:
    entry = leaked(memory, f"Push with {LEAK}", "--topic", "deploy")
    memory.run("drain")
    memory.git("worktree", "add", "-q", "-b", "other", str(memory.scratch / "linked"))
    shown = memory.as_person("forget", "--entry", entry, "--purge", code=1, typed="y\n")
    assert "linked worktrees" in shown
    assert LEAK in memory.page("deploy")
    assert not (memory.root / ".git/commonplace/purged").exists()


PURGE = """
import os, signal, sys
from commonplace import forget, landing, settings
from commonplace.place import Place
from commonplace.purge import run
root, entry, stop, times = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
taken, begun = 0, False
def step(name):
    global taken, begun
    begun = begun or name == "traces"  # before it, the forgetting lands: that is tried elsewhere
    taken += begun and name == stop
    if taken == times:
        os.kill(os.getpid(), signal.SIGKILL)
landing.on_step = step
place = Place(root, os.path.join(root, ".git"))
held = settings.load(place, os.environ)
run.purge(place, held, forget.find(place, "", entry))
"""


def killed(memory: Memory, entry: str, stop: str, times: int = 1) -> None:
    """Purge an entry in a process that is killed before a step, the first or a later time."""
    command = [sys.executable, "-c", PURGE, str(memory.root), entry, stop, str(times)]
    done = subprocess.run(command, cwd=memory.root, env=dict(os.environ), capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def test_a_purge_killed_at_any_step_leaves_one_history_whole(leak: tuple[Memory, str]) -> None:
    memory, entry = leak
    steps = [("traces", 1), ("intent", 1), ("move a ref", 1), ("move a ref", 3), ("index", 1), ("files", 1)]
    for stop, times in [*steps, ("unlock", 1)]:
        copy = Memory(memory.scratch / f"{stop}-{times}", memory.scratch)
        subprocess.run(["cp", "-a", str(memory.root), str(copy.root)], check=True)
        killed(copy, entry, stop, times)
        if stop == "move a ref":
            assert copy.git("status", "--porcelain") == "", "the branch that is checked out moves last"
        copy.run("status")
        check_repository(copy)
        assert not (copy.root / ".git/commonplace/purging").exists()
        old = LEAK in copy.git("log", "-p", "-m", "main")
        assert old == (LEAK in copy.git("log", "-p", "-m", "--all")), "never one ref old and another new"
        assert old == (stop in ("traces", "intent")), stop
        assert "Ship on Mondays" in copy.page("deploy")


def test_a_commit_made_after_a_killed_purge_is_not_lost(leak: tuple[Memory, str]) -> None:
    memory, entry = leak
    killed(memory, entry, "move a ref")
    (memory.root / ".git" / "index.lock").unlink()
    memory.write("rules/mine.md", "# Mine\n")
    memory.git("add", "-A")
    memory.git("commit", "-q", "-m", "mine")
    memory.run("status")
    assert not (memory.root / ".git/commonplace/purging").exists()
    assert "mine" in memory.subjects()
    check_repository(memory)
    memory.as_person("forget", "--entry", entry, "--purge", "--prune", typed="y\n")
    assert objects_with(memory, LEAK) == 0
    assert "mine" in memory.subjects()
    assert memory.read("rules/mine.md") == "# Mine\n"
    check_repository(memory)


def test_a_purge_stops_where_a_ref_moves_before_it_begins(leak: tuple[Memory, str]) -> None:
    memory, entry = leak
    script = PURGE.replace("os.kill(os.getpid(), signal.SIGKILL)", "os.system('git branch extra')")
    command = [sys.executable, "-c", script, str(memory.root), entry, "traces", "1"]
    done = subprocess.run(command, cwd=memory.root, env=dict(os.environ), capture_output=True, check=False)
    assert b"a ref moved meanwhile; the history was not written anew" in done.stderr
    assert LEAK in memory.git("log", "-p", "main")
    assert list((memory.root / ".git/commonplace/purged").iterdir()) == []
    check_repository(memory)


def test_forgetting_withdraws_what_the_votes_offered_of_it_and_queues_nothing_again(
    memory: Memory,
) -> None:
    voters = with_voters(memory)
    entry, _, _ = disputed(voters, "Deploys go through make ship")
    other, _, offered = disputed(voters, "Backups run at night")

    voters.run("forget", "--entry", entry)

    assert (voters.json("review"), voters.queue()) == ([], [])
    assert f"\nwithdraw {offered} memory/user/deploy\n" in voters.git("log", "-1", "--format=%B")
    page = voters.page("deploy")
    assert "make ship" not in page
    assert f"- Backups run at night ^{other[-10:].lower()}" in page
    assert "all is well" in voters.out("audit", "verify")


def test_a_rewording_that_was_turned_down_is_forgotten_with_its_entry(memory: Memory) -> None:
    voters = with_voters(memory)
    entry, _, offered = disputed(voters, "Deploys go through make ship")
    voters.run("reject", offered, "--because", "no")
    assert "always" in voters.read(f"rejected/{offered}.md")

    voters.run("forget", "--entry", entry)

    assert not (voters.root / f"rejected/{offered}.md").exists()
    assert "all is well" in voters.out("audit", "verify")


def test_a_lesson_that_is_only_offered_can_be_forgotten_and_the_others_come_back(memory: Memory) -> None:
    mine = memory.self_eval("hung", "Clip first", "--target", "skills/cad")
    other = memory.self_eval("slow", "Cache the layers", "--target", "skills/cad")
    memory.run("drain")

    memory.run("forget", f"^{mine[-10:].lower()}")

    assert memory.json("review") == []
    assert memory.queue() == [f"{other}.self-eval.md"]
    memory.run("queue", "release", "--all")
    memory.run("drain")
    assert "Clip first" not in memory.out("review")
    assert "Cache the layers" in memory.out("review")
    assert "all is well" in memory.out("audit", "verify")


def test_what_is_forgotten_is_neither_recalled_nor_read_as_a_resource(memory: Memory) -> None:
    fact = f"^{memory.flag('Backups run at night', '--topic', 'ops')[-10:].lower()}"
    memory.flag("Logs rotate weekly", "--topic", "ops")
    memory.run("drain")
    page = request(1, "resources/read", uri="commonplace://memory/user/ops.md")
    assert "Backups run" in memory.out("recall", "backups at night")
    assert "Backups run" in answers(memory, page)[1]["result"]["contents"][0]["text"]

    memory.run("forget", fact)

    assert "Backups run" not in memory.out("recall", "backups at night")
    assert "Backups run" not in used(memory, "retrieve_context", query="backups at night")["text"]
    said = answers(memory, page)[1]["result"]["contents"][0]["text"]
    assert "Backups run" not in said
    assert "Logs rotate" in said
