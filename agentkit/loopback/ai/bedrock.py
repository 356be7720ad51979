"""What differs in `amazon_bedrock` (facts 1.6, 3.1): other requests, and less in an answer.

There are no contexts. A function's answer is a text, without `post_process`; its token is the MD5
of its name unless it names one.
"""

import hashlib
from typing import Any

from agentkit.loopback.ai.room import JSON, Room
from agentkit.loopback.ai.toolset import Function

VERB = "amazon_bedrock"

_LEFT_OUT = frozenset({"ai_id_tag", "call_timeline", "previous_contexts", "hard_timeout"})


def is_spoken(room: Room) -> bool:
    """Say whether the session is one of this verb."""
    return room.verb == VERB


def token_of(name: str) -> str:
    """Return the token of a function that names none."""
    return hashlib.md5(name.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def function_request(room: Room, function: Function, argument: JSON) -> JSON:
    """Return what calls a function."""
    caller = room.caller.get("caller_id_number", "")
    return {
        "function": function.name,
        "argument": {key: argument[key] for key in ("parsed", "raw")},
        "call_id": room.call_id,
        "ai_session_id": room.session_id,
        "app_name": room.params.text("app_name", "swml app"),
        "caller_id": caller,
        "global_data": room.store.encoded_global(),
        "content_type": "text/json",
        "content_disposition": "agent.function",
        "conversation_type": "voice",
        "action": "fetch_conversation",
        **room.identity,
        **room.conversation_id(),
        **room.caller,
        **room.dates,
        "times": room.logs.times,
        "meta_data_token": function.token,
        "meta_data": room.store.encoded_meta(function.token),
    }


def summary(body: JSON, text: str) -> JSON:
    """Return the body of the post prompt, made from that of the `ai` verb."""
    kept: dict[str, Any] = {key: value for key, value in body.items() if key not in _LEFT_OUT}
    return {**kept, "conversation_summary": text}
