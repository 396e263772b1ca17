"""Replies: what a worker printed, in its client's own form → the answer's text, and what it cost."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reply:
    """text: what the model answered · tokens_in, tokens_out, cost (US dollars): what the client reports,
    0 and None where it does not · fault: what the client itself says went wrong.
    """

    text: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    fault: str = ""


def read(form: str, out: str, err: str) -> Reply:
    """Return the reply; what is not in the client's form counts as the answer's text."""
    try:
        return FORMS[form](out, err)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return Reply(out)


def _text(out: str, _err: str) -> Reply:
    return Reply(out)


def _llm(out: str, err: str) -> Reply:
    """`llm --usage` says `Token usage: 1,000 input, 10 output` on its standard error."""
    said = re.search(r"Token usage: ([\d,]{1,15}) input, ([\d,]{1,15}) output", err)
    into, outof = (int(number.replace(",", "")) for number in said.groups()) if said else (0, 0)
    return Reply(out, into, outof)


def _claude(out: str, _err: str) -> Reply:
    held = json.loads(out)
    text = str(held["result"])
    usage = held.get("usage") or {}
    return Reply(
        text,
        _sum(usage, "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"),
        _sum(usage, "output_tokens"),
        _cost(held.get("total_cost_usd")),
        text if held.get("is_error") else "",
    )


def _codex(out: str, _err: str) -> Reply:
    text, fault, into, outof = "", "", 0, 0
    for event in _lines(out):
        item = event.get("item") or {}
        if event.get("type") == "item.completed" and item.get("type") == "agent_message":
            text = str(item["text"])
        elif event.get("type") == "turn.completed":
            into += _sum(event["usage"], "input_tokens")
            outof += _sum(event["usage"], "output_tokens")
        elif event.get("type") == "turn.failed":
            fault = str((event.get("error") or {}).get("message", "the turn failed"))
    return Reply(text, into, outof, fault=fault)


def _gemini(out: str, err: str) -> Reply:
    try:
        held = json.loads(out)
    except ValueError:  # its errors are JSON too, behind warnings on standard error
        held = json.loads(err[err.index("{\n") :])
    into = outof = 0
    for model in ((held.get("stats") or {}).get("models") or {}).values():
        into += _sum(model["tokens"], "prompt")
        outof += _sum(model["tokens"], "candidates", "thoughts")
    fault = str(held["error"].get("message", "an error")) if held.get("error") else ""
    return Reply(str(held.get("response") or ""), into, outof, fault=fault)


def _opencode(out: str, _err: str) -> Reply:
    text, fault, into, outof = [], "", 0, 0
    cost: float | None = None
    for event in _lines(out):
        part = event.get("part") or {}
        if event.get("type") == "text":
            text.append(str(part["text"]))
        elif event.get("type") == "step_finish":
            tokens = part["tokens"]
            into += _sum(tokens, "input") + _sum(tokens.get("cache") or {}, "read", "write")
            outof += _sum(tokens, "output", "reasoning")
            cost = (cost or 0.0) + (_cost(part.get("cost")) or 0.0)
        elif event.get("type") == "error":
            fault = str(event["error"].get("data", {}).get("message") or event["error"].get("name"))
    return Reply("\n".join(text), into, outof, cost, fault)


FORMS: dict[str, Callable[[str, str], Reply]] = {
    "text": _text,
    "llm": _llm,
    "claude-json": _claude,
    "codex-jsonl": _codex,
    "gemini-json": _gemini,
    "opencode-jsonl": _opencode,
}
"""How the answer is taken out of what a worker prints; `text` takes it as it is."""


def _lines(out: str) -> Iterator[dict[str, Any]]:
    """Yield the events of a stream of JSON lines; raise ValueError if there is none."""
    events = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    if not events:
        raise ValueError
    yield from events


def _sum(held: dict[str, Any], *names: str) -> int:
    found = [held.get(name) for name in names]
    return sum(number for number in found if isinstance(number, int) and 0 < number < 1 << 40)


def _cost(value: object) -> float | None:
    # The comparison also passes over NaN.
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e6 else None
