"""The bodies that the platform posts, in its shapes and sizes (facts of the wire, 2 to 4)."""

import json
from typing import Any

from benchmarks import content

JSON = dict[str, Any]

MEGABYTE = 1_000_000
SUMMARY_BYTES = 150_000

_PROJECT = {
    "project_id": "bcf37d90-4fe3-491c-8ac1-6c3523386366",
    "space_id": "e02ba2df-4708-4762-bdd3-4a05c998aa80",
}


def fetch() -> bytes:
    """Return the body of a request for a document."""
    call = {
        "call_id": content.CALL_ID,
        "node_id": "2bcd3c5e-4a4b-4a8b-9b1f-0a1f5b0a6b0d@us-east",
        "segment_id": "0b7f9d1c-7f0e-4a2e-8a51-0f6ab22c4e7a",
        "call_state": "created",
        "direction": "inbound",
        "type": "phone",
        "from": "+15550100001",
        "to": "+15550100002",
        "headers": [],
        **_PROJECT,
    }
    return _encoded({"call": call, "vars": {}, "params": {}})


def tool_call(name: str, **more: object) -> bytes:
    """Return the body of a tool call."""
    schema = {key: {"type": "string", "description": t} for key, t in content.ARGUMENTS.items()}
    body = {
        "ai_session_id": content.SESSION_ID,
        "app_name": "swml app",
        "global_data": {"caller_id_name": "", "caller_id_number": "+15550100001"},
        **_PROJECT,
        "caller_id_name": "",
        "caller_id_num": "+15550100001",
        "channel_active": True,
        "channel_offhook": True,
        "channel_ready": True,
        "content_type": "text/swaig",
        "version": "2.0",
        "content_disposition": "SWAIG Function",
        "function": name,
        "argument": {"parsed": [content.GIVEN], "raw": json.dumps(content.GIVEN)},
        "call_id": content.CALL_ID,
        "argument_desc": {"properties": schema, "required": ["order"], "type": "object"},
        "purpose": content.DESCRIPTION,
    }
    return _encoded({**body, **more})


def long_text(name: str) -> bytes:
    """Return a tool call of a megabyte, nearly all of it one string."""
    return tool_call(name, call_log="x" * (MEGABYTE - len(tool_call(name)) - 16))


def many_objects(name: str) -> bytes:
    """Return a tool call of a megabyte in thousands of small objects, such as a long call log."""
    entry = {"role": "user", "content": "Where is my tea?", "latency": 812, "tool": None}
    count = (MEGABYTE - len(tool_call(name)) - 16) // (len(_encoded(entry)) + 2)
    return tool_call(name, call_log=[entry] * count)


def summary() -> bytes:
    """Return what is posted after a call: its summary and its whole log."""
    told = {"order": "A-1027", "address": "12 Mill Lane", "mood": "cheerful"}
    entry = {
        "role": "assistant",
        "content": "Your order is on its way and will be with you before the end of the week.",
        "timestamp": 1_760_000_000_123_456,
        "latency": 812,
        "utterance_latency": 640,
        "audio_latency": 172,
    }
    body = {
        **_PROJECT,
        "action": "post_conversation",
        "call_id": content.CALL_ID,
        "ai_session_id": content.SESSION_ID,
        "content_type": "text/json",
        "content_disposition": "agent.summary",
        "post_prompt_data": {"parsed": [told], "raw": json.dumps(told), "substituted": ""},
        "call_log": [entry] * (SUMMARY_BYTES // len(_encoded(entry))),
    }
    return _encoded(body)


def _encoded(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
