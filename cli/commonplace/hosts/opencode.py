"""opencode: a plugin that calls us; it hands events over and puts the answer where the host takes it.

Facts seen on 1.18.33: there are no command hooks and no event at the end of a session, so the plugin's
process says when it goes; the summariser takes context before a compaction.
"""

from commonplace.hosts import happening
from commonplace.hosts.happening import Happening, Payload, Reply, makes_commit, text
from commonplace.hosts.json_text import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAIN = {
    "boot": happening.BOOT,
    "prompt": happening.PROMPT,
    "idle": happening.TURN_END,
    "compacting": happening.BEFORE_COMPACTION,
    "compacted": happening.AFTER_COMPACTION,
    "end": happening.END,
}


def read(event: str, payload: Payload, environ: "Mapping[str, str]") -> Happening:  # noqa: ARG001
    """Return what has happened."""
    what, chapter = _PLAIN.get(event, ""), False
    if event == "tool":
        what = happening.TOOL
        tool = text(payload, "tool")
        chapter = tool in ("task", "todo") or tool.endswith("mark_chapter")
        chapter = chapter or (tool == "bash" and makes_commit(text(payload, "command")))
    pid, calls = payload.get("pid"), payload.get("calls")
    return Happening(
        what,
        text(payload, "session"),
        cwd=text(payload, "cwd"),
        chapter=chapter,
        attended=False,  # what a turn's end asks rides on the next prompt
        calls=calls if isinstance(calls, int) else -1,
        pid=pid if isinstance(pid, int) else 0,
    )


def answer(event: str, reply: Reply) -> str:  # noqa: ARG001
    """Return the answer in the form that our plugin takes."""
    said: dict[str, object] = {}
    if reply.model:
        said["model"] = reply.model
    if reply.person:
        said["person"] = reply.person
    return dumps(said) if said else ""
