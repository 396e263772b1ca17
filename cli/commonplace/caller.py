"""Who is calling: a person or an agent, and of which host and session, told by the environment.

Standard library only: this is on the hot path. A mark here only ever makes us more careful: under
one, a flag's origin is the agent, and `accept` refuses.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Never CLAUDE_PROJECT_DIR: Gemini CLI sets that one too.
_MARKS = (
    ("GEMINI_CLI", "gemini-cli"),
    ("GEMINI_SESSION_ID", "gemini-cli"),
    ("CODEX_SANDBOX", "codex"),
    ("CODEX_SESSION_ID", "codex"),
    ("CODEX_THREAD_ID", "codex"),
    ("COPILOT_CLI", "copilot-cli"),
    ("COPILOT_AGENT_SESSION_ID", "copilot-cli"),
    ("OPENCODE", "opencode"),
    ("CURSOR_AGENT", "cursor"),
    ("CLAUDECODE", "claude-code"),
    ("CLAUDE_CODE_ENTRYPOINT", "claude-code"),
)
_AGENT_MARKS = ("COMMONPLACE_WORKER", "COMMONPLACE_HOST", "AI_AGENT", "AGENT")
_SESSIONS = (
    "COMMONPLACE_SESSION",
    "CLAUDE_CODE_SESSION_ID",
    "GEMINI_SESSION_ID",
    "CODEX_SESSION_ID",
    "CODEX_THREAD_ID",
    "COPILOT_AGENT_SESSION_ID",
)


def host(environ: "Mapping[str, str]") -> str:
    """Return the name of the host that runs the agent (`claude-code`), or ""."""
    named = environ.get("COMMONPLACE_HOST")
    return named or next((name for mark, name in _MARKS if environ.get(mark)), "")


def is_agent(environ: "Mapping[str, str]") -> bool:
    """Tell whether the environment bears the marks of an agent's host."""
    return bool(host(environ)) or any(environ.get(mark) for mark in _AGENT_MARKS)


def is_person(environ: "Mapping[str, str]") -> bool:
    """Tell whether a person seems to type: a terminal, and no agent's marks."""
    return not is_agent(environ) and os.isatty(0)


def session(environ: "Mapping[str, str]") -> str:
    """Return the session's id as the host names it, or ""."""
    return next((environ[name] for name in _SESSIONS if environ.get(name)), "")
