"""What the MCP server costs: until it answers, and how large it is after a hundred calls."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.measure import Row, Run, ms
from tests.bench.repositories import Scratch, with_drains

BARE = [sys.executable, "-c", "pass"]
SCRIPT = Path(sys.executable).parent / "commonplace"
PROGRAM = [str(SCRIPT)] if SCRIPT.exists() else [sys.executable, "-m", "commonplace"]
ROUNDS = 20
CALLS = 100
QUERIES = (
    "what does the deploy need",
    "port 8080 behind the proxy",
    "`make verify` in CI",
    "invoice export",
    "",
)

HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}


class Server:
    """A server that lives; `ask` it and have its answer."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([*PROGRAM, "mcp"], cwd=folder, env=env, stdin=pipe, stdout=pipe,
                                        start_new_session=True)  # fmt: skip

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["result"]

    def megabytes(self) -> float:
        """Return what it holds resident, 0 where the system does not say (not on Linux)."""
        try:
            lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        except OSError:
            return 0.0
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))

    def end(self) -> int:
        """End its input; return how many processes of its group are left."""
        self.process.communicate()
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return 0
        return 1


def mcp(scratch: Scratch) -> Iterator[Row]:
    """Start to `initialize` answered; memory and time of 100 calls over 5,000 facts; what is left."""
    made = with_drains(scratch, "mcp", 100, 5000)
    env = {**scratch.env, "COMMONPLACE_REPO": str(made.root)}
    bare, begun, left = [], [], 0
    for _ in range(ROUNDS):
        bare.append(Run(BARE, scratch.folder, env).seconds())
        start = time.perf_counter()
        server = Server(scratch.folder, env)
        server.ask("initialize", HELLO)
        begun.append(time.perf_counter() - start)
        left += server.end()
    yield Row("mcp: start to initialize answered", ms(begun), f"bare {ms(bare)}",
              f"{median(begun) / median(bare):.1f} x", "<= 100 ms", median(begun) <= 0.100)  # fmt: skip
    server, taken = Server(scratch.folder, env), []
    server.ask("initialize", HELLO)
    for number in range(CALLS):
        query = QUERIES[number % len(QUERIES)]
        asked = {"name": "retrieve_context", "arguments": {"query": query, "budget_chars": 4096}}
        if number % 10 == 9:
            asked = {"name": "why", "arguments": {"what": f"^{made.spots[number // 10][0]}"}}
        start = time.perf_counter()
        assert not server.ask("tools/call", asked)["isError"]
        taken.append(time.perf_counter() - start)
    size = server.megabytes()
    yield Row("mcp: a call, 5,000 facts", ms(taken), f"first {taken[0] * 1000:.0f} ms")
    yield Row(f"mcp: resident after {CALLS} calls", f"{size:.1f} MB", "", "", "<= 33 MB", size <= 33)
    left += server.end()
    yield Row("mcp: processes left", str(left), "", "", "0", left == 0)
