"""Read HTML of strangers in one pass, in time that is linear in its length.

The parsers at hand take quadratic time for pages that are made to hurt (a thousand comments that
never end), and build trees. A skill needs text, titles, links and a few elements, so tags are found
here by plain searches, each of which either moves on or is the last one.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin

LONGEST_TAG = 4_000
"""Longest tag whose attributes are read, in characters."""

MOST_LINKS = 500
_ATTRIBUTE = re.compile(
    r"""(?<![\w:-])([\w:-]{1,64}+)\s{0,8}+=\s{0,8}+("[^"]*"|'[^']*'|[^\s"'>]++)"""
)
_NAME = re.compile(r"/?([A-Za-z][A-Za-z0-9:-]{0,31})")
_RAW = {
    name: re.compile(f"</{name}", re.IGNORECASE)
    for name in ("script", "style", "noscript", "template", "svg", "textarea", "iframe")
}
_ASIDE = {"nav", "footer", "aside"}
_VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr",
}  # fmt: skip
_BLOCKS = {
    "address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "figure", "form", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table",
    "td", "th", "tr", "ul",
}  # fmt: skip
_MARKS = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### ", "h5": "#### ", "h6": "#### ",
          "li": "- "}  # fmt: skip


class Tag(NamedTuple):
    """A tag: its name in lower case, its attributes, and whether it ends an element."""

    name: str
    attributes: dict[str, str]
    is_end: bool


class Page(NamedTuple):
    """What a page says: its title, its lines of text, the same in Markdown, and where it leads."""

    title: str
    lines: list[str]
    markdown: list[str]
    links: list[str]

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


def tokens(html: str) -> Iterator[str | Tag]:
    """Return the texts and tags of a page; what a broken page does not end is left out."""
    at = 0
    while (start := html.find("<", at)) >= 0:
        if start > at:
            yield unescape(html[at:start])
        if html.startswith("<!--", start):
            end = html.find("-->", start + 4)
            at = end + 3
        elif html[start + 1 : start + 2].isalpha() or html[start + 1 : start + 2] in {
            "/",
            "!",
            "?",
        }:
            end = html.find(">", start)
            at = end + 1
            tag = _tag(html[start + 1 : end])
            if end >= 0 and tag is not None:
                yield tag
                at = end = _after_raw(html, tag, at)
        else:
            end = at = start + 1
            yield "<"
        if end < 0:
            return
    yield unescape(html[at:])


def page_of(html: str, url: str) -> Page:
    """Return what a page says.

    Args:
        html: the page.
        url: where it is from, which links are relative to.
    """
    reader = _Reader(url)
    for token in tokens(html):
        reader.take(token)
    reader.flush()
    title = " ".join("".join(reader.title).split())
    return Page(title, reader.lines, reader.markdown, list(reader.links))


class Selector(NamedTuple):
    """Which elements are wanted: by name, id and classes."""

    name: str
    id: str
    classes: frozenset[str]

    def fits(self, tag: Tag) -> bool:
        """Say whether a tag begins such an element."""
        given = set(tag.attributes.get("class", "").split())
        is_named = not self.name or tag.name == self.name
        is_meant = not self.id or tag.attributes.get("id") == self.id
        return is_named and is_meant and self.classes <= given


_CSS = re.compile(r"([A-Za-z][A-Za-z0-9]*)?(?:#([\w-]+))?((?:\.[\w-]+)*)")
_XPATH = re.compile(r"//([A-Za-z][A-Za-z0-9]*|\*)(?:\[@(id|class)=['\"]([\w -]+)['\"]\])?")


def selector_of(written: str) -> Selector | None:
    """Return a selector: CSS of one element (`h1`, `#id`, `p.lead`) or such an XPath (`//h1`)."""
    if found := _XPATH.fullmatch(written):
        name, attribute, value = found[1].lower().replace("*", ""), found[2], found[3] or ""
        classes = frozenset(value.split() if attribute == "class" else ())
        return Selector(name, value if attribute == "id" else "", classes)
    if written and (found := _CSS.fullmatch(written)):
        classes = frozenset(each for each in found[3].split(".") if each)
        return Selector((found[1] or "").lower(), found[2] or "", classes)
    return None


def selected(html: str, selector: Selector, most: int) -> list[str]:
    """Return the texts of the first elements that a selector fits."""
    found: list[str] = []
    depth, parts = 0, list[str]()
    for token in tokens(html):
        if isinstance(token, str):
            parts += [token] if depth else []
        elif depth:
            depth += _step(token)
        elif not token.is_end and selector.fits(token):
            depth = _step(token)
            parts = []
        if parts and not depth:
            found.append(" ".join("".join(parts).split()))
            parts = []
        if len(found) == most:
            break
    return found


def _step(tag: Tag) -> int:
    if tag.name in _VOID:
        return 0
    return -1 if tag.is_end else 1


def _tag(inside: str) -> Tag | None:
    name = _NAME.match(inside)
    if name is None:
        return None
    body = inside[name.end() :] if len(inside) <= LONGEST_TAG else ""
    attributes = {
        key.lower(): unescape(value.strip("\"'")) for key, value in _ATTRIBUTE.findall(body)
    }
    return Tag(name[1].lower(), attributes, inside.startswith("/"))


def _after_raw(html: str, tag: Tag, at: int) -> int:
    """Return where to go on: after the content of an element that holds no text; -1 at the end."""
    if tag.is_end or tag.name not in _RAW:
        return at
    end = _RAW[tag.name].search(html, at)
    return end.start() if end else -1


class _Reader:
    """Gathers what a page says, line by line."""

    def __init__(self, url: str) -> None:
        self.title: list[str] = []
        self.lines: list[str] = []
        self.markdown: list[str] = []
        self.links: dict[str, None] = {}
        self._url = url
        self._open: list[str] = []
        self._aside = 0
        self._mark = ""
        self._in_title = False
        self._has_title = False

    def take(self, token: str | Tag) -> None:
        if isinstance(token, Tag):
            self._tagged(token)
        elif self._in_title:
            self.title += [] if self._has_title else [token]
        elif not self._aside:
            self._open.append(token)

    def flush(self) -> None:
        line = " ".join("".join(self._open).split())
        self._open.clear()
        if line:
            self.lines.append(line)
            self.markdown.append(f"{self._mark}{line}")
        self._mark = ""

    def _tagged(self, tag: Tag) -> None:
        if tag.name == "title":
            self._has_title = self._has_title or tag.is_end
            self._in_title = not tag.is_end
        elif tag.name in _ASIDE:
            self.flush()
            self._aside = max(0, self._aside + _step(tag))
        elif tag.name in _BLOCKS:
            self.flush()
            self._mark = "" if tag.is_end else _MARKS.get(tag.name, "")
        elif tag.name == "a" and not tag.is_end:
            self._link(tag.attributes.get("href", ""))

    def _link(self, href: str) -> None:
        if not href or len(self.links) >= MOST_LINKS:
            return
        try:
            self.links[urldefrag(urljoin(self._url, href.strip())).url] = None
        except ValueError:  # no URL, such as `http://[`
            return
