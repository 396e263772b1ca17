"""Signing: what a person decides at a terminal carries their signature, and nothing else does."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.memory import Memory

pytestmark = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="there is no ssh-keygen")

SKELETON = Path(__file__).resolve().parent.parent / "memory-repo-skeleton"


def key(folder: Path, passphrase: str = "") -> Path:
    path = folder / "key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "", "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def signs_with(memory: Memory, path: Path) -> None:
    """Let the person's own git sign with a key, and their settings ask for it."""
    public = path.with_suffix(".pub").read_text()
    (memory.scratch / "signers").write_text(f"ada@example.com {public}")
    with (memory.scratch / "home" / ".gitconfig").open("a") as file:
        file.write(f'[user]\n\tsigningKey = {path}\n[gpg]\n\tformat = ssh\n[gpg "ssh"]\n')
        file.write(f"\tallowedSignersFile = {memory.scratch}/signers\n")
    memory.config("[audit]\nsign = true\n")


@pytest.fixture
def signing(memory: Memory) -> Memory:
    signs_with(memory, key(memory.scratch))
    return memory


def signatures(memory: Memory) -> dict[str, str]:
    """Return subject → `G` for a good signature, `N` for none."""
    lines = memory.git("log", "--format=%G?%x09%s").splitlines()
    return {subject: mark for mark, _, subject in (line.partition("\t") for line in lines)}


def lessons(memory: Memory, *targets: str) -> list[str]:
    for target in targets:
        memory.self_eval("hung", "Clip first", "--target", target)
    memory.run("drain")
    waiting = sorted(memory.json("review"), key=lambda proposal: str(proposal["target"]))
    return [str(proposal["id"]) for proposal in waiting]


def test_what_a_person_decides_at_a_terminal_is_signed_and_a_drain_is_not(signing: Memory) -> None:
    first, second = lessons(signing, "skills/cad", "skills/web")
    signing.write("skills/cad/SKILL.md", "# Written by hand before\n")
    signing.git("add", ".")
    signing.as_person("reject", second, "--because", "no")
    signing.git("reset", "--quiet", "--hard")
    signing.as_person("accept", first)
    signing.as_person("undo", signing.git("log", "-1", "--format=%H", "--grep=^drain: ").strip())
    signing.flag("Dropped")
    signing.write("memory/user/mine.md", "# Mine\n")
    signing.as_person("drain")

    assert signatures(signing) == {
        "init: a memory repository": "N", "capture: 2 entries": "N", "capture: 1 entry": "N",
        "drain: 2 self-evals, 2 proposals": "N", "drain: 1 flag into 1 topic": "N",
        "reject: skills/web": "G", "accept: skills/cad, 1 self-eval": "G",
        "undo: 0 facts taken back, 0 entries held in the queue": "G", "edit: 1 file by hand": "G",
    }  # fmt: skip
    assert signing.json("audit", "verify")["well"]
    assert signing.git("fsck", "--strict", "--no-dangling") == ""
    assert signing.git("for-each-ref", "refs/commonplace/building") == ""
    assert list((signing.root / ".git/commonplace").glob("signing-*")) == []


def test_without_a_terminal_nothing_is_signed_and_nothing_is_asked(memory: Memory) -> None:
    signs_with(memory, key(memory.scratch, passphrase="a passphrase"))
    (proposal,) = lessons(memory, "skills/cad")
    memory.write("memory/user/mine.md", "# Mine\n")
    memory.flag("Drained in the background")
    memory.run("drain")
    memory.run("reject", proposal, "--because", "no")
    assert set(signatures(memory).values()) == {"N"}


def test_what_a_repository_says_of_signing_runs_nothing(signing: Memory) -> None:
    evil = signing.scratch / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {signing.scratch}/ran\nexit 1\n")
    evil.chmod(0o755)
    for name in ("gpg.program", "gpg.ssh.program", "gpg.openpgp.program", "gpg.ssh.defaultKeyCommand"):
        signing.git("config", name, str(evil))
    signing.git("config", "gpg.format", "openpgp")
    signing.git("config", "user.signingKey", "EVIL")
    (proposal,) = lessons(signing, "skills/cad")
    signing.as_person("accept", proposal)
    assert not (signing.scratch / "ran").exists()
    for name in ("gpg.format", "gpg.ssh.program", "user.signingKey", "gpg.program"):
        signing.git("config", "--unset", name)
    assert signatures(signing)["accept: skills/cad, 1 self-eval"] == "G"


def test_only_the_persons_own_settings_ask_for_it(signing: Memory) -> None:
    signing.config("")
    text = signing.read("commonplace.toml").replace("sign = false", "sign = true")
    signing.write("commonplace.toml", text)
    (proposal,) = lessons(signing, "skills/cad")
    signing.as_person("accept", proposal)
    assert signatures(signing)["accept: skills/cad, 1 self-eval"] == "N"


def test_a_key_that_cannot_sign_stops_the_decision_and_changes_nothing(signing: Memory) -> None:
    (proposal,) = lessons(signing, "skills/cad")
    (signing.scratch / "key").unlink()
    (signing.scratch / "key.pub").unlink()
    tip = signing.git("rev-parse", "HEAD")
    said = signing.as_person("accept", proposal, code=1)
    assert "could not be signed, and nothing was changed" in said
    assert "audit.sign = false" in said
    assert signing.git("rev-parse", "HEAD") == tip
    assert signing.git("for-each-ref", "refs/commonplace/building") == ""
    assert signing.out("review") != ""


def test_a_repository_with_longer_hashes_is_signed_alike(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory", tmp_path)
    shutil.copytree(SKELETON, memory.root)
    memory.git("init", "--quiet", "--object-format=sha256")
    memory.git("add", "--all")
    memory.git("commit", "--quiet", "-m", "a memory repository")
    memory.run("init", str(memory.root))
    signs_with(memory, key(tmp_path))
    (proposal,) = lessons(memory, "skills/cad")
    memory.as_person("accept", proposal)
    assert signatures(memory)["accept: skills/cad, 1 self-eval"] == "G"
