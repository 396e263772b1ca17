"""`commonplace mcp`: the loop. It reads on the main thread and works on one other, in order.

So a ping is answered, and a request cancelled, while another one is at work. The server ends when its input
does, at SIGTERM, SIGINT or SIGHUP, and when nobody reads its answers any more.
"""

import os
import queue
import signal
import sys
import threading

from commonplace.mcp import protocol, wire
from commonplace.mcp.call import Call, Cancelled
from commonplace.mcp.client import Client
from commonplace.mcp.methods import METHODS, capabilities
from commonplace.mcp.wire import Fault, Out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, BinaryIO

    from commonplace.mcp.protocol import Asker, Json

PATIENCE = 1.0
"""How long a call at work may go on once a signal has asked the server to end, in seconds."""

AT_ONCE = 1000
"""How many requests may wait; a client that sends more is not read until some are done."""

_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP")
_ROOTS = "roots"
"""The id of our own request: which folders the client works in."""
_ROOTS_NEWS = ("notifications/initialized", "notifications/roots/list_changed")


def run(repo: str, environ: "Mapping[str, str]", cwd: str) -> int:
    """Serve until the client goes, and return the exit code."""
    if os.isatty(0):
        sys.stderr.write("commonplace mcp: waiting for a client on standard input; Ctrl-C ends it\n")
    stream, out = _own_streams()
    server = Server(Client(repo, environ, cwd), out)
    _end_at_signals(server)
    try:
        server.serve(stream)
    except OSError:  # the client's end of a pipe is gone
        server.leave()
    return 0


def _end_at_signals(server: "Server") -> None:
    """Have a thread of its own end the process: one that waits for input may miss a signal that comes just
    before it begins to wait.
    """
    ear, mouth = os.pipe()
    os.set_blocking(mouth, False)
    signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)
    for name in _SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: None)

    def end() -> None:
        os.read(ear, 1)
        server.leave()
        os._exit(0)

    threading.Thread(target=end, daemon=True).start()


def _own_streams() -> "tuple[BinaryIO, Out]":
    """Keep standard input and output for the protocol: what else prints goes to standard error, and what
    else reads, a child say, finds nothing.
    """
    stream, out = os.fdopen(os.dup(0), "rb"), Out(os.dup(1))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return stream, out


class Server:
    """One client's server, from its first message to its last."""

    def __init__(self, client: Client, out: Out) -> None:
        self.client = client
        self.out = out
        self.handshake: Asker | None = None
        self._todo: queue.Queue[tuple[Any, Asker | None] | None] = queue.Queue(AT_ONCE)
        self._worker = threading.Thread(target=self._work, daemon=True)
        self._pending: set[object] = set()
        self._cancelled: set[object] = set()
        self._leaving = False

    def serve(self, stream: "BinaryIO") -> None:
        """Answer everything that the stream holds, until it ends."""
        self._worker.start()
        for message in wire.messages(stream):
            if isinstance(message, list) or _is_work(message):
                self._pending.update(_ids(message))
                self._todo.put((message, self.handshake))
            else:
                self._send(self._response(message, self.handshake))
        self.client.roots_known.set()  # there will be no answer any more
        self._todo.put(None)
        self._worker.join()

    def leave(self) -> None:
        """End a search, and give any other call at work a moment; what waits is not begun."""
        self._leaving = True
        self.client.search.end()
        if self._pending and self._worker.is_alive():
            self._worker.join(PATIENCE)

    def _work(self) -> None:
        try:
            while not self._leaving and (job := self._todo.get()):
                message, handshake = job
                batch = isinstance(message, list)
                self._send(self._array(message, handshake) if batch else self._response(message, handshake))
                for ids in (self._pending, self._cancelled):
                    ids.difference_update(_ids(message))
        except OSError:
            os._exit(0)  # nobody reads our answers, and the main thread waits for input

    def _send(self, message: object) -> None:
        if message:
            self.out.send(message)

    def _array(self, batch: "list[Any]", handshake: "Asker | None") -> object:
        """Return the answer to several messages in one array, [] where none of them wants one."""
        if not batch or not handshake or handshake.revision != protocol.BATCHES:
            return wire.answer(None, Fault(wire.INVALID_REQUEST, "a message is one JSON object"))
        answers = [self._response(message, handshake) for message in batch]
        return [one for one in answers if one]

    def _response(self, message: "Any", handshake: "Asker | None") -> "Json | None":
        """Do what a message asks, and return the response, None where there is to be none."""
        request_id = message.get("id") if isinstance(message, dict) else None
        if isinstance(request_id, bool) or not isinstance(request_id, str | int):
            request_id = None
        try:
            result = self._done(message, request_id, handshake)
        except Cancelled:
            return None
        except Fault as fault:
            return wire.answer(request_id, fault)
        except BrokenPipeError:
            raise
        except Exception as error:
            return None if self._leaving else wire.answer(request_id, _bug(error))
        return None if result is None else wire.answer(request_id, result)

    def _done(
        self, message: "Any", request_id: "str | int | None", handshake: "Asker | None"
    ) -> "Json | None":
        """Do what a message asks, and return its result, None for what is no request."""
        method, params = _read(message)
        if "id" not in message:
            self._heed(method, params)
            return None
        if not method:
            self.client.rooted(message.get("result") if request_id == _ROOTS else None)
            return None
        if request_id is None:
            raise Fault(wire.INVALID_REQUEST, "the id of a request is a text or a whole number")
        return self._result(request_id, method, params, handshake)

    def _result(
        self, request_id: "str | int", method: str, params: "Json", handshake: "Asker | None"
    ) -> "Json":
        if method == "initialize":
            self.handshake = protocol.chosen(params)
            return protocol.initialized(self.handshake, capabilities(self.client))
        if method == "ping" and not protocol.names_revision(params):
            return {}
        asker = protocol.of_request(params, handshake)
        if method == "server/discover" and asker.stateless:
            return protocol.fitted(method, protocol.discovered(capabilities(self.client)), asker)
        if method not in METHODS:
            raise Fault(wire.NO_METHOD, f"method not found: {method}")
        with Call(asker, params, self.out, lambda: request_id in self._cancelled) as call:
            result = METHODS[method](self.client, call)
        return protocol.fitted(method, result, asker)

    def _heed(self, method: str, params: "Json") -> None:
        """Do what a notification asks; one that we do not know asks nothing."""
        if method == "notifications/cancelled":
            self._cancelled.update(self._pending.intersection(_ids({"id": params.get("requestId")})))
        elif method in _ROOTS_NEWS and self.handshake and "roots" in self.handshake.can:
            self.client.roots_known.clear()
            self.out.send({"jsonrpc": "2.0", "id": _ROOTS, "method": "roots/list"})


def _bug(error: Exception) -> Fault:
    """Write down a fault of ours, for whoever reads the host's log, and return what the client is told."""
    import traceback

    traceback.print_exception(error, file=sys.stderr)
    return Fault(wire.INTERNAL, f"internal error: {type(error).__name__}")


def _is_work(message: "Any") -> bool:
    """Tell whether a message is a request that may take a while."""
    method = message.get("method") if isinstance(message, dict) and "id" in message else None
    return isinstance(method, str) and method in METHODS


def _ids(message: "Any") -> "list[Any]":
    parts = message if isinstance(message, list) else [message]
    return [part["id"] for part in parts if isinstance(part, dict) and isinstance(part.get("id"), str | int)]


def _read(message: "Any") -> "tuple[str, Json]":
    """Return (method, params) of a message, the method "" for a response, or raise Fault."""
    if isinstance(message, Fault):
        raise message
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise Fault(wire.INVALID_REQUEST, "a message is an object with jsonrpc 2.0")
    method, params = message.get("method", ""), message.get("params", {})
    if not isinstance(method, str) or (not method and not {"result", "error"} & message.keys()):
        raise Fault(wire.INVALID_REQUEST, "a request has a method")
    if not isinstance(params, dict):
        if "id" in message:
            raise Fault(wire.INVALID_PARAMS, "params is an object")
        params = {}  # nobody waits for an answer to a notification
    return method, params
