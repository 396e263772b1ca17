"""JSON-RPC 2.0 over stdio: one message a line; what is sent, what is read, and the errors of the protocol."""

import json
import os
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, BinaryIO

PARSE = -32700
INVALID_REQUEST = -32600
NO_METHOD = -32601
INVALID_PARAMS = -32602
INTERNAL = -32603
NO_RESOURCE = -32002
"""Revisions up to 2025-11-25; from then on a resource that is not there is one of INVALID_PARAMS."""
NO_VERSION = -32022

LONGEST = 4_000_000
"""The longest message that is read, in bytes."""


class Fault(Exception):
    """A request that cannot be answered: its JSON-RPC error."""

    def __init__(self, code: int, message: str, data: "Any" = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def as_error(self) -> "dict[str, Any]":
        """Return the error object."""
        error = {"code": self.code, "message": self.message}
        return error if self.data is None else {**error, "data": self.data}


def answer(request_id: "Any", result: "dict[str, Any] | Fault") -> "dict[str, Any]":
    """Return the response to a request; its id is None where it could not be read."""
    kind, body = ("error", result.as_error()) if isinstance(result, Fault) else ("result", result)
    return {"jsonrpc": "2.0", "id": request_id, kind: body}


def compact(value: object) -> str:
    """Return a value as JSON on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Out:
    """The way out. Messages are written whole, from whichever thread; nothing is buffered."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._lock = threading.Lock()

    def send(self, message: object) -> None:
        """Write one message, or raise BrokenPipeError if the client has gone."""
        line = compact(message) + "\n"
        data = memoryview(line.encode("utf-8", "backslashreplace"))  # a lone surrogate becomes JSON's escape
        with self._lock:
            while data:
                data = data[os.write(self._handle, data) :]

    def notify(self, method: str, params: "dict[str, Any]") -> None:
        """Send a notification."""
        self.send({"jsonrpc": "2.0", "method": method, "params": params})


def messages(stream: "BinaryIO") -> "Iterator[Any]":
    """Yield each line's message until the stream ends, a Fault for a line that holds none."""
    while line := stream.readline(LONGEST):
        if len(line) == LONGEST and not line.endswith(b"\n"):
            _skip_line(stream)
            yield Fault(INVALID_REQUEST, f"the message is longer than {LONGEST:,} bytes")
        elif line.strip():
            yield _parsed(line)


def _skip_line(stream: "BinaryIO") -> None:
    while (rest := stream.readline(LONGEST)) and not rest.endswith(b"\n"):
        continue


def _parsed(line: bytes) -> object:
    try:
        message: object = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        return Fault(PARSE, f"the line is not JSON in UTF-8: {error}")
    return message
