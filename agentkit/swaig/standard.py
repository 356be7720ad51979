"""The platform's dialect of JSON schema, back in the standard's words, for clients that know those.

The dialect writes `nullable` where the standard lists `null` among the types, and the names of
formats with underscores (facts 1.4).
"""

from typing import Any

Schema = dict[str, Any]

_NESTED = ("anyOf", "oneOf", "allOf")


def standard(schema: Schema) -> Schema:
    """Return a schema of the dialect as a standard JSON schema."""
    found = {key: value for key, value in schema.items() if key != "nullable"}
    if isinstance(found.get("format"), str):
        found["format"] = found["format"].replace("_", "-")
    if isinstance(found.get("properties"), dict):
        found["properties"] = {k: standard(each) for k, each in found["properties"].items()}
    if isinstance(found.get("items"), dict):
        found["items"] = standard(found["items"])
    for key in _NESTED:
        if key in found:
            found[key] = [standard(each) for each in found[key]]
    return _or_null(found) if schema.get("nullable") is True else found


def _or_null(schema: Schema) -> Schema:
    if "type" not in schema:
        return schema
    values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **values}
