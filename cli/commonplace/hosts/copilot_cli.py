"""Copilot CLI: hooks in a file of our own, answers as a top-level `additionalContext`.

Facts seen on 1.0.102: the session starts with the first prompt; after a compaction nothing fires, so the
next prompt asks; hooks of a repository run headless only where the folder is trusted, silently.
"""

import os

from commonplace.hosts import happening
from commonplace.hosts.happening import Happening, Payload, Reply, inner, makes_commit, text
from commonplace.hosts.json_text import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

WORK = (b'"type":"tool.execution_start"',)

_PLAIN = {
    "sessionStart": happening.BOOT,
    "userPromptSubmitted": happening.PROMPT,
    "agentStop": happening.TURN_END,
    "preCompact": happening.BEFORE_COMPACTION,
    "sessionEnd": happening.END,
}


def read(event: str, payload: Payload, environ: "Mapping[str, str]") -> Happening:
    """Return what has happened."""
    what, chapter = _PLAIN.get(event, ""), False
    if event == "postToolUse":
        what, chapter = happening.TOOL, _closes(payload)
    session = text(payload, "sessionId")
    home = environ.get("COPILOT_HOME") or os.path.join(environ.get("HOME", ""), ".copilot")
    return Happening(
        what,
        session,
        cwd=text(payload, "cwd"),
        chapter=chapter,
        again=payload.get("stop_hook_active") is True,
        transcript=text(payload, "transcriptPath")
        or os.path.join(home, "session-state", session, "events.jsonl"),
        work=WORK,
    )


def _closes(payload: Payload) -> bool:
    tool, said = text(payload, "toolName"), inner(payload, "toolArgs")
    if tool.endswith("mark_chapter") or tool == "task":
        return True
    return tool == "bash" and makes_commit(text(said, "command"))


def answer(event: str, reply: Reply) -> str:
    """Return the answer in the host's form."""
    if event == "agentStop":
        return dumps({"decision": "block", "reason": reply.model}) if reply.another_turn else ""
    if event in ("sessionStart", "userPromptSubmitted", "postToolUse") and reply.model:
        return dumps({"additionalContext": reply.model})
    return ""
