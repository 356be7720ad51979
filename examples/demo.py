"""Serve an agent on a real socket, play one whole call against it, and show the exchange.

The caller's side follows only what it finds in the document, as the platform does.
"""

import threading

import anyio
import uvicorn
from stateful_agent import TeaShop

from agentkit.serve import listening_socket
from agentkit.testing import AgentClient, SimulatedCall, render


async def play(base_url: str, auth: tuple[str, str]) -> str:
    """Play a call: the document, the start, tools, one bad argument, the end, the summary."""
    call = SimulatedCall(AgentClient(base_url, auth=auth), url="/tea")
    await call.start()
    await call.tool("add_tea", tea="Darjeeling", packs=2)
    await call.tool("add_tea", tea="Sencha", packs="a few")
    await call.tool("read_order")
    await call.hang_up(summary={"teas": {"Darjeeling": 2}})
    return render(call.transcript)


def main() -> None:
    """Start the server, play the call, stop the server."""
    agent = TeaShop()
    listening = listening_socket("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(agent, log_level="warning", access_log=False))
    serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    serving.start()
    try:
        port = listening.getsockname()[1]
        credentials = agent.get_basic_auth_credentials()
        print(anyio.run(play, f"http://127.0.0.1:{port}", credentials))
    finally:
        server.should_exit = True
        serving.join()


if __name__ == "__main__":
    main()
