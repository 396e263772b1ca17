"""Memory as resources: the index and the topics of the user and of the client's project."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

from commonplace import fence, files
from commonplace.mcp import wire
from commonplace.mcp.protocol import no_resource
from commonplace.mcp.wire import Fault
from commonplace.memory.topics import INDEX, Topic, description, title, topic_of
from commonplace.secrets import masked
from commonplace.text import visible
from commonplace.worktree import MAX_PAGE, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from commonplace.mcp.call import Call
    from commonplace.mcp.client import Client
    from commonplace.mcp.protocol import Json
    from commonplace.place import Place

PAGE = 100
"""How many resources one answer lists."""

SCHEME = "commonplace://"
_MARKDOWN = "text/markdown"

TEMPLATES = [
    {
        "uriTemplate": SCHEME + "memory/user/{topic}.md",
        "name": "user-topic",
        "title": "A topic of the user's memory",
        "description": "What holds in every project, one topic a page.",
        "mimeType": _MARKDOWN,
    },
    {
        "uriTemplate": SCHEME + "memory/project/{+project}/{topic}.md",
        "name": "project-topic",
        "title": "A topic of a project's memory",
        "description": "What holds in one project; its id is what `status` calls scope_here.",
        "mimeType": _MARKDOWN,
    },
]


def listed(client: "Client", call: "Call") -> "Json":
    """Return a page of the list of resources; the next begins behind the last one's name."""
    here, after = client.place(), _after(call.params.get("cursor"))
    paths = [path for path in [INDEX, *_topics(here, client.project())] if path > after]
    found: Json = {"resources": [_resource(here, path) for path in paths[:PAGE]]}
    if len(paths) > PAGE:
        found["nextCursor"] = urlsafe_b64encode(paths[PAGE - 1].encode()).decode()
    return found


def _after(cursor: object) -> str:
    if cursor is None:
        return ""
    try:
        return urlsafe_b64decode(cursor).decode() if isinstance(cursor, str) else _no_cursor()
    except (NotBase64, ValueError):
        return _no_cursor()


def _no_cursor() -> str:
    raise Fault(wire.INVALID_PARAMS, "cursor is not one that this server gave")


def _topics(here: "Place", project: str) -> "list[str]":
    """Return the paths of the topics of the user and of one project, sorted."""
    folders = ["memory/user"] + ([f"memory/project/{project}"] if project else [])
    return sorted(path for folder in folders for path in _pages(here, folder))


def _pages(here: "Place", folder: str) -> "Iterator[str]":
    full = os.path.join(here.root, folder)
    if os.path.islink(full) or not os.path.isdir(full):
        return
    with os.scandir(full) as items:
        for item in items:
            path = f"{folder}/{item.name}"
            if item.is_file(follow_symlinks=False) and topic_of(path):
                yield path


def _resource(here: "Place", path: str) -> "Json":
    if path == INDEX:
        return {
            "uri": SCHEME + INDEX,
            "name": "index",
            "title": "Index of the memory",
            "description": "One line a topic: what the memory knows about.",
            "mimeType": _MARKDOWN,
        }
    data = files.read_regular(os.path.join(here.root, path), MAX_PAGE) or b""
    name = path[len("memory/") : -len(".md")]
    folder, _, topic = name.rpartition("/")
    return {
        "uri": SCHEME + path,
        "name": name,
        "title": f"{title(topic)} ({folder})",
        "description": masked(description(data[:4000].decode("utf-8", "replace"))),
        "mimeType": _MARKDOWN,
        "size": len(data),
    }


def templates(client: "Client", call: "Call") -> "Json":  # noqa: ARG001
    """Return how the pages are addressed."""
    return {"resourceTemplates": TEMPLATES}


def read_one(client: "Client", call: "Call") -> "Json":
    """Return one page between marks: it goes to a model, and what stands on it is data."""
    uri = call.params.get("uri")
    if not isinstance(uri, str):
        raise Fault(wire.INVALID_PARAMS, "uri is missing")
    here, path = client.place(), uri.removeprefix(SCHEME)
    if not uri.startswith(SCHEME) or not (path == INDEX or topic_of(path)):
        raise no_resource(call.asker, uri)
    data = read(here, path)
    if data is None:
        raise no_resource(call.asker, uri)
    page = visible(masked(data.decode("utf-8", "replace")))
    if path == INDEX:
        page = _index_for(page, client.project())
    most = int(client.settings(here)["recall.max_budget"])
    text = fence.fenced(_cut(page, most - fence.overhead()))
    client.note(here, call.asker, uri, most, len(text), [])
    return {"contents": [{"uri": uri, "mimeType": _MARKDOWN, "text": text}]}


def _cut(page: str, most: int) -> str:
    """Return as many of a page's lines as fit, and say how many there are."""
    if len(page) <= most:
        return page
    kept = page[: most - 80].rpartition("\n")[0]
    shown, total = kept.count("\n") + 1, page.count("\n") + 1
    return f"{kept}\n{shown:,} of {total:,} lines shown; retrieve_context finds the others"


def _index_for(page: str, project: str) -> str:
    """Leave out the lines of other projects: what is theirs appears only where it is asked for."""
    wanted = ("user", f"project:{project}")
    lines = [line for line in page.split("\n") if not (topic := _named(line)) or topic.scope in wanted]
    return "\n".join(lines)


def _named(line: str) -> Topic | None:
    """Return the topic that a line of the index names."""
    _, found, rest = line.partition("](")
    return topic_of(f"memory/{rest.partition(')')[0]}") if found and line.startswith("- [") else None
