"""Captured entries: where history keeps what was in the queue."""

from commonplace import plumbing, repo
from commonplace.place import Place


def find(place: Place, entry_id: str) -> tuple[str, str] | None:
    """Return (queue file, object) of an entry that an earlier drain took, from history."""
    for kind in ("self-eval", "flag"):
        path = f"queue/{entry_id}.{kind}.md"
        for commit in repo.history(place, "--full-history", "--diff-filter=D", "HEAD", "--", path, limit=1):
            item = plumbing.tree(place, commit.parent, path).get(path)
            if item:
                return path[len("queue/") :], item.oid
    return None
