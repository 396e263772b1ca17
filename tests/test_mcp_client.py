"""The MCP server as the official Python client sees it.

It checks every answer against the protocol's types, and every tool's value against the tool's own schema.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.memory import Memory

mcp = pytest.importorskip("mcp", reason="the dev extra installs it")

Use = Callable[[Any], Awaitable[None]]


def with_client(memory: Memory, mode: str, use: Use, **how: Any) -> None:
    """Let the official client start our server, and use it."""

    async def session() -> None:
        server = mcp.StdioServerParameters(
            command=sys.executable, args=["-m", "commonplace", "mcp"], cwd=memory.root,
            env={**os.environ, **memory.env},
        )  # fmt: skip
        async with mcp.Client(server, mode=mode, **how) as client:
            await use(client)

    asyncio.run(asyncio.wait_for(session(), 60))


@pytest.mark.parametrize(("mode", "revision"), [("legacy", "2025-11-25"), ("auto", "2026-07-28")])
def test_the_official_client_can_use_everything(memory: Memory, mode: str, revision: str) -> None:
    memory.flag("Deploys go through make ship.", "--topic", "deploy")
    memory.run("drain")

    async def use(client: Any) -> None:
        assert client.protocol_version == revision
        assert client.server_info.name == "commonplace"
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools][:2] == ["retrieve_context", "flag"]
        flagged = await client.call_tool("flag", {"text": "The stage is on port 8443.", "type": "fact"})
        assert flagged.structured_content["status"] == "queued"
        again = await client.call_tool("flag", {"text": "deploys go through make ship"})
        known = again.structured_content["id"]
        why = await client.call_tool("why", {"what": known})
        assert "Deploys go through make ship." in why.structured_content["text"]
        for name in ("status", "mark_chapter"):
            assert not (await client.call_tool(name, {})).is_error
        refused = await client.call_tool("flag", {"text": "x", "type": "opinion"})
        assert refused.is_error
        resources = (await client.list_resources()).resources
        assert [str(resource.uri) for resource in resources][1:] == ["commonplace://memory/user/deploy.md"]
        page = await client.read_resource("commonplace://memory/user/deploy.md")
        assert "- Deploys go through make ship. ^" in page.contents[0].text
        assert len((await client.list_resource_templates()).resource_templates) == 2
        with pytest.raises(mcp.MCPError) as fault:
            await client.read_resource("commonplace://memory/user/none.md")
        assert fault.value.code == (-32602 if mode == "auto" else -32002)
        (prompt,) = (await client.list_prompts()).prompts
        assert "`flag`" in (await client.get_prompt(prompt.name)).messages[0].content.text

    with_client(memory, mode, use)
    assert len(memory.queue()) == 1


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_the_official_client_retrieves_within_a_budget_and_is_told_of_the_progress(
    memory: Memory, mode: str
) -> None:
    memory.flag("Deploys go through make ship.", "--topic", "deploy")
    memory.run("drain")
    told: list[float] = []

    async def progress(so_far: float, total: float | None, message: str | None) -> None:
        told.append(so_far)

    async def use(client: Any) -> None:
        arguments = {"query": "how do deploys go", "budget_chars": 1000}
        found = await client.call_tool("retrieve_context", arguments, progress_callback=progress)
        assert "Deploys go through make ship." in found.structured_content["text"]
        assert len(found.content[0].text) <= 1000

    with_client(memory, mode, use)
    assert told == sorted(set(told)) != []


def test_the_official_client_says_in_which_project_it_is(memory: Memory) -> None:
    project = memory.scratch / "acme"
    memory.git("init", "-q", str(project))

    async def roots(_: object) -> Any:
        return mcp.types.ListRootsResult(roots=[mcp.types.Root(uri=project.as_uri())])

    async def use(client: Any) -> None:
        status = await client.call_tool("status", {})
        assert status.structured_content["scope_here"] == "project:acme"

    memory.env = {"COMMONPLACE_REPO": str(memory.root)}
    with_client(memory, "legacy", use, list_roots_callback=roots)
