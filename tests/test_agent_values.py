"""What setters are given: copied on the way in, refused when it is wrong."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from agentkit import AgentBase, DefinitionError
from tests.documents import JSON, ai_of, document_of, make, pong

# What was passed, how it is passed, and how to change it afterwards.
PASSED: dict[str, tuple[Any, Callable[[AgentBase, Any], object]]] = {
    "set_params": ({"a": {"b": [1]}}, lambda a, v: a.set_params(v)),
    "set_param": ({"b": [1]}, lambda a, v: a.set_param("a", v)),
    "set_global_data": ({"a": {"b": [1]}}, lambda a, v: a.set_global_data(v)),
    "set_languages": (
        [{"name": "E", "code": ["en"], "voice": "v", "a": {"b": [1]}}],
        lambda a, v: a.set_languages(v),
    ),
    "set_multilingual": ({"languages": ["en"], "a": [1]}, lambda a, v: a.set_multilingual(v)),
    "set_pronunciations": (
        [{"replace": "a", "with": "b", "a": {"b": [1]}}],
        lambda a, v: a.set_pronunciations(v),
    ),
    "set_internal_fillers": ({"a": {"b": ["x"]}}, lambda a, v: a.set_internal_fillers(v)),
    "add_internal_filler": (["x"], lambda a, v: a.add_internal_filler("f", "en", v)),
    "set_function_includes": (
        [{"url": "https://x.example", "functions": ["f"], "meta_data": {"b": [1]}}],
        lambda a, v: a.set_function_includes(v),
    ),
    "add_function_include": (
        {"a": {"b": [1]}},
        lambda a, v: a.add_function_include("https://x.example", [], v),
    ),
    "functions of an include": (["f"], lambda a, v: a.add_function_include("https://x.example", v)),
    "headers of an mcp server": ({"a": "b"}, lambda a, v: a.add_mcp_server("https://x.example", v)),
    "set_native_functions": (["x"], lambda a, v: a.set_native_functions(v)),
    "add_hints": (["x"], lambda a, v: a.add_hints(v)),
    "params of a language": (
        {"a": {"b": [1]}},
        lambda a, v: a.add_language("E", "en", "v", params=v),
    ),
    "fillers of a language": (["x"], lambda a, v: a.add_language("E", "en", "v", v)),
    "pre answer": ({"url": "say:x", "a": [1]}, lambda a, v: a.add_pre_answer_verb("play", v)),
    "answer": ({"a": {"b": [1]}}, lambda a, v: a.add_answer_verb(v)),
    "post answer": ({"url": "say:x", "a": [1]}, lambda a, v: a.add_post_answer_verb("play", v)),
    "post ai": ({"url": "say:x", "a": [1]}, lambda a, v: a.add_post_ai_verb("play", v)),
    "set_prompt_pom": ([{"title": "T", "bullets": ["x"]}], lambda a, v: a.set_prompt_pom(v)),
    "bullets": (["x"], lambda a, v: a.prompt_add_section("T", bullets=v)),
    "more bullets": (["x"], lambda a, v: a.prompt_add_to_section("T", bullets=v)),
    "subsections": (
        [{"title": "T", "bullets": ["x"]}],
        lambda a, v: a.prompt_add_section("T", subsections=v),
    ),
    "llm params": ({"b": [1]}, lambda a, v: a.set_prompt_llm_params(a=v)),
    "parameters of a tool": (
        {"a": {"type": "string", "enum": ["x"]}},
        lambda a, v: a.define_tool("t", "T.", v, pong),
    ),
    "fillers of a tool": (
        {"en": ["x"]},
        lambda a, v: a.define_tool("t", "T.", {}, pong, fillers=v),
    ),
    "fields of a tool": (
        {"b": [1]},
        lambda a, v: a.define_tool("t", "T.", {}, pong, meta_data=v),
    ),
    "register_swaig_function": (
        {"function": "t", "data_map": {"output": {"response": "x"}, "b": [1]}},
        lambda a, v: a.register_swaig_function(v),
    ),
    "add_swaig_query_params": ({"a": "b"}, lambda a, v: a.add_swaig_query_params(v)),
}


def spoil(value: Any) -> None:
    """Change a container and everything in it."""
    inside = list(value.values() if isinstance(value, dict) else value)
    for item in inside:
        if isinstance(item, dict | list):
            spoil(item)
    if isinstance(value, dict):
        value["spoiled"] = "spoiled"
    else:
        value.append("spoiled")


@pytest.mark.parametrize(("value", "setter"), PASSED.values(), ids=PASSED)
def test_changing_what_was_passed_changes_nothing(
    value: Any, setter: Callable[[AgentBase, Any], object]
) -> None:
    agent = make().set_post_prompt("Sum up.")
    setter(agent, value)
    document = agent.fork()
    spoil(value)
    assert "spoiled" in str(value)
    assert "spoiled" not in str(document_of(agent))
    assert document_of(agent) == document_of(document)


def test_what_an_error_document_was_made_from_may_change() -> None:
    custom: JSON = {"sections": {"main": [{"hangup": {}}]}}
    agent = make(error_document=custom)
    spoil(custom)
    assert agent.spec.error_document == {"sections": {"main": [{"hangup": {}}]}}


A_URL = "an absolute http(s) URL"
URL = "is not an absolute http(s) URL"
WRONG: dict[str, tuple[Callable[[AgentBase], object], str]] = {
    "global data": (lambda a: a.set_global_data({"a": {1j}}), "set_global_data: JSON cannot"),
    "no dict": (lambda a: a.set_params([1]), "set_params must be a dict, not list"),  # type: ignore[arg-type]
    "languages": (lambda a: a.set_languages(["en"]), "ai.languages[0]: must be a dict, not 'en'"),  # type: ignore[list-item]
    "no languages": (lambda a: a.set_languages(None), "ai.languages: must be a list, not None"),  # type: ignore[arg-type]
    "prompt": (lambda a: a.set_prompt_text(5), "set_prompt_text takes a text, not 5"),  # type: ignore[arg-type]
    "summary": (lambda a: a.set_post_prompt(None), "set_post_prompt takes a text, not None"),  # type: ignore[arg-type]
    "language": (lambda a: a.add_language("E", "", "v"), "needs a name, a code and a voice"),
    "language params": (
        lambda a: a.add_language("E", "en", "v", params={"a": object()}),
        "add_language: JSON cannot carry",
    ),
    "lone speech filler": (
        lambda a: a.add_language("E", "en", "v", speech_fillers="um"),
        "ai.languages[0].fillers: must be a list, not 'um'",
    ),
    "language code": (
        lambda a: a.add_language("E", 5, "v"),  # type: ignore[arg-type]
        "ai.languages[0].code: must be a language code, or up to 3, not 5",
    ),
    "lone bullet": (
        lambda a: a.prompt_add_to_section("T", bullets="abc"),
        "prompt section 'T': bullets is a list of texts, not 'abc'",
    ),
    "added body": (
        lambda a: a.prompt_add_to_section("T", 5),  # type: ignore[arg-type]
        "prompt section 'T': body is a text, not 5",
    ),
    "no web hook": (lambda a: a.set_web_hook_url(None), f"set_web_hook_url: None {URL}"),  # type: ignore[arg-type]
    "no proxy": (lambda a: a.manual_set_proxy_url(5), "public URL 5 is not like"),  # type: ignore[arg-type]
    "no query": (
        lambda a: a.add_swaig_query_params("a=1"),  # type: ignore[arg-type]
        "add_swaig_query_params must be a dict, not str",
    ),
    "pattern hint": (lambda a: a.add_pattern_hint("a", "", "b"), "needs hint, pattern and replace"),
    "pronunciation": (lambda a: a.add_pronunciation("", "b"), "needs replace and with_text"),
    "lone hint": (lambda a: a.add_hints("SWML"), "add_hints takes a list of texts, not 'SWML'"),
    "numbers": (lambda a: a.add_hints([1]), "add_hints takes a list of texts"),  # type: ignore[list-item]
    "no functions": (lambda a: a.set_native_functions(None), "takes a list of texts, not None"),  # type: ignore[arg-type]
    "lone function": (lambda a: a.set_native_functions("x"), "set_native_functions takes a list"),
    "lone filler": (lambda a: a.add_internal_filler("f", "en", "x"), "add_internal_filler takes"),
    "lone include": (
        lambda a: a.add_function_include("https://x.example", "f"),
        "ai.SWAIG.includes[0].functions: must be a list, not 'f'",
    ),
    "include": (lambda a: a.add_function_include("x", []), f"url: must be {A_URL}, not 'x'"),
    "mcp": (lambda a: a.add_mcp_server("ftp://x"), f"url: must be {A_URL}, not 'ftp://x'"),
    "web hook": (lambda a: a.set_web_hook_url("/swaig"), f"set_web_hook_url: '/swaig' {URL}"),
    "post prompt": (lambda a: a.set_post_prompt_url("//x"), f"set_post_prompt_url: '//x' {URL}"),
    "proxy": (lambda a: a.manual_set_proxy_url("https://x/?a"), "must not carry a query"),
    "verb": (lambda a: a.add_post_ai_verb("", {}), "a verb needs a name, not ''"),
    "verb body": (lambda a: a.add_post_ai_verb("play", {1j}), "play: JSON cannot carry"),
    "token": (lambda a: a.add_swaig_query_params({"token": "x"}), "['token'] is agentkit's own"),
    "own token": (lambda a: a.add_swaig_query_params({"__token": "x"}), "['__token'] is agentkit"),
    "section": (lambda a: a.set_prompt_pom([{"text": "x"}]), "unknown ['text']"),
    "route": (lambda a: a.at_route("support"), "route 'support' is not a path"),
    "callback path": (
        lambda a: a.register_routing_callback(lambda request, body: None, "/swaig"),
        "the callback path '/swaig' is an endpoint of the agent",
    ),
    "callback at the root": (
        lambda a: a.register_routing_callback(lambda request, body: None, "/"),
        "the callback path '/' is an endpoint",
    ),
    "callback": (
        lambda a: a.register_routing_callback("/x", "/y"),  # type: ignore[arg-type]
        "register_routing_callback takes a function, not '/x'",
    ),
    "per call": (lambda a: a.add_per_call_config({}), "add_per_call_config takes a function"),  # type: ignore[arg-type]
    "dynamic": (
        lambda a: a.set_dynamic_config_callback(None),  # type: ignore[arg-type]
        "set_dynamic_config_callback takes a function, not None",
    ),
}


@pytest.mark.parametrize(("setter", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_value_is_an_error_at_once_and_changes_nothing(
    setter: Callable[[AgentBase], object], message: str
) -> None:
    agent = make()
    spec = agent.spec
    with pytest.raises(DefinitionError) as error:
        setter(agent)
    assert message in str(error.value)
    assert agent.spec is spec


class Odd(AgentBase):
    PROMPT_SECTIONS = ({"title": "T", "body": "\ud800"},)


@pytest.mark.parametrize("agent", [make(kind=Odd), make().set_prompt_text("\ud800")])
def test_what_json_cannot_carry_is_an_error_when_the_agent_is_compiled(agent: AgentBase) -> None:
    with pytest.raises(DefinitionError, match="agent 'Mini': JSON cannot carry"):
        agent.compiled()


def test_an_agent_without_contexts_is_copied_without_loading_what_builds_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    agent = make(name="desk").set_prompt_text("Hello.")
    monkeypatch.delitem(sys.modules, "agentkit.contexts.builder", raising=False)
    copied = agent.fork().set_prompt_text("Bye.")
    assert ai_of(copied)["prompt"]["text"] == "Bye."
    assert ai_of(agent)["prompt"]["text"] == "Hello."
    assert "agentkit.contexts.builder" not in sys.modules
