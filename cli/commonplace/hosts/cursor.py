"""Cursor: hooks in hooks.json. From its documentation alone; nothing here was run.

`sessionStart` takes `additional_context`, `stop` takes a `followup_message` that is sent as a prompt.
"""

from commonplace.hosts import happening
from commonplace.hosts.happening import Happening, Payload, Reply, makes_commit, text
from commonplace.hosts.json_text import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAIN = {
    "sessionStart": happening.BOOT,
    "preCompact": happening.BEFORE_COMPACTION,
    "stop": happening.TURN_END,
    "sessionEnd": happening.END,
}


def read(event: str, payload: Payload, environ: "Mapping[str, str]") -> Happening:  # noqa: ARG001
    """Return what has happened."""
    what, chapter = _PLAIN.get(event, ""), False
    if event == "afterShellExecution":
        what, chapter = happening.TOOL, makes_commit(text(payload, "command"))
    roots = payload.get("workspace_roots")
    first = roots[0] if isinstance(roots, list) and roots and isinstance(roots[0], str) else ""
    loops = payload.get("loop_count")
    return Happening(
        what,
        text(payload, "conversation_id") or text(payload, "session_id"),
        cwd=first or text(payload, "cwd"),
        chapter=chapter,
        attended=True,  # an editor; it has no terminal to tell by
        again=isinstance(loops, int) and loops > 0,
        deaf=what == happening.TOOL,
    )


def answer(event: str, reply: Reply) -> str:
    """Return the answer in the host's form."""
    if event == "stop":
        return dumps({"followup_message": reply.model}) if reply.another_turn else ""
    if event == "sessionStart" and reply.model:
        return dumps({"additional_context": reply.model})
    return ""
