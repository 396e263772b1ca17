"""The one family of errors that a user can mend: what is wrong, and the command that mends it."""


class CommonplaceError(Exception):
    """Something a user can mend. `message` says what is wrong, `hint` is the command that mends it."""

    code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def shown(self) -> str:
        """Return the message and the hint as they are printed, safe for a terminal."""
        from commonplace.secrets import masked
        from commonplace.text import one_line, visible

        hint = f"\n  mend it with: {visible(masked(self.hint))}" if self.hint else ""
        return f"commonplace: {one_line(masked(self.message))}{hint}"


class TooNew(CommonplaceError):
    """The repository has a format that this program does not know; nothing of it was read or changed."""


class UsageError(CommonplaceError):
    """The command's words are off (exit code 2)."""

    code = 2


class Busy(CommonplaceError):
    """Another process holds a lock that we need; nothing was changed."""


class NotNow(CommonplaceError):
    """The repository is in a state in which we change nothing: a rebase, another branch, no commit."""
