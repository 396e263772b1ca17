"""No stray path, no network: refuses home folders in any file, and network imports in the program.

python tests/strays.py            every file that git tracks, as it lies in the work tree
python tests/strays.py --staged   what is about to be committed (`.githooks/pre-commit`)
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent

PROGRAM = "cli/"
"""The folder whose code may not reach the network."""

NETWORK = frozenset(
    ("aiohttp", "asyncio", "ftplib", "http", "httpx", "imaplib", "nntplib", "poplib", "requests", "smtplib",
     "socket", "socketserver", "ssl", "telnetlib", "urllib.request", "urllib3", "websockets", "xmlrpc")
)  # fmt: skip

HOME = re.compile(
    r"(?<![\w}.])/(?:home|Users)/(?!ada\b)\w[\w.-]*"  # Ada lives in the README
    r"|(?<![\w}.])/root/\w"
    r"|\b[A-Za-z]:\\{1,2}Users\\{1,2}\w"
)


def strays(path: str, data: bytes) -> Iterator[str]:
    """Yield `path:line: what` for all that a file should not hold."""
    text = data.decode("utf-8", "replace")
    if "\0" in text:
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if found := HOME.search(line):
            yield f"{path}:{number}: a home folder, {found[0]}"
    if path.startswith(PROGRAM) and path.endswith(".py"):
        for number, name in _imports(text):
            if any(name == module or name.startswith(f"{module}.") for module in NETWORK):
                yield f"{path}:{number}: imports {name}, which reaches the network"


def _imports(code: str) -> Iterator[tuple[int, str]]:
    """Yield (line, module) of every import, also those made by name."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            # `from urllib import request` names the module only in its second half.
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and _name(node.func) in ("__import__", "import_module"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.lineno, first.value


def _name(function: ast.expr) -> str:
    return getattr(function, "id", "") or getattr(function, "attr", "")


def files(top: Path, *, staged: bool) -> Iterator[tuple[str, bytes]]:
    """Yield (path, content) of what is to be looked at."""
    listed = ("diff", "--cached", "--name-only", "--diff-filter=d") if staged else ("ls-files",)
    for path in filter(None, _git(top, *listed, "-z").decode().split("\0")):
        if staged:
            yield path, _git(top, "show", f":{path}")
        elif (top / path).is_file():
            yield path, (top / path).read_bytes()


def _git(top: Path, *arguments: str) -> bytes:
    command = ["git", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, cwd=top, capture_output=True, check=True).stdout


def main() -> int:
    """Print what is found, and return 1 if anything is."""
    found = [
        line for path, data in files(TOP, staged="--staged" in sys.argv[1:]) for line in strays(path, data)
    ]
    print("\n".join(found), end="\n" if found else "", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
