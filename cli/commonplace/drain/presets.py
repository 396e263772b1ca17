"""Presets: the clients that people have, set up as workers: a cheap model, no tools, no hooks.

Each prompt goes through standard input: an argument may hold 128 kB at the most on Linux, and everybody
can read it in the list of processes.
"""

import json
from collections.abc import Callable, Mapping

from commonplace.drain.workers import Worker

SYSTEM = "You keep a memory of facts in order. You answer with one JSON object and with nothing else."
"""Instead of the client's own system prompt, which is for writing code and costs up to 50 kB a call."""

RETRIES = 3
"""How often a client itself asks again when the model's server fails: by default some do for minutes."""

_KEYS = ("*_API_KEY", "ANTHROPIC_*", "OPENAI_*", "AZURE_*", "AWS_*", "GOOGLE_*")
"""What a client with many providers may need to log in."""


def _claude(model: str, environ: Mapping[str, str]) -> Worker:
    """Ask Claude Code, for those who pay by the call and for subscribers.

    With ANTHROPIC_API_KEY set it is called with `--bare`, which starts quickest and reads no login at all: a
    subscriber would be told "Not logged in". Without the key it is called with `--safe-mode`, which reads
    every login there is (a subscription's in its file, keychain or CLAUDE_CODE_OAUTH_TOKEN, a gateway's, a
    cloud's). Neither runs a hook, loads an instruction file or offers a tool.
    """
    quiet = "--bare" if environ.get("ANTHROPIC_API_KEY") else "--safe-mode"
    command = (
        "claude", "-p", quiet, "--model", model or "haiku", "--tools", "", "--strict-mcp-config",
        "--no-session-persistence", "--system-prompt", SYSTEM, "--output-format", "json",
    )  # fmt: skip
    # Named one by one: the marks of a session that the drain was started from must stay behind.
    names = (
        "ANTHROPIC_*", "AWS_*", "GOOGLE_*", "CLOUD_ML_REGION", "CLAUDE_CONFIG_DIR", "CLAUDE_CODE_OAUTH_TOKEN",
        "CLAUDE_CODE_USE_*", "CLAUDE_CODE_SKIP_*", "CLAUDE_CODE_TMPDIR",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_TELEMETRY", "DISABLE_AUTOUPDATER",
    )  # fmt: skip
    return Worker(
        "claude",
        command,
        answer="claude-json",
        environment=names,
        variables=(("CLAUDE_CODE_MAX_RETRIES", str(RETRIES)),),
    )


def _codex(model: str, environ: Mapping[str, str]) -> Worker:
    off = ("hooks", "shell_tool", "apps", "plugins", "goals", "view_image", "multi_agent")
    settings = [f"features.{feature}=false" for feature in off]
    settings += ['web_search="disabled"', "project_doc_max_bytes=0", 'model_reasoning_effort="low"']
    settings += ["skills.include_instructions=false", "include_environment_context=false"]
    if environ.get("CODEX_API_KEY"):
        # A call is a sixth as long then. For subscribers the server refuses any instructions but its own.
        settings.append('model_instructions_file="system.md"')
    command = ["codex", "exec", "--json", "--ephemeral", "--skip-git-repo-check", "--sandbox", "read-only"]
    for setting in settings:
        command += ["-c", setting]
    command += ["-m", model] if model else []
    return Worker(
        "codex",
        (*command, "-"),
        answer="codex-jsonl",
        environment=("CODEX_HOME", "CODEX_API_KEY", "CODEX_ACCESS_TOKEN", *_KEYS),
        files=(("system.md", SYSTEM),),
    )


def _gemini(model: str, _environ: Mapping[str, str]) -> Worker:
    # It has no option for hooks and tools: it takes them from settings in its folder, if that is trusted.
    settings = {
        "hooksConfig": {"enabled": False},
        "tools": {"core": []},
        "context": {"fileName": ["none.md"]},
        "general": {"maxAttempts": RETRIES},
    }
    command = (
        "gemini", "-m", model or "gemini-2.5-flash", "--output-format", "json",
        "--skip-trust", "-e", "none", "--allowed-mcp-server-names", "none",
    )  # fmt: skip
    names = (
        "GEMINI_API_KEY", "GEMINI_CLI_HOME", "GEMINI_CLI_NO_RELAUNCH", "GEMINI_TELEMETRY_ENABLED", "GOOGLE_*",
    )  # fmt: skip
    return Worker(
        "gemini",
        command,
        answer="gemini-json",
        environment=names,
        variables=(("GEMINI_SYSTEM_MD", "system.md"),),
        files=((".gemini/settings.json", json.dumps(settings)), ("system.md", SYSTEM)),
    )


def _opencode(model: str, _environ: Mapping[str, str]) -> Worker:
    settings = {
        "permission": {"*": "deny"},
        "tools": {"*": False},
        "agent": {"build": {"prompt": SYSTEM}},
        "share": "disabled",
    }
    # Without a title it asks a model for one.
    command = ("opencode", "run", "--format", "json", "--pure", "--agent", "build", "--title", "drain")
    names = (
        "OPENCODE_CONFIG", "OPENCODE_CONFIG_DIR", "OPENCODE_API_KEY", "OPENCODE_AUTH_CONTENT",
        "OPENCODE_DISABLE_*", *_KEYS,
    )  # fmt: skip
    return Worker(
        "opencode",
        (*command, *(("-m", model) if model else ())),
        answer="opencode-jsonl",
        environment=names,
        variables=(("OPENCODE_CONFIG_CONTENT", json.dumps(settings)),),
    )


def _llm(model: str, _environ: Mapping[str, str]) -> Worker:
    command = ("llm", "prompt", "--no-stream", "--no-log", "--usage", "--system", SYSTEM)
    chosen = ("-m", model) if model else ()
    return Worker("llm", (*command, *chosen), answer="llm", environment=("LLM_*", *_KEYS))


def _ollama(model: str, _environ: Mapping[str, str]) -> Worker:
    """Ask a model on this machine; one that is not there yet is fetched by `ollama run` itself.

    Its server cuts a prompt that is longer than its context, silently: OLLAMA_CONTEXT_LENGTH, set where the
    server runs, must hold a packet, 16,000 tokens for a full one.
    """
    command = ("ollama", "run", model or "gemma3", "--format", "json", "--nowordwrap")
    return Worker("ollama", command, timeout=900, environment=("OLLAMA_*",))


PRESETS: dict[str, Callable[[str, Mapping[str, str]], Worker]] = {
    "claude": _claude,
    "codex": _codex,
    "gemini": _gemini,
    "opencode": _opencode,
    "llm": _llm,
    "ollama": _ollama,
}
"""Name → what makes the worker from a model's name ("": the preset's own choice) and the environment."""
