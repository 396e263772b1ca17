"""The repository's state, people and history. The only module that imports GitPython.

Bulk work on objects is in `plumbing`; this module answers questions.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from commonplace import ledger
from commonplace.errors import CommonplaceError, NotNow
from commonplace.place import Place
from commonplace.plumbing import TOOL, Who, git
from commonplace.refs import SAFE, head

try:
    from git import Actor, Repo
    from git.exc import GitCommandError, GitError
except ImportError as error:  # GitPython looks for git when it is imported
    raise CommonplaceError("git is not installed", "install git 2.31 or later") from error

_UNDER_WAY = {
    "MERGE_HEAD": ("a merge", "git merge --continue, or git merge --abort"),
    "rebase-merge": ("a rebase", "git rebase --continue, or git rebase --abort"),
    "rebase-apply": ("a rebase", "git rebase --continue, or git rebase --abort"),
    "CHERRY_PICK_HEAD": ("a cherry-pick", "git cherry-pick --continue, or --abort"),
    "REVERT_HEAD": ("a revert", "git revert --continue, or --abort"),
    "sequencer": ("a cherry-pick or a revert", "git cherry-pick --continue, or --abort"),
    "BISECT_LOG": ("a bisection", "git bisect reset"),
}


@dataclass(frozen=True)
class Record:
    """A commit of the memory's history: kind (`drain`, `accept`, `edit`, …), when (Unix time), text."""

    commit: str
    parent: str
    kind: str
    at: int
    author: str
    committer: str
    subject: str
    body: str

    @property
    def trailers(self) -> dict[str, list[str]]:
        """Return the commit's trailers."""
        return ledger.trailers(self.body)

    def trailer(self, key: str) -> str:
        """Return a trailer's first value, or ""."""
        return next(iter(self.trailers.get(key, [])), "")


def open_repo(place: Place) -> Repo:
    """Return GitPython's view of the repository, with everything that could run code off."""
    try:
        repo = Repo(place.root)
    except GitError as error:
        raise CommonplaceError(f"git cannot read {place.root}: {error}", "git fsck") from error
    repo.git.set_persistent_git_options(c=[option for option in SAFE if option != "-c"])
    # Named outright, as `plumbing` does: git refuses to look for a repository that is another user's.
    repo.git.update_environment(GIT_DIR=place.git, GIT_WORK_TREE=place.root)
    return repo


def found(root: str) -> None:
    """Make an empty repository in a folder, on the branch `main`."""
    Repo.init(root, initial_branch="main").close()


def first_commit(place: Place, paths: list[str], text: str) -> None:
    """Commit files of the work tree in the person's name, where there is no commit yet."""
    who = person(place)
    repo = open_repo(place)
    repo.index.add(paths)
    author, committer = Actor(who.name, who.email), Actor(TOOL.name, TOOL.email)
    repo.index.commit(text, author=author, committer=committer, skip_hooks=True)
    repo.close()


def ready(place: Place, branch: str) -> str:
    """Return the commit at the branch's tip, or raise NotNow: nothing may be changed at present."""
    for name, (what, remedy) in _UNDER_WAY.items():
        if os.path.exists(os.path.join(place.git, name)):
            raise NotNow(f"{what} is under way in {place.root}; nothing was changed", remedy)
    current, commit = head(place)
    if not current:
        raise NotNow("HEAD is detached; nothing was changed", f"git -C {place.root} switch {branch}")
    if current != f"refs/heads/{branch}":
        raise NotNow(
            f"the branch {current.removeprefix('refs/heads/')} is checked out, and memory is on "
            f"{branch}; nothing was changed",
            f"git -C {place.root} switch {branch}",
        )
    if not commit:
        raise NotNow("the repository has no commit yet", f"commonplace init {place.root}")
    tags = {line[:1] for line in git(place, "ls-files", "-t", "-z").split(b"\0")}
    if b"M" in tags:
        raise NotNow(
            f"{place.root} has conflicts that nobody has settled yet; nothing was changed",
            "git status shows them: edit the files, then git add them",
        )
    if b"S" in tags:  # what it hides would be taken for deleted
        raise NotNow(
            f"a sparse checkout hides files of {place.root}; nothing was changed",
            f"git -C {place.root} sparse-checkout disable",
        )
    return commit


def person(place: Place) -> Who:
    """Return who the person is, as git knows them; the program's own name stands in for nobody."""
    try:
        actor = Actor.committer(open_repo(place).config_reader())
    except (GitError, OSError):
        return TOOL
    return Who(actor.name or TOOL.name, actor.email or "")


def history(place: Place, *arguments: str, limit: int = 0) -> Iterator[Record]:
    """Yield the commits that `git log` with these arguments shows, the newest first."""
    options = [f"--max-count={limit}"] if limit else []
    form = "--format=%H%x1f%P%x1f%ct%x1f%an <%ae>%x1f%cn <%ce>%x1f%s%x1f%B%x00"
    try:
        out = open_repo(place).git.log(form, *options, *arguments, strip_newline_in_stdout=False)
    except GitCommandError as error:
        raise CommonplaceError(f"git log: {error.stderr.strip()}") from error
    for record in out.split("\0"):
        fields = record.lstrip("\n").split("\x1f", 6)
        if len(fields) == 7:
            commit, parents, at, author, committer, subject, body = fields
            kind = subject.partition(":")[0] if is_ours(subject) else "edit"
            yield Record(commit, parents.partition(" ")[0], kind, int(at), author, committer, subject, body)


KINDS = (
    "init",
    "capture",
    "drain",
    "accept",
    "reject",
    "undo",
    "edit",
    "queue",
    "recover",
    "forget",
    "upgrade",
)
"""The first word of the subjects that the program writes."""


def is_ours(subject: str) -> bool:
    """Tell whether a commit's subject is one of those that the program writes."""
    return subject.partition(":")[0] in KINDS
