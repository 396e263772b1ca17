"""The real clients as workers of a drain: who is asked, with what, what is filed, and what is left."""

import json

import pytest

from commonplace.drain.presets import SYSTEM
from commonplace.lock import Lock
from commonplace.place import Place
from tests.hosts import own_hooks
from tests.hosts.clients import KEY, Client, Codex
from tests.hosts.conftest import Start
from tests.hosts.desk import ASKED, WAITS, Desk
from tests.hosts.stub import Request
from tests.hosts.wire import Turn, say
from tests.memory import wait_until

SAID = {
    "deploy": ("deploys go through make ship", "Deploy with `make ship`."),
    "api": ("the api timeout is 20 min", "The API timeout is 20min."),
    "contracts": ("Dr. Elena Marsh signs the contracts", "Contracts are signed by Dr. Elena Marsh."),
}
"""Topic → what is flagged, and what the model makes of it."""

PACKET = "You keep one page of a memory in order"
"""Stands in the prompt for a packet, and in nothing else that reaches a model."""

TOKENS = 1000
"""What the stub reports for a request; with 10 for its answer."""

PAID_MONTHLY = "sk-ant-oat01-dummy-000000-111111"
"""A subscriber's token."""

WORKERS = {"claude-code": "claude", "codex": "codex", "gemini-cli": "gemini", "opencode": "opencode"}
MODEL = {"opencode": ":anthropic/claude-sonnet-4-5"}
OFFERED = {"codex": {"request_user_input", "apply_patch"}}
"""Tools that a client can't be kept from offering: nobody is there to be asked, and nothing is writable."""

each_session = pytest.mark.parametrize("name", ["claude-code", "codex"])
each_worker = pytest.mark.parametrize("name", WORKERS)


def add(entry_id: str, text: str) -> str:
    return json.dumps({"operations": [{"op": "add", "text": text, "sources": [entry_id]}]})


def flagged(at: Desk) -> dict[str, str]:
    """Return entry id → topic of what waits in the queue."""
    found = {}
    for name in at.memory.queue():
        head = at.memory.read(f"queue/{name}")
        found[name[:26]] = next(topic for topic in SAID if f'topic: "{topic}"' in head)
    return found


def teach(at: Desk, *, hold: bool = False) -> None:
    """Let the model answer each entry's packet with what it makes of it."""
    for entry_id, topic in flagged(at).items():
        at.client.stub.when(entry_id, say(add(entry_id, SAID[topic][1]), tokens=TOKENS, hold=hold))


def asked(at: Desk) -> list[Request]:
    """Return the requests of workers."""
    return [request for request in at.client.stub.requests if PACKET in request.text()]


def flag_all(at: Desk) -> None:
    for topic, (said, _) in SAID.items():
        at.memory.flag(said, "--topic", topic)


def drain(at: Desk, *options: str, **env: str) -> str:
    """Drain by hand with the client as the worker, and return what the drain says."""
    worker = WORKERS[at.client.name] + MODEL.get(at.client.name, "")
    variables = {**at.client.environment(), **env}
    return at.memory.out("drain", "--worker", worker, *options, env=variables)


def trailers(at: Desk) -> list[str]:
    return at.memory.git("log", "-1", "--format=%(trailers)").splitlines()


def boots(at: Desk) -> int:
    """Return how often somebody else's hook has run at a session's start."""
    return own_hooks.seen(at.client, own_hooks.BOOT[at.client.name]).count('"hook_event_name"')


def in_the_client_s_words(at: Desk, scope: str = "user") -> None:
    """Check that the pages hold what the model made of the entries, and not what was flagged."""
    for topic, (said, made) in SAID.items():
        page = at.memory.page(topic, scope)
        assert f"- {made} ^" in page
        assert f"- {said} ^" not in page


def as_said(at: Desk) -> None:
    for topic, (said, _) in SAID.items():
        assert f"- {said} ^" in at.memory.page(topic)


@each_session
def test_a_session_s_end_fans_out_to_the_real_client_and_its_words_are_committed(
    name: str, start: Start
) -> None:
    at = Desk(start(name))
    own_hooks.connect(at.client)
    at.install()
    if isinstance(at.client, Codex):
        at.client.review_hooks()  # else none would run in a worker in any case
        wait_until(lambda: at.sessions() == [] and not at.drain())
    before = boots(at)
    at.memory.config(f'[drain]\nworker = "{WORKERS[name]}"\n')
    flags = [f'commonplace flag --topic {topic} "{said}"' for topic, (said, _) in SAID.items()]
    at.client.stub.play(at.client.shell(" && ".join(flags)), say("Flagged.", hold=True))
    process = at.client.start("Go.")
    at.client.stub.wait(2)
    (session,) = at.sessions()
    teach(at, hold=True)

    with Lock(Place(str(at.memory.root), str(at.memory.root / ".git")), "a test"):
        at.client.stub.release()
        assert process.wait(60) == 0
        wait_until(at.drain)  # it waits for the lock
        at.client.stub.catch()
    at.client.stub.wait_until(lambda: len(asked(at)) == len(SAID))

    # No answer has been given yet: so many were out at the same time.
    assert len(at.processes("COMMONPLACE_WORKER=1")) >= len(SAID)
    assert at.sessions() == []
    at.client.stub.release()
    wait_until(at.drained)
    assert at.memory.subjects()[:2] == ["drain: 3 flags into 3 topics", "capture: 3 entries"]
    in_the_client_s_words(at, "project/project")
    held = trailers(at)
    assert held[1:5] == [f"Worker: {WORKERS[name]}", "Worker-Calls: 3", "Tokens-In: 3000", "Tokens-Out: 30"]
    assert any(line.startswith("Cost-USD: 0.000") for line in held) == (name == "claude-code")
    assert f"Session: {session}" in held
    for request in asked(at):
        assert set(request.tools()) == OFFERED.get(name, set())
        assert ASKED not in request.text()
        assert WAITS not in request.text()
        # No rules, no skills, no instructions; Codex can't be kept from the person's own AGENTS.md.
        assert str(at.memory.root) not in request.text() or name == "codex"
    assert boots(at) == before + 1  # nobody's hooks ran in a worker
    wait_until(lambda: at.processes() == [])


@each_worker
def test_a_drain_by_hand_asks_the_real_client(name: str, start: Start) -> None:
    at = Desk(start(name))
    at.install()
    flag_all(at)
    teach(at)
    before = at.sessions()
    said = drain(at)
    assert "3 calls, 3,000 tokens in, 30 out" in said
    in_the_client_s_words(at)
    assert all(set(request.tools()) == OFFERED.get(name, set()) for request in asked(at))
    assert at.sessions() == before
    assert not at.client.stub.saw(WAITS, None)


@each_worker
def test_prose_instead_of_json_is_asked_for_once_more_and_then_filed_as_it_was_said(
    name: str, start: Start
) -> None:
    at = Desk(start(name))
    at.memory.flag("deploys go through make ship", "--topic", "deploy")
    at.client.stub.when(PACKET, say("I have tidied your memory.", tokens=TOKENS))
    said = drain(at)
    assert "user/deploy was filed as it was said: the answer holds no JSON object" in said
    assert "2 calls, 2,000 tokens in, 20 out" in said
    assert "- deploys go through make ship ^" in at.memory.page("deploy")
    first, second = (request.text() for request in asked(at))
    assert "was refused: the answer holds no JSON object" not in first
    assert "was refused: the answer holds no JSON object" in second
    assert "Failed-Packets: 1" in trailers(at)


@each_session  # Gemini and opencode try again for a minute
def test_while_the_model_s_server_fails_all_is_filed_as_it_was_said(name: str, start: Start) -> None:
    at = Desk(start(name))
    at.memory.flag("deploys go through make ship", "--topic", "deploy")
    at.client.stub.when(PACKET, Turn("The server is down.", status=500))
    said = drain(at)
    assert "user/deploy was filed as it was said: " in said
    assert "- deploys go through make ship ^" in at.memory.page("deploy")
    assert {"Worker-Calls: 2", "Failed-Packets: 1"} <= set(trailers(at))
    assert not at.memory.queue()


def log_in(client: Client, login: str) -> dict[str, str]:
    """Log Claude Code in in one of the ways that there are; return the variables that it takes."""
    if login == "credentials":
        token = {"accessToken": PAID_MONTHLY, "refreshToken": "", "expiresAt": 4_000_000_000_000}
        held = {"claudeAiOauth": {**token, "scopes": ["user:inference"], "subscriptionType": "max"}}
        client.write(".claude/.credentials.json", held).chmod(0o600)
    return {
        "ANTHROPIC_API_KEY": KEY if login == "key" else "",
        "CLAUDE_CODE_OAUTH_TOKEN": PAID_MONTHLY if login == "token" else "",
    }


@pytest.mark.parametrize("login", ["key", "credentials", "token"])
def test_claude_works_for_who_pays_by_the_call_and_for_subscribers(login: str, start: Start) -> None:
    """With a key it is called with `--bare`, which starts quickest and reads no login at all. A
    subscriber's login, in a file or in a variable, is read under `--safe-mode`; neither runs a hook.
    """
    at = Desk(start("claude-code"))
    own_hooks.connect(at.client)
    at.install()
    flag_all(at)
    teach(at)
    drain(at, **log_in(at.client, login))
    in_the_client_s_words(at)
    sent = KEY if login == "key" else f"Bearer {PAID_MONTHLY}"
    assert {request.login for request in asked(at)} == {sent}
    assert not any(request.tools() for request in asked(at))
    assert not own_hooks.seen(at.client, "SessionStart")


@pytest.mark.parametrize("key", ["", "sk-dummy"])
def test_codex_is_asked_without_its_own_instructions_where_a_key_pays(key: str, start: Start) -> None:
    at = Desk(start("codex"))
    flag_all(at)
    teach(at)
    drain(at, CODEX_API_KEY=key)
    in_the_client_s_words(at)
    for request in asked(at):
        assert (SYSTEM in request.text()) == bool(key)
        assert ("You are Codex" in request.text()) != bool(key)


def test_claude_without_a_login_says_so_and_all_is_filed_as_it_was_said(start: Start) -> None:
    at = Desk(start("claude-code"))
    flag_all(at)
    said = drain(at, **log_in(at.client, ""))
    assert said.count("filed as it was said: exit code 1: Not logged in · Please run /login") == len(SAID)
    as_said(at)
    assert not asked(at)


def test_a_skill_s_edit_by_the_real_client_waits_as_a_proposal(start: Start) -> None:
    at = Desk(start("claude-code"))
    entry = at.memory.self_eval("Rendered all of it.", "Clip to the window first.", "--target", "skills/cad")
    edit = {"find": "", "replace": "- Clip to the window before rendering."}
    operation = {"op": "propose", "target": "skills/cad", "edits": [edit], "sources": [entry]}
    at.client.stub.when(entry, say(json.dumps({"operations": [operation]})))
    drain(at)
    (proposal,) = at.memory.json("review")
    skill = at.memory.git("show", f"proposal/{proposal['id']}:skills/cad/SKILL.md")
    assert "- Clip to the window before rendering." in skill
    assert not (at.memory.root / "skills/cad").exists()
