"""Signing: what a person decides at a terminal, signed as git signs their commits.

Only the person's own settings of git count (`~/.gitconfig`, the system's): a repository's could name any
program as the one that signs. So git is run on the repository's objects from a folder of ours.
"""

import os
import re
import subprocess
from tempfile import TemporaryDirectory

from commonplace import plumbing
from commonplace.place import Place
from commonplace.plumbing import TOOL, GitError
from commonplace.refs import SAFE, clean_environment

_WHO = re.compile(rb"^(author|committer) (.*?) ?<(.*)> (\d+ [+-]\d+)$", re.MULTILINE)
_PARENT = re.compile(rb"^parent ([0-9a-f]+)$", re.MULTILINE)


def signed(place: Place, commits: list[str]) -> dict[str, str]:
    """Sign those of the commits that carry a person's name, and make anew those that stand on them.

    Parents come before children. Returns old id → new id for all of them; GitError where git cannot sign.
    """
    new: dict[str, str] = {}
    with TemporaryDirectory(dir=place.private, prefix="signing-") as folder:
        _make_bare(folder, len(commits[0]) == _SHA256)
        for commit in commits:
            raw = plumbing.contents(place, [commit])[commit]
            head, _, text = raw.partition(b"\n\n")
            head = _PARENT.sub(lambda found: b"parent " + _now(found[1], new), head)
            if _is_ours(head):
                data = head + b"\n\n" + text
                out = plumbing.git(place, "hash-object", "-t", "commit", "-w", "--stdin", data=data)
            else:
                out = _sign(place, folder, head, text)
            new[commit] = out.decode().strip()
    return new


_SHA256 = 64
"""The length of an object's id in the newer of git's two hashes."""


def _make_bare(folder: str, newer_hash: bool) -> None:
    """Make an empty repository with settings of our own; `git init` would read what the real one says."""
    for name in ("objects", "refs"):
        os.mkdir(os.path.join(folder, name))
    form = "1\n[extensions]\n\tobjectFormat = sha256\n" if newer_hash else "0\n"
    for name, text in (
        ("HEAD", "ref: refs/heads/main\n"), ("config", f"[core]\n\trepositoryFormatVersion = {form}"),
    ):  # fmt: skip
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


def _now(commit: bytes, new: dict[str, str]) -> bytes:
    return new.get(commit.decode(), commit.decode()).encode()


def _is_ours(head: bytes) -> bool:
    """Tell whether a commit carries the program's name alone."""
    ours = (TOOL.name.encode(), TOOL.email.encode())
    return all((name, mail) == ours for _, name, mail, _ in _WHO.findall(head))


def _sign(place: Place, folder: str, head: bytes, text: bytes) -> bytes:
    """Make the commit again, signed, by git itself."""
    environment = clean_environment(os.environ)
    environment.update(GIT_DIR=folder, GIT_OBJECT_DIRECTORY=os.path.join(place.git, "objects"))
    for role, name, mail, at in _WHO.findall(head):
        prefix = f"GIT_{role.decode().upper()}"
        values = {"NAME": name, "EMAIL": mail, "DATE": b"@" + at}
        environment.update({f"{prefix}_{key}": os.fsdecode(value) for key, value in values.items()})
    (tree,) = re.findall(rb"^tree ([0-9a-f]+)$", head, re.MULTILINE)
    parents = [word for parent in _PARENT.findall(head) for word in (b"-p", parent)]
    options = (*SAFE, *plumbing.DURABLE, "-c", "i18n.commitEncoding=UTF-8")
    command = ["git", *options, "commit-tree", "-S", tree, *parents]
    done = subprocess.run(command, input=text, capture_output=True, env=environment, cwd=folder, check=False)
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise GitError(
            f"the commit could not be signed, and nothing was changed: {words[-1]}",
            "see git config user.signingKey and gpg.format, or set audit.sign = false",
        )
    return done.stdout
