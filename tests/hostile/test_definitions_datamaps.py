"""Data maps that are wrong are refused with the path and the line, in an agent with its name."""

import re
from collections.abc import Callable
from typing import Any

from agentkit.datamap import DataMap, create_simple_api_tool
from tests.hostile.agents import table
from tests.hostile.defining import refusal
from tests.hostile.misplaced import Misplaced, check

odd: Any = 5
OUT = {"response": "x"}
NAME = "must be a text that is not empty, not {}"
URL = "must be an http(s) URL or a template, not {}"
TYPES = "must be one of 'string', 'integer', 'number', 'boolean', 'array', 'object', not 'text'"
F = "ai.SWAIG.functions.f"


def hooked() -> DataMap:
    return DataMap("f").webhook("GET", "https://x.example")


BUILT: dict[str, tuple[Callable[[], object], str, str]] = {
    "no name": (lambda: DataMap(""), "ai.SWAIG.functions", NAME.format("''")),
    "a purpose": (lambda: DataMap("f").purpose(odd), f"{F}.description", "must be a text, not 5"),
    "a parameter's name": (
        lambda: DataMap("f").parameter("", "string", "x"),
        f"{F}.parameters.properties.",
        NAME.format("''"),
    ),
    "a parameter's type": (
        lambda: DataMap("f").parameter("n", "text", "x"),
        f"{F}.parameters.properties.n.type",
        TYPES,
    ),
    "choices as one text": (
        lambda: DataMap("f").parameter("n", "string", "x", enum="ab"),
        f"{F}.parameters.properties.n.enum",
        "must be a list, not 'ab'",
    ),
    "a method": (
        lambda: DataMap("f").webhook("PATCH", "https://x.example"),
        f"{F}.data_map.webhooks[0].method",
        "must be one of 'GET', 'POST', 'PUT', 'DELETE', not 'PATCH'",
    ),
    "a method that is no text": (
        lambda: DataMap("f").webhook(odd, "https://x.example"),
        f"{F}.data_map.webhooks[0].method",
        "must be one of 'GET', 'POST', 'PUT', 'DELETE', not 5",
    ),
    "another scheme": (
        lambda: hooked().webhook("GET", "ftp://x"),
        f"{F}.data_map.webhooks[1].url",
        URL.format("'ftp://x'"),
    ),
    "a header": (
        lambda: DataMap("f").webhook("GET", "https://x", {"X": 1}),  # type: ignore[dict-item]
        f"{F}.data_map.webhooks[0].headers.X",
        "must be a text, not 1",
    ),
    "needed arguments as one text": (
        lambda: DataMap("f").webhook("GET", "https://x", require_args="city"),
        f"{F}.data_map.webhooks[0].require_args",
        "must be a list, not 'city'",
    ),
    "params that are a list": (
        lambda: hooked().params([1]),  # type: ignore[arg-type]
        f"{F}.data_map.webhooks[0].params",
        "must be a dict, not [1]",
    ),
    "params before a webhook": (
        lambda: DataMap("f").params({}),
        f"{F}.data_map.webhooks[0].params",
        "add a webhook before",
    ),
    "a body before a webhook": (
        lambda: DataMap("f").body({}),
        f"{F}.data_map.webhooks[0].params",
        "add a webhook before",
    ),
    "an output before a webhook": (
        lambda: DataMap("f").output(OUT),
        f"{F}.data_map.webhooks[0].output",
        "add a webhook before",
    ),
    "a loop before a webhook": (
        lambda: DataMap("f").foreach({}),
        f"{F}.data_map.webhooks[0].foreach",
        "add a webhook before",
    ),
    "expressions before a webhook": (
        lambda: DataMap("f").webhook_expressions([]),
        f"{F}.data_map.webhooks[0].expressions",
        "add a webhook before",
    ),
    "a loop without a template": (
        lambda: hooked().foreach({"input_key": "a", "output_key": "b"}),
        f"{F}.data_map.webhooks[0].foreach",
        "needs 'append'",
    ),
    "a loop that is a list": (
        lambda: hooked().foreach([1]),  # type: ignore[arg-type]
        f"{F}.data_map.webhooks[0].foreach",
        "must be a dict, not [1]",
    ),
    "a loop's limit": (
        lambda: hooked().foreach({"input_key": "a", "output_key": "b", "append": "", "max": "2"}),
        f"{F}.data_map.webhooks[0].foreach.max",
        "must be a whole number from -1 to 2147483648, not '2'",
    ),
    "an expression on a reply": (
        lambda: hooked().webhook_expressions([{"string": "a", "output": OUT}]),
        f"{F}.data_map.webhooks[0].expressions[0]",
        "needs 'pattern'",
    ),
    "an empty pattern": (
        lambda: DataMap("f").expression("a", "b", OUT).expression("a", re.compile(""), OUT),
        f"{F}.data_map.expressions[1].pattern",
        NAME.format("''"),
    ),
    "an answer without anything": (
        lambda: DataMap("f").expression("a", "b", {}),
        f"{F}.data_map.expressions[0].output",
        "needs a response or an action",
    ),
    "an answer that is text": (
        lambda: DataMap("f").fallback_output("x"),  # type: ignore[arg-type]
        f"{F}.data_map.output",
        "must be a dict, not 'x'",
    ),
    "error keys as one text": (
        lambda: hooked().error_keys("error"),
        f"{F}.data_map.webhooks[0].error_keys",
        "must be a list, not 'error'",
    ),
    "all error keys as one text": (
        lambda: DataMap("f").error_keys("error"),
        f"{F}.data_map.error_keys",
        "must be a list, not 'error'",
    ),
    "an api nowhere": (
        lambda: create_simple_api_tool("f", "nowhere", "x"),
        f"{F}.data_map.webhooks[0].url",
        URL.format("'nowhere'"),
    ),
}


@table(BUILT)
def test_a_part_that_is_wrong_is_refused_where_it_is_added(
    case: tuple[Callable[[], object], str, str],
) -> None:
    build, path, reason = case
    message, _, line = refusal(build).removesuffix(")").rpartition(" (")
    assert message == f"{path}: {reason}"
    file, _, number = line.rpartition(":")
    assert file == build.__code__.co_filename
    assert int(number) in {at for *_, at in build.__code__.co_lines()}


REGISTERED = {
    "nothing in it": Misplaced(
        lambda a: a.register_swaig_function({"function": "f", "data_map": {}}),
        f"{F}.data_map",
        "needs expressions, webhooks or an output",
    ),
    "nothing built": Misplaced(
        lambda a: a.register_swaig_function(DataMap("f")),
        f"{F}.data_map",
        "needs expressions, webhooks or an output",
    ),
    "a list": Misplaced(
        lambda a: a.register_swaig_function({"function": "f", "data_map": []}),
        f"{F}.data_map",
        "must be a dict, not []",
    ),
    "a webhook without a url": Misplaced(
        lambda a: a.register_swaig_function({"function": "f", "data_map": {"webhooks": [{}]}}),
        f"{F}.data_map.webhooks[0]",
        "needs 'url'",
    ),
    "webhooks that are a dict": Misplaced(
        lambda a: a.register_swaig_function({"function": "f", "data_map": {"webhooks": {}}}),
        f"{F}.data_map.webhooks",
        "must be a list, not {}",
    ),
    "a gate of a data map": Misplaced(
        lambda a: a.register_swaig_function(DataMap("f").fallback_output(OUT).gate({})),
        f"{F}.gates[0]",
        "needs 'question'",
    ),
    "fillers of no gate": Misplaced(
        lambda a: a.register_swaig_function(
            DataMap("f").fallback_output(OUT).gate_fillers({"en": []})
        ),
        f"{F}.gate_fillers",
        "fillers of gates need gates",
    ),
}


@table(REGISTERED)
def test_a_definition_that_is_wrong_is_refused_where_it_is_registered(case: Misplaced) -> None:
    check(case)
