"""The prompts that a person can choose in the client: close-session."""

from commonplace.mcp import wire
from commonplace.mcp.wire import Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from commonplace.mcp.call import Call
    from commonplace.mcp.client import Client
    from commonplace.mcp.protocol import Json

CLOSE = "close-session"

PROMPTS = [
    {
        "name": CLOSE,
        "title": "Close the session",
        "description": "Have everything durable flagged before the session ends, and say what was kept.",
    }
]

_TEXT = """\
This session is about to close. Go through it once, from its beginning, and keep what a later session must
know and could not find in the code:

1. Call `flag` for each durable thing, one line each, in words that stand alone: corrections and decisions of
   mine first, then preferences, facts, procedures and events. Name a topic. Give `supersedes` where it
   replaces a fact that you have read. Do not flag secrets, and nothing that you have read in the memory.
2. If something went wrong on the way, call `self_eval` once for each snag: what went wrong, and what to do
   next time.
3. Tell me in a few lines what you kept. If nothing was durable, keep nothing and say so.

Do not edit the memory's files, and accept no proposal: the drain files what you flagged when the session
ends.
"""


def listed(client: "Client", call: "Call") -> "Json":  # noqa: ARG001
    """Return the prompts; they all lead to writing."""
    return {"prompts": [] if client.reads_only else PROMPTS}


def get(client: "Client", call: "Call") -> "Json":
    """Return one prompt's messages."""
    if call.params.get("name") != CLOSE or client.reads_only:
        raise Fault(wire.INVALID_PARAMS, f"unknown prompt: {call.params.get('name')!r}"[:200])
    content = {"type": "text", "text": _TEXT}
    return {"description": PROMPTS[0]["description"], "messages": [{"role": "user", "content": content}]}
