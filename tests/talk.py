"""Talking to the MCP server in raw JSON lines: all at once, or line by line with a process that lives."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tests.memory import Memory

META = "io.modelcontextprotocol/"
NEWEST = "2026-07-28"
Message = dict[str, Any]


def request(number: int | str, method: str, **params: Any) -> Message:
    """Return a request."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def notification(method: str, **params: Any) -> Message:
    """Return a notification."""
    return {"jsonrpc": "2.0", "method": method, "params": params}


def hello(revision: str = "2025-11-25", client: str = "claude-code", **capabilities: Any) -> Message:
    """Return the request that opens a connection with a handshake; its id is `hello`."""
    info = {"name": client, "version": "1"}
    return request(
        "hello", "initialize", protocolVersion=revision, capabilities=capabilities, clientInfo=info
    )


def stateless(number: int | str, method: str, *, revision: str = NEWEST, **params: Any) -> Message:
    """Return a request that names its own revision."""
    info = {"name": "copilot-cli", "version": "1"}
    meta = {"protocolVersion": revision, "clientInfo": info, "clientCapabilities": {}}
    return request(number, method, **params, _meta={META + key: value for key, value in meta.items()})


def call(number: int | str, name: str, **arguments: Any) -> Message:
    """Return a call of a tool."""
    return request(number, "tools/call", name=name, arguments=arguments)


def lines(memory: Memory, *messages: Message | list[Message] | str, **how: Any) -> list[Any]:
    """Send messages, or raw lines, end the input, and return every message that came back, in order."""
    sent = "".join((m if isinstance(m, str) else json.dumps(m)) + "\n" for m in messages)
    return [json.loads(line) for line in memory.out("mcp", stdin=sent, **how).split("\n")[:-1]]


def answers(memory: Memory, *messages: Message, **how: Any) -> dict[Any, Message]:
    """Send messages after a handshake; return id → response."""
    return {m["id"]: m for m in lines(memory, hello(), *messages, **how) if "id" in m and "method" not in m}


def used(memory: Memory, name: str, **arguments: Any) -> Any:
    """Call one tool and return the value of its answer."""
    result = answers(memory, call(1, name, **arguments))[1]["result"]
    assert not result["isError"], result
    assert json.loads(result["content"][0]["text"]) == result["structuredContent"]
    return result["structuredContent"]


class Talk:
    """A server that lives: `tell` it something, `hear` its next message."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def tell(self, *messages: Message) -> None:
        """Send messages."""
        assert self.process.stdin
        self.process.stdin.write("".join(json.dumps(message) + "\n" for message in messages))
        self.process.stdin.flush()

    def hear(self) -> Message:
        """Return the next message."""
        assert self.process.stdout
        heard: Message = json.loads(self.process.stdout.readline())
        return heard

    def end(self) -> tuple[str, str]:
        """End the input; return what was left to hear, and what stood on standard error."""
        out, err = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, err
        return out, err


@contextmanager
def talking(memory: Memory, *messages: Message, **env: str) -> Iterator[Talk]:
    """Start a server in the memory's folder, send it messages, and make sure that it ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "commonplace", "mcp"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=memory.root,
        env={**os.environ, **memory.env, **env}, start_new_session=True,
    )  # fmt: skip
    patience = threading.Timer(60, os.killpg, (process.pid, signal.SIGKILL))  # fail, do not wait for ever
    patience.start()
    try:
        talk = Talk(process)
        talk.tell(*messages)
        yield talk
    finally:
        patience.cancel()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # and what it may have left
        process.communicate()
