"""Packets: the queue cut into pieces that can be worked on apart, each with all that a worker may know.

A packet is one topic's page with its entries, or one skill or rule with its self-evals. Packets are
independent: no two touch one page, so they run side by side.
"""

import json
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from commonplace import secrets
from commonplace.entry import Entry


@dataclass(frozen=True)
class Packet:
    """What a worker gets.

    kind: `topic` or `target` · name: the page without its ending (`user/deploy`), or the target
    (`skills/cad`) · page: the text as it stands, "" for a new one · entries: the flags, or self-evals ·
    neighbours: the scope's other topics · edits: what the person changed on this page since the last
    drain, as a diff, which is authoritative · rejected: what was proposed for this target and turned down.
    """

    kind: str
    name: str
    page: str
    entries: tuple[Entry, ...]
    neighbours: tuple[str, ...] = ()
    edits: str = ""
    rejected: tuple[str, ...] = ()
    facts: tuple[str, ...] = field(default=())
    """The ids, without `^`, of the facts on the page."""

    def to_json(self) -> str:
        """Return the packet as a worker reads it on its standard input."""
        held = {
            "kind": self.kind,
            "name": self.name,
            "page": self.page,
            "entries": [_entry(entry) for entry in self.entries],
            "neighbours": list(self.neighbours),
            "edits_by_hand": self.edits,
            "rejected_before": list(self.rejected),
        }
        return json.dumps(held, ensure_ascii=False, indent=1)

    @property
    def secret(self) -> str:
        """Return what looks like a secret in the packet, by its kinds, "": a worker may be sent it."""
        said = [getattr(entry, name) for entry in self.entries for name in ("text", "snag", "better")]
        text = "\n".join([self.page, self.edits, *self.neighbours, *self.rejected, *said])
        return f"it holds what looks like {what}" if (what := secrets.named(text)) else ""

    @cached_property
    def key(self) -> str:
        """Return a name for what the packet says: the same packet has the same key."""
        return sha256(self.to_json().encode("utf-8", "surrogatepass")).hexdigest()


def _entry(entry: Entry) -> dict[str, str]:
    wanted = ("id", "kind", "type", "origin", "at", "supersedes", "snag", "better", "text")
    return {name: value for name in wanted if (value := getattr(entry, name))}
