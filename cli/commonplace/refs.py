"""What git's files say of HEAD and branches, read without a git process where that is possible.

Standard library only: the check at boot reads this. Where a file does not say it (reftable, a
question about trees or history) one git process is asked, started by `posix_spawn`, since
`subprocess` alone costs more than a bare Python.
"""

import os

from commonplace import files
from commonplace.place import Place, read

PROPOSALS = "proposal/"

SAFE = (
    "-c", f"core.hooksPath={os.devnull}",
    "-c", f"core.attributesFile={os.devnull}",
    "-c", "core.fsmonitor=false",
    "-c", "core.pager=cat",
    "-c", "core.quotePath=false",
    "-c", "gc.auto=0",
    "-c", "maintenance.auto=false",
    "-c", "log.showSignature=false",
    "-c", "commit.gpgSign=false",
    "-c", "protocol.allow=never",
)  # fmt: skip
"""Options before every git verb: nothing that a repository's configuration names may run."""

_KEEP = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH")


def clean_environment(environ: "os._Environ[str] | dict[str, str]") -> dict[str, str]:
    """Return the environment for git, without the variables that a calling git hook leaves behind."""
    # A host's sandbox may point git's settings at nothing; the person's name must still be found.
    kept = {k: v for k, v in environ.items() if not k.startswith("GIT_") or (k in _KEEP and v != os.devnull)}
    kept.update(
        GIT_OPTIONAL_LOCKS="0",
        GIT_TERMINAL_PROMPT="0",
        GIT_NO_LAZY_FETCH="1",
        GIT_ALLOW_PROTOCOL="none",  # protocol.ext.allow would win over our -c; older gits fetch lazily
        GIT_NO_REPLACE_OBJECTS="1",
        GIT_PAGER="cat",
        GIT_EDITOR="false",
        LC_ALL="C",
    )
    return kept


def ask(place: Place, *arguments: str) -> bytes | None:
    """Return what one read-only git command prints, or None if it fails."""
    command = ["git", "--git-dir", place.git, *SAFE, *arguments]
    if not hasattr(os, "posix_spawnp"):
        import subprocess

        done = subprocess.run(command, env=clean_environment(os.environ), capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else None
    out, end = os.pipe()
    actions = [
        (os.POSIX_SPAWN_DUP2, end, 1),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
    ]
    try:
        child = os.posix_spawnp("git", command, clean_environment(os.environ), file_actions=actions)
    except OSError:
        os.close(out)
        return None
    finally:
        os.close(end)
    chunks = []
    while chunk := os.read(out, 1 << 16):
        chunks.append(chunk)
    os.close(out)
    return b"".join(chunks) if os.waitpid(child, 0)[1] == 0 else None


def head(place: Place) -> tuple[str, str]:
    """Return (branch, commit): `refs/heads/main` and its id; "" for a detached HEAD, an unborn one."""
    text = read(os.path.join(place.git, "HEAD")).strip()
    if not text.startswith("ref: "):
        return "", text
    branch = text[5:]
    if os.path.isdir(os.path.join(place.git, "reftable")):  # the file is only for show then
        branch = (ask(place, "symbolic-ref", "--quiet", "HEAD") or b"").decode().strip()
    return branch, resolve(place, branch or "HEAD")


def resolve(place: Place, ref: str) -> str:
    """Return the commit that a ref names, or ""."""
    loose = read(os.path.join(place.git, *ref.split("/"))).strip()
    if loose and not loose.startswith("ref: "):
        return loose
    if os.path.isdir(os.path.join(place.git, "reftable")):
        return (ask(place, "rev-parse", "--verify", "--quiet", ref) or b"").decode().strip()
    return next((commit for commit, name in _packed(place) if name == ref), "")


def _packed(place: Place) -> list[tuple[str, str]]:
    lines = read(os.path.join(place.git, "packed-refs")).splitlines()
    pairs = [line.partition(" ") for line in lines if line[:1] not in "#^"]
    return [(commit, name) for commit, _, name in pairs]


def proposal_refs(place: Place) -> dict[str, str]:
    """Return proposal id → the ref that holds it; a local branch comes before a remote one."""
    names = _ref_names(place)
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (not name.startswith("refs/heads/"), name)):
        if name.startswith("refs/heads/" + PROPOSALS):
            found.setdefault(name[len("refs/heads/" + PROPOSALS) :], name)
        elif name.startswith("refs/remotes/") and "/" + PROPOSALS in name:
            found.setdefault(name.partition("/" + PROPOSALS)[2], name)
    return found


def _ref_names(place: Place) -> list[str]:
    if os.path.isdir(os.path.join(place.git, "reftable")):
        out = ask(place, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes")
        return (out or b"").decode().split()
    names = [name for _, name in _packed(place)]
    tops = [os.path.join(place.git, "refs", "heads", "proposal")]
    remotes = os.path.join(place.git, "refs", "remotes")
    if os.path.isdir(remotes):
        tops += [os.path.join(remotes, name, "proposal") for name in os.listdir(remotes)]
    for top in tops:
        if os.path.isdir(top):
            folder = os.path.relpath(top, place.git).replace(os.sep, "/")
            names += [f"{folder}/{name}" for name in os.listdir(top) if not name.endswith(".lock")]
    return names


def open_proposals(place: Place) -> dict[str, str]:
    """Return proposal id → ref for those that no commit of the current branch has closed.

    Closed is what a `Proposal:` trailer on the branch names, so that a clone cannot revive it. The
    ids are remembered with the commit up to which history was read: only what is new is asked for.
    """
    found = proposal_refs(place)
    if not found:
        return {}
    closed = closed_proposals(place)
    return {name: ref for name, ref in found.items() if name not in closed}


def closed_proposals(place: Place) -> set[str]:
    """Return the ids of the proposals that a commit of the current branch has closed."""
    cache = place.inside("closed")
    seen, *ids = read(cache).split() or [""]
    closed = set(ids)
    commit = head(place)[1]
    if not commit or commit == seen:
        return closed
    new = _trailers(place, f"{seen}..{commit}") if seen and _descends(place, seen, commit) else None
    if new is None:
        closed, new = set(), _trailers(place, commit)
    if new is not None:
        closed |= new
        try:
            files.replace(cache, "\n".join([commit, *sorted(closed)]).encode())
        except OSError:
            return closed  # a read-only or full disk: slower, not wrong
    return closed


def _descends(place: Place, old: str, new: str) -> bool:
    return ask(place, "merge-base", "--is-ancestor", old, new) is not None


def _trailers(place: Place, commits: str) -> set[str] | None:
    form = "--format=%(trailers:key=Proposal,valueonly)"
    out = ask(place, "log", "--grep=^Proposal: ", form, commits, "--")
    return None if out is None else set(out.decode("utf-8", "replace").split())


def queue_in_head(place: Place) -> set[str]:
    """Return the names of the queue files that the current commit holds."""
    out = ask(place, "ls-tree", "-z", "--name-only", "HEAD", "queue/")
    return {name.rpartition("/")[2] for name in (out or b"").decode("utf-8", "replace").split("\0")}
