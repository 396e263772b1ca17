"""What `status` shows: counts, ages and sizes of a memory repository."""

import time
from dataclasses import asdict
from typing import NamedTuple

from commonplace import proposals, queue, repo, spending, ulid, window, worktree
from commonplace.boundary import sessions
from commonplace.entry import split_name
from commonplace.hosts import texts
from commonplace.memory.pages import FACT_LINE
from commonplace.memory.topics import INDEX, topic_of
from commonplace.place import Place
from commonplace.settings import Settings, key_of
from commonplace.text import age, count, one_line


class Row(NamedTuple):
    """One line: its name, its value for a script, and how it is shown."""

    name: str
    value: object
    shown: str


def of(place: Place, settings: Settings, project: str) -> list[Row]:
    """Return the rows of a repository's status; `project` is the id of the folder one stands in."""
    scope = f"project:{project}" if project else "user"
    return [
        Row("repository", place.root, place.root),
        Row("scope_here", scope, scope),
        *_queue(place),
        *_memory(place, settings),
        *_decisions(place),
        *_last(place),
        *_spent(place),
        _window(place, settings),
        *_settings(settings),
    ]


def _queue(place: Place) -> list[Row]:
    listed = queue.listing(place)
    ids = [name.partition(".")[0] for name in listed.names if split_name(name)]
    waits = [entry_id for entry_id in ids if entry_id not in listed.held]
    oldest = f", the oldest {age(time.time() - ulid.seconds(waits[0]))} old" if waits else ""
    shown = count(len(waits), "entry waits", "entries wait") + oldest
    rows = [Row("queue", len(waits), shown)]
    for name, number in (
        ("held", len(ids) - len(waits)), ("vanished", len(listed.vanished)), ("odd", len(listed.odd)),
    ):  # fmt: skip
        if number:
            rows.append(Row(name, number, f"{number} (commonplace queue list)"))
    open_sessions = len(sessions.begun(place))
    return [*rows, Row("sessions", open_sessions, count(open_sessions, "session") + " begun")]


def _memory(place: Place, settings: Settings) -> list[Row]:
    found, _ = worktree.scan(place)
    topics = {path: file.data for path, file in found.items() if topic_of(path)}
    facts = sum(len(FACT_LINE.findall(data.decode("utf-8", "replace"))) for data in topics.values())
    size = sum(map(len, topics.values()))
    procedures = [path for path in found if path.startswith(("skills/", "rules/"))]
    files = sum(path.endswith(".md") for path in procedures)
    index = found[INDEX].data if INDEX in found else b""
    lines, most = index.count(b"\n"), settings.number("index.max_lines")
    most_bytes = settings.number("index.max_bytes")
    fill = max(lines / most, len(index) / most_bytes)
    shown = f"{lines} of {most} lines, {len(index):,} of {most_bytes:,} bytes ({fill:.0%})"
    return [
        Row("topics", len(topics), f"{len(topics):,}"),
        Row("facts", facts, f"{facts:,} in {size:,} bytes"),
        Row("skills_and_rules", files, f"{files:,}"),
        _rules(place, settings),
        Row("index", {"lines": lines, "bytes": len(index)}, shown),
    ]


def _rules(place: Place, settings: Settings) -> Row:
    """Say how much text of rules a host loads at every session, of how much it may."""
    most = settings.number("rules.max_chars")
    kept, left_out = texts.rules(place, most)
    size = sum(len(text) for _, text in kept)
    more = f"; too long, only named: {', '.join(left_out)}" if left_out else ""
    value = {"chars": size, "max": most, "left_out": left_out}
    return Row("loaded_every_session", value, f"{size:,} of {most:,} characters of rules{more}")


def _decisions(place: Place) -> list[Row]:
    waiting, _ = proposals.waiting(place)
    shown = count(len(waiting), "waits", "wait") + (" (commonplace review)" if waiting else "")
    return [Row("proposals", len(waiting), shown)]


def _last(place: Place) -> list[Row]:
    last = next(repo.history(place, "--grep=^Drain-Id: ", "--grep=^drain: ", "--all-match", limit=1), None)
    if last is None:
        return [Row("last_drain", None, "never")]
    drain = ulid.short(last.trailer("Drain-Id"))
    value = {"drain": drain, "commit": last.commit, "at": last.at, "subject": last.subject}
    shown = f"{age(time.time() - last.at)} ago, {drain}: {one_line(last.subject)}"
    return [Row("last_drain", value, shown)]


def _spent(place: Place) -> list[Row]:
    """Say what workers have cost, by span."""
    return [Row(f"spent_{span}", asdict(spent), str(spent)) for span, spent in spending.over_time(place)]


def _window(place: Place, settings: Settings) -> Row:
    """Say what the memory takes of a session's context window, and warn where that is much."""
    taken = window.taken(place, settings)
    return Row("context_window", taken.value, str(taken))


def _settings(settings: Settings) -> list[Row]:
    changed = {name: value for name, value in settings.values.items() if value != key_of(name).default}
    rows = []
    if changed:
        # What a pattern of the person's finds may stand in the pattern.
        changed |= {"secrets.patterns": "set"} if "secrets.patterns" in changed else {}
        shown = ", ".join(f"{name} = {value}" for name, value in changed.items())
        rows.append(Row("settings", changed, shown))
    if settings.ignored:
        shown = "; ".join(f"{name}: {why}" for name, why in settings.ignored)
        rows.append(Row("settings_ignored", dict(settings.ignored), shown))
    return rows
