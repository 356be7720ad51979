"""Descriptions out of docstrings, in Google, NumPy and Sphinx style.

A docstring is read once from top to bottom: a heading opens a section, the lines below it belong
to it until its style says that it ends. Google sections and Sphinx fields end where the
indentation goes back, NumPy sections at the next underlined heading. Types in docstrings are
passed over, for the annotations say them.
"""

import re
from collections.abc import Iterable, Sequence
from inspect import cleandoc
from typing import TYPE_CHECKING, Literal

import msgspec

from agentkit.late import pattern

_PARAMETERS = {
    "args",
    "arguments",
    "attributes",
    "keyword args",
    "keyword arguments",
    "other parameters",
    "parameters",
    "params",
}
_OTHERS = {
    "example",
    "examples",
    "methods",
    "note",
    "notes",
    "raises",
    "receives",
    "references",
    "return",
    "returns",
    "see also",
    "todo",
    "warning",
    "warnings",
    "warns",
    "yield",
    "yields",
}
_INLINE = ("Raises:", "Return:", "Returns:", "Yield:", "Yields:")  # text may follow on the line
_FIELDS = {"arg", "argument", "key", "keyword", "kwarg", "param", "parameter"}
_OTHER_FIELDS = {
    "cvar",
    "except",
    "exception",
    "ivar",
    "meta",
    "raise",
    "raises",
    "return",
    "returns",
    "rtype",
    "type",
    "var",
    "vartype",
    "yield",
    "yields",
}
_NAMES = r"(\*{0,2}\w++(?:\s*+,\s*+\*{0,2}\w++)*+)"
_GOOGLE_ENTRY = pattern(_NAMES + r"(?:\s*+\(.*?\))?\s*+:(?!:)\s*+(.*)")
RULE_LENGTH = 3
_NUMPY_ENTRY = pattern(_NAMES + r"\s*+(?::.*)?$()")


class Docstring(msgspec.Struct, frozen=True):
    """What a docstring says about a function and its parameters."""

    summary: str = ""
    parameters: dict[str, str] = {}


if TYPE_CHECKING:
    _Style = Literal["prose", "google", "numpy", "sphinx"]


class _Section:
    """A heading's style and indentation, and the lines below it."""

    __slots__ = ("describes_parameters", "indent", "lines", "style")

    def __init__(
        self, style: "_Style", indent: int = 0, *, describes_parameters: bool = False
    ) -> None:
        self.style = style
        self.indent = indent
        self.describes_parameters = describes_parameters
        self.lines: list[str] = []

    def holds(self, line: str) -> bool:
        """Say whether a line belongs here whatever it looks like."""
        return not line or (self.style != "prose" and _indent(line) > self.indent)

    def ends_before(self, line: str) -> bool:
        """Say whether a line that is no heading is outside all the same."""
        if self.style == "sphinx":  # a sloppy continuation may stand directly below
            return not self.lines[-1]
        return self.style == "google" and _indent(line) <= self.indent


def parse(docstring: str | None) -> Docstring:
    """Return what a docstring says; the summary is all the prose before the first section.

    Lines of a paragraph are joined by single spaces, paragraphs of the summary by blank lines.
    """
    if not docstring:
        return Docstring()
    lines = [line.rstrip() for line in cleandoc(_without_blanks(docstring)).split("\n")]
    first, *sections = _sections(lines)
    parameters: dict[str, str] = {}
    for section in sections:
        if section.describes_parameters:
            parameters.update(_described(section))
    return Docstring(_prose(first.lines), parameters)


def _without_blanks(docstring: str) -> str:
    """Return a docstring with one blank line before its text: `cleandoc` pops them one by one."""
    text = docstring.lstrip(" \t\r\f\n")
    _, end, indent = docstring[: len(docstring) - len(text)].rpartition("\n")
    return f"{end}{indent}{text}"


def _sections(lines: Sequence[str]) -> list[_Section]:
    current = _Section("prose")
    found = [current]
    for line, below in zip(lines, (*lines[1:], ""), strict=True):
        opened = None
        if not current.holds(line):
            opened = _opened(line, below)
            if opened is None and current.ends_before(line):
                opened = _Section("prose")
        if opened is not None:
            current = opened
            found.append(current)
        if opened is None or opened.style in {"prose", "sphinx"}:
            current.lines.append(line)
    return found


def _opened(line: str, below: str) -> _Section | None:
    """Return the section that a line opens as its heading."""
    text = line.lstrip()
    indent = len(line) - len(text)
    title = text.removesuffix(":").lower()
    if _is_rule(below):
        return _Section("numpy", indent, describes_parameters=title in _PARAMETERS)
    if text[0] in ":@":
        return _field(text, indent)
    if text.startswith(_INLINE):
        return _Section("google", indent)
    if text[0].isupper() and text.endswith(":") and title in _PARAMETERS | _OTHERS:
        return _Section("google", indent, describes_parameters=title in _PARAMETERS)
    return None


def _field(text: str, indent: int) -> _Section | None:
    head, colon, _ = text[1:].partition(":")
    words = head.split()
    if not colon or not words or words[0] not in _FIELDS | _OTHER_FIELDS:
        return None
    named = len(words) > 1 and words[-1].lstrip("*").isidentifier()
    return _Section("sphinx", indent, describes_parameters=named and words[0] in _FIELDS)


def _described(section: _Section) -> dict[str, str]:
    if section.style == "sphinx":
        head, _, text = section.lines[0].lstrip()[1:].partition(":")
        return {head.split()[-1].lstrip("*"): _joined([text, *section.lines[1:]])}
    google = section.style == "google"
    return _entries(section.lines, _GOOGLE_ENTRY if google else _NUMPY_ENTRY)


def _entries(lines: Iterable[str], entry: re.Pattern[str]) -> dict[str, str]:
    """Read names at the first line's indentation, or left of it, and the text below each."""
    texts: dict[str, list[str]] = {}
    text: list[str] = []
    level: int | None = None
    for line in lines:
        if not line or _is_rule(line):
            continue
        level = _indent(line) if level is None else level
        match = entry.match(line.lstrip()) if _indent(line) <= level else None
        if match:
            text = [match[2]]
            texts.update({name.strip(" \t*"): text for name in match[1].split(",")})
        else:
            text.append(line)
    return {name: _joined(parts) for name, parts in texts.items()}


def _prose(lines: Iterable[str]) -> str:
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line:
            paragraphs[-1].append(line)
        else:
            paragraphs.append([])
    return "\n\n".join(text for text in map(_joined, paragraphs) if text)


def _joined(lines: Iterable[str]) -> str:
    return " ".join(" ".join(lines).split())


def _is_rule(line: str) -> bool:
    rule = line.lstrip()
    return len(rule) >= RULE_LENGTH and not rule.strip("-")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
