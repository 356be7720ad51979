"""The prompt object model, rendered to the text that the model reads: Markdown or XML (facts 1.4).

A section is `{title?, body?, bullets?, numbered?, numberedBullets?, subsections?}`.
"""

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

from agentkit.loopback.ai.reading import Reader
from agentkit.loopback.trace import Concern

JSON = dict[str, Any]

_FIRST_LEVEL = 2
_DEEPEST = 6
_INDENT = "  "


def rendered(sections: object, form: str, reader: Reader, path: str) -> str:
    """Return sections as text; `form` is `markdown` or `xml`."""
    read = list(_read(sections, reader, path))
    if form == "xml":
        return "\n".join(["<prompt>", *_xml(read, 1), "</prompt>"])
    return "\n\n".join(_markdown(read, _FIRST_LEVEL))


def _read(sections: object, reader: Reader, path: str) -> Iterator[JSON]:
    """Yield sections with every field of the right type."""
    for place, given in reader.objects(sections, path):
        bullets = reader.names_of(given, "bullets", place)
        body = reader.text_of(given, "body", place)
        if not body and not bullets:
            reader.warn(Concern.DISPUTED, f"{place}: a section needs a body or bullets")
        yield {
            "title": reader.text_of(given, "title", place),
            "body": body,
            "bullets": bullets,
            "numbered": reader.flag_of(given, "numbered", place),
            "counted": reader.flag_of(given, "numberedBullets", place),
            "below": list(_read(given.get("subsections"), reader, f"{place}.subsections")),
        }


def _markdown(sections: list[JSON], level: int) -> Iterator[str]:
    for number, section in enumerate(sections, 1):
        mark = f"{number}. " if section["numbered"] else ""
        if section["title"]:
            yield f"{'#' * min(level, _DEEPEST)} {mark}{section['title']}"
        if section["body"]:
            yield section["body"]
        if section["bullets"]:
            yield "\n".join(_points(section))
        yield from _markdown(section["below"], level + 1)


def _points(section: JSON) -> Iterator[str]:
    for number, bullet in enumerate(section["bullets"], 1):
        yield f"{number}. {bullet}" if section["counted"] else f"- {bullet}"


def _xml(sections: list[JSON], level: int) -> Iterator[str]:
    for number, section in enumerate(sections, 1):
        mark = f"{number}. " if section["numbered"] else ""
        inside = [
            *_element("title", f"{mark}{section['title']}" if section["title"] else ""),
            *_element("body", section["body"]),
            *_bullets(section),
        ]
        below = list(_xml(section["below"], 1))
        if below:
            inside += ["<subsections>", *below, "</subsections>"]
        yield from (f"{_INDENT * level}{line}" for line in ("<section>", *_shifted(inside)))
        yield f"{_INDENT * level}</section>"


def _bullets(section: JSON) -> Iterator[str]:
    if section["bullets"]:
        yield "<bullets>"
        for number, bullet in enumerate(section["bullets"], 1):
            count = f' id="{number}"' if section["counted"] else ""
            yield f"{_INDENT}<bullet{count}>{escape(bullet)}</bullet>"
        yield "</bullets>"


def _element(name: str, text: str) -> list[str]:
    return [f"<{name}>{escape(text)}</{name}>"] if text else []


def _shifted(lines: list[str]) -> Iterator[str]:
    return (f"{_INDENT}{line}" for line in lines)
