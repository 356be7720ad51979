"""What the client of a call says that it can do, from the body of the request for a document.

Calls that the browser's SDK dials carry its data in `vars.userVariables` (facts of the wire 4.1).
Whoever calls wrote it, so it says what a client can show or hear, never what it may do.
"""

from collections.abc import Mapping
from typing import Any

JSON = dict[str, Any]


def user_variables(body_params: object) -> JSON:
    """Return a copy of the client's own data; none when the body has none of that shape.

    Args:
        body_params: the posted body, as `on_swml_request` and per-call callbacks get it.
    """
    return dict(_within(_within(body_params, "vars"), "userVariables"))


def declared_capabilities(body_params: object) -> frozenset[str]:
    """Return the names in `userVariables.capabilities` whose value counts as true."""
    told = _within(user_variables(body_params), "capabilities")
    return frozenset(name for name, value in told.items() if value)


def has_capability(body_params: object, name: str) -> bool:
    """Say whether the client says that it has a capability."""
    return name in declared_capabilities(body_params)


def _within(data: object, key: str) -> Mapping[str, Any]:
    found = data.get(key) if isinstance(data, Mapping) else None
    return found if isinstance(found, Mapping) else {}
