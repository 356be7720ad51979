"""The verbs that agentkit writes: the platform's field names, defaults left out."""

import msgspec
import pytest

from agentkit import DefinitionError
from agentkit.swml.verbs import Ai, Swaig, SwaigFunction, record_call


def test_an_ai_verb_has_its_prompt_and_its_params_and_nothing_else_by_default() -> None:
    ai = Ai(prompt={"text": "Hello."}, params={})
    assert msgspec.to_builtins(ai) == {"prompt": {"text": "Hello."}, "params": {}}


def test_what_is_set_is_written_under_the_platforms_names() -> None:
    function = SwaigFunction("brew", "Brew tea", {"type": "object"}, {"en": ["um"]}, "f.wav", 2)
    ai = Ai(
        prompt={},
        post_prompt={"text": "Sum up"},
        post_prompt_url="https://h",
        SWAIG=Swaig({"web_hook_url": "https://h"}, ["check_time"], [{"url": "u"}], {"f": {}},
                    [{"url": "m"}], [msgspec.to_builtins(function)]),
        params={"a": 1},
        hints=["tea"],
        languages=[{"code": "en"}],
        multilingual={"x": 1},
        pronounce=[{"replace": "a"}],
        global_data={"k": "v"},
    )  # fmt: skip
    assert msgspec.to_builtins(ai) == {
        "prompt": {},
        "post_prompt": {"text": "Sum up"},
        "post_prompt_url": "https://h",
        "SWAIG": {
            "defaults": {"web_hook_url": "https://h"},
            "native_functions": ["check_time"],
            "includes": [{"url": "u"}],
            "internal_fillers": {"f": {}},
            "mcp_servers": [{"url": "m"}],
            "functions": [
                {
                    "function": "brew",
                    "description": "Brew tea",
                    "parameters": {"type": "object"},
                    "fillers": {"en": ["um"]},
                    "wait_file": "f.wav",
                    "wait_file_loops": 2,
                }
            ],
        },
        "params": {"a": 1},
        "hints": ["tea"],
        "languages": [{"code": "en"}],
        "multilingual": {"x": 1},
        "pronounce": [{"replace": "a"}],
        "global_data": {"k": "v"},
    }


def test_a_function_has_three_fields_by_default() -> None:
    assert msgspec.to_builtins(SwaigFunction("f", "d", {})) == {
        "function": "f",
        "description": "d",
        "parameters": {},
    }


@pytest.mark.parametrize("stereo", [True, False])
def test_recording_says_its_format_and_its_channels(stereo: bool) -> None:
    said = {"record_call": {"format": "wav", "stereo": stereo}}
    assert record_call("shop", "wav", stereo=stereo) == said
    with pytest.raises(DefinitionError, match=r"agent 'shop': main\.record_call\.format"):
        record_call("shop", "ogg", stereo=stereo)


def test_two_verbs_share_no_containers() -> None:
    Ai(prompt={}, params={}).hints.append("tea")
    assert Ai(prompt={}, params={}).hints == []
