"""Where each host keeps what install connects, and which of its events call us.

Facts: the hosts' documentation, and what was seen on the real clients (see the module of each host).
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from commonplace.errors import UsageError
from commonplace.hosts.connection import Hook, command

COMMIT = "*git*commit*"
"""What a shell looks for in a tool's input before it starts us."""


@dataclass(frozen=True)
class Layout:
    """A host's files at one level, the user's or a project's; "" where the host has no such place.

    settings: the file that holds the hooks · whole: that file is wholly ours · instructions: what the
    host loads at every session · block: they are a person's file, in which we have a block · skills: the
    folder of skills.
    """

    settings: str
    whole: bool
    instructions: str
    block: bool
    skills: str


def layout(host: str, project: str, environ: Mapping[str, str]) -> Layout:
    """Return where a host keeps things: for one project, or, with "", for the user."""
    home = environ.get("HOME") or os.path.expanduser("~")

    def at(root: str, *parts: str) -> str:
        return os.path.join(root, *parts)

    def own(name: str, default: str) -> str:
        return os.path.abspath(environ.get(name) or at(home, default))

    if host == "claude-code":
        top = at(project, ".claude") if project else own("CLAUDE_CONFIG_DIR", ".claude")
        rules = at(top, "rules", "commonplace.md")
        return Layout(at(top, "settings.json"), False, rules, False, at(top, "skills"))
    if host == "codex":
        top = at(project, ".codex") if project else own("CODEX_HOME", ".codex")
        instructions = at(project or top, "AGENTS.md")
        return Layout(at(top, "hooks.json"), False, instructions, True, at(top, "skills"))
    if host == "gemini-cli":
        top = at(project or home, ".gemini")
        instructions = at(project or top, "GEMINI.md")
        return Layout(at(top, "settings.json"), False, instructions, True, at(top, "skills"))
    if host == "copilot-cli":
        top = at(project, ".github") if project else at(home, ".copilot")
        instructions = at(top, "copilot-instructions.md")
        return Layout(at(top, "hooks", "commonplace.json"), True, instructions, True, at(top, "skills"))
    if host == "opencode":
        config = environ.get("XDG_CONFIG_HOME") or at(home, ".config")
        top = at(project, ".opencode") if project else at(config, "opencode")
        instructions = at(project or top, "AGENTS.md")
        skills = at(project, ".agents", "skills") if project else at(top, "skills")
        return Layout(at(top, "plugins", "commonplace.js"), True, instructions, True, skills)
    if host == "cursor":
        top = at(project or home, ".cursor")
        rules = at(top, "rules", "commonplace.mdc") if project else ""
        return Layout(at(top, "hooks.json"), False, rules, False, "")
    raise UsageError(f"{host!r} is not a host", f"use one of {', '.join(sorted(HOOKS))}")


HOOKS: dict[str, tuple[Hook, ...]] = {
    "claude-code": (
        Hook("SessionStart"),
        Hook("UserPromptSubmit", timeout=5),
        Hook("PostToolUse", matcher="Bash", timeout=5, words=COMMIT, when="Bash(*git*commit*)"),
        Hook("PostToolUse", matcher="Agent|Task|TaskUpdate|TodoWrite", timeout=5),
        Hook("SubagentStart", timeout=5),
        Hook("Stop", timeout=5),
        Hook("PreCompact", timeout=5),
        Hook("SessionEnd", timeout=5),
    ),
    "codex": (
        Hook("SessionStart"),
        Hook("UserPromptSubmit", timeout=5),
        Hook("PostToolUse", matcher="Bash", timeout=5, words=COMMIT),
        Hook("PostToolUse", matcher="update_goal", timeout=5),
        Hook("Stop", timeout=5),
        Hook("PreCompact", timeout=5),
        Hook("SessionEnd", timeout=3),  # more is cut to 3 s, with an error in the output
    ),
    "gemini-cli": (
        Hook("SessionStart"),
        Hook("BeforeAgent", timeout=5),
        Hook("AfterTool", matcher="run_shell_command", timeout=5, words=COMMIT),
        Hook("AfterTool", matcher="update_topic|write_todos", timeout=5),
        Hook("AfterAgent", timeout=5),
        Hook("PreCompress", timeout=5, words="*'\"manual\"'*"),  # "auto" comes before every request
        Hook("SessionEnd", timeout=5),
    ),
    "copilot-cli": (
        Hook("sessionStart"),
        Hook("userPromptSubmitted", timeout=5),
        Hook("postToolUse", timeout=5, words=f"{COMMIT}|*'\"task\"'*"),
        Hook("agentStop", timeout=5),
        Hook("preCompact", timeout=5),
        Hook("sessionEnd", timeout=5),
    ),
    "opencode": (),  # its plugin calls us
    "cursor": (
        Hook("sessionStart"),
        Hook("afterShellExecution", timeout=5, words=COMMIT),
        Hook("preCompact", timeout=5),
        Hook("stop", timeout=5),
        Hook("sessionEnd", timeout=5),
    ),
}


def groups(host: str, program: str) -> Iterator[tuple[str, object]]:
    """Yield (event, entry) as the host's settings want them."""
    for hook in HOOKS[host]:
        call = command(program, host, hook)
        if host == "copilot-cli":
            yield hook.event, {"type": "command", "bash": call, "timeoutSec": hook.timeout}
        elif host == "cursor":
            yield hook.event, {"command": call, "timeout": hook.timeout}
        else:
            entry: dict[str, object] = {"type": "command", "command": call}
            if host == "gemini-cli":
                entry = {"name": "commonplace", **entry, "timeout": hook.timeout * 1000}
            else:
                entry["timeout"] = hook.timeout
            if hook.when:
                entry["if"] = hook.when
            group: dict[str, object] = {"matcher": hook.matcher} if hook.matcher else {}
            yield hook.event, {**group, "hooks": [entry]}
