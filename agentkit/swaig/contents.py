"""The contents of actions: arguments checked and copied, shapes that need more than a name.

Every function names the method and the argument in its error, so that a tool's author sees which
call was wrong.
"""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from agentkit import _json
from agentkit.errors import DefinitionError

MAX_HOLD_SECONDS = 900
"""Longest hold that the platform takes."""


def text(method: str, argument: str, given: object) -> str:
    """Return given, which must be text.

    Raises:
        DefinitionError: here and in every function of this module, the argument is wrong.
    """
    if not isinstance(given, str):
        raise _wrong(method, argument, "text", given)
    return given


def name(method: str, argument: str, given: object) -> str:
    """Return given, which must be text that is not blank."""
    checked = text(method, argument, given)
    if not checked.strip():
        raise DefinitionError(f"{method}: {argument} must not be empty")
    return checked


def whole(method: str, argument: str, given: object) -> int:
    """Return given, which must be a whole number."""
    if not isinstance(given, int) or isinstance(given, bool):
        raise _wrong(method, argument, "a whole number", given)
    return given


def milliseconds(method: str, given: object) -> int:
    """Return given, which must be a whole number above 0."""
    return within(method, "milliseconds", given, 1)


def within(method: str, argument: str, given: object, least: int, most: int = sys.maxsize) -> int:
    """Return given, which must be a whole number between two limits."""
    checked = whole(method, argument, given)
    if not least <= checked <= most:
        limits = f"at least {least}" if most == sys.maxsize else f"{least} to {most}"
        raise DefinitionError(f"{method}: {argument} must be {limits}, not {checked}")
    return checked


def texts(method: str, **given: str | None) -> dict[str, str]:
    """Return the arguments that were given and are not empty, which must be texts."""
    return {key: text(method, key, value) for key, value in given.items() if value}


def one_of(method: str, argument: str, given: object, choices: tuple[str, ...]) -> str:
    """Return given, which must be one of some words."""
    if given not in choices:
        raise DefinitionError(f"{method}: {argument} must be one of {choices}, not {given!r}")
    return str(given)


def fields(given: msgspec.Struct) -> dict[str, Any]:
    """Return a Struct's fields, as they are."""
    return {name: getattr(given, name) for name in given.__struct_fields__}


def checked(method: str, given: msgspec.Struct) -> dict[str, Any]:
    """Return a copy of a Struct's fields, which must be of their types and within their limits."""
    values: dict[str, Any] = plain(method, "an argument", fields(given))
    try:
        msgspec.convert(values, type(given))
    except msgspec.ValidationError as error:
        said, _, where = str(error).rpartition(" - at `$.")
        raise DefinitionError(f"{method}: {where.rstrip('`')}: {said.lower()}") from None
    return values


def run(*verbs: dict[str, Any], transfer: bool | None = None) -> dict[str, Any]:
    """Return the action that runs verbs; with transfer it says whether the talk ends with them.

    `transfer` goes as text and before the document: the SDK sends it so, and the platform's manual
    wants it so.
    """
    beside = {} if transfer is None else {"transfer": "true" if transfer else "false"}
    return {**beside, "SWML": {"version": "1.0.0", "sections": {"main": [*verbs]}}}


def items(method: str, argument: str, given: object) -> list[Any]:
    """Return a copy of given, which must be a list or another iterable of items."""
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping):
        raise _wrong(method, argument, "a list", given)
    copies: list[Any] = plain(method, argument, list(given))
    return copies


def mapping(method: str, argument: str, given: object) -> dict[str, Any]:
    """Return a copy of given, which must be a dict."""
    if not isinstance(given, Mapping):
        raise _wrong(method, argument, "a dict", given)
    copy: dict[str, Any] = plain(method, argument, given)
    return copy


def keys(method: str, given: object) -> str | list[str]:
    """Return a key or a list of keys."""
    if isinstance(given, str):
        return name(method, "keys", given)
    return [name(method, "keys", key) for key in items(method, "keys", given)]


def response(method: str, given: object) -> Any:
    """Return what the model is told: text, or a dict that goes on the wire as it is."""
    if isinstance(given, str):
        return given
    if given is None:
        return ""
    if not isinstance(given, Mapping):
        raise _wrong(method, "response", "a text or a dict", given)
    return mapping(method, "response", given)


def hints(given: object) -> list[Any]:
    """Return hints for speech recognition: texts and dicts."""
    checked = items("add_dynamic_hints", "hints", given)
    if not all(isinstance(hint, str | dict) for hint in checked):
        raise DefinitionError("add_dynamic_hints: hints must be texts or dicts")
    return checked


def toggles(given: object) -> list[Any]:
    """Return dicts that name functions to turn on or off."""
    checked = items("toggle_functions", "function_toggles", given)
    if not all(isinstance(toggle, dict) and "function" in toggle for toggle in checked):
        raise DefinitionError("toggle_functions: function_toggles must be dicts with `function`")
    return checked


def tool_response(tool_result: object, tool_prompt: object) -> dict[str, str]:
    """Return the outcome and what to do with it, as far as they are given."""
    parts = {"tool_result": tool_result, "tool_prompt": tool_prompt}
    return {
        part: text("set_tool_response", part, given)
        for part, given in parts.items()
        if given is not None
    }


def switch(prompts: Mapping[str, object], flags: Mapping[str, bool]) -> Any:
    """Return the contents of `context_switch`: the system prompt alone, or all that was given."""
    fields: dict[str, Any] = {
        field: items("switch_context", field, prompt)
        if field.endswith("_pom")
        else text("switch_context", field, prompt)
        for field, prompt in prompts.items()
        if prompt
    }
    fields.update({flag: True for flag, wanted in flags.items() if wanted})
    return fields["system_prompt"] if [*fields] == ["system_prompt"] else fields


def wait(enabled: bool | None, timeout: object, answer_first: bool) -> Any:
    """Return the contents of `wait_for_user`; the most specific argument wins."""
    if answer_first:
        return "answer_first"
    if timeout is not None:
        return whole("wait_for_user", "timeout", timeout)
    return enabled is not False


def hold(timeout: object, **steps: str | None) -> Any:
    """Return the contents of `hold`: seconds alone, or with the steps that follow."""
    seconds = min(max(whole("hold", "timeout", timeout), 0), MAX_HOLD_SECONDS)
    given = {field: name("hold", field, step) for field, step in steps.items() if step is not None}
    return {"timeout": seconds, **given} if given else seconds


def sms(
    to_number: object, from_number: object, body: object, media: Any, tags: Any, region: object
) -> dict[str, Any]:
    """Return the contents of the verb `send_sms`, without the fields that were not given."""
    if not body and not media:
        raise DefinitionError("send_sms: body or media must be given")
    message: dict[str, Any] = {
        "to_number": name("send_sms", "to_number", to_number),
        "from_number": name("send_sms", "from_number", from_number),
    }
    texts = {"body": body, "region": region}
    lists = {"media": media, "tags": tags}
    message.update({key: text("send_sms", key, given) for key, given in texts.items() if given})
    message.update({key: items("send_sms", key, given) for key, given in lists.items() if given})
    return message


def document(content: Any) -> dict[str, Any]:
    """Return a SWML document as a dict; text that is not JSON is left to the platform."""
    if isinstance(content, str):
        return _parsed(content)
    if hasattr(content, "to_dict"):
        content = content.to_dict()
    elif isinstance(content, msgspec.Struct):
        content = _json.to_builtins(content)
    return mapping("execute_swml", "swml_content", content)


def plain(method: str, argument: str, given: object) -> Any:
    """Return a copy of given, its containers copied too."""
    try:
        return copied(given)
    except RecursionError:
        raise DefinitionError(f"{method}: {argument} nests too deep, or in itself") from None


def copied(value: Any) -> Any:
    """Return value with its containers copied; what is inside, a `Template` too, is kept."""
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [copied(item) for item in value]
    return value


def _wrong(method: str, argument: str, expected: str, given: object) -> DefinitionError:
    return DefinitionError(f"{method}: {argument} must be {expected}, not {type(given).__name__}")


def _parsed(content: str) -> dict[str, Any]:
    try:
        parsed = _json.decode(content)
    except ValueError:
        return {"raw_swml": content}  # as the SDK does
    return mapping("execute_swml", "swml_content", parsed)
