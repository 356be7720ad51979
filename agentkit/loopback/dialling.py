"""The call object: what the platform knows of a call before anybody has spoken (facts 2)."""

import secrets
from collections import Counter
from typing import Any, NamedTuple

from agentkit.loopback.ids import Ids

PROJECT_ID = "00000000-0000-4000-8000-0000000000aa"
SPACE_ID = "00000000-0000-4000-8000-0000000000bb"
CALLER, CALLED = "+12025550123", "+12025550100"
_SIP_PORT = "5060"

Data = dict[str, Any]

_named: Counter[str] = Counter()


class Seed(NamedTuple):
    """What is drawn in a call.

    Attributes:
        ids: what its ids depend on.
        draws: what goes wrong on its line depends on.
    """

    ids: str | int
    draws: str | int


def seed_of(given: str | int | Seed) -> Seed:
    """Return the seed of a call: what an author gave counts for all of it."""
    return given if isinstance(given, Seed) else Seed(given, given)


def fresh_seed(name: str = "call") -> Seed:
    """Return the seed of a call for which its author gave none.

    Agents remember the calls that they had, in their stores also when the tests run again. Two
    calls with the same id would be one to them, and the second would be told what the first was
    told. So ids are new ones every time, and what is drawn beside them is the same every time.

    Args:
        name: what the call is for, such as the name of a test, so that the same is drawn for it
            whatever else runs.
    """
    _named[name] += 1
    return Seed(secrets.token_hex(16), f"{name} {_named[name]}")


def call_object(ids: Ids, caller: str, called: str, headers: dict[str, str]) -> Data:
    """Return the call object of a new inbound call.

    Args:
        ids: makes its ids.
        caller: a number, a SIP address or a browser's address.
        called: a number, a SIP address, or a path such as `/public/support` for a browser's call.
        headers: SIP headers, such as those that a trunk adds.
    """
    call_id = ids.uuid()
    call: Data = {
        "call_id": call_id,
        "node_id": f"{ids.uuid()}@us-west",
        "segment_id": call_id,
        "call_state": "created",
        "direction": "inbound",
        "type": "phone",
        "from": caller,
        "to": called,
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
        "project_id": PROJECT_ID,
        "space_id": SPACE_ID,
    }
    if called.startswith("/"):
        call["type"] = "webrtc"
    elif "@" in called:
        call |= {"type": "sip", "sip_data": _sip_data(caller, called)}
    else:
        call |= {"from_number": caller, "to_number": called}
    return call


def _sip_data(caller: str, called: str) -> Data:
    data: Data = {}
    for part, address in (("req", called), ("from", caller), ("to", called), ("contact", caller)):
        uri = address.removeprefix("sip:").removeprefix("sips:")
        user, _, host = uri.partition("@")
        data |= {f"sip_{part}_user": user, f"sip_{part}_uri": uri, f"sip_{part}_host": host}
    return {**data, "sip_contact_port": _SIP_PORT, "sip_contact_params": {}}
