"""The verb `recall`: what was said on the command line, one answer, one line in the audit log."""

import time

from commonplace import caller, fence, retrievals
from commonplace.boundary import sessions
from commonplace.entry import check_scope
from commonplace.errors import UsageError
from commonplace.place import Place, project_id
from commonplace.recall import answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def run(
    place: Place,
    settings: "Mapping[str, str]",
    said: "Mapping[str, str]",
    environ: "Mapping[str, str]",
    cwd: str,
) -> str:
    """Return what is printed, its line break counted: `--budget` characters at most.

    said: the options by name, the query under "".
    """
    source = said.get("from", "")
    if source not in ("", *answer.SOURCES):
        raise UsageError(f"{source!r} is no source", f"use one of {', '.join(answer.SOURCES)}")
    budget = _budget(said.get("budget") or str(answer.BUDGET))
    answer.check_budget(settings, budget, yes="yes" in said)
    query, as_json = said.get("", ""), "json" in said
    project, everywhere = _scope(said.get("scope", ""), cwd)
    around = 1 if as_json else 1 + fence.overhead()
    found = answer.recall(
        place, settings, query, budget=budget - around, project=project, everywhere=everywhere, source=source,
        now=time.time(), environ=environ, as_json=as_json,
    )  # fmt: skip
    text = found.text if as_json else fence.fenced(found.text)
    retrievals.note(
        place, client="cli", session=_session(place, environ), query=query, budget=budget,
        chars=len(text) + 1, ids=found.ids,
    )  # fmt: skip
    return text


def _budget(said: str) -> int:
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        raise UsageError(f"{said[:40]!r} is no number of characters", f"use --budget {answer.BUDGET}")
    return int(said)


def _scope(said: str, cwd: str) -> tuple[str, bool]:
    """Return the project whose lines are served beside the user's, and whether those of all projects are."""
    if said in ("", "project", "all"):
        return project_id(cwd), said == "all"
    return check_scope(said).partition(":")[2], False


def _session(place: Place, environ: "Mapping[str, str]") -> str:
    """Return the agent's session, "" where neither the environment nor the registry tells."""
    try:
        known = sessions.check_id(caller.session(environ))
    except UsageError:
        known = ""
    return known or (sessions.of_process(place) if caller.is_agent(environ) else "")
