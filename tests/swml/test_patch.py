"""What `on_swml_request` returns, applied to the default document."""

import copy
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentkit import _json
from agentkit.state.merge import merge
from agentkit.swml.document import document
from agentkit.swml.patch import PatchError, apply

JSON = dict[str, Any]

DEFAULT = document(
    [
        {"answer": {"max_duration": 60}},
        {"play": {"url": "one"}},
        {"play": {"url": "two", "volume": 1}},
        {
            "ai": {
                "prompt": {"text": "Hi", "temperature": 0.5},
                "global_data": {"a": 1, "b": {"c": 2}},
                "hints": ["tea"],
            }
        },
    ]
)
DEFAULT["sections"]["other"] = [{"hangup": {}}]
ANSWER, ONE, TWO, AI = DEFAULT["sections"]["main"]


def main_of(returned: JSON) -> Any:
    return apply(DEFAULT, returned)["sections"]["main"]


def ai(**changed: Any) -> JSON:
    return {"ai": {**AI["ai"], **changed}}


# A whole document.


@pytest.mark.parametrize(
    "returned",
    [{"version": "1.0.0", "sections": {"main": []}}, {"version": "2.0"}, {"version": None, "x": 1}],
)
def test_a_dict_with_a_version_is_served_as_it_is(returned: JSON) -> None:
    assert apply(DEFAULT, returned) is returned


@pytest.mark.parametrize("returned", [{}, {"sections": {}}])
def test_nothing_returned_changes_nothing(returned: JSON) -> None:
    assert apply(DEFAULT, returned) == {"version": "1.0.0", "sections": DEFAULT["sections"]}


# Sections.


@pytest.mark.parametrize(
    ("verbs", "main"),
    [
        ([{"answer": {"codecs": "x"}}],
         [{"answer": {"max_duration": 60, "codecs": "x"}}, ONE, TWO, AI]),
        ([{"answer": {"max_duration": 5}}], [{"answer": {"max_duration": 5}}, ONE, TWO, AI]),
        ([{"answer": {}}], [ANSWER, ONE, TWO, AI]),
        ([{"play": {"volume": 9}}], [ANSWER, {"play": {"url": "one", "volume": 9}}, TWO, AI]),
        ([{"play": {"volume": 9}}, {"play": {"url": "2"}}],
         [ANSWER, {"play": {"url": "one", "volume": 9}}, {"play": {"url": "2", "volume": 1}}, AI]),
        ([{"play": {"url": "x"}}, {"answer": {"a": 1}}],
         [{"answer": {"max_duration": 60, "a": 1}}, {"play": {"url": "x"}}, TWO, AI]),
        ([{"play": "stop"}], [ANSWER, {"play": "stop"}, TWO, AI]),
        ([{"play": None}], [ANSWER, {"play": None}, TWO, AI]),
        ([{"ai": {"prompt": {"text": "Bye"}}}],
         [ANSWER, ONE, TWO, ai(prompt={"text": "Bye", "temperature": 0.5})]),
        ([{"ai": {"hints": []}}], [ANSWER, ONE, TWO, ai(hints=[])]),
        ([{"ai": {"global_data": {"b": {"d": 3}}}}],
         [ANSWER, ONE, TWO, ai(global_data={"a": 1, "b": {"c": 2, "d": 3}})]),
    ],
)  # fmt: skip
def test_a_section_of_known_verbs_is_merged_verb_by_verb(
    verbs: list[JSON], main: list[JSON]
) -> None:
    assert main_of({"sections": {"main": verbs}}) == main


@pytest.mark.parametrize(
    "verbs",
    [
        [],
        [{"hangup": {}}],
        [{"answer": {}}, {"hangup": {}}],
        [{"play": {}}, {"play": {}}, {"play": {}}],
        [{"answer": {}}, {"answer": {}}],
        [{"Answer": {}}],
    ],
)
def test_any_other_section_replaces_the_default_one(verbs: list[JSON]) -> None:
    assert main_of({"sections": {"main": verbs}}) == verbs


def test_a_new_section_is_added_and_sections_not_named_stay() -> None:
    patched = apply(DEFAULT, {"sections": {"more": [{"hangup": {}}]}})["sections"]
    assert patched == {**DEFAULT["sections"], "more": [{"hangup": {}}]}
    patched = apply(DEFAULT, {"sections": {"other": [{"hangup": {"reason": "busy"}}]}})["sections"]
    assert patched == {**DEFAULT["sections"], "other": [{"hangup": {"reason": "busy"}}]}


# Other keys.


@pytest.mark.parametrize(
    ("returned", "changed"),
    [
        ({"global_data": {"b": {"d": 3}, "e": 4}},
         ai(global_data={"a": 1, "b": {"c": 2, "d": 3}, "e": 4})),
        ({"global_data": {}}, AI),
        ({"global_data": [1]}, ai(global_data=[1])),
        ({"global_data": None}, ai(global_data=None)),
        ({"prompt": {"text": "Bye"}}, ai(prompt={"text": "Bye"})),
        ({"hints": ["coffee"]}, ai(hints=["coffee"])),
        ({"params": {"x": 1}, "hints": []}, ai(params={"x": 1}, hints=[])),
    ],
)  # fmt: skip
def test_other_keys_go_to_the_ai_verb(returned: JSON, changed: JSON) -> None:
    assert main_of(returned) == [ANSWER, ONE, TWO, changed]


def test_sections_and_other_keys_may_come_together() -> None:
    both = {"sections": {"main": [{"ai": {"hints": ["a"]}}]}, "global_data": {"z": 1}}
    assert main_of(both) == [
        ANSWER,
        ONE,
        TWO,
        ai(hints=["a"], global_data={**AI["ai"]["global_data"], "z": 1}),
    ]


def test_global_data_is_taken_where_there_was_none() -> None:
    bare = document([{"ai": {"prompt": {}}}])
    patched = apply(bare, {"global_data": {"a": 1}})
    assert patched == document([{"ai": {"prompt": {}, "global_data": {"a": 1}}}])


@pytest.mark.parametrize("odd", [None, [], "x", 5])
def test_global_data_that_was_no_dict_is_replaced(odd: object) -> None:
    returned = {"sections": {"main": [{"ai": {"global_data": odd}}]}, "global_data": {"a": 1}}
    assert main_of(returned)[3] == ai(global_data={"a": 1})


@pytest.mark.parametrize(
    "ai_verb", [[], [{"ai": None}], [{"ai": "text"}], [{"ai": []}], [{"hangup": {}}]]
)
def test_other_keys_without_an_ai_verb_are_an_error(ai_verb: list[JSON]) -> None:
    returned: Any = {"sections": {"main": ai_verb}, "hints": [], "global_data": {}, 5: "x"}
    with pytest.raises(PatchError) as refused:
        apply(document([{"answer": {}}]), returned)
    assert str(refused.value) == "there is no ai verb in main to take ['5', 'global_data', 'hints']"


# Nonsense.


@pytest.mark.parametrize("sections", [None, [], "main", 5, [{"main": []}]])
def test_sections_that_are_no_dict_are_an_error(sections: object) -> None:
    with pytest.raises(PatchError, match="sections must map names to lists of verbs"):
        apply(DEFAULT, {"sections": sections})


@pytest.mark.parametrize(
    "verbs",
    [None, {}, "answer", {"answer": {}}, ["answer"], [{}], [{"a": 1, "b": 2}], [None], [[]]],
)
def test_a_section_that_is_no_list_of_verbs_is_an_error(verbs: object) -> None:
    with pytest.raises(PatchError, match="section 'x' must be a list of verbs, each a dict of one"):
        apply(DEFAULT, {"sections": {"main": [], "x": verbs}})


# Laws.

BODIES = st.recursive(
    st.integers(0, 2) | st.none(),
    lambda inner: st.dictionaries(st.sampled_from("xy"), inner, max_size=2),
    max_leaves=4,
)
VERBS = st.lists(
    st.dictionaries(st.sampled_from(["answer", "play", "ai"]), BODIES, min_size=1, max_size=1),
    max_size=3,
)
SECTIONS = st.dictionaries(st.sampled_from(["main", "other", "third"]), VERBS, max_size=3)
AI_VERB = st.dictionaries(
    st.sampled_from(["global_data", "x"]),
    st.dictionaries(st.sampled_from("xy"), BODIES),
    max_size=2,
).map(lambda body: {"ai": body})
DEFAULTS = st.builds(
    lambda sections, main, ai: {"version": "1.0.0", "sections": {**sections, "main": [*main, ai]}},
    SECTIONS,
    VERBS,
    AI_VERB,
)
SETTINGS = st.dictionaries(st.sampled_from(["global_data", "x", "y"]), BODIES, max_size=2)
RETURNED = st.builds(
    lambda sections, settings: {"sections": sections, **settings},
    SECTIONS,
    SETTINGS,
)


def applied(default: JSON, returned: JSON) -> JSON | None:
    try:
        return apply(default, returned)
    except PatchError:
        return None


@given(DEFAULTS, RETURNED)
@example(document([]), {"hints": []})
def test_neither_the_default_nor_what_was_returned_is_changed(
    default: JSON, returned: JSON
) -> None:
    before = copy.deepcopy((default, returned))
    applied(default, returned)
    assert (default, returned) == before


@given(DEFAULTS, RETURNED)
def test_what_is_applied_twice_is_applied_once(default: JSON, returned: JSON) -> None:
    once = applied(default, returned)
    assert once is None or applied(once, returned) == once


@given(DEFAULTS, RETURNED)
@example(DEFAULT, {"sections": {"main": []}})
def test_sections_that_are_not_returned_stay(default: JSON, returned: JSON) -> None:
    patched = applied(default, returned)
    for name, verbs in default["sections"].items():
        if patched is not None and name not in returned["sections"] and name != "main":
            assert patched["sections"][name] == verbs
    assert patched is None or patched["version"] == "1.0.0"
    assert patched is None or patched["sections"].keys() == {
        *default["sections"],
        *returned["sections"],
    }


@given(DEFAULTS, SECTIONS)
def test_a_section_has_the_verbs_of_the_default_or_those_returned(
    default: JSON, sections: JSON
) -> None:
    patched = apply(default, {"sections": sections})
    for name, verbs in sections.items():
        known = default["sections"].get(name, [])
        names = [next(iter(verb)) for verb in patched["sections"][name]]
        assert names in ([next(iter(verb)) for verb in known], [next(iter(verb)) for verb in verbs])


@given(AI_VERB, st.dictionaries(st.sampled_from("xy"), BODIES))
def test_global_data_is_merged_and_nothing_of_it_is_lost(ai_verb: JSON, data: JSON) -> None:
    patched = apply(document([ai_verb]), {"global_data": data})
    (changed,) = patched["sections"]["main"]
    known = ai_verb["ai"].get("global_data", {})
    assert changed == {"ai": {**ai_verb["ai"], "global_data": merge(known, data)}}


@given(DEFAULTS, RETURNED)
def test_a_patched_document_can_be_sent(default: JSON, returned: JSON) -> None:
    patched = applied(default, returned)
    assert patched is None or _json.decode(_json.encode(patched)) == patched
