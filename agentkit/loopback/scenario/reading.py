"""Reads YAML that people write: plain data, with the line of everything in it.

Only what JSON can say is read. Aliases and tags are refused, a key stands once, and a plain word is
a text unless it is `true`, `false`, `null` or a number in JSON's way: `no` stays "no", `7:30` is no
sum of seconds, and `+12025550123` stays a telephone number.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct

from agentkit.errors import DefinitionError
from agentkit.loopback.extras import need

MAX_BYTES = 262_144
"""Largest file that is read."""

MAX_DEPTH = 32
"""Deepest nesting of a file."""

Place = tuple[str | int, ...]
"""Where something stands in a file: keys and positions."""

_TAG = "tag:yaml.org,2002:"
_PLAIN = frozenset({"str", "int", "float", "bool", "null", "timestamp"})
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_LONGEST_NUMBER = 18  # signs: what JSON's readers keep exact
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


class ScenarioError(DefinitionError):
    """A file is no scenario; the message names file, line and place.

    Attributes:
        file: the file.
        line_number: the line, 0 when it is the whole file.
    """

    def __init__(self, message: str, *, file: Path, line_number: int, place: Place = ()) -> None:
        at = f"{file}:{line_number}" if line_number else str(file)
        path = shown_place(place)
        super().__init__(f"{at}: {f'{path}: ' if path else ''}{message}")
        self.file = file
        self.line_number = line_number


class Written(Struct, frozen=True):
    """What a file says.

    Attributes:
        file: the file.
        data: what stands in it.
        lines: the line of every key and item, by its place.
    """

    file: Path
    data: Any
    lines: dict[Place, int]

    def error(self, message: str, place: Place) -> ScenarioError:
        """Return an error at a place, or at the nearest one around it that has a line."""
        known = place
        while known and known not in self.lines:
            known = known[:-1]
        line = self.lines.get(known, 1)
        return ScenarioError(message, file=self.file, line_number=line, place=place)


def shown_place(place: Place) -> str:
    """Return a place as people write it: `steps[0].say`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(parts).removeprefix(".")


def read(file: Path) -> Written:
    """Return what a file says.

    Raises:
        ScenarioError: it cannot be read, or is not YAML as described above.
        DefinitionError: the library for YAML is not installed.
    """
    yaml = need("yaml", "a scenario")
    text = _text(file)
    try:
        root = yaml.compose(text, Loader=_loader(yaml, text))
    except yaml.MarkedYAMLError as error:
        raise _broken(file, error) from None
    except (yaml.YAMLError, RecursionError) as error:
        what = "it nests too deep" if isinstance(error, RecursionError) else str(error)
        raise ScenarioError(what.splitlines()[0], file=file, line_number=0) from None
    if root is None:
        raise ScenarioError("the file is empty", file=file, line_number=0)
    return _Reader(file).written(root)


def _loader(yaml: Any, text: str) -> Any:
    """Return the loader in C for texts that it takes: it is faster, the other one tells mistakes.

    It composes by recursion, without a look at the stack, so what nests deep is not left to it.
    """
    fast = getattr(yaml, "CSafeLoader", None)
    if fast is None:
        return yaml.SafeLoader
    try:
        return fast if _is_flat(yaml.parse(text, Loader=fast)) else yaml.SafeLoader
    except yaml.YAMLError:
        return yaml.SafeLoader


def _is_flat(events: Iterable[Any]) -> bool:
    depth = 0
    for event in events:
        kind = type(event).__name__
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        if depth > MAX_DEPTH:
            return False
    return True


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        why = error.strerror or "it cannot be read"
        raise ScenarioError(why, file=file, line_number=0) from None
    if len(data) > MAX_BYTES:
        raise ScenarioError(f"it is over {MAX_BYTES:,} bytes", file=file, line_number=0)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ScenarioError("it is not UTF-8", file=file, line_number=line) from None


def _broken(file: Path, error: Any) -> ScenarioError:
    mark = error.problem_mark or error.context_mark
    what = " ".join(filter(None, [error.context, error.problem]))
    return ScenarioError(f"not YAML: {what}", file=file, line_number=mark.line + 1)


class _Reader:
    """Makes data of the nodes of one file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines: dict[Place, int] = {}
        self._seen: set[int] = set()

    def written(self, root: Any) -> Written:
        data = self._value(root, ())
        return Written(self._file, data, self._lines)

    def _value(self, node: Any, place: Place) -> Any:
        self._lines.setdefault(place, node.start_mark.line + 1)
        if id(node) in self._seen:
            message, line = "aliases are not used here", self._lines[place]
            raise ScenarioError(message, file=self._file, line_number=line, place=place)
        if len(place) > MAX_DEPTH:
            raise self._error(f"it nests deeper than {MAX_DEPTH} levels", node, place)
        self._seen.add(id(node))
        kind = node.tag.removeprefix(_TAG)
        if node.id == "mapping" and kind == "map":
            return self._object(node, place)
        if node.id == "sequence" and kind == "seq":
            return [self._value(item, (*place, at)) for at, item in enumerate(node.value)]
        if node.id == "scalar" and kind in _PLAIN:
            return _scalar(node.value, quoted=bool(node.style))
        raise self._error(f"the tag {node.tag!r} is not used here", node, place)

    def _object(self, node: Any, place: Place) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.id != "scalar":
                raise self._error("a key must be a word", key_node, place)
            key = key_node.value
            if key in made:
                raise self._error("the key stands here twice", key_node, (*place, key))
            self._lines[(*place, key)] = key_node.start_mark.line + 1
            made[key] = self._value(value_node, (*place, key))
        return made

    def _error(self, message: str, node: Any, place: Place) -> ScenarioError:
        line = node.start_mark.line + 1
        return ScenarioError(message, file=self._file, line_number=line, place=place)


def _scalar(text: str, *, quoted: bool) -> Any:
    if quoted:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return text
    return int(text) if text.lstrip("-").isdecimal() else float(text)
