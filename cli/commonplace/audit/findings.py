"""Findings of the audit: what is wrong, where, and what to do about it."""

from dataclasses import dataclass

FAULT, NOTE = "fault", "note"

LOOK = "git show {where} tells; if it is wrong, mend the page by hand: the next drain commits that as yours"

TODO = {
    "rewritten": "if it was meant (a rebase, an amend): commonplace audit restart --because TEXT; "
    "else find it: git reflog, and compare with another clone",
    "record": "compare with another clone; if it was you: commonplace audit restart --because TEXT",
    "shallow": "git fetch --unshallow",
    "graft": "rm {where}, then verify again",
    "altered": "git log -p -- {where} tells by whom; the first version counts",
    "source": "another clone may hold it: git fetch, git merge; else remove the line by hand",
    "twice": "take the id off one of the two lines by hand",
    "link": "put the file itself in its place",
    "merged-away": "look for them: commonplace why ^ID; flag again what should stand",
    "unread": "git fsck tells more; another clone holds it whole",
    "by-hand": "nothing, if it was you",
    "hand-made": "nothing, if it was you; a flag would give it a source",
    "unseen": "look at it: git show {where}",
    "unfounded": "compare it with its sources: commonplace why ^ID",
    "uncommitted": "nothing: the next drain commits it as yours",
    "clone": "note a tip that you trust, and check it here: commonplace audit verify --since COMMIT",
    "taken-out": "if it should be filed: git show COMMIT:queue/FILE, and flag it again",
}
"""Kind of finding → what to do."""


@dataclass(frozen=True)
class Finding:
    """level: FAULT or NOTE · kind: a stable name · where: a commit, `path:line`, an entry's or fact's id ·
    by: the commit that brought it about, where that is known and `where` does not say it.
    """

    level: str
    kind: str
    where: str
    what: str
    by: str = ""

    @property
    def todo(self) -> str:
        """Return what to do about it."""
        return TODO.get(self.kind, LOOK).replace("{where}", self.where)
