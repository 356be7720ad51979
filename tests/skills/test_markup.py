"""Reading pages of strangers: text, links and elements, whatever the page is made of."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.skills.markup import MOST_LINKS, Selector, Tag, page_of, selected, selector_of, tokens

PAGE = """<!doctype html><html><head><title> Tea &amp;
 more </title><title>No</title><style>p{color:red}</style><script>if (a < b) { "</p>" }</script>
</head><body><nav><a href="/nav">Menu</a></nav><h1>Tea</h1>
<p class="lead big">Green <b>tea</b> &lt;here&gt;<br>second</p><!-- hidden --><ul><li>One<li>Two
</ul><a href='/two#part'>two</a> <A HREF=http://other.example/x>other</A><a href="http://[">bad</a>
<a name="x">no link</a><div id="price">5 &euro;</div><footer>Foot</footer>1 < 2 <3</body></html>"""


def test_a_page_is_read() -> None:
    page = page_of(PAGE, "https://example.com/one")
    assert page.title == "Tea & more"
    assert page.lines == [
        "Tea", "Green tea <here>", "second", "One", "Two", "two otherbad no link", "5 €",
        "1 < 2 <3",
    ]  # fmt: skip
    assert page.markdown[0] == "# Tea"
    assert page.markdown[3:5] == ["- One", "- Two"]
    assert page.text.startswith("Tea\nGreen")
    assert page.links == [
        "https://example.com/nav", "https://example.com/two", "http://other.example/x"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("selector", "texts"),
    [
        ("h1", ["Tea"]), ("//h1", ["Tea"]), ("p.lead", ["Green tea <here>second"]),
        (".big.lead", ["Green tea <here>second"]), ("#price", ["5 €"]), ("div#price", ["5 €"]),
        ("//div[@id='price']", ["5 €"]), ('//*[@class="lead big"]', ["Green tea <here>second"]),
        ("p.none", []), ("h2", []), ("b", ["tea"]),
    ],
)  # fmt: skip
def test_elements_are_found(selector: str, texts: list[str]) -> None:
    found = selector_of(selector)
    assert found is not None
    assert selected(PAGE, found, 5) == texts


def test_only_the_first_elements_are_told() -> None:
    assert selected("<i>a</i><i>b</i><i>c</i>", Selector("i", "", frozenset()), 2) == ["a", "b"]
    assert selected("<i>a", Selector("i", "", frozenset()), 2) == []


@pytest.mark.parametrize("wrong", ["", "p > b", "a:hover", "//a/b", "[x]", "p lead", "#", "."])
def test_what_is_no_plain_selector_is_none(wrong: str) -> None:
    assert selector_of(wrong) is None


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("", [""]),
        ("a<!-- b", ["a"]),
        ("a<b", ["a"]),
        ("a<script>b", ["a", Tag("script", {}, is_end=False)]),
        ("a</>b", ["a", "b"]),
        ("<a b='1' c=2 D=\"3\">", [Tag("a", {"b": "1", "c": "2", "d": "3"}, is_end=False), ""]),
        ("</A >", [Tag("a", {}, is_end=True), ""]),
        ("<a " + "b" * 5000 + "=1>", [Tag("a", {}, is_end=False), ""]),
        ("<?x?><!x>y", ["y"]),
    ],
)
def test_broken_pages_are_read_as_far_as_they_go(html: str, found: list[str | Tag]) -> None:
    assert list(tokens(html)) == found


HURTING = [
    "<" * 300_000, "<!--" * 100_000, "<a" * 200_000, "<a " * 150_000, "<script>" * 50_000,
    "<script></scrip" * 30_000, "<!-->" * 100_000, "&" * 300_000, "&#" * 200_000, "<a b=" * 80_000,
    "<div>" * 80_000, "</div>" * 80_000, "<p>" * 100_000, "<a href=x>" * 40_000,
    ("<a " + "a" * 3_900 + ">") * 100, ("<a " + "a=" * 1_900 + ">") * 100, "<a b='" * 80_000,
]  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("html", HURTING, ids=lambda html: html[:12])
def test_a_page_that_is_made_to_hurt_is_read_in_time(html: str) -> None:
    page = page_of(html, "https://example.com/")
    assert len(page.links) <= MOST_LINKS
    selected(html, Selector("div", "", frozenset({"x"})), 5)


def test_links_have_an_end() -> None:
    html = "".join(f"<a href=/{number}>" for number in range(MOST_LINKS + 50))
    assert len(page_of(html, "https://example.com/").links) == MOST_LINKS


PIECES = ["<p>", "</p>", "<!--", "-->", "<script>", "</script>", "<title>", "<a href='/x'>", "text",
          "<", ">", "&amp;", "'", '"', "<nav>", "</nav>", "\0", "é"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_no_page_raises(pieces: list[str]) -> None:
    page_of("".join(pieces), "https://example.com/")


def test_cut_pages_are_read() -> None:
    cut = random.Random(7)
    for _ in range(50):
        page_of(PAGE[: cut.randrange(len(PAGE))], "https://example.com/")
