"""Codex CLI: hooks in hooks.json, strict answers: one unknown key and nothing is taken.

Facts seen on 0.169.0: a hook that the person has not trusted does not run, and nothing says so; before a
compaction nothing can be said; at a turn's end `decision: block` makes the model answer once more; at a
session's end there are 3 s.
"""

from commonplace.hosts import happening
from commonplace.hosts.happening import Happening, Payload, Reply, inner, makes_commit, text
from commonplace.hosts.json_text import dumps, hook_output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

WORK = (b'"type":"function_call"', b'"type":"custom_tool_call"', b'"type":"local_shell_call"')

_PLAIN = {
    "UserPromptSubmit": happening.PROMPT,
    "PreCompact": happening.BEFORE_COMPACTION,
    "Stop": happening.TURN_END,
    "SessionEnd": happening.END,
}


def read(event: str, payload: Payload, environ: "Mapping[str, str]") -> Happening:  # noqa: ARG001
    """Return what has happened."""
    what, chapter = _PLAIN.get(event, ""), False
    if event == "SessionStart":
        compacted = text(payload, "source") == "compact"
        what = happening.AFTER_COMPACTION if compacted else happening.BOOT
    elif event == "PostToolUse":
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
    if tool == "update_goal":
        return text(said, "status") == "complete"
    return tool.endswith("mark_chapter") or (tool == "Bash" and makes_commit(text(said, "command")))


def answer(event: str, reply: Reply) -> str:
    """Return the answer in the host's form."""
    if event == "Stop":
        return dumps({"decision": "block", "reason": reply.model}) if reply.another_turn else ""
    if event not in ("SessionStart", "UserPromptSubmit", "PostToolUse"):
        return ""
    return hook_output(event, reply.model, reply.person)
