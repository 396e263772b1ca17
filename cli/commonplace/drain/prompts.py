"""Prompts: a packet as a model reads it, through templates that a person can read and override."""

import json
from collections.abc import Callable

from commonplace.drain.operations import schema
from commonplace.drain.packets import Packet
from commonplace.place import Place
from commonplace.render import template


def renderer(place: Place) -> Callable[[Packet, str], str]:
    """Return what renders a packet's prompt; with the reason why an answer was refused, the second one."""
    first, again = template(place, "drain/prompt.md"), template(place, "drain/retry.md")
    rules = json.dumps(schema(), ensure_ascii=False, separators=(",", ":"))

    def render(packet: Packet, refused: str) -> str:
        # Nobody can write a text that holds the hash of the packet it is in, so no text can end the fence.
        prompt = first.render(packet=packet, schema=rules, fence=f"packet-{packet.key[:16]}")
        return again.render(prompt=prompt, refused=refused) if refused else prompt

    return render
