"""Includes: functions of other services, asked for by `get_signature` (facts 3.2)."""

from typing import Any

from agentkit import _json
from agentkit.loopback.ai.room import JSON, Room
from agentkit.loopback.ai.toolset import credentials, without_userinfo
from agentkit.loopback.trace import Concern
from agentkit.loopback.webhook import Answer, Webhook

_OK = range(200, 300)


async def load(room: Room) -> None:
    """Ask every include for its functions and register what it answers, asked for or not."""
    for path, include, url in room.reader.at_urls(room.swaig.get("includes"), "ai.SWAIG.includes"):
        auth = credentials(include, "auth", room.reader, path)
        body = _json.encode(_request(room, include, path))
        answer = await room.around.wire.send(Webhook("signature", url, body, auth))
        given = _signatures(answer)
        if given is None:
            room.reader.warn(Concern.FAILED, f"{path}: {without_userinfo(url)} gives no functions")
        else:
            _register(room, given, path)


def _request(room: Room, include: JSON, path: str) -> JSON:
    asked: JSON = {
        "action": "get_signature",
        "functions": list(room.reader.names_of(include, "functions", path)),
    }
    if "meta_data" in include:
        asked["meta_data"] = room.reader.mapping(include["meta_data"], f"{path}.meta_data")
    if "meta_data_token" in include:
        asked["meta_data_token"] = include["meta_data_token"]
    about = {
        "content_type": "text/swaig",
        "content_disposition": "function signature request",
        "version": "2.0",
    }
    return {**asked, **about, **room.identity}


def _signatures(answer: Answer) -> Any:
    """Return what was answered: a list, an object, or None when it is neither."""
    if answer.error or answer.status not in _OK:
        return None
    try:
        given = answer.json()
    except ValueError:
        return None
    return given if isinstance(given, list | dict) else None


def _register(room: Room, given: Any, path: str) -> None:
    """Register a list of functions, one function, or `{functions, defaults}`."""
    defaults: JSON = {}
    entries = given
    if isinstance(given, dict):
        entries = given.get("functions", [given])
        defaults = room.reader.mapping(given.get("defaults"), f"{path}: defaults")
    room.tools.register(entries, defaults, f"{path}: functions")
