"""Every setter of an agent: its exact effect on the document, and nothing else."""

from collections.abc import Callable

import pytest

from agentkit import AgentBase, DefinitionError
from agentkit.verbs import AiParams, Message, Play
from tests.documents import AUTH, JSON, ai_of, document_of, main_of, make, pong

Setter = Callable[[AgentBase], AgentBase]

SPANISH = {"name": "S", "code": "es", "voice": "v"}
GREETING = "You are Mini, a helpful AI assistant."

# What a setter adds to the `ai` verb of an agent that has nothing but a name.
AI: dict[str, tuple[Setter, JSON]] = {
    "set_prompt_text": (lambda a: a.set_prompt_text("Be kind."), {"prompt": {"text": "Be kind."}}),
    "set_prompt_llm_params": (
        lambda a: a.set_prompt_llm_params(temperature=0.3).set_prompt_llm_params(top_p=0.9),
        {"prompt": {"text": GREETING, "temperature": 0.3, "top_p": 0.9}},
    ),
    "set_post_prompt_llm_params without a post prompt": (
        lambda a: a.set_post_prompt_llm_params(temperature=0.1),
        {},
    ),
    "set_post_prompt and its address": (
        lambda a: (
            a.set_post_prompt("Sum up.")
            .set_post_prompt_llm_params(temperature=0.1)
            .set_post_prompt_url("https://other.example/post")
        ),
        {
            "post_prompt": {"text": "Sum up.", "temperature": 0.1},
            "post_prompt_url": "https://other.example/post",
        },
    ),
    "add_hint": (lambda a: a.add_hint("SWML").add_hint("SIP"), {"hints": ["SWML", "SIP"]}),
    "add_hints": (lambda a: a.add_hints(["SWML", ""]).add_hint(""), {"hints": ["SWML"]}),
    "add_pattern_hint": (
        lambda a: a.add_pattern_hint("AI Agent", r"AI\s+Agent", "AI agent", ignore_case=True),
        {
            "hints": [
                {
                    "hint": "AI Agent",
                    "pattern": r"AI\s+Agent",
                    "replace": "AI agent",
                    "ignore_case": True,
                }
            ]
        },
    ),
    "add_language": (
        lambda a: a.add_language("English", "en-US", "rime.spore"),
        {"languages": [{"name": "English", "code": "en-US", "voice": "rime.spore"}]},
    ),
    "add_language with a voice to take apart, and both kinds of fillers": (
        lambda a: a.add_language("E", "en", "eleven.josh:turbo", ["um"], ["one sec"]),
        {
            "languages": [
                {
                    "name": "E",
                    "code": "en",
                    "voice": "josh",
                    "engine": "eleven",
                    "model": "turbo",
                    "speech_fillers": ["um"],
                    "function_fillers": ["one sec"],
                }
            ]
        },
    ),
    "add_language with one kind of fillers, engine, model and params": (
        lambda a: a.add_language(
            "E", "en", "josh", ["um"], engine="x", model="y", params={"stability": 0.5}
        ),
        {
            "languages": [
                {
                    "name": "E",
                    "code": "en",
                    "voice": "josh",
                    "engine": "x",
                    "model": "y",
                    "fillers": ["um"],
                    "params": {"stability": 0.5},
                }
            ]
        },
    ),
    "set_languages": (
        lambda a: a.add_language("E", "en", "v").set_languages([SPANISH]),
        {"languages": [SPANISH]},
    ),
    "set_language_params": (
        lambda a: (
            a.add_language("E", "en", "v", params={"speed": 2})
            .set_languages([{**SPANISH, "params": {"pitch": 1}}, {**SPANISH, "code": "en"}])
            .set_language_params("es", {"stability": "${vars.s}"})
        ),
        {
            "languages": [
                {**SPANISH, "params": {"stability": "${vars.s}"}},
                {**SPANISH, "code": "en"},
            ]
        },
    ),
    "set_multilingual": (
        lambda a: a.set_multilingual({"languages": ["es", {"language": "en"}]}),
        {"multilingual": {"languages": ["es", {"language": "en"}]}},
    ),
    "set_multilingual with nothing": (
        lambda a: a.set_multilingual({"languages": ["es"]}).set_multilingual({}),
        {},
    ),
    "set_semantic_gates": (
        lambda a: a.set_semantic_gates(True, history=0).set_semantic_gates(timeout_ms=500),
        {
            "params": {
                "semantic_gates_enabled": True,
                "semantic_gate_timeout_ms": 500,
                "semantic_gate_history": 0,
            }
        },
    ),
    "add_pronunciation": (
        lambda a: a.add_pronunciation("API", "A P I", ignore_case=True).add_pronunciation("x", "y"),
        {
            "pronounce": [
                {"replace": "API", "with": "A P I", "ignore_case": True},
                {"replace": "x", "with": "y"},
            ]
        },
    ),
    "set_pronunciations": (
        lambda a: a.add_pronunciation("a", "b").set_pronunciations([{"replace": "c", "with": "d"}]),
        {"pronounce": [{"replace": "c", "with": "d"}]},
    ),
    "set_param": (lambda a: a.set_param("ai_volume", 3), {"params": {"ai_volume": 3}}),
    "set_params": (
        lambda a: a.set_params({"ai_volume": 3, "wait_for_user": True}).set_params(
            {"ai_volume": 4}
        ),
        {"params": {"ai_volume": 4, "wait_for_user": True}},
    ),
    "set_global_data": (
        lambda a: a.set_global_data({"a": 1, "b": {"c": 2}}).update_global_data({"b": {"d": 3}}),
        {"global_data": {"a": 1, "b": {"d": 3}}},
    ),
    "set_native_functions": (
        lambda a: a.set_native_functions(["wait_seconds"]).set_native_functions(["check_time"]),
        {"SWAIG": {"native_functions": ["check_time"]}},
    ),
    "set_internal_fillers and add_internal_filler": (
        lambda a: (
            a.set_internal_fillers({"next_step": {"en-US": ["Moving."]}})
            .add_internal_filler("next_step", "es", ["Vamos."])
            .add_internal_filler("check_time", "en-US", ["A moment."])
        ),
        {
            "SWAIG": {
                "internal_fillers": {
                    "next_step": {"en-US": ["Moving."], "es": ["Vamos."]},
                    "check_time": {"en-US": ["A moment."]},
                }
            }
        },
    ),
    "add_function_include": (
        lambda a: a.add_function_include("https://x.example/inc", ["f"], {"m": 1}),
        {
            "SWAIG": {
                "includes": [
                    {"url": "https://x.example/inc", "functions": ["f"], "meta_data": {"m": 1}}
                ]
            }
        },
    ),
    "set_function_includes": (
        lambda a: a.add_function_include("https://x.example/inc", ["f"]).set_function_includes(
            [{"url": "https://y.example", "functions": []}]
        ),
        {"SWAIG": {"includes": [{"url": "https://y.example", "functions": []}]}},
    ),
    "add_mcp_server": (
        lambda a: a.add_mcp_server(
            "https://mcp.example", {"Authorization": "Bearer k"}, resource_vars={"c": "d"}
        ).add_mcp_server("https://mcp.example/2", resources=True),
        {
            "SWAIG": {
                "mcp_servers": [
                    {
                        "url": "https://mcp.example",
                        "headers": {"Authorization": "Bearer k"},
                        "resource_vars": {"c": "d"},
                    },
                    {"url": "https://mcp.example/2", "resources": True},
                ]
            }
        },
    ),
    "set_web_hook_url without functions": (
        lambda a: a.set_web_hook_url("https://other.example/swaig"),
        {},
    ),
    "query parameters without functions": (lambda a: a.add_swaig_query_params({"tier": 1}), {}),
    "a post prompt address alone": (
        lambda a: a.set_post_prompt_url("https://other.example/post"),
        {"post_prompt_url": "https://other.example/post"},
    ),
}


def test_an_agent_that_has_nothing_but_a_name_says_this() -> None:
    ai = {"prompt": {"text": GREETING}, "params": {}}
    assert document_of(make()) == {
        "version": "1.0.0",
        "sections": {"main": [{"answer": {}}, {"ai": ai}]},
    }


@pytest.mark.parametrize(("setter", "expected"), AI.values(), ids=AI)
def test_a_setter_changes_this_of_the_ai_verb_and_returns_the_agent(
    setter: Setter, expected: JSON
) -> None:
    agent = make()
    before = ai_of(agent)
    assert setter(agent) is agent
    assert ai_of(agent) == {**before, **expected}
    assert [*main_of(agent)[0]] == ["answer"]


# What a setter makes of the verbs of `main`; the body of the ai verb is left out.
AROUND: dict[str, tuple[Setter, list[JSON]]] = {
    "add_pre_answer_verb": (
        lambda a: a.add_pre_answer_verb("play", {"urls": ["ring:us"], "auto_answer": False}),
        [{"play": {"urls": ["ring:us"], "auto_answer": False}}, {"answer": {}}, {"ai": ...}],
    ),
    "add_answer_verb": (
        lambda a: a.add_answer_verb({"max_duration": 3600}),
        [{"answer": {"max_duration": 3600}}, {"ai": ...}],
    ),
    "add_answer_verb without settings": (
        lambda a: a.add_answer_verb(),
        [{"answer": {}}, {"ai": ...}],
    ),
    "add_post_answer_verb": (
        lambda a: a.add_post_answer_verb("play", {"url": "say:Hi"}).add_post_answer_verb(
            "sleep", 500
        ),
        [{"answer": {}}, {"play": {"url": "say:Hi"}}, {"sleep": 500}, {"ai": ...}],
    ),
    "add_post_ai_verb": (
        lambda a: a.add_post_ai_verb("hangup", {}),
        [{"answer": {}}, {"ai": ...}, {"hangup": {}}],
    ),
    "clearing": (
        lambda a: (
            a.add_pre_answer_verb("sleep", 1)
            .add_post_answer_verb("sleep", 2)
            .add_post_ai_verb("sleep", 3)
            .clear_pre_answer_verbs()
            .clear_post_answer_verbs()
            .clear_post_ai_verbs()
        ),
        [{"answer": {}}, {"ai": ...}],
    ),
}


def around(agent: AgentBase) -> list[JSON]:
    return [verb if "ai" not in verb else {"ai": ...} for verb in main_of(agent)]


@pytest.mark.parametrize(("setter", "expected"), AROUND.values(), ids=AROUND)
def test_a_setter_puts_verbs_around_the_ai_verb(setter: Setter, expected: list[JSON]) -> None:
    agent = make()
    ai = ai_of(agent)
    assert setter(agent) is agent
    assert around(agent) == expected
    assert ai_of(agent) == ai


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"auto_answer": False}, [{"ai": ...}]),
        (
            {"auto_answer": False, "record_call": True},
            [{"record_call": {"format": "mp4", "stereo": True}}, {"ai": ...}],
        ),
        (
            {"record_call": True, "record_format": "wav", "record_stereo": False},
            [{"answer": {}}, {"record_call": {"format": "wav", "stereo": False}}, {"ai": ...}],
        ),
        ({"record_format": "wav"}, [{"answer": {}}, {"ai": ...}]),
    ],
)
def test_the_constructor_puts_verbs_around_the_ai_verb(options: JSON, expected: list[JSON]) -> None:
    assert around(make(**options)) == expected


def test_an_answer_verb_answers_also_where_auto_answer_is_off() -> None:
    agent = make(auto_answer=False).add_answer_verb({"max_duration": 60})
    assert around(agent) == [{"answer": {"max_duration": 60}}, {"ai": ...}]


def test_the_verbs_stand_in_the_order_of_the_call() -> None:
    agent = make(record_call=True)
    agent.add_post_ai_verb("hangup", {}).add_post_answer_verb("sleep", 1)
    agent.add_pre_answer_verb("play", {"url": "ring:us"})
    names = [next(iter(verb)) for verb in main_of(agent)]
    assert names == ["play", "answer", "record_call", "sleep", "ai", "hangup"]


def test_a_saved_conversation_needs_an_address_without_a_post_prompt() -> None:
    assert "post_prompt_url" not in ai_of(make())
    url = ai_of(make().set_param("save_conversation", True))["post_prompt_url"]
    assert url.startswith("http://u:p@localhost:3000/post_prompt/?__token=")


def test_native_functions_of_the_constructor_are_offered() -> None:
    ai = ai_of(make(native_functions=["check_time", "wait_seconds"]))
    assert ai["SWAIG"] == {"native_functions": ["check_time", "wait_seconds"]}


def test_query_parameters_stand_before_the_token_of_every_own_url() -> None:
    agent = make(route="/full").set_post_prompt("Sum up.")
    agent.define_tool("ping", handler=pong)
    agent.add_swaig_query_params({"tier": "gold & more", "empty": "", "none": None, "zero": 0})
    agent.add_swaig_query_params({"n": 7})
    ai = ai_of(agent)
    query = "?tier=gold+%26+more&n=7&__token=v1."
    home = "http://u:p@localhost:3000/full"
    assert ai["SWAIG"]["defaults"]["web_hook_url"].startswith(f"{home}/swaig/{query}")
    assert ai["post_prompt_url"].startswith(f"{home}/post_prompt/{query}")
    agent.clear_swaig_query_params()
    assert ai_of(agent)["post_prompt_url"].startswith(f"{home}/post_prompt/?__token=v1.")


@pytest.mark.parametrize("scope", ["call", "function"])
def test_a_web_hook_url_reaches_every_function_that_has_none_of_its_own(scope: str) -> None:
    agent = make(token_scope=scope, default_webhook_url="https://first.example/swaig")
    assert agent.spec.web_hook_url == "https://first.example/swaig"
    agent.set_web_hook_url("https://other.example/swaig?key=1")
    agent.define_tool("own", "Own.", webhook_url="https://third.example/own")
    agent.define_tool("plain", "Plain.", {}, pong).define_tool("open", "", {}, pong, secure=False)
    swaig = ai_of(agent)["SWAIG"]
    assert swaig["defaults"] == {"web_hook_url": "https://other.example/swaig?key=1"}
    assert {f["function"]: f.get("web_hook_url") for f in swaig["functions"]} == {
        "own": "https://third.example/own",
        "plain": None,
        "open": None,
    }
    assert "__token" not in str(swaig)


def test_the_public_url_is_that_of_manual_set_proxy_url() -> None:
    agent = make(route="/r", public_url="https://first.example").set_post_prompt("Sum up.")
    assert agent.manual_set_proxy_url("https://agents.example.com/base") is agent
    home = "https://u:p@agents.example.com/base/r/post_prompt/?__token="
    assert ai_of(agent)["post_prompt_url"].startswith(home)


def test_the_credentials_go_into_urls_percent_encoded() -> None:
    agent = make(basic_auth=("a b", "p/ü:@")).set_post_prompt("Sum up.")
    assert ai_of(agent)["post_prompt_url"].startswith("http://a%20b:p%2F%C3%BC%3A%40@localhost")
    assert AUTH not in agent.spec.access.auth.credentials


def test_settings_of_the_vendors_sdk_that_have_no_effect_are_taken() -> None:
    agent = AgentBase(
        "a",
        basic_auth=AUTH,
        swaig_secret="a-secret-of-the-vendors-name",
        agent_id="a-1",
        schema_path=None,
        schema_validation=False,
        suppress_logs=True,
        enable_post_prompt_override=True,
        check_for_input_override=True,
        trust_proxy_for_signature=False,
        config_file=None,
    )
    assert not agent.spec.access.secret_is_local
    same = make(secret="a-secret-of-the-vendors-name")
    assert agent.spec.access.keys.by_id == same.spec.access.keys.by_id


def test_a_setting_that_nobody_has_is_refused() -> None:
    with pytest.raises(TypeError, match="an agent has no setting colour"):
        AgentBase("a", colour="red")  # type: ignore[call-arg]
    with pytest.raises(DefinitionError, match="config_file is not read"):
        AgentBase("a", config_file="agent.json")


FLAGS = ["use_pom", "enable_state_tracking", "auto_answer", "record_call", "record_stereo"]


@pytest.mark.parametrize("name", FLAGS)
def test_a_text_is_no_switch_though_python_would_take_it_for_true(name: str) -> None:
    with pytest.raises(DefinitionError, match=f"{name} is True or False, not the text 'false'"):
        AgentBase("a", basic_auth=("user", "pass"), **{name: "false"})  # type: ignore[arg-type]


def test_limits_that_are_none_are_refused() -> None:
    with pytest.raises(DefinitionError, match=r"limits= takes Limits\(\.\.\.\), not 5"):
        make(limits=5)


def test_parameters_may_be_typed() -> None:
    agent = make().set_params(AiParams(end_of_speech_timeout=500, extra={"new_one": 1}))
    agent.set_params(
        {"convo": [Message("user", "Hello.")], "more": {"deep": [Message("user", "x")]}}
    )
    assert ai_of(agent)["params"] == {
        "end_of_speech_timeout": 500,
        "new_one": 1,
        "convo": [{"role": "user", "content": "Hello."}],
        "more": {"deep": [{"role": "user", "content": "x"}]},
    }
    with pytest.raises(DefinitionError, match=r"AiParams\.digit_timeout: expected `int` <= 30000"):
        AiParams(digit_timeout=30_001)


def test_verbs_around_the_model_may_be_typed() -> None:
    agent = make().add_post_answer_verb(Play("say:Welcome.")).add_post_ai_verb("hangup")
    agent.add_pre_answer_verb(Play(urls=["ring:us"], auto_answer=False))
    assert [verb for verb in main_of(agent) if "ai" not in verb] == [
        {"play": {"urls": ["ring:us"], "auto_answer": False}},
        {"answer": {}},
        {"play": {"url": "say:Welcome."}},
        {"hangup": {}},
    ]


def test_credentials_are_told_with_their_source(monkeypatch: pytest.MonkeyPatch) -> None:
    assert make().get_basic_auth_credentials(include_source=True) == (*AUTH, "provided")
    monkeypatch.setenv("SWML_BASIC_AUTH_USER", "e")
    monkeypatch.setenv("SWML_BASIC_AUTH_PASSWORD", "w")
    found = make(basic_auth=None).get_basic_auth_credentials(include_source=True)
    assert found == ("e", "w", "environment")
    monkeypatch.delenv("SWML_BASIC_AUTH_USER")
    monkeypatch.delenv("SWML_BASIC_AUTH_PASSWORD")
    assert make(basic_auth=None).get_basic_auth_credentials(include_source=True)[2] == "generated"


def test_credentials_can_be_checked() -> None:
    assert make().validate_basic_auth(*AUTH)
    assert not make().validate_basic_auth("u", "other")
    assert not make().validate_basic_auth("", "ünïcode")


def test_a_graceful_end_needs_no_setting_up() -> None:
    make().setup_graceful_shutdown()


def test_the_parameters_of_a_voice_can_be_read_back() -> None:
    agent = make().set_languages([SPANISH]).set_language_params("es", {"stability": 0.5})
    read = agent.get_language_params("es")
    assert read == {"stability": 0.5}
    read["stability"] = 1  # it is a copy
    assert agent.get_language_params("es") == {"stability": 0.5}
    assert agent.get_language_params("en") is None
    assert make().set_languages([SPANISH]).get_language_params("es") is None


def test_the_voice_of_a_language_that_is_not_there_has_no_parameters() -> None:
    with pytest.raises(DefinitionError, match="no language with the code 'en'"):
        make().set_languages([SPANISH]).set_language_params("en", {"stability": 0.5})
