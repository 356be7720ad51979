"""An agent whose calls are journalled, and what its journals say."""

from pathlib import Path
from typing import Any

import anyio.to_thread

from agentkit import AgentBase, _json
from agentkit.context import Call
from agentkit.recorder import Recorder, journal_name
from agentkit.testing import AgentClient, SimulatedCall

AUTH = ("user", "canary-password")


def tea_shop() -> AgentBase:
    agent = AgentBase("shop", route="/shop", basic_auth=AUTH, state="memory:")
    agent.prompt_add_section("Role", "You sell tea.")
    agent.set_post_prompt("Sum up.")

    @agent.tool
    async def order(call: Call, tea: str, packs: int) -> str:
        """Order tea."""
        await call.state.update({"tea": tea, "packs": packs})
        return f"{packs} packs of {tea}"

    @agent.tool
    def ping() -> str:
        """Answer."""
        return "pong"

    return agent


def client_of(app: Recorder) -> AgentClient:
    return AgentClient(app, auth=AUTH)


async def started(app: Recorder, call_id: str = "c-1") -> SimulatedCall:
    call = SimulatedCall(client_of(app), url="/shop", call_id=call_id)
    await call.start()
    return call


async def flushed(app: Recorder) -> None:
    assert await anyio.to_thread.run_sync(app.flush)


async def closed(app: Recorder) -> None:
    assert await anyio.to_thread.run_sync(app.close)


async def journal(app: Recorder, folder: Path, call_id: str = "c-1") -> list[dict[str, Any]]:
    return await anyio.to_thread.run_sync(_journal, app, folder / journal_name(call_id))


def _journal(app: Recorder, file: Path) -> list[dict[str, Any]]:
    assert app.flush()
    return [_json.decode(line) for line in file.read_bytes().splitlines()] if file.exists() else []


def kinds(lines: list[dict[str, Any]]) -> list[str]:
    return [line["kind"] for line in lines]
