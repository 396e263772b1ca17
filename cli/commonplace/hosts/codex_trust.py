"""How Codex remembers which hooks a person has trusted, so that `doctor` can tell.

Seen on 0.169.0, recomputed for a dozen real hooks: the key names the file, the event, and the hook's place
in it; the value is a digest over the hook as Codex reads it. We only read this: to write it would skip the
person's review.
"""

import json
import os
import re
from hashlib import sha256
from typing import Any

from commonplace.hosts.connection import MARK

_NO_MATCHER = ("UserPromptSubmit", "Stop")
_CLAMPED = {"SessionEnd": 3, "Interrupt": 3}
_DEFAULT_TIMEOUT = 600


def wanted(path: str) -> dict[str, str]:
    """Return key → digest, as a person's trust in them would be remembered, for our hooks in a file."""
    try:
        with open(path, encoding="utf-8") as file:
            events = json.load(file).get("hooks", {})
    except (OSError, ValueError):
        return {}
    found = {}
    for event, groups in events.items():
        for number, group in enumerate(groups):
            for place, hook in enumerate(group.get("hooks", [])):
                if MARK in hook.get("command", ""):
                    key = f"{os.path.realpath(path)}:{_snake(event)}:{number}:{place}"
                    found[key] = digest(event, group.get("matcher"), hook)
    return found


def digest(event: str, matcher: str | None, hook: dict[str, Any]) -> str:
    """Return the digest of one hook."""
    timeout = hook.get("timeout", _DEFAULT_TIMEOUT) or 1
    if event in _CLAMPED:
        timeout = min(timeout, _CLAMPED[event])
    read: dict[str, Any] = {"async": False, "command": hook["command"], "timeout": timeout}
    read["type"] = "command"
    if "statusMessage" in hook:
        read["statusMessage"] = hook["statusMessage"]
    whole: dict[str, Any] = {"event_name": _snake(event), "hooks": [read]}
    if matcher is not None and event not in _NO_MATCHER:
        whole["matcher"] = matcher
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + sha256(text.encode()).hexdigest()


def _snake(event: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event).lower()
