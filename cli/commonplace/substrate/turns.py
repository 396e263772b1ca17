"""A turn: what a person typed in a session, beside what the assistant had said before it."""


class Turn:
    """One thing a person typed.

    id: ten characters, from the session and the host's own id of the record: the same on every machine and
    in every copy of the log. session: the host's id. agent: of a sub-agent's log its id, else "". project:
    the id of the project (see `reading.project_of`). position: 0-based among the session's turns. at: the
    record's own time, ISO 8601 in UTC with milliseconds. text: the person's words, without what the host
    wrapped around them. premise: the assistant's text that they answer, "" at a session's start. path: the
    log. record: the host's id of the record in it.
    """

    __slots__ = (
        "agent", "at", "host", "id", "path", "position", "premise", "project", "record", "session", "text",
    )  # fmt: skip

    def __init__(
        self,
        id: str,  # noqa: A002
        host: str,
        session: str,
        agent: str,
        project: str,
        position: int,
        at: str,
        text: str,
        premise: str,
        path: str,
        record: str = "",
    ) -> None:
        self.id = id
        self.host = host
        self.session = session
        self.agent = agent
        self.project = project
        self.position = position
        self.at = at
        self.text = text
        self.premise = premise
        self.path = path
        self.record = record


def turn_id(session: str, record: str) -> str:
    """Return a turn's id: 50 bits of a hash of the session and the host's own id of the record."""
    from hashlib import blake2b

    from commonplace.ulid import ALPHABET

    number = int.from_bytes(blake2b(f"{session}\0{record}".encode(), digest_size=8).digest(), "big")
    return "".join(ALPHABET[number >> shift & 31] for shift in range(0, 50, 5)).lower()
