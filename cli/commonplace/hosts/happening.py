"""What a host's hook says has happened, and what is said back, in one form for all hosts.

Standard library only, and little of it: this is on the hot path.
"""

BOOT, PROMPT, TOOL, TURN_END = "boot", "prompt", "tool", "turn-end"
SUBAGENT = "subagent"
BEFORE_COMPACTION, AFTER_COMPACTION, END = "before-compaction", "after-compaction", "end"


class Happening:
    """One event of a session.

    what: one of the names above, "" for an event that is none of ours · session, agent: ids, agent ""
    for the main one · cwd: the project's folder · chapter: a piece of work has visibly closed ·
    attended: a person is there to answer, None if the host does not say · again: the turn goes on because
    a hook made it · transcript: path of the session's log, "" if not known · work: what marks a tool call
    in that log · usage: what precedes a request's count of tokens there, b"" if it has none · calls: how
    many calls of tools the host has counted itself, -1 if it does not · deaf: the host takes no text at
    this event · pid: the host's process, 0 if not known.
    """

    __slots__ = (
        "again", "agent", "attended", "calls", "chapter", "cwd", "deaf", "pid", "session", "transcript",
        "usage", "what", "work",
    )  # fmt: skip

    def __init__(
        self,
        what: str,
        session: str = "",
        *,
        agent: str = "",
        cwd: str = "",
        chapter: bool = False,
        attended: bool | None = None,
        again: bool = False,
        transcript: str = "",
        work: tuple[bytes, ...] = (),
        usage: bytes = b"",
        calls: int = -1,
        deaf: bool = False,
        pid: int = 0,
    ) -> None:
        self.what = what
        self.session = session
        self.agent = agent
        self.cwd = cwd
        self.chapter = chapter
        self.attended = attended
        self.again = again
        self.transcript = transcript
        self.work = work
        self.usage = usage
        self.calls = calls
        self.deaf = deaf
        self.pid = pid


class Reply:
    """What is said back: to the model and to the person, each "" for nothing.

    another_turn: the model is to answer before the turn may end.
    """

    __slots__ = ("another_turn", "model", "person")

    def __init__(self, model: str = "", person: str = "", *, another_turn: bool = False) -> None:
        self.model = model
        self.person = person
        self.another_turn = another_turn


Payload = dict[str, object]
"""A hook's standard input, parsed."""


def text(payload: Payload, key: str) -> str:
    """Return a value of the payload if it is text, else ""."""
    value = payload.get(key)
    return value if isinstance(value, str) else ""


def inner(payload: Payload, key: str) -> Payload:
    """Return a value of the payload if it is an object, else an empty one."""
    value = payload.get(key)
    return value if isinstance(value, dict) else {}


def makes_commit(command: str) -> bool:
    """Tell whether a shell command seems to make a git commit."""
    for sign in ";&|()`'\"":
        command = command.replace(sign, " ")
    words = command.split()
    for number, word in enumerate(words):
        if word == "git" or word.endswith("/git"):
            for later in words[number + 1 :]:
                if later == "commit":
                    return "--dry-run" not in words
                if not later.startswith("-") and "=" not in later and words[number + 1] not in ("-C", "-c"):
                    break
    return False
