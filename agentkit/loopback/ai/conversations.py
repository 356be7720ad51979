"""Conversations that go on over several calls: `fetch_conversation` (facts 4.2)."""

from agentkit import _json
from agentkit.loopback.ai import requests
from agentkit.loopback.ai.room import JSON, Room
from agentkit.loopback.ai.toolset import credentials
from agentkit.loopback.trace import Concern
from agentkit.loopback.webhook import Webhook

_OK = range(200, 300)


async def resume(room: Room) -> None:
    """Ask for the summary of the last call and tell the model."""
    url = room.post_prompt_url()
    if not url or not room.conversation_id() or not room.params.flag("save_conversation"):
        return
    auth = credentials(room.ai, "post_prompt_auth", room.reader, "ai")
    body = _json.encode(_request(room))
    answer = await room.around.wire.send(Webhook("post_prompt", url, body, auth))
    if answer.error or answer.status not in _OK:
        room.reader.warn(Concern.FAILED, "fetch_conversation: there is no answer")
        return
    try:
        given = room.reader.mapping(answer.json(), "fetch_conversation: the answer")
    except ValueError:
        room.reader.warn(Concern.FAILED, "fetch_conversation: the answer is not JSON")
        return
    path = "fetch_conversation: conversation_summary"
    summary = room.reader.text(given.get("conversation_summary"), path)
    if summary:
        room.conversation.system(f"What was said in earlier calls: {summary}")
        room.logs.system(summary)


def head(room: Room, disposition: str, action: str) -> JSON:
    """Return how the bodies of the post prompt and of `fetch_conversation` begin."""
    return {
        **room.identity,
        "content_type": "text/json",
        "content_disposition": disposition,
        "conversation_type": "voice",
        "call_id": room.call_id,
        "app_name": room.params.text("app_name", "swml app"),
        "ai_session_id": room.session_id,
        **room.conversation_id(),
        "ai_id_tag": room.tag,
        "action": action,
    }


def _request(room: Room) -> JSON:
    body = head(room, "agent.load_conversation", "fetch_conversation")
    return {**body, **room.dates, **room.caller, **requests.script_vars(room)}
