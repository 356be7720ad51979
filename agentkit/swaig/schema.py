"""Any JSON schema, lowered to the dialect that the platform takes for parameters.

The dialect (facts of the wire, 1.4) has no references, titles, limits or lists of types, and every
form in it is closed. Two passes: `normalise` reads a schema, whoever wrote it, into forms in which
each has one type or is one union, references are inlined, null is a flag and limits are kept;
`render` writes a form in the dialect and says in words what the dialect has no keys for. Forms
are what arguments are converted by, too.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from agentkit import _json
from agentkit.errors import DefinitionError
from agentkit.late import pattern
from agentkit.swaig import words

Form = dict[str, Any]

MAX_DEPTH = 32
"""Deepest nesting of a schema, references inlined."""

FORMATS = {
    "date",
    "date_time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "time",
    "uri",
    "uuid",
}
"""What `format` may be in the dialect."""

_UNIONS = ("anyOf", "oneOf", "allOf")
_NUMERIC = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf")
_LIMITS = {
    "string": ("minLength", "maxLength"),
    "integer": _NUMERIC,
    "number": _NUMERIC,
    "boolean": (),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
    "null": (),
}
_TEXTS = ("format", "pattern", "contentEncoding")
_HINTS = {
    "properties": "object",
    "additionalProperties": "object",
    "items": "array",
    "prefixItems": "array",
    "pattern": "string",
    "format": "string",
    "minLength": "string",
    "maxLength": "string",
    "minimum": "number",
    "maximum": "number",
}
_PLAIN: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}
_INT64 = 2**63
_VARIABLE = pattern(r"[$%]\{.*\}")


def lower(schema: Mapping[str, Any]) -> Form:
    """Return a schema in the platform's dialect.

    References are looked up in the schema itself, under `$defs` or wherever they point.

    Raises:
        DefinitionError: a type refers to itself or is unknown, or it is no JSON schema.
    """
    return render(normalise(schema))


def object_schema(properties: Mapping[str, Form], required: Iterable[str]) -> Form:
    """Return the `parameters` of a function from its lowered properties."""
    schema: Form = {"type": "object", "properties": dict(properties)}
    return {**schema, "required": names} if (names := list(required)) else schema


def normalise(schema: object, root: object = None) -> Form:
    """Return a schema as a form; references are looked up in root, or in the schema itself.

    A form has either one `type`, or `anyOf`, `oneOf` or `allOf` of forms, or `const`, or none of
    them when it takes any value; arrays have `items`. `nullable`, `default`, `description`,
    `enum` and the limits keep their names.

    Raises:
        DefinitionError: a type refers to itself or is unknown, or it is no JSON schema.
    """
    plain = _plain_copy(schema)
    return _Reader(plain if root is None else _plain_copy(root)).form(plain, ())


def _plain_copy(schema: object) -> Any:
    try:
        return _json.decode(_json.encode(schema))
    except ValueError as error:
        raise DefinitionError(f"not a JSON schema: {error}") from error


class _Reader:
    """Reads nodes of one document; a trail holds the references on the way to a node."""

    def __init__(self, root: Any) -> None:
        self._root = root

    def form(self, schema: object, trail: tuple[str, ...]) -> Form:
        if len(trail) > MAX_DEPTH:
            raise DefinitionError(f"the schema nests deeper than {MAX_DEPTH} levels")
        if isinstance(schema, bool):
            return {}
        if not isinstance(schema, dict):
            raise DefinitionError(f"a JSON schema is an object, not {words.shown(schema)[:80]}")
        node, trail = self._resolved(schema, (*trail, ""))
        for union in _UNIONS:
            if isinstance(node.get(union), list):
                return self._union(node, union, trail)
        if "const" in node or isinstance(node.get("enum"), list):
            return _annotated(_enumerated(node), node)
        if isinstance(node.get("type"), list):
            return self._one_of_types(node, trail)
        return _annotated(self._single(node, trail), node)

    def _resolved(
        self, node: dict[str, Any], trail: tuple[str, ...]
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Follow `$ref`; what stands beside it wins over what it points to."""
        while isinstance(pointer := node.get("$ref"), str):
            if pointer in trail:
                name = pointer.rpartition("/")[2]
                raise DefinitionError(f"type {name!r} refers to itself, which cannot be inlined")
            beside = {key: value for key, value in node.items() if key != "$ref"}
            node = {**self._target(pointer), **beside}
            trail = (*trail, pointer)
        return node, trail

    def _target(self, pointer: str) -> dict[str, Any]:
        found = self._root
        for part in unquote(pointer).removeprefix("#").split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, dict) else None
        if pointer.partition("/")[0] != "#" or not isinstance(found, dict):
            raise DefinitionError(f"the reference {pointer!r} leads nowhere in the schema")
        return found

    def _union(self, node: dict[str, Any], union: str, trail: tuple[str, ...]) -> Form:
        """Read a union; keys beside it hold for every member."""
        own = {union, "description", "default", "nullable"}
        beside = {key: value for key, value in node.items() if key not in own}
        if union == "allOf":
            forms = [self.form(member, trail) for member in (beside, *node[union])]
            return _annotated(_merged(forms), node)
        forms = [
            self.form({**beside, **member} if isinstance(member, dict) else member, trail)
            for member in node[union]
        ]
        return _annotated(_joined(forms, union), node)

    def _one_of_types(self, node: dict[str, Any], trail: tuple[str, ...]) -> Form:
        own = {"type", "description", "default", "nullable"}
        beside = {key: value for key, value in node.items() if key not in own}
        forms = [self.form({**beside, "type": kind}, trail) for kind in node["type"]]
        return _annotated(_joined(forms, "anyOf"), node)

    def _single(self, node: dict[str, Any], trail: tuple[str, ...]) -> Form:
        kind = node.get("type")
        if kind is None:
            kind = next((kind for key, kind in _HINTS.items() if key in node), None)
        if kind is None:
            return {}
        if not isinstance(kind, str) or kind not in _LIMITS:
            known = ", ".join(_LIMITS)
            raise DefinitionError(f"unknown type {words.shown(kind)!r}: it must be one of {known}")
        form = {"type": kind, **_limits(node, kind)}
        if kind == "array":
            form.update(self._array(node, trail))
        if kind == "object":
            form.update(self._object(node, trail))
        return form

    def _array(self, node: dict[str, Any], trail: tuple[str, ...]) -> Form:
        first = node.get("prefixItems", node.get("items"))
        if not isinstance(first, list):
            return {"items": self.form(node.get("items", {}), trail), **_unique(node)}
        forms = [self.form(item, trail) for item in first]
        items = {"items": _joined(forms, "anyOf")}
        return {**items, "prefixItems": forms} if forms else items

    def _object(self, node: dict[str, Any], trail: tuple[str, ...]) -> Form:
        form: Form = {}
        if isinstance(fields := node.get("properties"), dict):
            form["properties"] = {name: self.form(field, trail) for name, field in fields.items()}
        if isinstance(names := node.get("required"), list):
            form["required"] = [name for name in names if isinstance(name, str)]
        if isinstance(value := node.get("additionalProperties"), dict):
            form["additionalProperties"] = self.form(value, trail)
        return form


def _joined(forms: list[Form], union: str) -> Form:
    """Make one form of a union's members: null becomes a flag, a lone one stands for all."""
    others = [form for form in forms if form.get("type") != "null"]
    rest = [form for index, form in enumerate(others) if form not in others[:index]]
    nullable = len(others) < len(forms) or any(form.get("nullable") is True for form in rest)
    if not rest:
        return {"type": "null"} if forms else {}
    form = rest[0] if len(rest) == 1 else {union: rest}
    form = form if all(map(_says_something, rest)) else {}
    return {**form, "nullable": True} if nullable else form


def _merged(forms: list[Form]) -> Form:
    """Make one form of what all must hold: objects share their properties."""
    rest = [form for form in forms if _says_something(form)]
    if len(rest) <= 1:
        return rest[0] if rest else {}
    if any(form.get("type") != "object" for form in rest):
        return {"allOf": rest}
    fields = {name: field for form in rest for name, field in form.get("properties", {}).items()}
    names = dict.fromkeys(name for form in rest for name in form.get("required", ()))
    return {"type": "object", "properties": fields, "required": [*names]}


def _says_something(form: Form) -> bool:
    return bool(form.keys() - {"description", "default", "nullable"})


def _enumerated(node: dict[str, Any]) -> Form:
    """Read `enum` or `const`: values of one type make one form, others a union."""
    given = [node["const"]] if "const" in node else node["enum"]
    values = list({_json.encode(value): value for value in given}.values())  # 1 is not True here
    declared = node.get("type")
    groups: dict[str, list[Any]] = {}
    for value in values:
        groups.setdefault(_type_of(value, declared), []).append(value)
    if groups.keys() >= {"number", "integer"}:
        return _enumerated({**node, "type": "number"})
    return _joined([form for kind in groups for form in _choices(kind, groups[kind])], "anyOf")


def _choices(kind: str, values: list[Any]) -> list[Form]:
    if kind == "null":
        return [{"type": "null"}]
    if kind in {"array", "object"}:
        return [{"const": value} for value in values]
    if kind == "boolean" and len(values) > 1:
        return [{"type": kind}]
    if kind == "string":
        values = [words.shown(value) for value in values]
    return [{"type": kind, "enum": values}]


def _type_of(value: object, declared: object) -> str:
    """Return the type of an enumerated value; a declared one holds where the dialect lets it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if declared == "string" and isinstance(value, int | float):
        return "string"
    if declared == "number" and (isinstance(value, int | float) or _is_variable(value)):
        return "number"
    return next(kind for kind, types in _PLAIN.items() if isinstance(value, types))


def _annotated(form: Form, node: dict[str, Any]) -> Form:
    """Add what stands on any schema: description, default, nullable."""
    if isinstance(text := node.get("description"), str) and text.strip():
        form = {**form, "description": text.strip()}
    if node.get("nullable") is True or _is_variable(node.get("nullable")):
        form = {**form, "nullable": node["nullable"]}
    if node.get("default") is not None:
        form = {**form, "default": node["default"]}
    return form


def _limits(node: dict[str, Any], kind: str) -> Form:
    found = {key: node[key] for key in _LIMITS[kind] if _is_limit(node.get(key), key)}
    if kind == "string":
        texts = {key: node[key] for key in _TEXTS if isinstance(node.get(key), str)}
        found.update({key: text for key, text in texts.items() if text})
    if "format" in found:
        format_ = found.pop("format").replace("-", "_").replace("partial_time", "time")
        found.update({"format": format_} if format_ in FORMATS | {"decimal"} else {})
    return found


def _is_limit(value: object, key: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= _INT64:
        return False
    return key in _NUMERIC or (isinstance(value, int) and value >= 0)


def _unique(node: dict[str, Any]) -> Form:
    return {"uniqueItems": True} if node.get("uniqueItems") is True else {}


def _is_variable(value: object) -> bool:
    return isinstance(value, str) and _VARIABLE.fullmatch(value) is not None


def render(form: Form) -> Form:
    """Return a form in the platform's dialect."""
    union = next((union for union in _UNIONS if union in form), None)
    if union or ("const" in form and form.get("nullable") is True):
        return _rendered_union(form, union)
    if "const" in form:
        return {"const": form["const"]}
    kind = form.get("type", "string")
    if kind == "null":
        return {"type": "null", "description": form.get("description", "no value")}
    out = {"type": kind, **_rendered_texts(form)}
    if "enum" in form and kind != "boolean":
        out["enum"] = list(form["enum"])
    if kind == "array":
        out["items"] = render(form["items"])
    if kind == "object":
        out.update(_rendered_object(form))
    if _is_default(form, kind):
        out["default"] = form["default"]
    return out


def _rendered_union(form: Form, union: str | None) -> Form:
    """Write a union; as it can have no keys beside it, its first member gets the description."""
    bare = {key: value for key, value in form.items() if key not in {"nullable", "description"}}
    members = [dict(member) for member in form[union]] if union else [bare]
    told = [form.get("description", ""), members[0].get("description", "")]
    if any(told):
        members[0]["description"] = (". " if told[0][-1:] != "." else " ").join(filter(None, told))
    rendered = [render(member) for member in members]
    distinct = [one for index, one in enumerate(rendered) if one not in rendered[:index]]
    lone = distinct[0] if len(distinct) == 1 else {}
    if form.get("nullable") is not True or union == "allOf":
        return lone if lone and union else {union or "anyOf": distinct}
    if "type" in lone:
        return {**lone, "nullable": True}
    return {union or "anyOf": [*distinct, render({"type": "null"})]}


def _rendered_texts(form: Form) -> Form:
    out: Form = {}
    description, notes = form.get("description", ""), words.notes(form)
    if description and notes:
        out["description"] = f"{description.rstrip('.')} ({notes})"
    elif description or notes:
        out["description"] = (description or notes).strip()
    if "nullable" in form:
        out["nullable"] = form["nullable"]
    if "pattern" in form:
        out["pattern"] = form["pattern"]
    if form.get("format") in FORMATS:
        out["format"] = form["format"]
    return out


def _rendered_object(form: Form) -> Form:
    out: Form = {}
    if "properties" in form:
        out["properties"] = {name: render(field) for name, field in form["properties"].items()}
    if form.get("required"):
        out["required"] = list(form["required"])
    return out


def _is_default(form: Form, kind: str) -> bool:
    """Say whether the dialect takes the default: one of the type, or a variable for a scalar."""
    default = form.get("default")
    if kind in {"integer", "number", "boolean"} and _is_variable(default):
        return True
    fits = isinstance(default, _PLAIN[kind]) and isinstance(default, bool) is (kind == "boolean")
    return fits and default in form.get("enum", [default])
