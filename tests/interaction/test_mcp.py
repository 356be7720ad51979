"""The agent's own tools for MCP clients, wherever the agent runs."""

from typing import Any

import pytest

from agentkit import AgentBase
from tests.interaction.hosts import AUTH, Host, Reached

JSON = dict[str, Any]
behaviour = pytest.mark.behaviour


def make() -> AgentBase:
    agent = AgentBase("Shop", route="/shop", basic_auth=AUTH).enable_mcp_server()

    @agent.tool
    async def add(a: int, b: int) -> str:
        """Add."""
        return str(a + b)

    return agent


async def ask(reached: Reached, method: str, **params: Any) -> JSON:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = await reached.client.post(reached.at("/mcp"), json=message)
    assert answer.status == 200, answer.text
    found: JSON = answer.json()["result"]
    return found


@behaviour("mcp.tools")
async def test_mcp_clients_list_and_call_the_tools(host: Host) -> None:
    async with host(make()) as reached:
        assert (await ask(reached, "initialize"))["serverInfo"]["name"] == "Shop"
        assert [tool["name"] for tool in (await ask(reached, "tools/list"))["tools"]] == ["add"]
        answer = await ask(reached, "tools/call", name="add", arguments={"a": "2", "b": 3})
        assert answer["content"] == [{"type": "text", "text": "5"}]


@behaviour("mcp.checked")
async def test_no_check_is_skipped_at_mcp(host: Host) -> None:
    async with host(make()) as reached:
        anybody = reached.client.with_auth(None)
        path = reached.at("/mcp")
        assert (await anybody.post(path, content=b"not even JSON")).status == 401
        assert (await reached.client.get(path)).status == 405
        long = b'"' + b"x" * (1024 * 1024) + b'"'
        headers = {"content-type": "application/json"}
        assert (await reached.client.post(path, content=long, headers=headers)).status == 413
        answer = await ask(reached, "tools/call", name="add", arguments={"a": "x"})
        assert '"a" must be a whole number' in answer["content"][0]["text"]
