"""Claude Code: hooks in settings.json, answers as `hookSpecificOutput.additionalContext`.

Facts seen on 2.1.329: before a compaction plain output is handed to the summariser, and JSON is refused;
at a turn's end additional context makes the model answer once more, and headless replaces the result;
at a session's end nothing can be said and there are 1.5 s. Copilot CLI runs these hooks too.
"""

from commonplace.hosts import happening
from commonplace.hosts.happening import Happening, Payload, Reply, inner, makes_commit, text
from commonplace.hosts.json_text import hook_output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

WORK = (b'"type":"tool_use"',)

_PLAIN = {
    "UserPromptSubmit": happening.PROMPT,
    "SubagentStart": happening.SUBAGENT,
    "PreCompact": happening.BEFORE_COMPACTION,
    "SessionEnd": happening.END,
}


def read(event: str, payload: Payload, environ: "Mapping[str, str]") -> Happening:
    """Return what has happened."""
    if environ.get("COPILOT_CLI"):
        return Happening("")  # Copilot runs Claude's hooks and does not take Claude's answers
    what, chapter, again = _PLAIN.get(event, ""), False, False
    if event == "SessionStart":
        compacted = text(payload, "source") == "compact"
        what = happening.AFTER_COMPACTION if compacted else happening.BOOT
    elif event == "PostToolUse":
        what, chapter = happening.TOOL, _closes(payload)
    elif event == "Stop":
        what, again = happening.TURN_END, payload.get("stop_hook_active") is True
    pid = environ.get("CLAUDE_PID", "")
    return Happening(
        what,
        text(payload, "session_id"),
        agent=text(payload, "agent_id"),
        cwd=text(payload, "cwd"),
        chapter=chapter,
        attended=environ.get("CLAUDE_CODE_SESSION_ATTENDED", "1") != "0",
        again=again,
        transcript=text(payload, "transcript_path"),
        work=WORK,
        usage=b'"usage":{',
        pid=int(pid) if pid.isdigit() else 0,
    )


def _closes(payload: Payload) -> bool:
    """Tell whether a tool's result closes a chapter: a commit, a sub-agent back, a to-do done."""
    tool, said, back = text(payload, "tool_name"), inner(payload, "tool_input"), payload.get("tool_response")
    answer = back if isinstance(back, dict) else {}
    if tool == "Bash":
        return makes_commit(text(said, "command")) and answer.get("interrupted") is not True
    if tool in ("Agent", "Task"):
        return bool(answer.get("status", "completed") == "completed")
    if tool == "TaskUpdate":
        return inner(answer, "statusChange").get("to") == "completed"
    if tool == "TodoWrite":
        return any(isinstance(t, dict) and t.get("status") == "completed" for t in _list(said, "todos"))
    return tool.endswith("mark_chapter")


def _list(payload: Payload, key: str) -> "list[object]":
    value = payload.get(key)
    return value if isinstance(value, list) else []


def answer(event: str, reply: Reply) -> str:
    """Return the answer in the host's form."""
    if event in ("PreCompact", "SessionEnd"):
        return reply.model if event == "PreCompact" else ""
    return hook_output(event, reply.model, reply.person)
