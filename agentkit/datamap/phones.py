"""Phone numbers as the platform writes them, by the `phonenumbers` package (extra `datamap`)."""

import re
from importlib import import_module
from typing import Any

from agentkit.errors import DefinitionError

INVALID = "INVALID NUMBER"
"""What the platform writes for what is no phone number."""

NATIONAL = "national"
_FORMATS = {
    NATIONAL: "NATIONAL",
    "international": "INTERNATIONAL",
    "rfc3966": "RFC3966",
    "e164": "E164",
}
_DIGITS = re.compile(r"\d+")
_COUNTRY = "US"


def is_format(name: str) -> bool:
    """Say whether numbers can be written in a format of this name."""
    return name.lower() in _FORMATS


def formatted(number: str, form: str = NATIONAL, separator: str = "") -> str:
    """Return a number in a format; one without a country code is taken to be of the US.

    Args:
        number: the number as it was written.
        form: `national`, `international`, `RFC3966` or `e164`.
        separator: put between the groups of digits instead of what stands there.

    Raises:
        DefinitionError: the `phonenumbers` package is not installed.
    """
    engine = _engine()
    try:
        parsed = engine.parse(number, _COUNTRY)
    except engine.NumberParseException:
        return INVALID
    if not engine.is_valid_number(parsed):
        return INVALID
    kind = getattr(engine.PhoneNumberFormat, _FORMATS[form.lower()])
    text: str = engine.format_number(parsed, kind)
    return separator.join(_DIGITS.findall(text)) if separator else text


def _engine() -> Any:
    try:
        return import_module("phonenumbers")
    except ImportError as error:
        raise DefinitionError(
            "fmt_ph needs the phonenumbers package: pip install 'agentkit-swml[datamap]'"
        ) from error
