"""A call at work: its parameters, who asked, the progress it reports, and whether it was cancelled."""

import threading
import time

from commonplace.mcp.wire import Out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from commonplace.mcp.protocol import Asker, Json

TICK = 1.0
"""How often a call that takes long reports that it is still at work, in seconds."""


class Cancelled(Exception):
    """The client does not want the answer any more."""


class Call:
    """A request at work, as a context manager: on leaving it, nothing more is reported.

    With a `progressToken` the client is told of each step, and every second that it goes on.
    """

    def __init__(self, asker: "Asker", params: "Json", out: Out, cancelled: "Callable[[], bool]") -> None:
        self.asker = asker
        self.params = params
        self._out = out
        self._cancelled = cancelled
        meta = params.get("_meta")
        token = meta.get("progressToken") if isinstance(meta, dict) else None
        self._token = token if isinstance(token, str | int) and not isinstance(token, bool) else None
        self._message = ""
        self._reported = -1.0
        self._began = time.monotonic()
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._ticker: threading.Thread | None = None

    def __enter__(self) -> "Call":
        self.step("")
        return self

    def __exit__(
        self,
        kind: "type[BaseException] | None",
        error: "BaseException | None",
        trace: "TracebackType | None",
    ) -> None:
        self._done.set()
        if self._ticker:
            self._ticker.join()
        if kind is None:
            self.step("")

    def step(self, message: str) -> None:
        """Say what is being done now, or raise Cancelled if nobody wants it."""
        if self._cancelled():
            raise Cancelled
        if self._token is None or not message:
            return
        self._message = message
        self._report()
        if self._ticker is None:
            self._ticker = threading.Thread(target=self._tick, daemon=True)
            self._ticker.start()

    def _tick(self) -> None:
        while not self._done.wait(TICK):
            try:
                self._report()
            except OSError:
                return  # the client has gone; whoever sends the answer finds out

    def _report(self) -> None:
        with self._lock:
            # It must increase with every report: the seconds so far, two within one instant apart.
            now = max(time.monotonic() - self._began, self._reported + 0.001)
            self._reported = now
            said = {"progressToken": self._token, "progress": round(now, 3), "message": self._message}
            self._out.notify("notifications/progress", said)
