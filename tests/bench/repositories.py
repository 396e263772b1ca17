"""Memory repositories of a given size, built quickly: histories go in through `git fast-import`.

What is written has the program's own formats (entries, pages, ledger), so that its verbs read it as theirs.
"""

import os
import random
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CODE = Path(__file__).resolve().parents[2] / "cli"
sys.path.insert(0, str(CODE))

from commonplace import ulid  # noqa: E402
from commonplace.entry import Entry  # noqa: E402
from commonplace.ledger import Op, message  # noqa: E402
from commonplace.memory.pages import SECTIONS, bullet  # noqa: E402
from commonplace.memory.topics import Topic, new_page  # noqa: E402
from commonplace.place import Place  # noqa: E402
from commonplace.queue import link_or_copy  # noqa: E402

BEGAN = 1_700_000_000
"""The Unix time at which the built histories begin."""

_SUBJECTS = (
    "deploy", "staging database", "invoice export", "login page", "nightly backup", "search index",
    "CAD renderer", "payment webhook", "release branch", "container image", "feature flag", "mail queue",
    "translation files", "access token", "load balancer", "test fixtures", "price list", "map tiles",
    "audit log", "upload service",
)  # fmt: skip
_VERBS = (
    "needs", "breaks without", "is slow with", "must run after", "waits for", "is owned by", "rejects",
    "is configured through", "logs to", "should never touch", "retries with", "was moved to",
)  # fmt: skip
_OBJECTS = (
    "a second migration step", "port 8080 behind the proxy", "the vendor's TLS certificate", "node 20.11",
    "`make verify` in CI", "config/production.yaml", "an empty cache", "the read replica", "UTC timestamps",
    "the legacy XML importer", "two reviewers", "a signed commit", "the platform team", "batches of 500 rows",
    "an idempotency key", "https://status.example.com", "the Q3 schema", "ulimit 4096", "a clean work tree",
    "the European region",
)  # fmt: skip
_TYPES = ("fact", "fact", "fact", "decision", "preference", "correction", "procedure", "event")


def sentence(chance: random.Random) -> str:
    """Return a generated flag: a plain sentence with the kind of names and numbers that flags have."""
    said = f"The {chance.choice(_SUBJECTS)} {chance.choice(_VERBS)} {chance.choice(_OBJECTS)}"
    more = f"{chance.choice(_VERBS)} {chance.choice(_OBJECTS)}"
    return f"{said}, and {more} (see ticket {chance.randrange(10**6)})"


def entry(chance: random.Random, at: int, topic: str, text: str) -> Entry:
    """Return a flag as an agent's session would have made it at a Unix time."""
    return Entry(
        id=ulid.new(at * 1000 + chance.randrange(1000)),
        kind="flag",
        type=chance.choice(_TYPES),
        topic=topic,
        scope="user",
        origin="agent",
        session=f"s{at // 3600:x}",
        host="claude-code",
        at="2026-11-20T14:03:11Z",
        text=text,
    )


@dataclass(frozen=True)
class Scratch:
    """A folder of its own for everything: HOME, repositories, an environment built from nothing."""

    folder: Path

    @property
    def env(self) -> dict[str, str]:
        """Return the environment for every process."""
        return {
            "HOME": str(self.folder / "home"),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "PYTHONPATH": str(CODE),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C.UTF-8",
            "TMPDIR": str(self.folder),
        }

    def git(self, root: Path, *arguments: str, data: bytes = b"") -> str:
        """Run git in a repository and return what it printed."""
        done = subprocess.run(
            ["git", *arguments], cwd=root, env=self.env, input=data, capture_output=True, check=True
        )
        return done.stdout.decode()

    def commonplace(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run a verb and return what it printed."""
        command = [sys.executable, "-m", "commonplace", *arguments]
        cwd = cwd or self.folder
        return subprocess.run(command, cwd=cwd, env=self.env, capture_output=True, check=True).stdout.decode()

    def memory(self, name: str) -> Path:
        """Return a fresh memory repository."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        (home / ".gitconfig").write_text("[user]\n\tname = Ada Lovelace\n\temail = ada@example.com\n")
        root = self.folder / name
        self.commonplace("init", str(root))
        return root


def place(root: Path) -> Place:
    """Return the program's own view of a repository."""
    return Place(str(root), str(root / ".git"))


def with_history(scratch: Scratch, name: str, commits: int) -> Path:
    """Return a memory with so many commits of a person's edits to one page, the queue empty."""
    root = scratch.memory(name)
    with _History(scratch, root) as history:
        for number in range(commits):
            page = f"# Notes\n\n- Note {number}. ^{number:010d}\n"
            history.commit("edit: 1 file by hand\n", BEGAN + number * 60, {"memory/user/notes.md": page})
    return root


def with_queue(scratch: Scratch, name: str, flags: int, topics: int = 40) -> Path:
    """Return a memory in whose queue so many flags wait: a tenth without a topic, a tenth repeated."""
    root = scratch.memory(name)
    fill_queue(root, random.Random(flags), flags, topics)
    return root


def fill_queue(root: Path, chance: random.Random, flags: int, topics: int) -> None:
    """Put so many flags in a queue: a tenth without a topic, a tenth repeated."""
    here = place(root)
    os.makedirs(here.inbox, exist_ok=True)
    said: list[str] = []
    for number in range(flags):
        again = said and chance.random() < 0.1
        said.append(chance.choice(said) if again else sentence(chance))
        topic = "" if chance.random() < 0.1 else topic_name(chance.randrange(topics))
        made = entry(chance, BEGAN + number, topic, said[-1])
        inboxed = os.path.join(here.inbox, made.file_name)
        Path(inboxed).write_text(made.to_markdown())
        link_or_copy(inboxed, os.path.join(here.queue, made.file_name))


@dataclass(frozen=True)
class Drained:
    """A memory after many drains. spots: facts as (id, `path:line`), spread over its age."""

    root: Path
    spots: list[tuple[str, str]]


def with_drains(
    scratch: Scratch, name: str, drains: int, entries: int, topics: int = 100, procedures: int = 0
) -> Drained:
    """Return a memory after so many drains of so many entries in all, each drain on a few topics.

    One entry in twenty repeats a fact of an earlier drain, as the ledger's `drop … duplicate-of` tells.
    The commit graph is written as a drain writes it. procedures: how many skills and rules it holds, half
    of each.
    """
    root = scratch.memory(name)
    chance = random.Random(drains)
    pages = [_Growing(Topic("user", topic_name(number))) for number in range(topics)]
    facts: list[tuple[str, str]] = []
    with _History(scratch, root) as history:
        if procedures:
            written = dict(_procedure(chance, number) for number in range(procedures))
            history.commit(f"edit: {procedures} files by hand\n", BEGAN - 60, written)
        for number in range(drains):
            share = entries * (number + 1) // drains - entries * number // drains
            _drain(history, chance, chance.sample(pages, 3), facts, BEGAN + number * 3600, share)
    arguments = ("write", "--reachable", "--changed-paths", "--split", "--no-progress")
    scratch.git(root, "commit-graph", *arguments)
    spots = [facts[len(facts) * n // 12] for n in range(12)]
    return Drained(root, [(fact_id, _spot(root, fact_id, path)) for fact_id, path in spots])


def _drain(
    history: "_History",
    chance: random.Random,
    pages: "list[_Growing]",
    facts: list[tuple[str, str]],
    at: int,
    share: int,
) -> None:
    """Write the two commits of one drain of `share` entries, and note the facts that it adds."""
    ident = ("Drain-Id", ulid.new(at * 1000))
    queue, ops = {}, []
    for number in range(share):
        page = chance.choice(pages)
        flag = entry(chance, at + number, page.topic.name, sentence(chance))
        queue[f"queue/{flag.file_name}"] = flag.to_markdown()
        if facts and chance.random() < 0.05:
            ops.append(Op("drop", (flag.id, "duplicate-of", f"^{chance.choice(facts)[0]}")))
            continue
        fact_id = ulid.short(flag.id)
        page.add(flag, fact_id)
        facts.append((fact_id, page.topic.path))
        ops.append(Op("add", (f"^{fact_id}", f"user/{page.topic.name}"), (flag.id,)))
    history.commit(message(f"capture: {share} entries", [], [ident]), at + 1800, queue)
    grown = {page.topic.path: page.text() for page in pages if page.sections}
    text = message(
        f"drain: {share} flags into {len(grown)} topics",
        ops,
        [ident, ("Worker", "builtin"), ("Session", "s1")],
    )
    history.commit(text, at + 1801, {**grown, **dict.fromkeys(queue)})


def _procedure(chance: random.Random, number: int) -> tuple[str, str]:
    """Return path and text of a skill or a rule."""
    name, said = procedure(number), sentence(chance)
    if number % 2:
        return f"rules/{name}.md", f"# {name}\n\n- {said}.\n"
    head = f'---\nname: "{name}"\ndescription: "{said}"\n---\n'
    steps = "".join(f"{step}. {sentence(chance)}.\n" for step in range(1, 9))
    return f"skills/{name}/SKILL.md", f"{head}# {name}\n\n{steps}"


def procedure(number: int) -> str:
    """Return the name of a skill (even numbers) or a rule."""
    return f"handle-{topic_name(number)}"


def _spot(root: Path, fact_id: str, path: str) -> str:
    lines = (root / path).read_text().split("\n")
    number = next(n for n, line in enumerate(lines, start=1) if line.endswith(f"^{fact_id}"))
    return f"{path}:{number}"


def topic_name(number: int) -> str:
    """Return the name of a topic."""
    return f"{_SUBJECTS[number % len(_SUBJECTS)].replace(' ', '-').lower()}-{number // len(_SUBJECTS) + 1}"


@dataclass
class _Growing:
    """A topic's page to which facts are added; its text has the form that `Page` writes."""

    topic: Topic
    head: str = ""
    sections: dict[str, list[str]] = field(default_factory=dict)

    def add(self, flag: Entry, fact_id: str) -> None:
        self.head = self.head or new_page(self.topic, flag.text)
        self.sections.setdefault(SECTIONS[flag.type], []).extend(bullet(flag.text, fact_id))

    def text(self) -> str:
        parts = [f"\n## {name}\n" + "\n".join(lines) + "\n" for name, lines in self.sections.items()]
        return self.head + "".join(parts)


class _History:
    """Commits in a row on main, written by one `git fast-import`; the work tree follows at the end."""

    def __init__(self, scratch: Scratch, root: Path) -> None:
        self._scratch = scratch
        self._root = root
        # Lightly compressed: this is about building quickly, and reading it back costs the same.
        command = ["git", "-c", "core.compression=1", "fast-import", "--quiet", "--date-format=raw"]
        self._process = subprocess.Popen(command, cwd=root, env=scratch.env, stdin=subprocess.PIPE)
        self._from = "from refs/heads/main^0\n"

    def __enter__(self) -> "_History":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
        assert self._process.returncode == 0, "git fast-import"
        self._scratch.git(self._root, "reset", "--hard", "--quiet")

    def commit(self, text: str, at: int, files: Mapping[str, str | None]) -> None:
        """Add a commit: path → content, None removes it."""
        who = f"committer commonplace <commonplace@localhost> {at} +0000"
        head = f"commit refs/heads/main\n{who}\n{_data(text)}{self._from}"
        self._from = ""
        changes = [
            f"D {path}\n" if data is None else f"M 100644 inline {path}\n{_data(data)}"
            for path, data in files.items()
        ]
        assert self._process.stdin
        self._process.stdin.write("".join([head, *changes]).encode())


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"
