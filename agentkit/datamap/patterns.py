"""Patterns as the platform reads them: PCRE, found anywhere, without regard to case.

Python's own `re` has neither all of PCRE's forms nor a limit of time, so patterns run on the
`regex` package (the extra `datamap`), which has both: a pattern that takes too long is an error
here instead of a test that hangs.
"""

from importlib import import_module
from typing import Any

from agentkit.errors import DefinitionError, EvaluationError

PATTERN_SECONDS = 0.25
"""How long one pattern may take, in seconds of CPU."""

_FLAGS = {"i": "IGNORECASE", "s": "DOTALL", "m": "MULTILINE", "x": "VERBOSE"}


def found(pattern: str, text: str, seconds: float = PATTERN_SECONDS) -> bool:
    """Say whether a pattern is found in a text.

    Raises:
        EvaluationError: it is no pattern, or takes too long.
        DefinitionError: the `regex` package is not installed.
    """
    engine = _engine()
    body, flags = _split(pattern)
    bits = 0
    for flag in flags:
        bits |= getattr(engine, _FLAGS[flag]) if flag in _FLAGS else 0
    try:
        return engine.search(body, text, flags=bits, timeout=seconds, concurrent=True) is not None
    except TimeoutError as error:
        raise EvaluationError(f"the pattern {pattern!r} took more than {seconds:g} s") from error
    except engine.error as error:
        raise EvaluationError(f"the pattern {pattern!r} is wrong: {error}") from error


def _split(pattern: str) -> tuple[str, str]:
    """Return the pattern and its flags; a plain one ignores case."""
    end = pattern.rfind("/")
    flags = pattern[end + 1 :]
    is_delimited = pattern.startswith("/") and end > 0 and (not flags or flags.isalpha())
    return (pattern[1:end], flags) if is_delimited else (pattern, "i")


def _engine() -> Any:
    try:
        return import_module("regex")
    except ImportError as error:
        raise DefinitionError(
            "patterns of data maps need the regex package: pip install 'agentkit-swml[datamap]'"
        ) from error
