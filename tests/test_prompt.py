"""The prompt object model: titled sections that become the prompt on the wire."""

from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import prompt
from agentkit.errors import DefinitionError
from agentkit.prompt import Prompt, Section, section

TEXT = st.text(alphabet="ab #\n", max_size=4)
SECTIONS: st.SearchStrategy[Section] = st.recursive(
    st.builds(section, TEXT, TEXT, st.lists(TEXT, max_size=2)),
    lambda inner: st.builds(section, TEXT, TEXT, subsections=st.lists(inner, max_size=2)),
    max_leaves=4,
)


def swml(sections: tuple[Section, ...] = (), text: str = "", *, pom: bool = True) -> Any:
    return Prompt(text=text, sections=sections).to_swml(use_pom=pom, otherwise="Hello.")


# On the wire.


def test_sections_become_pom() -> None:
    assert swml((section("Role", "Sell tea."), section("Rules", bullets=["Be kind"]))) == {
        "pom": [
            {"title": "Role", "body": "Sell tea."},
            {"title": "Rules", "bullets": ["Be kind"]},
        ]
    }


def test_free_text_comes_before_sections_without_a_title() -> None:
    assert swml((section("Role", "x"),), "First.") == {
        "pom": [{"body": "First."}, {"title": "Role", "body": "x"}]
    }


def test_without_sections_the_text_is_sent_or_the_greeting() -> None:
    assert swml(text="Sell tea.") == {"text": "Sell tea."}
    assert swml() == {"text": "Hello."}
    assert swml(pom=False) == {"text": "Hello."}


def test_without_pom_text_and_sections_are_one_text() -> None:
    assert swml((section("Role", "x"),), "First.", pom=False) == {"text": "First.\n\n## Role\n\nx"}
    assert swml((section("Role", "x"),), pom=False) == {"text": "## Role\n\nx"}


def test_parameters_ride_along_in_each_form() -> None:
    for sections, use_pom in (
        ((section("a", "b"),), True),
        ((section("a", "b"),), False),
        ((), True),
    ):
        made = Prompt("t", sections, {"temperature": 0.3})
        assert made.to_swml(use_pom=use_pom, otherwise="")["temperature"] == 0.3


def test_a_section_without_body_and_bullets_gets_an_empty_body_at_any_level() -> None:
    nested = section("A", subsections=[section("B", subsections=[section("C")])])
    assert swml((nested,)) == {
        "pom": [
            {
                "title": "A",
                "body": "",
                "subsections": [
                    {"title": "B", "body": "", "subsections": [{"title": "C", "body": ""}]}
                ],
            }
        ]
    }
    assert nested == {
        "title": "A",
        "subsections": [{"title": "B", "subsections": [{"title": "C"}]}],
    }


def bodiless(found: Section) -> bool:
    return not ({"body", "bullets"} & found.keys()) or any(
        map(bodiless, found.get("subsections", ()))
    )


@given(st.lists(SECTIONS, min_size=1, max_size=3))
def test_every_section_on_the_wire_has_a_body_or_bullets(sections: list[Section]) -> None:
    before = repr(sections)
    assert not any(map(bodiless, swml(tuple(sections))["pom"]))
    assert repr(sections) == before


# Sections.


def test_empty_fields_are_left_out() -> None:
    assert section() == {}
    assert section("t", "", [], subsections=[]) == {"title": "t"}
    assert section("t", "b", ("x",), numbered=True, numbered_bullets=True) == {
        "title": "t", "body": "b", "bullets": ["x"], "numbered": True, "numberedBullets": True,
    }  # fmt: skip


def test_containers_are_copied_on_the_way_in() -> None:
    bullets, sub = ["x"], {"title": "s", "bullets": ["y"]}
    made = section("t", bullets=bullets, subsections=[sub])
    bullets.append("later")
    sub["bullets"].append("later")  # type: ignore[attr-defined]
    sub["title"] = "later"
    assert made == {
        "title": "t",
        "bullets": ["x"],
        "subsections": [{"title": "s", "bullets": ["y"]}],
    }


def test_bullets_that_are_one_text_are_refused_instead_of_taken_apart() -> None:
    message = "prompt section 'Rules': bullets is a list of texts, not 'Be kind'"
    with pytest.raises(DefinitionError, match=message):
        section("Rules", bullets="Be kind")
    with pytest.raises(DefinitionError, match=message):
        prompt.checked({"title": "Rules", "bullets": "Be kind"})


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"title": 5}, "prompt section 5: title is a text, not 5"),
    ({"title": "T", "body": ["a"]}, "prompt section 'T': body is a text, not ['a']"),
    ({"title": "T", "bullets": [1]}, "prompt section 'T': bullets is a list of texts, not [1]"),
    ({"title": "T", "numbered": "no"}, "prompt section 'T': numbered is True or False, not 'no'"),
    (
        {"title": "T", "numberedBullets": 1},
        "prompt section 'T': numbered_bullets is True or False, not 1",
    ),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_a_field_of_another_type_is_refused_with_the_section_it_stands_in(
    wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(DefinitionError) as refused:
        prompt.checked(wrong)
    assert str(refused.value) == message


def test_a_section_may_be_written_as_a_dict_in_either_spelling() -> None:
    for key in ("numberedBullets", "numbered_bullets"):
        given_ = MappingProxyType({"title": "t", "bullets": ["x"], key: True})
        assert prompt.checked(given_) == {"title": "t", "bullets": ["x"], "numberedBullets": True}


def test_a_key_that_no_section_has_is_refused_at_any_level() -> None:
    with pytest.raises(DefinitionError) as refused:
        prompt.checked({"title": "t", "boddy": "x", "bulets": []})
    assert str(refused.value) == "prompt section 't': unknown ['boddy', 'bulets']"
    with pytest.raises(DefinitionError, match=r"prompt section None: unknown \['x'\]"):
        prompt.checked({"title": "t", "subsections": [{"x": 1}]})


@pytest.mark.parametrize("wrong", ["text", 5, None, ["title"]])
def test_what_is_no_dict_is_no_section(wrong: Any) -> None:
    with pytest.raises(DefinitionError, match="a prompt section is a dict, not "):
        prompt.checked(wrong)
    with pytest.raises(DefinitionError, match="a prompt section is a dict, not "):
        prompt.from_declaration([{"title": "t"}, wrong])


# Declarations.


def test_a_dict_of_titles_declares_text_bullets_or_sections() -> None:
    assert prompt.from_declaration(
        {"Role": "Sell tea.", "Rules": ("Be kind", 5), "More": {"body": "x", "numbered": True}}
    ) == (
        {"title": "Role", "body": "Sell tea."},
        {"title": "Rules", "bullets": ["Be kind", "5"]},
        {"title": "More", "body": "x", "numbered": True},
    )


def test_a_list_declares_sections() -> None:
    assert prompt.from_declaration(()) == ()
    assert prompt.from_declaration([{"title": "a", "body": "b"}]) == ({"title": "a", "body": "b"},)


@pytest.mark.parametrize("wrong", ["text", 5, None])
def test_a_declaration_that_is_neither_is_refused(wrong: object) -> None:
    with pytest.raises(DefinitionError, match="must be a dict of titles or a list of sections"):
        prompt.from_declaration(wrong)


@pytest.mark.parametrize("wrong", [5, None, 1.5])
def test_a_declared_content_that_is_none_of_these_is_refused(wrong: object) -> None:
    with pytest.raises(DefinitionError, match=r"PROMPT_SECTIONS\['Role'\] must be text, a list or"):
        prompt.from_declaration({"Role": wrong})


# Changes.

BASE = (section("A", "a", ["1"]), section("B"))


def test_a_subsection_is_added_to_its_parent_or_to_a_new_one() -> None:
    once = prompt.add_subsection(BASE, "B", section("x"))
    twice = prompt.add_subsection(once, "B", section("y"))
    assert twice == (BASE[0], {"title": "B", "subsections": [{"title": "x"}, {"title": "y"}]})
    assert prompt.add_subsection(BASE, "C", section("x")) == (
        *BASE,
        {"title": "C", "subsections": [{"title": "x"}]},
    )


def test_paragraphs_and_bullets_are_added_to_a_section_or_to_a_new_one() -> None:
    assert prompt.add_to_section(BASE, "A", "more", ["2"])[0] == {
        "title": "A", "body": "a\n\nmore", "bullets": ["1", "2"],
    }  # fmt: skip
    assert prompt.add_to_section(BASE, "A", "", [])[0] == BASE[0]
    assert prompt.add_to_section(BASE, "B", "", ["1"])[1] == {"title": "B", "bullets": ["1"]}
    assert prompt.add_to_section(BASE, "C", "c", [])[2] == {"title": "C", "body": "c"}


def test_of_two_sections_with_one_title_the_first_is_changed() -> None:
    twins = (section("A", "1"), section("A", "2"))
    assert prompt.add_to_section(twins, "A", "x", []) == (section("A", "1\n\nx"), twins[1])


@given(st.lists(SECTIONS, max_size=3), TEXT, TEXT, st.lists(TEXT, max_size=2))
def test_a_change_leaves_what_it_began_with_alone(
    sections: list[Section], title: str, body: str, bullets: list[str]
) -> None:
    before = repr(sections)
    prompt.add_to_section(tuple(sections), title, body, bullets)
    prompt.add_subsection(tuple(sections), title, section(title, body, bullets))
    assert repr(sections) == before


def test_a_section_is_found_at_any_level() -> None:
    nested = (section("A", subsections=[section("B", subsections=[section("C")])]),)
    assert all(prompt.has_section(nested, title) for title in "ABC")
    assert not prompt.has_section(nested, "D")
    assert not prompt.has_section((), "A")


# Markdown.


def test_sections_are_written_as_markdown() -> None:
    sections = (
        section("One", "body", ["x", "y"], numbered=True),
        section("Two", bullets=["x", "y"], numbered_bullets=True,
                subsections=[section("Deep", "d", subsections=[section("Deeper", "e")])]),
        section(body="no title"),
        section("Four", numbered=True),
    )  # fmt: skip
    assert prompt.to_markdown(sections) == (
        "## 1. One\n\nbody\n\n- x\n- y\n\n"
        "## Two\n\n1. x\n2. y\n\n### Deep\n\nd\n\n#### Deeper\n\ne\n\n"
        "no title\n\n"
        "## 4. Four"
    )
    assert prompt.to_markdown(()) == ""
