"""What the model hears and says, as the platform names it."""

from types import MappingProxyType
from typing import Any

import pytest

from agentkit.errors import DefinitionError
from agentkit.speech import language, pattern_hint, pronunciation

ENGLISH = {"name": "English", "code": "en-US", "voice": "rime.spore"}


def test_a_language_has_a_name_a_code_and_a_voice() -> None:
    assert language("English", "en-US", "rime.spore") == ENGLISH


@pytest.mark.parametrize(
    ("voice", "more", "written"),
    [
        ("rime.spore:mistv2", {}, {"voice": "spore", "engine": "rime", "model": "mistv2"}),
        ("rime.a.b:c:d", {}, {"voice": "a.b", "engine": "rime", "model": "c:d"}),
        ("rime.spore", {}, {"voice": "rime.spore"}),
        ("spore:mistv2", {}, {"voice": "spore:mistv2"}),
        ("spore", {"engine": "rime"}, {"voice": "spore", "engine": "rime"}),
        ("spore", {"model": "m"}, {"voice": "spore", "model": "m"}),
        ("a.b:c", {"engine": "e"}, {"voice": "a.b:c", "engine": "e"}),
        ("a.b:c", {"model": "m"}, {"voice": "a.b:c", "model": "m"}),
        ("a.b:c", {"engine": "", "model": None}, {"voice": "b", "engine": "a", "model": "c"}),
    ],
)
def test_a_voice_written_in_one_word_is_taken_apart(
    voice: str, more: dict[str, Any], written: dict[str, str]
) -> None:
    assert language("E", "en", voice, **more) == {"name": "E", "code": "en", **written}


@pytest.mark.parametrize(
    ("speech", "function", "written"),
    [
        (None, None, {}),
        ([], (), {}),
        (["um"], None, {"fillers": ["um"]}),
        (None, ("wait",), {"fillers": ["wait"]}),
        (["um"], ["wait"], {"speech_fillers": ["um"], "function_fillers": ["wait"]}),
    ],
)
def test_fillers_of_one_kind_and_of_both_have_their_keys(
    speech: Any, function: Any, written: dict[str, Any]
) -> None:
    made = language(
        "English", "en-US", "rime.spore", speech_fillers=speech, function_fillers=function
    )
    assert made == {**ENGLISH, **written}


def test_parameters_of_the_voice_ride_along() -> None:
    params = MappingProxyType({"stability": 0.5})
    assert language("English", "en-US", "rime.spore", params=params) == {
        **ENGLISH,
        "params": {"stability": 0.5},
    }
    assert language("English", "en-US", "rime.spore", params={}) == ENGLISH


def test_what_is_no_list_of_fillers_is_not_taken_apart_but_left_to_the_form() -> None:
    told = language("English", "en-US", "rime.spore", speech_fillers="um", function_fillers=("a",))
    assert (told["speech_fillers"], told["function_fillers"]) == ("um", ["a"])
    assert language("English", "en-US", "rime.spore", params="x")["params"] == "x"  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [("", "c", "v"), ("n", "", "v"), ("n", "c", ""), ("n", "c", 5)])
def test_a_language_without_one_of_the_three_is_refused(wrong: tuple[str, str, str]) -> None:
    with pytest.raises(DefinitionError, match="a language needs a name, a code and a voice"):
        language(*wrong)


def test_a_pattern_hint_rewrites_what_was_heard() -> None:
    assert pattern_hint("tea", "te+", "tea", ignore_case=True) == {
        "hint": "tea", "pattern": "te+", "replace": "tea", "ignore_case": True,
    }  # fmt: skip
    assert pattern_hint("tea", "te+", "tea", ignore_case=False)["ignore_case"] is False


@pytest.mark.parametrize("wrong", [("", "p", "r"), ("h", "", "r"), ("h", "p", ""), ("h", 5, "r")])
def test_a_pattern_hint_without_one_of_the_three_is_refused(wrong: tuple[str, str, str]) -> None:
    with pytest.raises(DefinitionError, match="a pattern hint needs hint, pattern and replace"):
        pattern_hint(*wrong, ignore_case=False)


def test_a_pronunciation_says_a_word_in_another_way() -> None:
    assert pronunciation("SQL", "sequel", ignore_case=False) == {"replace": "SQL", "with": "sequel"}
    assert pronunciation("SQL", "sequel", ignore_case=True) == {
        "replace": "SQL", "with": "sequel", "ignore_case": True,
    }  # fmt: skip


@pytest.mark.parametrize("wrong", [("", "w"), ("r", ""), ("r", 5)])
def test_a_pronunciation_without_one_of_the_two_is_refused(wrong: tuple[str, str]) -> None:
    with pytest.raises(DefinitionError, match="a pronunciation needs replace and with_text"):
        pronunciation(*wrong, ignore_case=False)


def test_what_only_counts_as_true_is_no_flag() -> None:
    with pytest.raises(DefinitionError, match="add_pattern_hint: ignore_case is True or False"):
        pattern_hint("tea", "te+", "tea", ignore_case="yes")  # type: ignore[arg-type]
    with pytest.raises(DefinitionError, match="add_pronunciation: ignore_case is True or False"):
        pronunciation("SQL", "sequel", ignore_case="no")  # type: ignore[arg-type]
