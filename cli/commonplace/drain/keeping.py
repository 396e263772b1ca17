"""What a fact said is kept: what takes its place must be about the same, and an update must still say it."""

import re
from collections.abc import Iterable

from commonplace.drain.claims import Ground, claims, root
from commonplace.drain.ordinary import FUNCTION


def roots(text: str) -> set[str]:
    """Return the words of a text by their roots, without those that every text has."""
    words = re.findall(r"[^\W_]+", text.lower())
    return {root(word) for word in words if word not in FUNCTION and len(word) > 1}


def share(text: str, others: Iterable[str]) -> float:
    """Return the share of a text's words that other texts say too."""
    found = roots(text)
    return len(found & roots(" ".join(others))) / len(found) if found else 1.0


def taken_out(old: str, new: str, said: list[str]) -> tuple[str, str]:
    """Return (kind, claim) of the first number, date, name … of a fact that its update leaves out, or two "".

    A kind of which the cited entries say something themselves may have been corrected by them.
    """
    ground = Ground([new])
    lost = [claim for claim in claims(old) if not ground.holds(claim)]
    corrected = {claim.kind for part in said for claim in claims(part)} if lost else set()
    return next(((c.kind, c.shown) for c in lost if c.kind not in corrected), ("", ""))
