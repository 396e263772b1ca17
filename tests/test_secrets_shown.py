"""Secrets in session logs, answers and messages: masked, held back, and left out of what is offered."""

import json
import sys

import pytest

from tests.memory import Memory, wait_until
from tests.talk import answers, call, request, used
from tests.test_check import CHECK
from tests.test_net import DEPLOYED, LOG, entries, fire, log, shown
from tests.test_secrets import GITHUB

OWN = "acme-4711-blue"
"""What only the person's own pattern knows as a secret."""

PATTERNS = "[secrets]\npatterns = 'acme-[0-9]+-[a-z]+'\n"

WRONG = f"No, that's wrong. Never deploy with {GITHUB}, always use {OWN} to deploy."


@pytest.fixture
def talked(memory: Memory) -> Memory:
    """Return a memory of a person whose one correction, in a session's log, holds two secrets."""
    memory.config(PATTERNS)
    log(memory, "Deploy the service please.", f"{DEPLOYED} I used {OWN}.", WRONG, "Understood.", "thanks")
    return memory


def clean(text: str) -> str:
    """Return the text, which holds neither secret."""
    assert GITHUB not in text
    assert OWN not in text
    return text


def test_mine_and_what_lists_pairs_mask_secrets(talked: Memory) -> None:
    (pair,) = json.loads(clean(talked.out("mine", "--json")))["pairs"]
    assert "Never deploy with ghp_…" in pair["correction"]
    for arguments in (("mine",), ("mine", "--signals"), ("decay",), ("label", pair["id"], "keep")):
        assert "deploy with ghp_…" in clean(talked.out(*arguments)), arguments


def test_a_pair_with_a_secret_is_neither_kept_nor_shown_after_a_compaction(talked: Memory) -> None:
    log(talked, "no, don't remove the tests, I told you to keep the tests", "Restored.", begin=6)
    fire(talked, "before")
    (line,) = shown(fire(talked, "after")).values()
    assert "keep the tests" in line
    kept = talked.root / ".git/commonplace/candidates/s1"
    clean(kept.read_text())
    assert kept.stat().st_mode & 0o777 == 0o600
    talked.config("[secrets]\npatterns = 'keep the t[a-z]+'\n")  # learned of later
    assert not shown(fire(talked, "after"))


def test_a_pair_with_a_secret_is_held_back_when_it_is_flagged(talked: Memory) -> None:
    (pair,) = talked.json("mine")["pairs"]
    done = talked.run("flag", "--from", pair["id"], "--topic", "deploy")
    assert "held back, for it holds what looks like" in clean(done.stderr)
    reworded = talked.run("flag", "--from", pair["id"], "Deploy with the key of the vault")
    assert "held back" in clean(reworded.stderr), "the premise says it too"
    talked.run("drain")
    assert len(talked.queue()) == 2
    assert talked.git("log", "--all", "--format=%H", f"-S{OWN}", "--", "queue") == ""
    for name in talked.queue():
        assert (talked.root / "queue" / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("how", ["hold", "queue"])
def test_a_pair_with_a_secret_is_held_for_it_when_a_session_offers_it(talked: Memory, how: str) -> None:
    talked.config(f'{PATTERNS}[mine]\noffer = "{how}"\n')
    fire(talked, "boot")
    fire(talked, "end")
    wait_until(lambda: talked.queue() and not (talked.root / ".git" / "commonplace" / "closing").exists())
    (entry,) = entries(talked)
    assert entry.origin == "mined"
    (row,) = json.loads(clean(talked.out("queue", "list", "--json")))
    assert row["state"] == "held"
    assert "a GitHub token" in row["why"].removeprefix("a secret: ")
    assert (talked.root / "queue" / talked.queue()[0]).stat().st_mode & 0o777 == 0o600
    assert talked.git("status", "--short") == ""


def test_recall_masks_secrets_and_so_do_the_log_of_retrievals_and_the_mcp_server(talked: Memory) -> None:
    talked.out("mine")
    asked = f"deploy with {OWN}"
    for source in ("all", "sessions"):
        out = clean(talked.out("recall", asked, "--from", source))
        assert "Never deploy with ghp_…" in out
        clean(talked.out("recall", asked, "--from", source, "--json"))
    said = used(talked, "retrieve_context", query=asked, source="sessions")
    assert "Never deploy with ghp_…" in clean(said["text"])
    private = talked.root / ".git/commonplace"
    assert len(clean((private / "retrievals").read_text()).splitlines()) == 5
    for name in ("retrievals", "recall.sqlite", "substrate.sqlite", "recall.sqlite.seal"):
        assert (private / name).stat().st_mode & 0o777 == 0o600, name


def test_the_mcp_server_masks_pages_and_faults_and_tells_what_it_holds_back(talked: Memory) -> None:
    talked.flag("Backups run at night", "--topic", "ops")
    talked.run("drain")
    page = talked.root / "memory/user/ops.md"
    page.write_text(page.read_text().replace("at night", f"with {GITHUB} and {OWN}"))
    found = answers(
        talked,
        request(1, "resources/read", uri="commonplace://memory/user/ops.md"),
        request(2, "resources/list"),
        call(3, "retrieve_context", query="backups"),
        call(4, "why", what=OWN),
        call(5, "flag", text=f"Deploys use {GITHUB}", topic="deploy"),
        call(6, "flag", text=f"Deploys use {OWN}"),
    )
    clean(json.dumps(found))
    assert "Backups run with ghp_…" in json.dumps(found[1], ensure_ascii=False)
    assert found[4]["result"]["isError"]
    for number, what in ((5, "a GitHub token"), (6, "line 1 of secrets.patterns")):
        value = found[number]["result"]["structuredContent"]
        assert (value["status"], what in value["held"]) == ("held back", True)
    assert len(talked.queue()) == 2
    assert all(row["state"] == "held" for row in talked.json("queue", "list"))


def test_what_a_check_and_a_worker_print_is_masked_before_it_is_kept(memory: Memory) -> None:
    memory.config(CHECK.format(f"echo token {GITHUB}; exit 3") + PATTERNS)
    memory.self_eval("hung", "Clip first", "--target", "skills/cad")
    memory.run("drain")
    assert "token ghp_…" in clean(memory.out("review"))
    clean(memory.git("log", "--all", "--format=%B"))

    worker = f"import sys; sys.exit('no: {GITHUB} {OWN}')"
    (memory.scratch / "worker.py").write_text(worker)
    command = f"{sys.executable} {memory.scratch}/worker.py"
    memory.config(f'{PATTERNS}[workers.mine]\ncommand = "{command}"\ninput = "packet"\n')
    memory.flag("Deploys go through make ship", "--topic", "deploy")
    report = json.loads(clean(memory.out("drain", "--worker", "mine", "--json")))
    assert report["worker"]["failures"][0]["why"].startswith("exit code 1: no: ghp_…")
    for path, data in memory.everything().items():
        clean(path + data.decode("utf-8", "replace"))


def test_a_purge_drops_the_caches_and_masks_what_was_kept_beside_them(memory: Memory) -> None:
    log(memory, "Deploy the service please.", DEPLOYED, "No, that's wrong. Never deploy by hand, use make.")
    fire(memory, "before")
    (pair,) = shown(fire(memory, "after"))
    memory.out("mine")
    memory.out("recall", "deploy by hand")
    private = memory.root / ".git/commonplace"
    candidates = (private / "candidates/s1").read_bytes()
    entry = memory.out("flag", "--from", pair, "--topic", "deploy").strip()
    memory.run("drain")
    (private / "candidates").mkdir(exist_ok=True)
    (private / "candidates/s1").write_bytes(candidates)  # as of another checkout
    (private / "answers").mkdir(exist_ok=True)
    (private / "answers/kept").write_text("Never deploy by hand")
    (private / "recall.sqlite.4711").write_text("Never deploy by hand")  # of a kill

    memory.as_person("forget", "--entry", entry, "--purge", typed="y\n")

    left = {
        str(path.relative_to(private)): path.read_bytes() for path in private.rglob("*") if path.is_file()
    }
    for name, data in left.items():
        assert b"Never deploy by hand" not in data or name.endswith(".bundle"), name
    assert b"[forgotten]" in left["candidates/s1"]
    assert "recall.sqlite" not in left
    assert (memory.scratch / LOG).read_text().count("Never deploy by hand") == 1
