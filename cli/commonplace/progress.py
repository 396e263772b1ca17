"""How far a long work is, on standard error, where a person watches."""

import sys
from time import monotonic

PATIENCE = 1.0
"""How long a work may take before anything is said, in seconds."""


class Progress:
    """Says `reading logs: 45 of 134` on one line that it leaves empty at the end."""

    def __init__(self, doing: str) -> None:
        self.doing = doing
        self.started = monotonic()
        self.watched = sys.stderr.isatty()
        self.said = False

    def __call__(self, done: int, of: int) -> None:
        """Say how much is done of how much."""
        if self.watched and monotonic() - self.started > PATIENCE:
            sys.stderr.write(f"\r{self.doing}: {done:,} of {of:,}")
            sys.stderr.flush()
            self.said = True

    def wipe(self) -> None:
        """Leave the line empty."""
        if self.said:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
