"""Keep the platform from expanding text that is not the author's.

The platform replaces `${…}`, `%{…}` and `@{…}` in prompts, SWML strings and tool replies
(facts of the wire, 5.2). Text from a caller or from another service must not be able to open
such an expression, so a space is put between the sign and the brace.
"""

from typing import Any

import msgspec

from agentkit.late import pattern

_OPENER = pattern(r"([$%@])(?=\{)")


class Template(str):
    """Text in which the platform's `${…}` expressions are meant to work.

    With `strict_templates=True` every other text in a tool's reply is escaped.
    """

    __slots__ = ()


def escape(value: object) -> str:
    """Return value as text in which the platform expands nothing: `${x}` becomes `$ {x}`."""
    return _OPENER.sub(r"\1 ", str(value))


def escape_all(value: Any) -> Any:
    """Return plain data with every string in it escaped, but for a `Template`."""
    if isinstance(value, str):
        return value if isinstance(value, Template) else escape(value)
    if isinstance(value, dict):
        return {escape_all(key): escape_all(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [escape_all(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return escape_all(msgspec.to_builtins(value, str_keys=True))
