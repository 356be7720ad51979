"""What a data map may hold, one table a part (facts 5.1)."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from agentkit import checked
from agentkit.checked import Check
from agentkit.place import Place

JSON = dict[str, Any]

METHODS = ("GET", "POST", "PUT", "DELETE")
"""What the platform's schema takes; what it sends is GET or POST."""

TYPES = ("string", "integer", "number", "boolean", "array", "object")
"""What a parameter may be."""


def check(place: Place, entry: Mapping[str, Any]) -> None:
    """Check the data map in the entry of a function, which stands at place.

    Raises:
        DefinitionError: here and in every function of this module, a part is wrong.
    """
    data_map(place.at("data_map"), entry.get("data_map"))


def data_map(place: Place, given: object) -> JSON:
    """Return a data map."""
    found = checked.fields(place, given, DATA_MAP)
    if not found.keys() & {"expressions", "webhooks", "output"}:
        raise place.error("needs expressions, webhooks or an output")
    return found


def method(place: Place, given: object) -> str:
    """Return the method of a webhook."""
    return checked.choice(place, given.upper() if isinstance(given, str) else given, METHODS)


def url(place: Place, given: object) -> str:
    """Return the URL of a webhook; it may hold templates, also in place of its beginning."""
    found = checked.name(place, given)
    if not found.lower().startswith(("http://", "https://", "${", "%{", "@{")):
        raise place.wrong("an http(s) URL or a template", found)
    return found


def output(place: Place, given: object) -> JSON:
    """Return what a function answers."""
    found: JSON = checked.plain(place, checked.mapping(place, given))
    if not found.get("response") and not found.get("action"):
        raise place.error("needs a response or an action")
    return found


def foreach(place: Place, given: object) -> JSON:
    """Return how a list in a reply becomes text."""
    found = checked.fields(place, given, FOREACH)
    return checked.required(place, found, ("input_key", "output_key", "append"))


def expression(place: Place, given: object) -> JSON:
    """Return a pattern and what it answers."""
    found = checked.fields(place, given, EXPRESSION)
    return checked.required(place, found, ("string", "pattern", "output"))


def webhook(place: Place, given: object) -> JSON:
    """Return a request and what is made of its reply."""
    return checked.required(place, checked.fields(place, given, WEBHOOK), ("url",))


def _parameters(place: Place, given: object) -> JSON:
    found: JSON = checked.plain(place, checked.mapping(place, given))
    return found


EXPRESSION: dict[str, Check] = {
    "string": checked.text,
    "pattern": checked.name,
    "output": output,
    "nomatch-output": output,
}
FOREACH: dict[str, Check] = {
    "input_key": checked.name,
    "output_key": checked.name,
    "append": checked.text,
    "max": partial(checked.whole, low=-1, high=1 << 31),
}
WEBHOOK: dict[str, Check] = {
    "url": url,
    "method": method,
    "headers": checked.texts,
    "params": _parameters,
    "form_param": checked.name,
    "input_args_as_params": checked.flag,
    "require_args": checked.names,
    "error_keys": checked.names,
    "foreach": foreach,
    "expressions": partial(checked.each, expression),
    "output": output,
}
DATA_MAP: dict[str, Check] = {
    "expressions": partial(checked.each, expression),
    "webhooks": partial(checked.each, webhook),
    "output": output,
    "error_keys": checked.names,
}
