"""Gemini CLI: hooks in settings.json, timeouts in milliseconds, answers as JSON only.

Facts seen on 0.61.0: `PreCompress` fires before every request unless its trigger is `manual`; nothing
fires after a compression, so the next prompt asks; a session may end three times.
"""

from commonplace.hosts import happening
from commonplace.hosts.happening import Happening, Payload, Reply, inner, makes_commit, text
from commonplace.hosts.json_text import dumps, hook_output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

WORK = (b'"toolCalls":[',)

_PLAIN = {
    "SessionStart": happening.BOOT,
    "BeforeAgent": happening.PROMPT,
    "AfterAgent": happening.TURN_END,
    "SessionEnd": happening.END,
}


def read(event: str, payload: Payload, environ: "Mapping[str, str]") -> Happening:  # noqa: ARG001
    """Return what has happened."""
    what, chapter = _PLAIN.get(event, ""), False
    if event == "PreCompress" and text(payload, "trigger") == "manual":
        what = happening.BEFORE_COMPACTION
    elif event == "AfterTool":
        what, chapter = happening.TOOL, _closes(payload)
    return Happening(
        what,
        text(payload, "session_id"),
        cwd=text(payload, "cwd"),
        chapter=chapter,
        again=payload.get("stop_hook_active") is True,
        transcript=text(payload, "transcript_path"),
        work=WORK,
    )


def _closes(payload: Payload) -> bool:
    tool, said = text(payload, "tool_name"), inner(payload, "tool_input")
    if tool == "write_todos":
        todos = said.get("todos")
        items = todos if isinstance(todos, list) else []
        return any(isinstance(item, dict) and item.get("status") == "completed" for item in items)
    if tool == "update_topic" or tool.endswith("mark_chapter"):
        return True
    return tool == "run_shell_command" and makes_commit(text(said, "command"))


def answer(event: str, reply: Reply) -> str:
    """Return the answer in the host's form."""
    if event == "AfterAgent":
        return dumps({"decision": "deny", "reason": reply.model}) if reply.another_turn else ""
    heard = event in ("SessionStart", "BeforeAgent", "AfterTool")
    return hook_output(event, reply.model if heard else "", reply.person)
