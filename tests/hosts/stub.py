"""A stub of the model APIs on loopback: it plays a script and keeps every request it received.

It speaks Anthropic Messages, OpenAI Responses and Gemini generateContent, streaming and not. What it received
is the proof of what reached the model.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal

from tests.hosts.wire import SPEAK, Speak, Turn, say

Kind = Literal["main", "compaction", "side", "count"]

# How each client's request for a summary is known; nothing else in a session says these words.
COMPACTION = (
    "Your task is to create a detailed summary of",  # Claude Code
    "CONTEXT CHECKPOINT COMPACTION",  # Codex
    "<state_snapshot>",  # Gemini CLI
    "The history is being compacted",  # Copilot CLI
    "anchored summary from the conversation history",  # opencode
)
PROMPT_PARTS = ("system", "instructions", "systemInstruction", "messages", "input", "contents")


@dataclass
class Request:
    """One request as it arrived; `login` is the key or token that it was sent with."""

    path: str
    body: dict[str, Any]
    kind: Kind
    login: str = ""
    at: float = field(default_factory=time.time)

    def texts(self) -> list[str]:
        """Return every string of the prompt in order, tool definitions left out."""
        return [text for part in PROMPT_PARTS for text in strings(self.body.get(part))]

    def text(self) -> str:
        """Return the whole prompt as one text."""
        return "\n".join(self.texts())

    def tools(self) -> list[str]:
        """Return the names of the tools that were offered."""
        return [str(name) for tool in self.body.get("tools") or [] for name in tool_names(tool)]


class Stub:
    """The server: play `turns` to the main conversation, `summary` to a compaction, `side` to all else.

    A rule of `when` comes first: the first whose marker stands in the prompt answers, and eats no turn.
    """

    def __init__(
        self,
        turns: Iterable[Turn] = (),
        *,
        summary: str = "<summary>A summary.</summary>",
        side: str = "Aside",
    ):
        self.requests: list[Request] = []
        self.summary = summary
        self.side = side
        self.rules: list[tuple[str, Turn]] = []
        self._turns = list(turns)
        self._changed = threading.Condition()
        self._released = threading.Event()
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.stub = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def __enter__(self) -> "Stub":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Return its address without a path."""
        return f"http://127.0.0.1:{self.port}"

    def play(self, *turns: Turn) -> None:
        """Add turns to the script."""
        with self._changed:
            self._turns.extend(turns)

    def when(self, marker: str, turn: Turn) -> None:
        """Answer with `turn` whenever the marker stands in the prompt."""
        self.rules.append((marker, turn))

    def of(self, kind: Kind = "main") -> list[Request]:
        """Return the requests of a kind in order of arrival."""
        return [request for request in self.requests if request.kind == kind]

    def texts(self, n: int = -1, kind: Kind = "main") -> list[str]:
        """Return all text of the n-th request of a kind, in order."""
        return self.of(kind)[n].texts()

    def saw(self, marker: str, kind: Kind | None = "main") -> bool:
        """Say whether a marker stands in any request of a kind (None: of any kind)."""
        return any(marker in request.text() for request in self.requests if kind in (None, request.kind))

    def wait(self, count: int, kind: Kind = "main", timeout: float = 60) -> Request:
        """Wait until `count` requests of a kind have arrived and return the last of them."""
        return self.wait_until(lambda: len(self.of(kind)) >= count, timeout) and self.of(kind)[count - 1]

    def wait_until(self, ready: Callable[[], bool], timeout: float = 60) -> Any:
        """Wait until `ready()` holds, looking at every request."""
        with self._changed:
            if not self._changed.wait_for(ready, timeout):
                seen = [(request.kind, request.path) for request in self.requests]
                raise TimeoutError(f"not within {timeout} s; requests so far: {seen}")
        return True

    def release(self) -> None:
        """Let answers go that are held back."""
        self._released.set()

    def catch(self) -> None:
        """Hold back such answers again from now on."""
        self._released.clear()

    def close(self) -> None:
        """Stop listening."""
        self.release()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, body: dict[str, Any], login: str) -> Turn:
        """Record a request and choose its answer."""
        request = Request(path, body, classify(path, body), login)
        with self._changed:
            self.requests.append(request)
            turn = self._choose(request)
            self._changed.notify_all()
        if turn.hold:
            self._released.wait()
        return turn

    def _choose(self, request: Request) -> Turn:
        prompt = request.text()
        for marker, turn in self.rules:
            if marker in prompt:
                return turn
        if request.kind == "compaction":
            return say(self.summary)
        if request.kind == "side":
            return say(self.side)
        return self._turns.pop(0) if self._turns else say("Nothing is left in the script.")


def strings(value: Any) -> Iterator[str]:
    """Walk a JSON value and yield its strings in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)


def tool_names(tool: dict[str, Any]) -> list[str]:
    """Return the names that one tool definition declares, in any of the three forms."""
    declared = tool.get("functionDeclarations")
    if isinstance(declared, list):
        return [each["name"] for each in declared]
    return [tool.get("name") or tool.get("type") or "?"]


def classify(path: str, body: dict[str, Any]) -> Kind:
    """Tell the conversation from the client's side requests: titles, routing, summaries, counting."""
    if "count_tokens" in path or ":countTokens" in path:
        return "count"
    said = body.get("messages") or body.get("input") or body.get("contents") or ""
    last = said[-1] if isinstance(said, list) and said else said
    asked = [*strings(last), *strings(body.get("system")), *strings(body.get("systemInstruction"))]
    if any(mark in text for mark in COMPACTION for text in asked):
        return "compaction"
    return "main" if body.get("tools") and not wants_json(body) else "side"


def wants_json(body: dict[str, Any]) -> bool:
    """Say whether the answer shall be JSON: then it is for the client itself, a title or a route."""
    wanted = (body.get("text") or {}).get("format") or {}
    settings = body.get("generationConfig") or {}
    return wanted.get("type") == "json_schema" or settings.get("responseMimeType") == "application/json"


class Server(ThreadingHTTPServer):
    """The listening socket; it knows its stub."""

    daemon_threads = True
    stub: Stub


class Handler(BaseHTTPRequestHandler):
    """One request: read, record, answer in the API's own form."""

    server: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep quiet."""

    def do_HEAD(self) -> None:
        """Answer a client that only looks whether someone is there."""
        self._send(b"", "application/json")

    def do_GET(self) -> None:
        """Answer a question for models with none."""
        self._json({"data": [], "models": [], "object": "list", "has_more": False})

    def do_POST(self) -> None:
        """Answer a request to a model."""
        length = int(self.headers.get("content-length") or 0)
        try:
            body = json.loads(self.rfile.read(length) or b"{}")
        except ValueError:
            body = {}
        path = self.path
        for mark, speak in SPEAK:
            if mark in path:
                return self._speak(path, body, speak)
        return self._json({})

    def _speak(self, path: str, body: dict[str, Any], speak: Speak) -> None:
        if classify(path, body) == "count":
            return self._json({"input_tokens": 1000, "totalTokens": 1000})
        login = self.headers.get("authorization") or self.headers.get("x-api-key") or ""
        turn = self.server.stub.answer(path, body, login)
        if turn.status != 200:
            return self._json(
                {"type": "error", "error": {"type": "api_error", "message": turn.text}}, turn.status
            )
        events, whole = speak(turn, body)
        if body.get("stream") or "streamGenerateContent" in path:
            return self._send(b"".join(events), "text/event-stream")
        return self._json(whole)

    def _json(self, value: Any, status: int = 200) -> None:
        self._send(json.dumps(value).encode(), "application/json", status)

    def _send(self, content: bytes, kind: str, status: int = 200) -> None:
        self.close_connection = True
        try:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.send_header("connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)
        except OSError:
            pass  # The client was killed while its answer was held back.
