"""What the hosts put on a hook's standard input, in the smallest form that has its shape."""

import json
from pathlib import Path
from typing import Any

HOSTS = ("claude-code", "codex", "gemini-cli", "copilot-cli", "opencode", "cursor")

_EVENTS: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    "claude-code": {
        "boot": ("SessionStart", {"source": "startup"}),
        "resumed": ("SessionStart", {"source": "resume", "context_tokens": 12723}),
        "prompt": ("UserPromptSubmit", {"prompt": "go on"}),
        "shell": ("PostToolUse", {"tool_name": "Bash", "tool_response": {"interrupted": False}}),
        "subagent": ("SubagentStart", {"agent_id": "a742bf5c", "agent_type": "general-purpose"}),
        "turn-end": ("Stop", {"stop_hook_active": False, "last_assistant_message": "done"}),
        "again": ("Stop", {"stop_hook_active": True}),
        "before": ("PreCompact", {"trigger": "auto", "custom_instructions": None}),
        "after": ("SessionStart", {"source": "compact"}),
        "end": ("SessionEnd", {"reason": "other"}),
    },
    "codex": {
        "boot": ("SessionStart", {"source": "startup", "model": "gpt-5.5"}),
        "resumed": ("SessionStart", {"source": "resume"}),
        "prompt": ("UserPromptSubmit", {"prompt": "go on"}),
        "shell": ("PostToolUse", {"tool_name": "Bash", "tool_response": "done\n"}),
        "turn-end": ("Stop", {"stop_hook_active": False}),
        "again": ("Stop", {"stop_hook_active": True}),
        "before": ("PreCompact", {"trigger": "auto"}),
        "after": ("SessionStart", {"source": "compact"}),
        "end": ("SessionEnd", {"reason": "other"}),
    },
    "gemini-cli": {
        "boot": ("SessionStart", {"source": "startup"}),
        "resumed": ("SessionStart", {"source": "resume"}),
        "prompt": ("BeforeAgent", {"prompt": "go on"}),
        "shell": ("AfterTool", {"tool_name": "run_shell_command", "tool_response": {"llmContent": "x"}}),
        "turn-end": ("AfterAgent", {"prompt_response": "done", "stop_hook_active": False}),
        "again": ("AfterAgent", {"stop_hook_active": True}),
        "before": ("PreCompress", {"trigger": "manual"}),
        "end": ("SessionEnd", {"reason": "exit"}),
    },
    "copilot-cli": {
        "boot": ("sessionStart", {"source": "new", "initialPrompt": "hello"}),
        "resumed": ("sessionStart", {"source": "resume"}),
        "prompt": ("userPromptSubmitted", {"prompt": "go on"}),
        "shell": ("postToolUse", {"toolName": "bash", "toolResult": {"resultType": "success"}}),
        "turn-end": ("agentStop", {"stopReason": "end_turn"}),
        "again": ("agentStop", {"stop_hook_active": True}),
        "before": ("preCompact", {"trigger": "manual", "customInstructions": ""}),
        "end": ("sessionEnd", {"reason": "complete"}),
    },
    "opencode": {
        "boot": ("boot", {}),
        "resumed": ("boot", {}),
        "prompt": ("prompt", {}),
        "shell": ("tool", {"tool": "bash"}),
        "turn-end": ("idle", {}),
        "before": ("compacting", {}),
        "after": ("compacted", {}),
        "end": ("end", {}),
    },
    "cursor": {
        "boot": ("sessionStart", {}),
        "resumed": ("sessionStart", {}),
        "shell": ("afterShellExecution", {"output": "done", "duration": 7}),
        "turn-end": ("stop", {"status": "completed", "loop_count": 0}),
        "again": ("stop", {"status": "completed", "loop_count": 1}),
        "before": ("preCompact", {"trigger": "auto", "context_tokens": 180_000}),
        "end": ("sessionEnd", {"reason": "user_close"}),
    },
}


def has(host: str, what: str) -> bool:
    """Tell whether a host has such an event."""
    return what in _EVENTS[host]


def event(
    host: str,
    what: str,
    session: str,
    cwd: Path,
    *,
    command: str = "",
    transcript: Path | None = None,
    **more: Any,
) -> tuple[str, dict[str, Any]]:
    """Return the host's name of an event and what it puts on the hook's standard input."""
    name, extra = _EVENTS[host][what]
    log = str(transcript or "")
    said: dict[str, Any]
    if host == "copilot-cli":
        said = {"sessionId": session, "timestamp": 1795187901536, "cwd": str(cwd), **extra}
        said |= {"transcriptPath": log} if log else {}
        tool: dict[str, Any] = {"toolArgs": {"command": command, "mode": "sync"}}
    elif host == "opencode":
        said, tool = {"session": session, "cwd": str(cwd), **extra}, {"command": command}
    elif host == "cursor":
        said = {"conversation_id": session, "generation_id": "g", "hook_event_name": name}
        said |= {"workspace_roots": [str(cwd)], **extra}
        tool = {"command": command}
    else:
        said = {"session_id": session, "transcript_path": log, "cwd": str(cwd), "hook_event_name": name}
        said |= extra
        tool = {"tool_input": {"command": command, "description": "d"}}
    return name, {**said, **(tool if what == "shell" else {}), **more}


def stdin(payload: dict[str, Any]) -> str:
    """Return a payload as hosts write it: in one line, without blanks, text as it is."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False)


CALLS = {
    "claude-code": '{"type":"assistant","message":{"content":[{"type":"tool_use","input":%s}]}}\n',
    "codex": '{"type":"response_item","payload":{"type":"function_call","arguments":%s}}\n',
    "gemini-cli": '{"type":"gemini","content":"","toolCalls":[{"name":"run_shell_command","args":%s}]}\n',
    "copilot-cli": '{"type":"tool.execution_start","data":{"toolName":"bash","arguments":%s}}\n',
}
"""A line that a call of a tool leaves in a host's log."""


def work(transcript: Path, host: str, calls: int, command: str = "ls") -> None:
    """Let a session's log grow by calls of a tool."""
    transcript.parent.mkdir(parents=True, exist_ok=True)
    with transcript.open("a") as file:
        for _ in range(calls):
            file.write('{"type":"user","text":"and \\"type\\":\\"tool_use\\" as text"}\n')
            file.write(CALLS[host] % json.dumps({"command": command}))
