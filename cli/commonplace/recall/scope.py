"""The scope of a recall: whose memory and which sessions it may see."""


class Scope:
    """A condition on the index's pages: `where` in SQL, with its `values`.

    What belongs to another project is never seen unless everything is asked for.
    """

    def __init__(self, source: str, project: str, *, everywhere: bool) -> None:
        """source: `memory`, `sessions` or `all` · project: beside the user's own; "" is no project."""
        self.project = f"project:{project}" if project else ""
        parts, self.values = ["1"], []
        if source != "all":
            parts.append("source = ?")
            self.values.append(source)
        if not everywhere:
            parts.append("scope IN ('user', ?)")
            self.values.append(self.project)
        self.where = " AND ".join(parts)
