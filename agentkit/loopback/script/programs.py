"""Documents, read and checked once for all calls that are given the same bytes.

A document becomes a `Program`: its sections as tuples of steps, and what the tables say against it.
Nothing of a program is ever changed, so calls share it.
"""

import re
from collections import OrderedDict
from typing import Any

import msgspec
from msgspec import Struct

from agentkit import _json
from agentkit.loopback.errors import CallError
from agentkit.loopback.script.coercing import coerced
from agentkit.loopback.tables.check import Finding, check_document
from agentkit.loopback.tables.passing import passes
from agentkit.loopback.tables.verbs import VERBS

try:
    import yaml
except ImportError:  # pragma: no cover - the test takes the name away
    yaml = None  # type: ignore[assignment]  # the extra is optional

MAX_DEPTH = 128
"""Deepest nesting of a document that is taken. The platform has a limit too (facts 1.1), which is
not known."""
MAX_VALUES = 200_000
"""Most values in a YAML document once its aliases are written out."""
MAX_CACHED = 64
"""Programs that are kept. Where every call gets a document of its own they are of no use."""
MAX_CACHED_BYTES = 1_000_000
"""Longest document whose program is kept."""

_cache: OrderedDict[bytes, "Program"] = OrderedDict()
_right: set[bytes] = set()  # documents that the tables have passed, without the queries of URLs
_QUERY = re.compile(rb'("https?://[^"\\?]*\?)[^"\\]*')


class Unusable(CallError):
    """The platform can do nothing with a document; the text says why."""


SESSIONS = frozenset(("ai", "ai_sidecar", "amazon_bedrock"))
"""Verbs whose references are the session's business."""


class Step(Struct, frozen=True):
    """One verb.

    Attributes:
        name: the verb; "" when what stands there is no verb.
        body: its body as it is written.
        written: whether it stands for itself: there are no references for the script in it.
    """

    name: str
    body: Any
    written: bool


class Program:
    """A document that can be run.

    Attributes:
        findings: what the tables say against it.
    """

    def __init__(self, document: dict[str, Any], text: bytes) -> None:
        self._text = text
        self._sections: dict[str, Any] = document["sections"]
        self._blocks: dict[int, tuple[Step, ...]] = {}
        self._kept: list[Any] = []
        self.findings: tuple[Finding, ...] = (
            () if _is_right(document, text) else check_document(document)
        )

    @property
    def text(self) -> str:
        """The document as JSON."""
        return self._text.decode("utf-8", "replace")

    def has(self, section: str) -> bool:
        """Say whether there is such a section."""
        return section in self._sections

    def section(self, name: str) -> tuple[Step, ...]:
        """Return the steps of a section that there is."""
        return self.block(self._sections[name])

    def block(self, verbs: Any) -> tuple[Step, ...]:
        """Return the steps of an array of verbs that is part of the document."""
        steps = self._blocks.get(id(verbs))
        if steps is None:
            self._kept.append(verbs)  # so that no other object gets its id
            steps = self._blocks[id(verbs)] = steps_of(verbs)
        return steps


def _is_right(document: dict[str, Any], text: bytes) -> bool:
    """Say whether nothing is against a document.

    The documents of two calls differ in the tokens of their URLs alone. The tables look at no query
    of a URL, so what was right with another one is right.
    """
    shape = _QUERY.sub(rb"\1", text)
    if shape in _right:
        return True
    right = passes(document)
    if right and len(shape) <= MAX_CACHED_BYTES:
        if len(_right) >= MAX_CACHED:
            _right.clear()
        _right.add(shape)
    return right


def steps_of(verbs: Any) -> tuple[Step, ...]:
    """Return the steps of an array of verbs; one verb alone is taken for an array."""
    if not isinstance(verbs, list):
        verbs = [verbs]
    return tuple(map(_step, verbs))


def _step(verb: Any) -> Step:
    if isinstance(verb, str) and verb in VERBS:
        return Step(verb, {}, written=True)
    if not isinstance(verb, dict) or len(verb) != 1:
        return Step("", verb, written=True)
    [(name, body)] = verb.items()
    body = {} if body is None and name != "return" else body
    written = name in SESSIONS or not _has_reference(body)
    return Step(name, _typed(name, body) if written else body, written)


def _typed(name: str, body: Any) -> Any:
    if name in SESSIONS or not isinstance(body, dict):
        return body
    fields, strange = coerced(name, body)
    return fields | {key: body[key] for key in strange}


def _has_reference(body: Any) -> bool:
    text = _json.encode(body)
    return b"${" in text or b"%{" in text


def load(document: object) -> Program:
    """Return the program of a document, from earlier when the same bytes were there before.

    Args:
        document: JSON or YAML as bytes or text, or the object itself.

    Raises:
        Unusable: the platform could not make anything of it.
        CallError: it is YAML and the extra `loopback` is not installed.
    """
    data = _bytes(document)
    program = _cache.get(data)
    if program is None:
        program = _loaded(data)
        if len(data) <= MAX_CACHED_BYTES:
            _cache[data] = program
        if len(_cache) > MAX_CACHED:
            _cache.popitem(last=False)
    return program


def _bytes(document: object) -> bytes:
    if isinstance(document, bytes):
        return document
    try:
        return document.encode() if isinstance(document, str) else _json.encode(document)
    except ValueError as error:
        raise Unusable(f"the document is not JSON: {error}") from None


def _loaded(data: bytes) -> Program:
    is_json = data.lstrip()[:1] in {b"{", b"["}
    document = _json_of(data) if is_json else _yaml_of(data)
    if not isinstance(document, dict):
        raise Unusable("the document is not an object")
    sections = document.get("sections")
    if not isinstance(sections, dict):
        raise Unusable("the document has no object `sections`")
    if "main" not in sections:
        raise Unusable("the document has no section `main`")
    return Program(document, data if is_json else _json.encode(document))


def _json_of(data: bytes) -> Any:
    if _json.too_deep(data, MAX_DEPTH):
        raise Unusable(f"the document nests deeper than {MAX_DEPTH} levels")
    try:
        return _json.decode(data)
    except ValueError as error:
        raise Unusable(f"the document is not JSON: {error}") from None


def _yaml_of(data: bytes) -> Any:
    if yaml is None:
        raise CallError(
            "the document is no JSON, and YAML needs pyyaml: pip install 'agentkit-swml[loopback]'"
        )
    try:
        value = yaml.safe_load(data)
        _measure(value)
        return _json.to_builtins(value)
    except (yaml.YAMLError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise Unusable(f"the document is not YAML: {' '.join(str(error).split())}") from None


def _measure(value: Any) -> None:
    """Refuse a value that nests too deep, or is far larger than its text by aliases."""
    left = MAX_VALUES
    waiting = [(value, 1)]
    while waiting:
        inner, depth = waiting.pop()
        left -= 1
        if depth > MAX_DEPTH or not left:
            raise Unusable(f"the document nests deeper than {MAX_DEPTH} levels or is too large")
        if isinstance(inner, dict | list):
            below = inner.values() if isinstance(inner, dict) else inner
            waiting.extend((item, depth + 1) for item in below)
