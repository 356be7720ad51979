"""What the platform reads in a text of the model: JSON, and the words around it (facts 3.1, 4.1).

`parsed` has the object when there is one. `substituted` is the text without it, and is left out
when the text was nothing but JSON.
"""

from typing import Any

from agentkit import _json

JSON = dict[str, Any]


def text_field(text: str) -> JSON:
    """Return `{parsed, raw, substituted?}` of a text."""
    start, end = text.find("{"), text.rfind("}") + 1
    found = _object(text[start:end]) if 0 <= start < end else None
    if found is None:
        return {"parsed": [], "raw": text, "substituted": text}
    rest = f"{text[:start]}{text[end:]}".strip()
    field: JSON = {"parsed": [found], "raw": text}
    return {**field, "substituted": rest} if rest else field


def object_field(value: JSON, raw: str | None = None) -> JSON:
    """Return the same of an object that the model wrote as pure JSON.

    Raises:
        EncodingError: the object cannot be written as JSON.
    """
    return {"parsed": [value], "raw": _json.encode(value).decode() if raw is None else raw}


def _object(text: str) -> JSON | None:
    try:
        found = _json.decode(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
