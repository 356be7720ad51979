"""Data maps as they stand in the document: the vendor's names, the vendor's JSON."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from agentkit import FunctionResult
from agentkit.datamap import DataMap, create_expression_tool, create_simple_api_tool
from agentkit.gates import SemanticGate
from tests.documents import functions_of, make

JSON = dict[str, Any]
GATE = {"question": "Sure?", "threshold": 0.5, "on_fail": {"response": "No."}}


def weather() -> DataMap:
    made = DataMap("weather").purpose("Tell the weather.")
    return made.parameter("city", "string", "City", required=True, enum=["a", "b"])


def answer(text: str) -> FunctionResult:
    return FunctionResult(text)


MAPS: dict[str, tuple[Callable[[DataMap], DataMap], JSON]] = {
    "expressions": (
        lambda d: d.expression("${args.city}", "^x", answer("y"), answer("n")).expression(
            "${a}", re.compile("b", re.IGNORECASE), {"response": "c"}
        ),
        {
            "expressions": [
                {
                    "string": "${args.city}",
                    "pattern": "^x",
                    "output": {"response": "y"},
                    "nomatch-output": {"response": "n"},
                },
                {"string": "${a}", "pattern": "b", "output": {"response": "c"}},
            ]
        },
    ),
    "a webhook with every part": (
        lambda d: (
            d.webhook("get", "https://x/${enc:args.city}", {"X": "1"}, "p", True, ["city"])
            .params({"k": "v"})
            .webhook_expressions([{"string": "${a}", "pattern": "b", "output": {"response": "c"}}])
            .foreach({"input_key": "r", "output_key": "o", "max": 2, "append": "${this.t}"})
            .output(answer("ok").update_global_data({"a": 1}))
            .error_keys(["e"])
            .fallback_output(answer("fail"))
            .global_error_keys(["g"])
        ),
        {
            "webhooks": [
                {
                    "url": "https://x/${enc:args.city}",
                    "method": "GET",
                    "headers": {"X": "1"},
                    "form_param": "p",
                    "input_args_as_params": True,
                    "require_args": ["city"],
                    "params": {"k": "v"},
                    "expressions": [
                        {"string": "${a}", "pattern": "b", "output": {"response": "c"}}
                    ],
                    "foreach": {
                        "input_key": "r",
                        "output_key": "o",
                        "max": 2,
                        "append": "${this.t}",
                    },
                    "output": {"response": "ok", "action": [{"set_global_data": {"a": 1}}]},
                    "error_keys": ["e"],
                }
            ],
            "output": {"response": "fail"},
            "error_keys": ["g"],
        },
    ),
    "two webhooks": (
        lambda d: (
            d.webhook("POST", "https://x")
            .body({"k": "v"})
            .output(answer("a"))
            .webhook("GET", "https://y")
            .output(answer("b"))
        ),
        {
            "webhooks": [
                {
                    "url": "https://x",
                    "method": "POST",
                    "params": {"k": "v"},
                    "output": {"response": "a"},
                },
                {"url": "https://y", "method": "GET", "output": {"response": "b"}},
            ]
        },
    ),
    "error keys before a webhook": (
        lambda d: d.error_keys(["e"]).fallback_output({"response": "x"}),
        {"error_keys": ["e"], "output": {"response": "x"}},
    ),
}


@pytest.mark.parametrize(("build", "expected"), MAPS.values(), ids=MAPS)
def test_a_data_map_in_the_document(build: Callable[[DataMap], DataMap], expected: JSON) -> None:
    agent = make().register_swaig_function(build(weather()).to_swaig_function())
    assert functions_of(agent)["weather"] == {
        "function": "weather",
        "description": "Tell the weather.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "City", "enum": ["a", "b"]}},
            "required": ["city"],
        },
        "data_map": expected,
    }


def test_what_is_not_said_has_the_vendors_words() -> None:
    assert DataMap("w").parameter("n", "integer", "N").description("").to_swaig_function() == {
        "function": "w",
        "description": "Execute w",
        "parameters": {
            "type": "object",
            "properties": {"n": {"type": "integer", "description": "N"}},
        },
        "data_map": {},
    }


def test_a_parameter_that_is_said_twice_is_required_once() -> None:
    made = DataMap("w").parameter("n", "integer", "N", True).parameter("n", "number", "M", True)
    assert made.to_swaig_function()["parameters"] == {
        "type": "object",
        "properties": {"n": {"type": "number", "description": "M"}},
        "required": ["n"],
    }


def test_a_data_map_may_have_gates() -> None:
    made = weather().gate(SemanticGate("Sure?", 0.5, "No.")).gate(GATE)
    definition = made.gate_fillers({"en": ["Hm."]}).fallback_output(answer("x"))
    entry = functions_of(make().register_swaig_function(definition.to_swaig_function()))["weather"]
    assert entry["gates"] == [GATE, GATE]
    assert entry["gate_fillers"] == {"en": ["Hm."]}


def test_an_api_in_one_call() -> None:
    parameters: JSON = {
        "city": {"type": "string", "description": "c", "required": True},
        "unit": {"enum": ["C", "F"]},
    }
    made = create_simple_api_tool(
        "w", "https://x/${args.city}", "It is ${t}", parameters, "POST", {"h": "1"}, {"b": 1}, ["e"]
    )
    assert made.to_swaig_function() == {
        "function": "w",
        "description": "Execute w",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "c"},
                "unit": {"type": "string", "description": "unit parameter", "enum": ["C", "F"]},
            },
            "required": ["city"],
        },
        "data_map": {
            "webhooks": [
                {
                    "url": "https://x/${args.city}",
                    "method": "POST",
                    "headers": {"h": "1"},
                    "params": {"b": 1},
                    "error_keys": ["e"],
                    "output": {"response": "It is ${t}"},
                }
            ]
        },
    }
    assert create_simple_api_tool("w", "https://x", "r").to_swaig_function()["data_map"] == {
        "webhooks": [{"url": "https://x", "method": "GET", "output": {"response": "r"}}]
    }


def test_patterns_in_one_call() -> None:
    made = create_expression_tool(
        "w", {"${args.a}": ("^x", answer("y"))}, {"a": {"required": True}}
    )
    assert made.to_swaig_function() == {
        "function": "w",
        "description": "Execute w",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "string", "description": "a parameter"}},
            "required": ["a"],
        },
        "data_map": {
            "expressions": [{"string": "${args.a}", "pattern": "^x", "output": {"response": "y"}}]
        },
    }


def test_what_a_data_map_hands_out_is_a_copy() -> None:
    made = weather().fallback_output(answer("x"))
    made.to_swaig_function()["data_map"]["output"]["response"] = "y"
    assert made.to_swaig_function()["data_map"] == {"output": {"response": "x"}}
