"""Capture: turn what was said on the command line into an entry of the queue.

Standard library only: this is on the hot path.
"""

import time

from commonplace import caller, holding, ulid
from commonplace.boundary import sessions
from commonplace.entry import ORIGINS, TYPES, Entry, check_scope, check_target
from commonplace.errors import UsageError
from commonplace.place import Place, project_id
from commonplace.text import accept_text, slug

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from commonplace.boundary.net import Candidate


def flag(
    place: Place,
    text: str,
    said: "Mapping[str, str]",
    environ: "Mapping[str, str]",
    cwd: str,
    pair: "Candidate | None" = None,
) -> Entry:
    """Append a flag. `said` holds the options by name: type, topic, supersedes and the common ones.

    `pair` is the correction in a session's log that it was made from; its scope is the flag's then.
    """
    common = _common(place, said, environ, cwd)
    if pair:
        common |= {"pair": pair.id, "premise": pair.premise}
        common["scope"] = common["scope"] if said.get("scope") else pair.scope or common["scope"]
    return _append(
        place,
        Entry(
            kind="flag",
            type=_one_of(said.get("type") or ("correction" if pair else "fact"), TYPES, "type"),
            topic=_topic(said.get("topic", "")),
            supersedes=_fact_id(said.get("supersedes", "")),
            text=accept_text(text),
            **common,
        ),
    )


def self_eval(place: Place, said: "Mapping[str, str]", environ: "Mapping[str, str]", cwd: str) -> Entry:
    """Append a self-eval. `said` holds the options by name: snag, better, target and the common ones."""
    target = said.get("target", "")
    return _append(
        place,
        Entry(
            kind="self-eval",
            snag=accept_text(said.get("snag", ""), "snag"),
            better=accept_text(said.get("better", ""), "better way"),
            target=check_target(target) if target else "",
            **_common(place, said, environ, cwd),
        ),
    )


def _append(place: Place, entry: Entry) -> Entry:
    holding.append(place, entry)
    if entry.session:
        sessions.see(place, entry.session)
    return entry


def _common(
    place: Place, said: "Mapping[str, str]", environ: "Mapping[str, str]", cwd: str
) -> dict[str, str]:
    session = said.get("session") or caller.session(environ)
    if not session and caller.is_agent(environ):
        session = sessions.of_process(place)
    origin = said.get("origin") or ("user" if caller.is_person(environ) else "agent")
    return {
        "id": ulid.new(),
        "scope": scope(said.get("scope", ""), cwd),
        "origin": _one_of(origin, ORIGINS, "origin"),
        "session": sessions.check_id(session) if session else "",
        "agent": slug(said.get("agent") or environ.get("COMMONPLACE_AGENT", "")),
        "host": slug(caller.host(environ)),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def scope(said: str, cwd: str) -> str:
    """Return the scope: what was said, else the project one stands in, else the user."""
    if said not in ("", "project"):
        return check_scope(said)
    project = project_id(cwd)
    if said and not project:
        raise UsageError("this folder is in no project", "use --scope project:<id> or --scope user")
    return f"project:{project}" if project else "user"


def _one_of(value: str, allowed: tuple[str, ...], what: str) -> str:
    if value not in allowed:
        raise UsageError(f"{value!r} is not a {what}", f"use one of {', '.join(allowed)}")
    return value


def _topic(said: str) -> str:
    topic = slug(said)
    if said and not topic:
        raise UsageError(f"the topic {said[:40]!r} has no letter or digit", "use --topic deploy")
    return topic


def _fact_id(said: str) -> str:
    bare = said.removeprefix("^").lower()
    if said and not is_fact_id(bare):
        raise UsageError(f"{said[:40]!r} is not a fact's id", "use --supersedes ^2m7r4xbeyz")
    return "^" + bare if said else ""


def is_fact_id(bare: str) -> bool:
    """Tell whether the text is a fact's id without its `^`: ten characters, maybe `-2`."""
    stem, dash, number = bare.partition("-")
    plain = len(stem) == ulid.SHORT and all(c.upper() in ulid.ALPHABET for c in stem)
    return plain and (not dash or (number.isascii() and number.isdigit() and len(number) < 6))
