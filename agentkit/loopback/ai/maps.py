"""Data maps: functions that the platform answers itself, evaluated here (facts 5.1)."""

from typing import Any

from agentkit.datamap.evaluation import NOTHING, evaluate
from agentkit.datamap.transport import TransportError, WebhookReply, WebhookRequest
from agentkit.errors import DefinitionError, EvaluationError
from agentkit.loopback.ai import answers
from agentkit.loopback.ai.answers import Told
from agentkit.loopback.ai.room import JSON, Room
from agentkit.loopback.ai.toolset import Function
from agentkit.loopback.trace import Concern
from agentkit.loopback.webhook import Webhook


async def evaluated(room: Room, function: Function, arguments: JSON) -> Told:
    """Return what a data map answers; a map that cannot be evaluated is a function that failed."""
    definition = {"function": function.name, "data_map": function.entry["data_map"]}
    outside = _Outside(room)
    try:
        found = await evaluate(
            definition,
            arguments,
            outside,
            data=_data(room, function),
            clock=lambda: room.clock.seconds,
        )
    except (EvaluationError, DefinitionError) as error:
        room.reader.warn(Concern.FAILED, f"{function.name}: the data map fails: {error}")
        return Told(NOTHING, error="data_map")
    if found.problem:
        room.reader.warn(Concern.FAILED, f"{function.name}: {found.problem}")
    _note(room, found.request, found.failure, found.output)
    told = answers.read_output(found.output, room.reader, function.name)
    return told if found.source else Told(NOTHING, error="data_map", raw=found.output)


def _data(room: Room, function: Function) -> JSON:
    return {
        "global_data": room.store.global_data,
        "meta_data": room.store.meta_data(function.token),
        "prompt_vars": room.variables.all(),
        "call_id": room.call_id,
        **room.caller,
    }


class _Outside:
    """Sends the request of a data map over the wire of the call."""

    def __init__(self, room: Room) -> None:
        self._wire = room.around.outside

    async def __call__(self, request: WebhookRequest) -> WebhookReply:
        headers = tuple(request.headers.items())
        answer = await self._wire.send(
            Webhook("datamap", request.url, request.body, None, headers, request.method)
        )
        if answer.error:
            raise TransportError(answer.error)
        return WebhookReply(answer.body, answer.status, dict(answer.headers))


def _note(room: Room, request: Any, failure: str | None, output: JSON) -> None:
    if request is not None:
        room.debug.note("webhook", {"url": request.url, "method": request.method})
    if failure is not None:
        room.debug.note("error_keys", [failure])
    room.debug.note("output", output)
