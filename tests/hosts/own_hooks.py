"""Tiny hooks in each host's own form: they note their input, and answer what a test wants them to."""

import json
from pathlib import Path
from typing import Any

from tests.hosts.clients import Client

EVENTS = {
    "claude-code": ("SessionStart", "PreCompact", "SessionEnd"),
    "codex": ("SessionStart", "PreCompact", "SessionEnd"),
    "gemini-cli": ("SessionStart", "PreCompress", "SessionEnd"),
    "copilot-cli": ("sessionStart", "preCompact", "sessionEnd"),
    "opencode": ("init", "dispose"),
}
END = {name: events[-1] for name, events in EVENTS.items()}
BOOT = {name: events[0] for name, events in EVENTS.items()}


def connect(client: Client) -> None:
    """Install the hooks; they answer nothing yet."""
    folder = hooks(client)
    folder.mkdir(exist_ok=True)
    script = folder / "hook"
    script.write_text(f"#!/bin/sh\ncat >> {folder}/$1.seen\ncat {folder}/$1.answer 2>/dev/null || true\n")
    script.chmod(0o755)
    if client.name == "opencode":
        client.write(".config/opencode/plugins/own.js", plugin(folder))
        return
    place = {"codex": ".codex/hooks.json", "copilot-cli": ".copilot/hooks/own.json"}
    path = client.home / place.get(client.name, f".{client.name.split('-')[0]}/settings.json")
    old = json.loads(path.read_text()) if path.exists() else {}
    entries = {event: [entry(client.name, f"{script} {event}")] for event in EVENTS[client.name]}
    version = {"version": 1} if client.name == "copilot-cli" else {}
    client.write(str(path.relative_to(client.home)), {**old, **version, "hooks": entries})


def entry(host: str, command: str) -> dict[str, Any]:
    """Return one hook's entry in a host's own form and unit of time."""
    if host == "copilot-cli":
        return {"type": "command", "bash": command, "timeoutSec": 5}
    seconds = {"codex": 3, "gemini-cli": 5000}.get(host, 5)
    return {"hooks": [{"type": "command", "command": command, "timeout": seconds}]}


def say_at_boot(client: Client, text: str) -> None:
    """Let the session-start hook add a text to the model's context."""
    event = BOOT[client.name]
    inner = {"hookEventName": event, "additionalContext": text}
    answers: dict[str, str] = {
        "copilot-cli": json.dumps({"additionalContext": text}),
        "opencode": text,
    }
    answer(client, event, answers.get(client.name, json.dumps({"hookSpecificOutput": inner})))


def answer(client: Client, event: str, text: str) -> None:
    """Let an event's hook print a text."""
    (hooks(client) / f"{event}.answer").write_text(text)


def seen(client: Client, event: str) -> str:
    """Return all that an event's hook was given, nothing if it never ran."""
    path = hooks(client) / f"{event}.seen"
    return path.read_text() if path.exists() else ""


def hooks(client: Client) -> Path:
    """Return the folder of scripts, answers and notes."""
    return client.home / "hooks"


def plugin(folder: Path) -> str:
    """Return opencode's form of the same hooks."""
    return f"""import fs from "node:fs"
const note = (event) => fs.appendFileSync("{folder}/" + event + ".seen", "{{}}")
export const Own = async () => {{
  note("init")
  return {{
    "experimental.chat.system.transform": async (input, output) => {{
      const path = "{folder}/init.answer"
      if (fs.existsSync(path)) output.system.push(fs.readFileSync(path, "utf8"))
    }},
    dispose: async () => note("dispose"),
  }}
}}
"""
