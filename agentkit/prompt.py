"""The prompt object model: titled sections that become the `ai` verb's `prompt`.

Sections and free text may be mixed: the text comes first, as a section without a title. A section
needs a body or bullets on the wire, so an empty body is written where there is neither (facts of
the wire, 1.4).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from agentkit.errors import DefinitionError

Section = dict[str, Any]
SECTION_KEYS = {"title", "body", "bullets", "numbered", "numberedBullets", "subsections"}


class Prompt(msgspec.Struct, frozen=True):
    """What the model is told: text, sections, and the sampling parameters that ride along."""

    text: str = ""
    sections: tuple[Section, ...] = ()
    parameters: dict[str, Any] = {}

    def told(self, *, use_pom: bool) -> str | list[Section]:
        """Return the sections, or the text when there are none or POM is not used."""
        if self.sections and use_pom:
            return list(self.sections)
        return self.text or to_markdown(self.sections)

    def to_swml(self, *, use_pom: bool, otherwise: str) -> dict[str, Any]:
        """Return the `prompt` object: POM when there are sections, else text."""
        if self.sections and use_pom:
            lead = [{"body": self.text}] if self.text else []
            return {"pom": [*lead, *map(complete, self.sections)], **self.parameters}
        rendered = to_markdown(self.sections)
        text = "\n\n".join(part for part in (self.text, rendered) if part)
        return {"text": text or otherwise, **self.parameters}


def section(
    title: str = "",
    body: str | None = "",
    bullets: Sequence[str] | None = None,
    *,
    numbered: bool = False,
    numbered_bullets: bool = False,
    subsections: Sequence[Mapping[str, Any]] | None = None,
) -> Section:
    """Return a section with its empty fields left out.

    Raises:
        DefinitionError: a field is not what it should be, or a subsection is wrong.
    """
    fields = {
        "title": _text(title, title, "title"),
        "body": _text(title, body or "", "body"),
        "bullets": points(title, bullets or ()),
        "numbered": _flag(title, numbered, "numbered"),
        "numberedBullets": _flag(title, numbered_bullets, "numbered_bullets"),
        "subsections": [checked(sub) for sub in subsections or ()],
    }
    return {key: value for key, value in fields.items() if value}


def points(title: str, given: Sequence[str]) -> list[str]:
    """Return the bullets of a section; one text would be taken letter by letter.

    Raises:
        DefinitionError: they are no list of texts.
    """
    is_list = isinstance(given, Iterable) and not isinstance(given, str)
    found = list(given) if is_list else []
    if not is_list or not all(isinstance(each, str) for each in found):
        raise _wrong(title, "bullets", "a list of texts", given)
    return found


def _text(title: str, given: object, field: str) -> str:
    if not isinstance(given, str):
        raise _wrong(title, field, "a text", given)
    return given


def _flag(title: str, given: object, field: str) -> bool:
    if not isinstance(given, bool):
        raise _wrong(title, field, "True or False", given)
    return given


def _wrong(title: str, field: str, expected: str, given: object) -> DefinitionError:
    return DefinitionError(f"prompt section {title!r}: {field} is {expected}, not {given!r}")


def checked(given: Mapping[str, Any]) -> Section:
    """Return a section written as a dict, in the platform's key names.

    Raises:
        DefinitionError: it is no dict, or has a key that no section has.
    """
    if not isinstance(given, Mapping):
        raise DefinitionError(f"a prompt section is a dict, not {given!r}")
    renamed = {"numberedBullets" if k == "numbered_bullets" else k: v for k, v in given.items()}
    if unknown := renamed.keys() - SECTION_KEYS:
        raise DefinitionError(f"prompt section {given.get('title')!r}: unknown {sorted(unknown)}")
    numbered_bullets = renamed.pop("numberedBullets", False)
    return section(**renamed, numbered_bullets=numbered_bullets)


def from_declaration(declared: object) -> tuple[Section, ...]:
    """Return the sections of a `PROMPT_SECTIONS` attribute.

    A dict maps titles to a body, a list of bullets, or a section; a list holds sections.

    Raises:
        DefinitionError: it is neither, or a section in it is wrong.
    """
    if isinstance(declared, Mapping):
        return tuple(_declared(title, content) for title, content in declared.items())
    if isinstance(declared, Iterable) and not isinstance(declared, str):
        return tuple(checked(item) for item in declared)
    raise DefinitionError("PROMPT_SECTIONS must be a dict of titles or a list of sections")


def add_subsection(sections: tuple[Section, ...], parent: str, sub: Section) -> tuple[Section, ...]:
    """Return the sections with sub under the section titled parent, made when missing."""

    def extended(found: Section) -> Section:
        return {**found, "subsections": [*found.get("subsections", []), sub]}

    return _changed(sections, parent, extended)


def add_to_section(
    sections: tuple[Section, ...], title: str, body: str, bullets: Sequence[str]
) -> tuple[Section, ...]:
    """Return the sections with body and bullets added to the one titled title.

    Raises:
        DefinitionError: the body is no text, or the bullets are no list of them.
    """
    added = section(title, body, bullets)

    def extended(found: Section) -> Section:
        bodies = [part["body"] for part in (found, added) if part.get("body")]
        both = [*found.get("bullets", []), *added.get("bullets", [])]
        more = {"body": "\n\n".join(bodies), "bullets": both}
        return {**found, **{key: value for key, value in more.items() if value}}

    return _changed(sections, title, extended)


def has_section(sections: Iterable[Section], title: str) -> bool:
    """Say whether a section, at any level, has this title."""
    return any(
        found.get("title") == title or has_section(found.get("subsections", ()), title)
        for found in sections
    )


def to_markdown(sections: Iterable[Section], level: int = 2) -> str:
    """Return the sections as Markdown, for agents that do not use POM."""
    return "\n\n".join(
        text
        for number, found in enumerate(sections, 1)
        for text in _markdown_parts(found, number, level)
        if text
    )


def _markdown_parts(found: Section, number: int, level: int) -> tuple[str, ...]:
    mark = f"{number}. " if found.get("numbered") else ""
    title = f"{'#' * level} {mark}{found['title']}" if "title" in found else ""
    counted = found.get("numberedBullets", False)
    points = (
        f"{f'{position}.' if counted else '-'} {point}"
        for position, point in enumerate(found.get("bullets", ()), 1)
    )
    below = to_markdown(found.get("subsections", ()), level + 1)
    return (title, found.get("body", ""), "\n".join(points), below)


def _declared(title: str, content: object) -> Section:
    if isinstance(content, str):
        return section(title, content)
    if isinstance(content, Mapping):
        return checked({"title": title, **content})
    if isinstance(content, Iterable):
        return section(title, bullets=[str(item) for item in content])
    raise DefinitionError(f"PROMPT_SECTIONS[{title!r}] must be text, a list or a dict")


def _changed(sections: tuple[Section, ...], title: str, change: Any) -> tuple[Section, ...]:
    found = [index for index, item in enumerate(sections) if item.get("title") == title]
    if not found:
        return (*sections, change(section(title)))
    index = found[0]
    return (*sections[:index], change(sections[index]), *sections[index + 1 :])


def complete(found: Section) -> Section:
    """Return a section with an empty body where the platform wants a body or bullets."""
    whole = found if "body" in found or "bullets" in found else {**found, "body": ""}
    if "subsections" in whole:
        return {**whole, "subsections": [complete(sub) for sub in whole["subsections"]]}
    return whole
