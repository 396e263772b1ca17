"""Fixtures for tests against the real host clients; they run only when they are asked for by path."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hosts.clients import CLIENTS, Client, missing
from tests.hosts.stub import Stub
from tests.hosts.wire import Turn

HERE = Path(__file__).parent


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave this folder out unless it was named: it needs clients that `make test-hosts` installs."""
    named = [(config.invocation_params.dir / argument.split("::")[0]).resolve() for argument in config.args]
    return None if any(HERE in (path, *path.parents) for path in named) else True


Start = Callable[..., Client]


@pytest.fixture(autouse=True)
def _model_on_this_machine(loopback: None) -> None:
    """Let the tests of this folder reach their model: it is a server on this machine."""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that prepares a client by name, its model playing the turns that are given."""
    clients: list[Client] = []

    def prepare(name: str, *turns: Turn) -> Client:
        if lacking := missing(CLIENTS[name]):
            pytest.fail(lacking)
        client = CLIENTS[name](tmp_path / "home", tmp_path / "project", Stub(turns))
        clients.append(client)
        client.prepare()
        return client

    yield prepare
    for client in clients:
        client.close()
        client.stub.close()
