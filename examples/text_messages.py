"""A text message whose sender is on the phone with the agent goes into that call.

The phone number's call handler is `https://user:password@host/voice/`, its message handler
`https://user:password@host/sms`. Several processes may serve them if they share a store:
`AGENTKIT_STATE=sqlite:///desk.db uvicorn examples.text_messages:app --workers 2`.
"""

import base64
import secrets
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from agentkit import AgentBase
from agentkit.errors import InboxFull

agent = AgentBase("tea-desk")
agent.set_prompt_text("You help the callers of a tea shop. They may send text messages meanwhile.")
agent.enable_inbox(poll_ms=1_000)


def by_number(
    query: dict[str, str], body: dict[str, Any], headers: dict[str, str], agent: AgentBase
) -> None:
    """Make all calls of a number one conversation, so that its text messages find them."""
    caller = body.get("call", {}).get("from")
    if caller:
        agent.set_param("conversation_id", caller)


agent.set_dynamic_config_callback(by_number)

USER_AND_PASSWORD = ":".join(agent.get_basic_auth_credentials()).encode()
EXPECTED = b"Basic " + base64.b64encode(USER_AND_PASSWORD)


async def text_message(request: Request) -> JSONResponse:
    """Take a text message from the platform and answer it with what to reply."""
    given = request.headers.get("authorization", "").encode("latin-1")
    if not secrets.compare_digest(given, EXPECTED):
        return JSONResponse({"error": "Unauthorized"}, 401, {"WWW-Authenticate": "Basic"})
    message = (await request.json())["message"]
    text = message["body"] or "(a picture)"
    try:
        await agent.inbox.push(message["from"], text, id=message["message_id"], ttl=120)
    except InboxFull:
        return reply("That is more than we can read now.")
    return reply("Thank you, we have told the agent.")


def reply(text: str) -> JSONResponse:
    """Return the document that answers a text message."""
    return JSONResponse({"version": "1.0.0", "sections": {"main": [{"reply": text}]}})


app = Starlette(
    routes=[
        Route("/sms", text_message, methods=["POST"]),
        Mount("/voice", app=agent),
    ]
)
