"""Actions that reach other calls by the platform's `execute_rpc` verb."""

from collections.abc import Mapping
from typing import Any

from agentkit.errors import DefinitionError
from agentkit.swaig import contents

Action = dict[str, Any]
Object = Mapping[str, Any]


def execute_rpc(
    method: str,
    params: Object | None = None,
    call_id: str | None = None,
    node_id: str | None = None,
) -> Action:
    """Run one of the platform's remote procedures.

    Args:
        method: its name, such as `dial` or `ai_message`.
        params: its parameters.
        call_id: the call that it is for, unless it is this one.
        node_id: the node of that call.
    """
    asked: dict[str, Any] = {"method": contents.name("execute_rpc", "method", method)}
    asked |= contents.texts("execute_rpc", call_id=call_id, node_id=node_id)
    if params:
        asked["params"] = contents.mapping("execute_rpc", "params", params)
    return contents.run({"execute_rpc": asked})


def rpc_dial(
    to_number: str, from_number: str, dest_swml: str, device_type: str = "phone"
) -> Action:
    """Call somebody else, and run the document at the URL dest_swml when they answer."""
    numbers = {
        "to_number": contents.name("rpc_dial", "to_number", to_number),
        "from_number": contents.name("rpc_dial", "from_number", from_number),
    }
    kind = contents.name("rpc_dial", "device_type", device_type)
    url = contents.name("rpc_dial", "dest_swml", dest_swml)
    devices = {"type": kind, "params": numbers}
    return execute_rpc("dial", {"devices": devices, "dest_swml": url})


def rpc_ai_message(
    call_id: str,
    message_text: str | None = None,
    role: str = "system",
    global_data: Object | None = None,
) -> Action:
    """Tell the model of another call something, or set its global data, or both.

    Args:
        call_id: the other call.
        message_text: what its model is told.
        role: whose words these are: `system`, `user` or `assistant`.
        global_data: merged into that call's global data.
    """
    told: dict[str, Any] = {}
    if message_text is not None:
        told["role"] = contents.name("rpc_ai_message", "role", role)
        told["message_text"] = contents.text("rpc_ai_message", "message_text", message_text)
    if global_data is not None:
        told["global_data"] = contents.mapping("rpc_ai_message", "global_data", global_data)
    if not told:
        raise DefinitionError("rpc_ai_message: message_text or global_data must be given")
    return execute_rpc("ai_message", told, contents.name("rpc_ai_message", "call_id", call_id))


def rpc_ai_global_data(call_id: str, data: Object) -> Action:
    """Merge data into the global data of another call."""
    told = {"global_data": contents.mapping("rpc_ai_global_data", "data", data)}
    return execute_rpc("ai_message", told, contents.name("rpc_ai_global_data", "call_id", call_id))


def rpc_ai_unhold(call_id: str) -> Action:
    """Take another call off hold."""
    return execute_rpc("ai_unhold", call_id=contents.name("rpc_ai_unhold", "call_id", call_id))
