"""What the tools do: each calls the same function of the domain as the verb of its name.

What was recalled is fenced; a model's host may hand it on in JSON or as text.
"""

from commonplace import account, capture, fence, holding, hot, provenance, queue, remembered, worktree
from commonplace.boundary import backstop, sessions
from commonplace.mcp import wire
from commonplace.mcp.tools import DEFAULT_BUDGET, HELD, KNOWN, QUEUED
from commonplace.memory.pages import FACT_LINE
from commonplace.memory.topics import topic_of
from commonplace.memory.words import normal
from commonplace.place import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from commonplace.entry import Entry
    from commonplace.mcp.call import Call
    from commonplace.mcp.client import Client
    from commonplace.mcp.protocol import Json
    from commonplace.place import Place


_INSTEAD = "keep it again without the secret; the user lets this one through, or forgets it"


def _retrieve(client: "Client", call: "Call", said: "Json") -> "Json":
    """Recall within the budget, all that is around the lines included, and write down what went out."""
    here, query = client.place(), said.get("query", "")
    call.step("searching the memory")
    found = client.search.run(
        call,
        client.environ(call.asker),
        {
            "root": here.root,
            "git": here.git,
            "query": query,
            "budget": said.get("budget_chars", DEFAULT_BUDGET),
            "project": client.project(),
            "everywhere": said.get("everywhere", False),
            "source": said.get("source", ""),
        },
    )
    value: Json = found["value"]
    client.serve(found["served"])
    client.note(here, call.asker, query, value["budget_chars"], len(wire.compact(value)), value["ids"])
    return value


def _flag(client: "Client", call: "Call", said: "Json") -> "Json":
    here, text = client.place(), said["text"]
    known = client.served.get(normal(text), "")
    if not known:
        wide = capture.scope(said.get("scope", ""), client.folder)
        known = remembered.fact_that_says(here, text, wide)
    if known and not said.get("supersedes"):
        return {"status": KNOWN, "id": known, "next": "nothing was added; to replace a fact, give supersedes"}
    entry = capture.flag(here, text, {**said, "origin": "agent"}, client.environ(call.asker), client.folder)
    return _queued(here, entry)


def _self_eval(client: "Client", call: "Call", said: "Json") -> "Json":
    here, environ = client.place(), client.environ(call.asker)
    return _queued(here, capture.self_eval(here, {**said, "origin": "agent"}, environ, client.folder))


def _queued(here: "Place", entry: "Entry") -> "Json":
    why = read(here.inside("held", entry.id)).removeprefix(holding.WHY)
    if why:
        return {"status": HELD, "id": entry.id, "scope": entry.scope, "held": why, "next": _INSTEAD}
    return {"status": QUEUED, "id": entry.id, "scope": entry.scope, "next": "filed when the session ends"}


def _mark_chapter(client: "Client", call: "Call", said: "Json") -> "Json":  # noqa: ARG001
    """Ask for flags, as a hook does where a chapter closes."""
    here = client.place()
    known = sessions.load(here, client.session(here, call.asker))
    if known and known.waits == "chapter":
        known.waits = ""  # it is being asked for now
        sessions.save(here, known)
    return {"text": client.settings(here)["text.chapter"] + "\nThe tools flag and self_eval do the same."}


def _why(client: "Client", call: "Call", said: "Json") -> "Json":
    here = client.place()
    hot.mend(here)
    call.step("reading the history")
    found = provenance.why(here, said["what"], here.root)
    return {
        "fact": f"^{found.fact}",
        "path": found.path,
        "line": found.line,
        "commits": [step.commit for step in found.steps],
        "sources": [source.id for source in found.sources],
        "text": fence.fenced(account.text(found)),
    }


def _status(client: "Client", call: "Call", said: "Json") -> "Json":  # noqa: ARG001
    here, project = client.place(), client.project()
    hot.mend(here)
    waiting = queue.listing(here)
    held = sum(name.partition(".")[0] in waiting.held for name in waiting.names)
    call.step("reading the memory")
    pages = [file.data for path, file in worktree.scan(here)[0].items() if topic_of(path)]
    found = backstop.check(here, client.settings(here), client.session(here, call.asker))
    return {
        "repository": here.root,
        "scope_here": f"project:{project}" if project else "user",
        "queue": len(waiting.names) - held,
        "held": held,
        "topics": len(pages),
        "facts": sum(len(FACT_LINE.findall(data.decode("utf-8", "replace"))) for data in pages),
        "waits": [{n: getattr(f, n) for n in ("kind", "count", "message", "remedy")} for f in found],
    }


ACTIONS: "dict[str, Callable[[Client, Call, Json], Json]]" = {
    "retrieve_context": _retrieve,
    "flag": _flag,
    "self_eval": _self_eval,
    "mark_chapter": _mark_chapter,
    "why": _why,
    "status": _status,
}
