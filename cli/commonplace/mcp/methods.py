"""The protocol's methods that take work: tools, resources, prompts.

What does the work is imported with the first call: a client waits for the server to start.
"""

from commonplace.errors import CommonplaceError
from commonplace.mcp import prompts, schema, wire
from commonplace.mcp.tools import TOOLS
from commonplace.mcp.wire import Fault
from commonplace.secrets import masked
from commonplace.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from commonplace.mcp.call import Call
    from commonplace.mcp.client import Client
    from commonplace.mcp.protocol import Json


def capabilities(client: "Client") -> "Json":
    """Return what the server offers; nothing can be subscribed to."""
    return {"tools": {}, "resources": {}, **({} if client.reads_only else {"prompts": {}})}


def _offered(client: "Client") -> "dict[str, Json]":
    wanted = [t for t in TOOLS if t["annotations"]["readOnlyHint"] or not client.reads_only]
    return {tool["name"]: tool for tool in wanted}


def _tools(client: "Client", call: "Call") -> "Json":  # noqa: ARG001
    return {"tools": list(_offered(client).values())}


def _call_tool(client: "Client", call: "Call") -> "Json":
    """Call a tool. What goes wrong in it is its result: a model reads that, and not a protocol error."""
    name, arguments = call.params.get("name"), call.params.get("arguments") or {}
    tool = _offered(client).get(name) if isinstance(name, str) else None
    if tool is None:
        raise Fault(wire.INVALID_PARAMS, visible(f"unknown tool: {name}")[:200])
    if not isinstance(arguments, dict):
        raise Fault(wire.INVALID_PARAMS, "arguments is an object")
    if wrong := schema.problem(tool["inputSchema"], arguments):
        return _failed(wrong)
    from commonplace.mcp import actions

    try:
        return _said(actions.ACTIONS[tool["name"]](client, call, arguments))
    except CommonplaceError as error:
        return _failed(f"{error.message}\nmend it with: {error.hint}" if error.hint else error.message)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _failed(f"{error.strerror} ({error.filename})\nmend it with: commonplace doctor")


def _said(value: "Json") -> "Json":
    """Return a tool's result twice, as the protocol wants it.

    Hosts hand a model the value, or its text, or both where they differ: so the text is the value's JSON.
    """
    value = _cleaned(value)
    content = [{"type": "text", "text": wire.compact(value)}]
    return {"content": content, "structuredContent": value, "isError": False}


def _failed(text: str) -> "Json":
    return {"content": [{"type": "text", "text": visible(masked(text))}], "isError": True}


def _cleaned(value: "Any") -> "Any":
    """Return a value with every text in it made visible, secrets masked."""
    if isinstance(value, str):
        return visible(masked(value))
    if isinstance(value, dict):
        return {key: _cleaned(inner) for key, inner in value.items()}
    return [_cleaned(inner) for inner in value] if isinstance(value, list) else value


def _resources(name: str) -> "Callable[[Client, Call], Json]":
    """Return a function of `resources` as a method: an error of ours is told as one of the protocol's."""

    def method(client: "Client", call: "Call") -> "Json":
        from commonplace.mcp import resources

        try:
            found: Json = getattr(resources, name)(client, call)
        except CommonplaceError as error:
            said, remedy = masked(error.message), masked(error.hint)
            raise Fault(wire.INTERNAL, visible(said), {"remedy": visible(remedy)}) from None
        return found

    return method


METHODS: "dict[str, Callable[[Client, Call], Json]]" = {
    "tools/list": _tools,
    "tools/call": _call_tool,
    "resources/list": _resources("listed"),
    "resources/templates/list": _resources("templates"),
    "resources/read": _resources("read_one"),
    "prompts/list": prompts.listed,
    "prompts/get": prompts.get,
}
