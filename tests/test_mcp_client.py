"""The official MCP client, over a real socket, in both ways of the protocol."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import httpx2
import pytest
import uvicorn
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from agentkit import AgentBase, Call, FunctionResult, ToolError
from agentkit.serve import listening_socket
from tests.deadlines import LONG
from tests.documents import AUTH, make

MODES = {"legacy": "2025-11-25", "auto": "2026-07-28", "2026-07-28": "2026-07-28"}


def shop() -> AgentBase:
    agent = make("Shop", route="/shop").enable_mcp_server()

    @agent.tool
    async def order(tea: str, call: Call, packs: int = 1) -> FunctionResult:
        """Order tea.

        Args:
            tea: Which tea.
            packs: How many packs.
        """
        if tea == "coffee":
            raise ToolError("We have tea only.")
        return FunctionResult(f"{packs} of {tea}").update_global_data({"tea": tea})

    return agent


@asynccontextmanager
async def served(agent: AgentBase) -> AsyncIterator[str]:
    with listening_socket("127.0.0.1", 0) as listening, anyio.fail_after(LONG):
        server = uvicorn.Server(uvicorn.Config(agent, log_level="warning", access_log=False))
        server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]
        async with anyio.create_task_group() as group:
            group.start_soon(server.serve, [listening])
            try:
                yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            finally:
                server.should_exit = True


@asynccontextmanager
async def connected(url: str, mode: str, auth: tuple[str, str] = AUTH) -> AsyncIterator[Client]:
    async with httpx2.AsyncClient(auth=auth) as http:
        transport = streamable_http_client(f"{url}/shop/mcp", http_client=http)
        async with Client(transport, mode=mode) as client:
            yield client


@pytest.mark.parametrize(("mode", "version"), MODES.items())
async def test_the_official_client_finds_and_uses_the_tools(mode: str, version: str) -> None:
    async with served(shop()) as url, connected(url, mode) as client:
        assert client.protocol_version == version
        (tool,) = (await client.list_tools()).tools
        assert (tool.name, tool.description) == ("order", "Order tea.")
        assert tool.input_schema["required"] == ["tea"]
        answer = await client.call_tool("order", {"tea": "Assam", "packs": "2"})
        assert [each.text for each in answer.content if each.type == "text"] == ["2 of Assam"]
        assert not answer.is_error
        assert answer.meta is not None
        assert answer.meta["swaig/action"] == [{"set_global_data": {"tea": "Assam"}}]
        refused = await client.call_tool("order", {"tea": "coffee"})
        assert refused.is_error
        wrong = await client.call_tool("order", {"tea": "Assam", "packs": "many"})
        assert wrong.is_error
        with pytest.raises(MCPError, match="there is no function 'nowhere' here"):
            await client.call_tool("nowhere", {})


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_the_official_client_is_refused_without_the_credentials(mode: str) -> None:
    async with served(shop()) as url:
        with pytest.raises((MCPError, ExceptionGroup)):
            async with connected(url, mode, ("u", "wrong")):
                raise AssertionError
