"""Small session logs in the shape of each host's, written where the host keeps them."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def at(second: int) -> str:
    """Return a time of the session, so many seconds after it began."""
    return f"2026-11-20T10:{second // 60:02}:{second % 60:02}.000Z"


def lines(*records: Record | str) -> str:
    """Return records as a log holds them, one a line, without spaces between."""
    whole = (r if isinstance(r, str) else json.dumps(r, separators=(",", ":")) for r in records)
    return "".join(f"{line}\n" for line in whole)


@dataclass
class Claude:
    """A session of Claude Code, record by record."""

    session: str = "5539d488-9c53-481b-8ec8-51a485dd759e"
    cwd: str = "/home/ada/cad"
    records: list[Record | str] = field(default_factory=list)

    def add(self, kind: str, **rest: Any) -> "Claude":
        """Add a record of a kind."""
        number = len(self.records)
        head = {"parentUuid": None, "isSidechain": rest.pop("isSidechain", False), "userType": "external"}
        where = {"cwd": self.cwd, "sessionId": self.session, "version": "2.1.329", "gitBranch": "main"}
        own = {"uuid": f"{self.session[:8]}-{number}", "timestamp": at(number)}
        self.records.append({**head, **where, "type": kind, **own, **rest})
        return self

    def user(self, content: Any, **rest: Any) -> "Claude":
        """Add a record of role user."""
        number = len(self.records)
        head = {"parentUuid": None, "isSidechain": rest.pop("isSidechain", False), "userType": "external"}
        where = {"cwd": self.cwd, "sessionId": self.session, "version": "2.1.329", "gitBranch": "main"}
        message = {"role": "user", "content": content}
        own = {"uuid": f"{self.session[:8]}-{number}", "timestamp": at(number)}
        self.records.append({**head, **where, "type": "user", "message": message, **own, **rest})
        return self

    def result(self, content: Any, *beside: Record, **rest: Any) -> "Claude":
        """Add the result of a tool, with other blocks beside it."""
        block = {"type": "tool_result", "content": content, "tool_use_id": "toolu_1"}
        return self.user([{**block, **rest}, *beside], toolUseResult={"stdout": "x"})

    def says(self, *texts: str, **rest: Any) -> "Claude":
        """Add the assistant's text."""
        blocks = [{"type": "text", "text": text} for text in texts]
        return self._assistant(blocks, **rest)

    def calls(self, **given: Any) -> "Claude":
        """Add the assistant's call of a tool."""
        return self._assistant([{"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": given}])

    def _assistant(self, blocks: list[Record], **rest: Any) -> "Claude":
        number = len(self.records)
        model = rest.pop("model", "claude-opus-4-6")
        head = {"parentUuid": None, "isSidechain": rest.pop("isSidechain", False)}
        message = {"model": model, "id": "m", "type": "message", "role": "assistant", "content": blocks}
        where = {"cwd": self.cwd, "sessionId": self.session}
        own = {"type": "assistant", "uuid": f"{self.session[:8]}-{number}", "timestamp": at(number)}
        self.records.append({**head, **where, "message": message, **own, **rest})
        return self

    @property
    def text(self) -> str:
        """The log."""
        return lines(*self.records)

    def save(self, home: Path, name: str = "") -> Path:
        """Write the log where Claude Code keeps it."""
        path = home / ".claude" / "projects" / "-home-ada-cad" / f"{name or self.session}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text)
        return path


def correction(session: str = "5539d488-9c53-481b-8ec8-51a485dd759e") -> Claude:
    """Return a session in which a person corrects what the assistant did."""
    log = Claude(session).user("Render the drawing, please.").calls(command="render --full")
    log.result("rendered").says("I rendered the full modelspace of the drawing. All views are done.")
    return log.user(
        "No, that's wrong. Don't render the full modelspace, clip it to the working window first."
    )


def codex(*records: Record, **meta: Any) -> str:
    """Return a rollout of Codex CLI."""
    about = {"session_id": "01a1f97d", "id": "01a1f97d", "cwd": "/home/ada/cad", "source": "cli", **meta}
    first = {"timestamp": at(0), "ordinal": 0, "type": "session_meta", "payload": about}
    return lines(first, *records)


def codex_item(number: int, role: str, text: str, kind: str = "", **rest: Any) -> Record:
    """Return a message of a rollout; kind: what newer versions say of its text."""
    part = {"type": "output_text" if role == "assistant" else "input_text", "text": text}
    about = {"internal_chat_message_metadata_passthrough": {"content_item_kinds": [kind]}} if kind else {}
    payload = {"type": "message", "id": f"msg_{number}", "role": role, "content": [part], **about}
    return {
        "timestamp": at(number),
        "type": "response_item",
        "payload": {**payload, **rest.pop("payload", {})},
        **rest,
    }


def opencode(path: Path, sessions: dict[str, Record]) -> None:
    """Write a database of opencode: session → its row's fields and messages (role, text, part's fields)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(
            "CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, parent_id TEXT, directory TEXT,"
            " time_updated INTEGER);"
            "CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, session_id TEXT, time_created INTEGER,"
            " data TEXT);"
            "CREATE TABLE IF NOT EXISTS part (id TEXT PRIMARY KEY, message_id TEXT, session_id TEXT,"
            " time_created INTEGER, data TEXT);"
        )
        for session, given in sessions.items():
            row = (
                session,
                given.get("parent_id"),
                given.get("directory", "/home/ada/cad"),
                len(given["messages"]),
            )
            db.execute("INSERT OR REPLACE INTO session VALUES (?,?,?,?)", row)
            for number, (role, text, more) in enumerate(given["messages"]):
                made = 1795187833000 + number * 1000
                info = {"role": role, "time": {"created": made}, **more.pop("info", {})}
                name = f"{session}_{number}"
                db.execute(
                    "INSERT OR REPLACE INTO message VALUES (?,?,?,?)", (name, session, made, json.dumps(info))
                )
                part = json.dumps({"type": "text", "text": text, **more})
                db.execute(
                    "INSERT OR REPLACE INTO part VALUES (?,?,?,?,?)", (name, name, session, made, part)
                )
