"""Calls that were journalled, to be replayed."""

from collections.abc import Callable
from typing import Any

import anyio.to_thread

from agentkit import AgentBase, FunctionResult, _json
from agentkit.context import Call
from agentkit.loopback.replay import Comparison, Journal, Place, Replayed, compared, play
from agentkit.loopback.replay.journal import read
from agentkit.recorder import InMemory, Recorder
from agentkit.testing import AgentClient, SimulatedCall

AUTH = ("user", "password-canary")
ORIGIN = "https://agents.example"
JSON = dict[str, Any]


def tea_shop(**options: Any) -> AgentBase:
    agent = AgentBase("shop", route="/shop", basic_auth=AUTH, state="memory:", **options)
    agent.prompt_add_section("Role", "You sell tea.")
    agent.set_post_prompt("Sum up.")
    agent.set_params({"end_of_speech_timeout": 700})

    @agent.tool
    async def order(call: Call, tea: str, packs: int) -> FunctionResult:
        """Order tea."""
        await call.state.update({"tea": tea, "packs": packs})
        return FunctionResult(f"{packs} of {tea}").add_action("change_step", "confirm")

    @agent.tool
    def ping() -> str:
        """Answer."""
        return "pong"

    return agent


async def recorded(app: Any, play_call: Callable[..., Any]) -> bytes:
    """Play a call with an application and return its journal."""
    kept = InMemory()
    recorder = Recorder(app, sink=kept)
    client = AgentClient(recorder, base_url=ORIGIN, auth=AUTH)
    await play_call(client)
    await anyio.to_thread.run_sync(recorder.close)
    [lines] = kept.lines.values()
    head = _json.encode({"at": 0, "kind": "call", "format": 1, "call_id": "c-1"})
    return b"".join([head, b"\n", *lines])


async def ordering(client: AgentClient) -> None:
    call = SimulatedCall(client, url="/shop", call_id="c-1")
    await call.start()
    await call.tool("order", tea="Assam", packs=2)
    await call.tool("ping")
    await call.hang_up(summary={"ordered": "Assam"})


async def replayed(
    journal: Journal, app: Any, place: Place | None = None, **options: Any
) -> list[Replayed]:
    kept = InMemory()
    recorder = Recorder(app, sink=kept, **options)
    client = AgentClient(recorder, base_url=ORIGIN, auth=AUTH)

    async def seen() -> list[JSON]:
        await anyio.to_thread.run_sync(recorder.flush)
        lines = [line for each in kept.lines.values() for line in each]
        kept.lines.clear()
        return [_json.decode(line) for line in lines]

    found = await play(journal, client, place or Place("/shop"), seen)
    await anyio.to_thread.run_sync(recorder.close)
    return found


async def comparison(data: bytes, app: Any, *patterns: str) -> Comparison:
    journal = read(data)
    return compared(journal, await replayed(journal, app), ["agents.example"], patterns)
