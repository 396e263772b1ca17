"""Topics: where a topic's page lies, what its frontmatter says, and the page of a new topic."""

import os
import re
from dataclasses import dataclass

from commonplace.entry import check_scope, quote, unquote
from commonplace.errors import UsageError
from commonplace.memory import hearsay
from commonplace.memory.pages import SECTIONS, Page
from commonplace.text import one_line, slug

INDEX = "memory/index.md"
UNFILED = "general"
"""The topic of facts that share no words with any other topic."""

_DESCRIPTION = 100
"""The longest description that is taken from a fact, in characters."""


@dataclass(frozen=True, order=True)
class Topic:
    """A topic of one scope (`user`, `project:acme-cad`)."""

    scope: str
    name: str

    @property
    def path(self) -> str:
        """Return the page's path in the repository: `memory/project/acme-cad/deploy.md`."""
        return f"memory/{self.page_name}.md"

    @property
    def page_name(self) -> str:
        """Return the page's name in ledgers and packets: `project/acme-cad/deploy`."""
        return f"{self.scope.replace(':', '/', 1)}/{self.name}"


def topic_of(path: str) -> Topic | None:
    """Return the topic whose page lies at the path, or None where the path is no topic's."""
    folder, _, file = path.rpartition("/")
    name, dot, ending = file.rpartition(".")
    parts = folder.split("/", 2)
    if parts[0] != "memory" or not dot or ending != "md" or slug(name) != name or len(parts) < 2:
        return None
    try:
        return Topic(check_scope(":".join(parts[1:])), name)
    except UsageError:
        return None


def new_page(topic: Topic, first: str) -> str:
    """Return the page of a new topic, with a description taken from its first fact."""
    return (
        f"---\ntopic: {quote(topic.name)}\nscope: {quote(topic.scope)}\n"
        f"description: {quote(describe(first))}\n---\n# {title(topic.name)}\n"
    )


def title(name: str) -> str:
    """Return a topic's name as a title."""
    return name.replace("-", " ").strip().capitalize()


def describe(text: str) -> str:
    """Return a description from a fact: its first sentence on one short line, with the mark of hearsay."""
    said, mark = hearsay.split(one_line(text))
    first = re.split(r"(?<=[.!?])\s", said, maxsplit=1)[0]
    return one_line(first, _DESCRIPTION - len(mark)) + mark


def description(page: str) -> str:
    """Return what a page's frontmatter says it is about, safe to show on one line."""
    for line in page[:4000].split("\n---\n", 1)[0].split("\n"):
        if line.startswith("description:"):
            value = line[len("description:") :].strip()
            try:
                return one_line(unquote(value), 2 * _DESCRIPTION)
            except ValueError:
                return one_line(value.strip("'\""), 2 * _DESCRIPTION)
    return ""


def described_anew(page: Page, text: str) -> str:
    """Return the changed page's text, its description from a fact that stands if its own has gone.

    A description that a person wrote is from no fact and stays.
    """
    old = description(text)
    facts = Page(text).facts.values() if old and any(describe(f.text) == old for f in page.gone) else ()
    head, fence, body = text.partition("\n---\n")
    for fact in facts:
        lines = head.split("\n")
        about = f"description: {quote(describe(fact.text))}"
        head = "\n".join(about if line.startswith("description:") else line for line in lines)
        break
    return head + fence + body


def section_for(entry_type: str) -> str:
    """Return the heading under which a fact of a type stands."""
    return SECTIONS.get(entry_type, SECTIONS["fact"])


@dataclass(frozen=True)
class Line:
    """What the index says of one topic: its description and how many facts it has."""

    topic: Topic
    description: str
    facts: int


def index_page(lines: list[Line], max_lines: int, max_bytes: int) -> str:
    """Return the index page: one line a topic, under both limits, the topics left out counted.

    Topics with the most facts stay; the order is by scope and name, so that the page changes little.
    """
    head = [
        "# Memory",
        "",
        "One line a topic. Open a page for its facts; `commonplace why ^id` tells where one comes from.",
        "",
    ]
    budget = max_bytes - sum(len(line.encode()) + 1 for line in head) - 80
    room = max_lines - len(head) - 2
    chosen: list[tuple[Topic, str]] = []
    for line in sorted(lines, key=lambda line: (-line.facts, line.topic)):
        text = index_line(line)
        size = len(text.encode()) + 1
        if len(chosen) >= room or size > budget:
            break
        chosen.append((line.topic, text))
        budget -= size
    body = [text for _, text in sorted(chosen)]
    left_out = len(lines) - len(chosen)
    if left_out:
        body += ["", f"{left_out} smaller topics are left out: `ls -R memory/`"]
    return "\n".join([*head, *body, ""])


def index_line(line: Line) -> str:
    """Return what stands in the index of one topic."""
    where = os.path.relpath(line.topic.path, "memory").replace(os.sep, "/")
    name = line.topic.name
    if line.topic.scope != "user":
        name = f"{line.topic.scope.partition(':')[2]}: {name}"
    what = line.description.translate(str.maketrans("", "", "[]<>`"))
    return f"- [{name}]({where}) {what} ({line.facts})"
