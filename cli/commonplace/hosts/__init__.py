"""The hosts: one file each, with its hook events, the form of its answers, and what install connects."""

NAMES = ("claude-code", "codex", "gemini-cli", "copilot-cli", "opencode", "cursor")


def module_name(host: str) -> str:
    """Return the name of a host's module: `claude-code` → `commonplace.hosts.claude_code`."""
    return "commonplace.hosts." + host.replace("-", "_")
