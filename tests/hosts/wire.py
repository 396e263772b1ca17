"""The three forms in which a model's answer goes over the wire: Anthropic, OpenAI and Gemini."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Turn:
    """One answer of the model: a text, tool calls (name, input), or both.

    `tokens` is the input usage that is reported; `hold` keeps the answer back until `Stub.release()`;
    `status` other than 200 answers with an API error.
    """

    text: str = ""
    tools: tuple[tuple[str, dict[str, Any]], ...] = ()
    tokens: int = 1000
    hold: bool = False
    status: int = 200


def say(text: str, *, tokens: int = 1000, hold: bool = False) -> Turn:
    """Return a turn that says a text."""
    return Turn(text=text, tokens=tokens, hold=hold)


def call(name: str, arguments: dict[str, Any], *, text: str = "", tokens: int = 1000) -> Turn:
    """Return a turn that calls one tool."""
    return Turn(text=text, tools=((name, arguments),), tokens=tokens)


Speak = Callable[[Turn, dict[str, Any]], tuple[list[bytes], dict[str, Any]]]


def event(value: dict[str, Any], *, named: bool = True) -> bytes:
    """Return one server-sent event."""
    name = f"event: {value['type']}\n" if named else ""
    return f"{name}data: {json.dumps(value)}\n\n".encode()


def new_id(prefix: str) -> str:
    """Return an id as the APIs make them."""
    return prefix + uuid.uuid4().hex[:20]


def anthropic(turn: Turn, body: dict[str, Any]) -> tuple[list[bytes], dict[str, Any]]:
    """Say a turn in the form of Anthropic Messages."""
    blocks: list[dict[str, Any]] = (
        [{"type": "text", "text": turn.text}] if turn.text or not turn.tools else []
    )
    for name, arguments in turn.tools:
        blocks.append({"type": "tool_use", "id": new_id("toolu_"), "name": name, "input": arguments})
    whole = {
        "id": new_id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": body.get("model", "stub"),
        "content": blocks,
        "stop_reason": "tool_use" if turn.tools else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": turn.tokens,
            "output_tokens": 10,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        },
    }
    events = [event({"type": "message_start", "message": {**whole, "content": [], "stop_reason": None}})]
    for index, block in enumerate(blocks):
        if block["type"] == "text":
            start, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            start = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        events += [
            event({"type": "content_block_start", "index": index, "content_block": start}),
            event({"type": "content_block_delta", "index": index, "delta": delta}),
            event({"type": "content_block_stop", "index": index}),
        ]
    ending = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    events += [
        event({"type": "message_delta", "delta": ending, "usage": whole["usage"]}),
        event({"type": "message_stop"}),
    ]
    return events, whole


def responses(turn: Turn, body: dict[str, Any]) -> tuple[list[bytes], dict[str, Any]]:
    """Say a turn in the form of OpenAI Responses."""
    items: list[dict[str, Any]] = []
    if turn.text or not turn.tools:
        content = [{"type": "output_text", "text": turn.text, "annotations": []}]
        items.append(
            {
                "type": "message",
                "id": new_id("msg_"),
                "role": "assistant",
                "status": "completed",
                "content": content,
            }
        )
    for name, arguments in turn.tools:
        items.append(
            {
                "type": "function_call",
                "id": new_id("fc_"),
                "call_id": new_id("call_"),
                "name": name,
                "arguments": json.dumps(arguments),
            }
        )
    usage = {
        "input_tokens": turn.tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 10,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": turn.tokens + 10,
    }
    head = {"id": new_id("resp_"), "object": "response", "model": body.get("model", "stub")}
    whole = {**head, "status": "completed", "output": items, "usage": usage}
    events = [event({"type": "response.created", "response": {**head, "status": "in_progress"}})]
    for index, item in enumerate(items):
        events.append(event({"type": "response.output_item.added", "output_index": index, "item": item}))
        events.append(event({"type": "response.output_item.done", "output_index": index, "item": item}))
    return [*events, event({"type": "response.completed", "response": whole})], whole


def gemini(turn: Turn, body: dict[str, Any]) -> tuple[list[bytes], dict[str, Any]]:
    """Say a turn in the form of Gemini generateContent."""
    parts: list[dict[str, Any]] = [{"text": turn.text}] if turn.text or not turn.tools else []
    for name, arguments in turn.tools:
        parts.append({"functionCall": {"id": new_id("call_"), "name": name, "args": arguments}})
    whole = {
        "candidates": [{"index": 0, "content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
        "usageMetadata": {
            "promptTokenCount": turn.tokens,
            "candidatesTokenCount": 10,
            "totalTokenCount": turn.tokens + 10,
        },
        "modelVersion": "stub",
    }
    return [event(whole, named=False)], whole


SPEAK: tuple[tuple[str, Speak], ...] = (
    ("/messages", anthropic),
    ("/responses", responses),
    ("enerateContent", gemini),
    (":countTokens", gemini),
)
