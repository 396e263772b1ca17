"""Git's plumbing: objects read and written in bulk, refs moved by compare-and-swap.

Every call runs with hooks, filters, drivers, pagers, editors and the network off, and without the
variables that a calling git hook leaves behind. Objects in bulk go through `cat-file --batch` and
`fast-import`: writing 10,000 files through GitPython's index takes 15 s, this takes one. State and
history, where GitPython's object model serves better, are in `repo`.
"""

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from commonplace.errors import CommonplaceError
from commonplace.place import Place
from commonplace.refs import SAFE, clean_environment

DURABLE = ("-c", "core.fsync=committed,loose-object,reference", "-c", "core.fsyncMethod=batch")
"""Options for what must outlast a power cut."""


class GitError(CommonplaceError):
    """Git refused; the message is its own."""


def git(
    place: Place,
    *arguments: str,
    data: bytes = b"",
    ok: tuple[int, ...] = (0,),
    index: str = "",
) -> bytes:
    """Run one git command on the repository and return what it prints.

    `data` goes to its standard input; `ok` are the exit codes that are no error; `index` is another
    index file to work on.
    """
    done = _run(place, list(arguments), data, index)
    if done.returncode not in ok:
        raise _refused(arguments, done)
    return done.stdout


def succeeds(place: Place, *arguments: str) -> bool:
    """Tell whether a git command exits with 0."""
    return _run(place, list(arguments)).returncode == 0


def _run(
    place: Place, arguments: list[str], data: bytes = b"", index: str = ""
) -> "subprocess.CompletedProcess[bytes]":
    environment = clean_environment(os.environ)
    if index:
        environment["GIT_INDEX_FILE"] = index
    command = ["git", "--git-dir", place.git, "--work-tree", place.root, *SAFE, *arguments]
    try:
        return subprocess.run(
            command, input=data, capture_output=True, env=environment, cwd=place.root, check=False
        )
    except FileNotFoundError:
        raise GitError("git is not installed", "install git 2.31 or later") from None


def _refused(arguments: Sequence[str], done: "subprocess.CompletedProcess[bytes]") -> GitError:
    words = done.stderr.decode("utf-8", "replace").strip() or f"exit code {done.returncode}"
    verb = next((word for word in arguments if word[0] != "-" and "=" not in word), "")
    return GitError(f"git {verb}: {words}")


def blob_id(data: bytes, like: str) -> str:
    """Return the id that git gives a file's content, in the hash that the id `like` is in."""
    from hashlib import new  # 4 ms, mostly OpenSSL's

    digest = new("sha1" if len(like) == 40 else "sha256", usedforsecurity=False)
    digest.update(b"blob %d\0" % len(data))
    digest.update(data)
    return digest.hexdigest()


@dataclass(frozen=True)
class Item:
    """One file of a tree: its mode (`100644`) and its object."""

    mode: str
    oid: str


def tree(place: Place, commit: str, *folders: str) -> dict[str, Item]:
    """Return path → item for the files of a commit below the folders."""
    found = {}
    for line in git(place, "ls-tree", "-r", "-z", commit, *folders).split(b"\0"):
        head, _, path = line.partition(b"\t")
        if path:
            mode, _, oid = head.decode().split(" ")
            found[path.decode("utf-8", "surrogateescape")] = Item(mode, oid)
    return found


def contents(place: Place, names: Iterable[str]) -> dict[str, bytes]:
    """Return name → content for objects named by id or as `commit:path`; missing ones are left out."""
    wanted = {name: name if "\n" not in name else _object(place, name) for name in names}
    wanted = {name: asked for name, asked in wanted.items() if asked}
    if not wanted:
        return {}
    asked = "\n".join(wanted.values()) + "\n"
    out = git(place, "cat-file", "--batch", data=asked.encode("utf-8", "surrogateescape"))
    found = {}
    position = 0
    for name in wanted:
        end = out.index(b"\n", position)
        head = out[position:end].rsplit(b" ", 2)
        position = end + 1
        if head[-1] == b"missing" or len(head) != 3 or not head[2].isdigit():
            continue
        size = int(head[2])
        found[name] = out[position : position + size]
        position += size + 1
    return found


def _object(place: Place, name: str) -> str:
    """Return the id of an object whose name holds a line break, which `cat-file --batch` cannot take."""
    out = git(place, "rev-parse", "--verify", "--quiet", "--end-of-options", name, ok=(0, 1, 128))
    return out.decode().strip()


def messages(place: Place, commits: Sequence[str], form: str) -> Iterator[list[str]]:
    """Yield what `git log` says of each commit, in their order: the fields of `form`, split at %x1f."""
    if commits:
        options = (f"--format={form}%x00", "--no-walk=unsorted", "--stdin")
        yield from records(git(place, "log", *options, data="\n".join([*commits, ""]).encode()), form)


def records(out: bytes, form: str) -> Iterator[list[str]]:
    """Yield the fields of each record that `git log` printed, whose form ended in %x00."""
    splits = form.count("%x1f")
    for record in out.decode("utf-8", "replace").split("\0"):
        fields = record.lstrip("\n").split("\x1f", splits)
        if len(fields) > splits and fields[0]:
            yield fields


def changes(place: Place, commits: Sequence[str]) -> dict[str, list[tuple[str, str, str]]]:
    """Return commit → (path, object before, object after) of the files that it changed; zeros for none."""
    options = ("--stdin", "--raw", "-z", "-r", "--no-renames", "--no-abbrev")
    asked = "".join(f"{commit}\n" for commit in dict.fromkeys(commits)).encode()
    fields = iter(git(place, "diff-tree", *options, data=asked).split(b"\0") if commits else ())
    found: dict[str, list[tuple[str, str, str]]] = {}
    here: list[tuple[str, str, str]] = []
    for facts in fields:
        if facts.startswith(b":"):  # the path is the field after it, whatever it looks like
            _, _, old, new, _ = facts.decode().split(" ")
            here.append((next(fields).decode("utf-8", "surrogateescape"), old, new))
        elif facts:
            here = found.setdefault(facts.decode(), [])
    return found


@dataclass(frozen=True)
class Who:
    """An author or a committer."""

    name: str
    email: str

    def line(self, at: int) -> str:
        """Return the identity as git writes it, at a Unix time."""
        bare = str.maketrans("", "", "<>\n\0")
        return f"{self.name.translate(bare)} <{self.email.translate(bare)}> {at} +0000"


TOOL = Who("commonplace", "commonplace@localhost")
"""The author of what the program itself writes. What a person writes carries their own name."""


@dataclass(frozen=True)
class Commit:
    """A commit to make: path → content (None removes it) on top of its parent."""

    message: str
    author: Who
    committer: Who
    files: Mapping[str, bytes | None]
    modes: Mapping[str, str] = field(default_factory=dict)


def build(
    place: Place, ref: str, base: str, commits: list[Commit], aside: list[Commit], at: int
) -> tuple[list[str], list[str]]:
    """Write commits in a row on top of `base`, and `aside` each on top of the last of them.

    The row stands on `ref`, the ones aside on `ref-1`, `ref-2`, …; no branch and no file of the work
    tree changes. Returns the commits' ids: (of the row, of those aside).
    """
    stream: list[bytes] = []
    parent, last = base, base
    for number, commit in enumerate([*commits, *aside], start=1):
        in_row = number <= len(commits)
        parent = last
        name = ref if in_row else f"{ref}-{number - len(commits)}"
        stream.append(_commit(commit, name, number, parent, at))
        if in_row:
            last = f":{number}"
    total = len(commits) + len(aside)
    stream += [b"get-mark :%d\n" % number for number in range(1, total + 1)]
    stream.append(b"done\n")
    # From a file, not a pipe: the content of a large drain need not be held twice.
    from tempfile import TemporaryFile  # 5 ms that reading can do without

    with TemporaryFile(dir=place.private) as file:
        file.writelines(stream)
        file.seek(0)
        out = _fast_import(place, file.fileno())
    made = out.decode().split()
    return made[: len(commits)], made[len(commits) :]


def _fast_import(place: Place, stream: int) -> bytes:
    command = ["git", "--git-dir", place.git, *SAFE, *DURABLE]
    command += ["fast-import", "--quiet", "--done", "--date-format=raw"]
    done = subprocess.run(
        command,
        stdin=stream,
        capture_output=True,
        env=clean_environment(os.environ),
        cwd=place.private,  # where it leaves its crash report
        check=False,
    )
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise GitError(f"git fast-import: {words[0]}")
    return done.stdout


def _commit(commit: Commit, ref: str, mark: int, parent: str, at: int) -> bytes:
    message = commit.message.encode("utf-8", "surrogateescape")
    head = (
        f"commit {ref}\nmark :{mark}\nauthor {commit.author.line(at)}\n"
        f"committer {commit.committer.line(at)}\ndata {len(message)}\n"
    )
    parts = [head.encode(), message, f"\nfrom {parent}\n".encode()]
    # Removals first: a folder may take a file's place.
    for path, data in sorted(commit.files.items(), key=lambda item: item[1] is not None):
        quoted = _quoted(path)
        if data is None:
            parts.append(b"D " + quoted + b"\n")
        else:
            mode = commit.modes.get(path, "100644").encode()
            parts += [b"M " + mode + b" inline " + quoted, b"\ndata %d\n" % len(data), data, b"\n"]
    return b"".join(parts)


def _quoted(path: str) -> bytes:
    raw = path.encode("utf-8", "surrogateescape")
    raw = raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + raw + b'"'


def move(place: Place, ref: str, new: str, old: str, why: str) -> None:
    """Move a ref by compare-and-swap; `old` of zeros: it must not exist yet. GitError if it moved."""
    git(place, *DURABLE, "update-ref", "-m", f"commonplace: {why}", ref, new, old)


def delete(place: Place, ref: str, old: str) -> None:
    """Delete a ref that stands at `old`; one that is gone already is no error."""
    if resolve(place, ref) == old:
        git(place, *DURABLE, "update-ref", "-d", ref, old)


def resolve(place: Place, name: str) -> str:
    """Return the id of the commit that a name means, or ""."""
    out = git(
        place, "rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}",
        ok=(0, 1, 128),
    )  # fmt: skip
    return out.decode().strip()


MOST_CONFLICTS = 127
"""The exit code up to which `merge-file` counts conflicts; beyond it something failed."""


def merge(place: Place, ours: bytes, base: bytes, theirs: bytes, *, union: bool) -> bytes | None:
    """Return the three-way merge of one file, or None where both sides changed the same lines.

    With `union` such lines are kept from both sides and the answer is never None. `merge-file` runs
    no configured driver.
    """
    if base in (ours, theirs):  # the rule, with many proposals: git would cost each 8 ms
        return theirs if ours == base else ours
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(dir=place.private, ignore_cleanup_errors=True) as folder:
        paths = [os.path.join(folder, name) for name in ("ours", "base", "theirs")]
        for path, data in zip(paths, (ours, base, theirs), strict=True):
            with open(path, "wb") as file:
                file.write(data)
        arguments = ["merge-file", "-p", "-q", *(["--union"] if union else []), *paths]
        done = _run(place, arguments)
    if done.returncode > MOST_CONFLICTS:
        raise _refused(arguments, done)
    return done.stdout if done.returncode == 0 else None
