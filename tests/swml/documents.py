"""Small documents, and whether the platform's schema takes them. All of them are made up."""

from typing import Any

PROMPT = {"text": "You sell tea."}


def ai(**fields: Any) -> dict[str, Any]:
    return {"ai": {"prompt": PROMPT, **fields}}


def function(**fields: Any) -> dict[str, Any]:
    return ai(SWAIG={"functions": [{"function": "f", "description": "d", **fields}]})


def argument(**schema: Any) -> dict[str, Any]:
    return function(parameters={"type": "object", "properties": {"a": schema}})


def action(**keys: Any) -> dict[str, Any]:
    return function(data_map={"output": {"response": "r", "action": [keys]}})


def step(**fields: Any) -> dict[str, Any]:
    return context(steps=[{"name": "a", "text": "t", **fields}])


def context(**fields: Any) -> dict[str, Any]:
    return {"ai": {"prompt": {"text": "x", "contexts": {"default": {"steps": [], **fields}}}}}


HANGUP: list[dict[str, Any]] = [{"hangup": {}}]

TAKEN: list[dict[str, Any]] = [
    {"answer": {}},
    {"answer": {"max_duration": "${vars.x}"}},
    {"answer": {"max_duration": 5.0}},
    {"hangup": {"reason": "busy"}},
    {"play": {"url": "say:hi", "volume": -3.5}},
    {"play": {"urls": ["ring:3:us", "silence: 2", "https://e.com/a.mp3"]}},
    {"play": {"urls": ["${a}", "%{b}"]}},
    {"prompt": {"play": ["say:a"], "max_digits": 4, "speech_hints": ["tea"]}},
    {"sleep": 500},
    {"sleep": {"duration": -1}},
    {"sleep": "${pause}"},
    {"set": {"a": None, "b": [1]}},
    {"unset": ["a", "b"]},
    {"unset": "a"},
    {"label": "again"},
    {"return": None},
    {"return": {"a": [1]}},
    {"goto": {"label": "again", "when": "x < 3", "max": 3}},
    {"cond": [{"when": "x", "then": HANGUP, "else": []}, {"else": HANGUP}]},
    {"switch": {"variable": "x", "case": {"1": HANGUP}, "default": []}},
    {"execute": {"dest": "sub", "params": {"a": 1}, "on_return": HANGUP}},
    {"execute": {"dest": "sub", "result": {"case": {"a": []}}}},
    {"connect": {"to": "+12025550123", "from": "+12025550124", "encryption": "optional"}},
    {"connect": {"parallel": [{"to": "sip:a@b"}], "confirm": [{"play": {"url": "say:hi"}}]}},
    {"connect": {"serial_parallel": [[{"to": "+1"}], [{"to": "+2"}]], "result": []}},
    {"connect": {"to": "stream:wss://e.com", "realtime": True, "custom_parameters": {"a": "b"}}},
    {"join_conference": {"name": "c", "result": {"variable": "x", "case": {}}}},
    {"send_sms": {"to_number": "+1", "from_number": "+2", "media": []}},
    {"pay": {"payment_connector_url": "https://e.com", "prompts": [
        {"for": "x", "actions": [{"type": "Say", "phrase": "a"}]}]}},
    {"live_transcribe": {"action": "stop"}},
    {"live_transcribe": {"action": {"summarize": {"prompt": "p"}}}},
    {"live_transcribe": {"action": {"start": {"lang": "en", "direction": ["remote-caller"]}}}},
    {"live_translate": {"action": {"inject": {"message": "m", "direction": "local-caller"}}}},
    {"live_translate": {"action": {"start": {
        "from_lang": "en", "to_lang": "de", "direction": [], "filter_to": "prompt:be kind"}}}},
    {"transcribe": {}},
    {"stream": {"url": "wss://e.com"}},
    {"user_event": {"event": {}}},
    {"ai": {"prompt": {"pom": [{"body": "b", "subsections": [{"bullets": ["x"]}]}]}}},
    ai(hints=["tea", {"hint": "a", "pattern": "b", "replace": "c"}]),
    ai(params={"attention_timeout": 0, "background_file_loops": None, "anything": [1]}),
    ai(languages=[{"name": "E", "code": ["en", "de"], "voice": "v", "params": {"pitch": -3}}]),
    ai(multilingual={"languages": [{"language": "en"}], "fillers": {"en": ["hm"]}}),
    ai(SWAIG={"includes": [{"url": "u", "functions": []}], "mcp_servers": [{"url": "u"}]}),
    function(fillers={"en-US": ["hm"]}, wait_file_loops="3", active="${on}"),
    argument(type="array", items={"type": "object", "properties": {"b": {"type": "null",
             "description": "n"}}}),
    argument(anyOf=[{"type": "string", "format": "date_time"}, {"const": 3}]),
    argument(type="number", enum=[1, 1.5], nullable=True),
    step(skip_user_turn=True, functions=[]),
    context(isolated=True, enter_fillers={"default": ["hi"]}),
    function(data_map={"webhooks": [{"url": "u", "foreach": {
        "input_key": "a", "output_key": "b", "append": "c"}}]}),
    action(SWML={"sections": {"main": HANGUP}}, transfer=True),
    action(hold={"timeout": 5}),
    action(unset_global_data={}),
    action(toggle_functions=[{"active": False, "function": ["a"]}]),
    {"ai_sidecar": {"lang": "en", "prompt": {"file": "f"}, "params": {"idle_timeout_ms": 50}}},
    {"ai_sidecar": {"lang": "en", "SWAIG": {"functions": [{"function": "f", "parameters": {
        "type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}}},
        }]}}},
    {"amazon_bedrock": {"prompt": {"text": "t", "voice_id": "amy"}, "params": {"x": 1}}},
]  # fmt: skip

REFUSED: list[tuple[Any, str]] = [
    ("answer", "sections.main[0]: expected an object with one key"),
    ({"answer": {}, "hangup": {}}, "sections.main[0]: expected an object with one key"),
    ({"frobnicate": {}}, "sections.main[0].frobnicate: there is no such verb"),
    ({"execute_rpc": {"method": "dial"}}, "execute_rpc: there is no such verb"),
    ({"answer": None}, "answer: expected an object, got null"),
    ({"answer": {"x": 1}}, "answer.x: there is no such key"),
    ({"answer": {"max_duration": "60"}}, "answer.max_duration: expected `int`, got `str`"),
    ({"answer": {"max_duration": True}}, "answer.max_duration: expected `int`"),
    ({"hangup": {"reason": "x"}}, "hangup.reason: Invalid enum value"),
    ({"play": {}}, "play: needs one of url, urls"),
    ({"play": {"url": "say:a", "urls": []}}, "play: needs one of url, urls"),
    ({"play": {"url": "a.mp3"}}, "play.url: expected https://…, say:text"),
    ({"play": {"url": "say:a", "volume": 41}}, "play.volume: expected `float` <= 40"),
    ({"play": {"urls": ["say:a", "${b}"]}}, "play.urls"),
    ({"sleep": 0.5}, "sleep: expected `int`"),
    ({"sleep": {"duration": -2}}, "sleep.duration: expected `int` >= -1"),
    ({"goto": {}}, "goto.label: is missing"),
    ({"goto": {"label": "x", "max": 101}}, "goto.max: expected `int` <= 100"),
    ({"label": {}}, "label: expected `str`"),
    ({"set": []}, "set: expected an object, got list"),
    ({"cond": {}}, "cond: expected an array"),
    ({"cond": [{"when": "x"}]}, "cond[0]: needs when and then"),
    ({"cond": [{}]}, "cond[0]: needs when and then"),
    ({"switch": {"variable": "x", "case": {"1": {}}}}, "switch.case.1: expected an array"),
    ({"switch": {"variable": "x", "case": {"1": [{"goto": {}}]}}}, "case.1[0].goto.label"),
    ({"transfer": "main"}, "transfer: expected an object"),
    ({"connect": {}}, "connect: needs one of to, serial"),
    ({"connect": {"to": "a", "serial": []}}, "connect: needs one of to, serial"),
    ({"connect": {"serial": [], "codec": "x"}}, "connect: codec goes with `to`"),
    ({"connect": {"to": "a", "session_timeout": 0}}, "connect.session_timeout"),
    ({"connect": {"to": "a", "confirm": [{"answer": {}}]}}, "confirm[0].answer: there is no such"),
    ({"connect": {"to": "a", "headers": {"a": "b"}}}, "connect.headers: expected an array"),
    ({"join_conference": {"name": "c", "max_participants": 1}}, "join_conference.max_participants"),
    ({"send_sms": {"to_number": "1", "from_number": "2"}}, "send_sms: needs body or media"),
    ({"pay": {"payment_connector_url": "u", "prompts": [
        {"for": "x", "actions": [{"type": "Play", "phrase": "a"}]}]}}, "actions[0].phrase"),
    ({"request": {"url": "u", "method": "PATCH"}}, "request.method"),
    ({"live_transcribe": {"action": "go"}}, "live_transcribe.action"),
    ({"ai": {}}, "ai.prompt: is missing"),
    ({"ai": {"prompt": {}}}, "ai.prompt: needs one of text, pom"),
    ({"ai": {"prompt": {"text": "x", "pom": [{"body": "b"}]}}}, "ai.prompt: needs one of"),
    ({"ai": {"prompt": {"pom": []}}}, "ai.prompt.pom: expected at least 1 items, got 0"),
    ({"ai": {"prompt": {"pom": [{"title": "t"}]}}}, "ai.prompt.pom[0]: needs body or bullets"),
    ({"ai": {"prompt": {"text": "x", "temperature": 1.6}}}, "prompt.temperature"),
    (ai(post_prompt_auth_user="u"), "ai.post_prompt_auth_user: there is no such key"),
    (ai(params={"end_of_speech_timeout": 0}), "params.end_of_speech_timeout"),
    (ai(params={"hard_stop_time": "300"}), "hard_stop_time: expected a time such as"),
    (ai(params={"enable_text_normalization": True}), "enable_text_normalization"),
    (ai(languages=[{"name": "E", "code": list("abcd"), "voice": "v"}]), "at most 3 items, got 4"),
    (ai(SWAIG={"internal_fillers": {"hangup": {}}}), "internal_fillers.hangup: there is no such"),
    (function(purpose="p", gates=[{}]), "functions[0].gates: there is no such key"),
    (function(active=3), "functions[0].active"),
    (function(data_map={}), "data_map: needs expressions or webhooks or output"),
    (argument(type="integer", minimum=1), "properties.a.minimum: there is no such key"),
    (argument(type=["string", "null"]), "properties.a"),
    (step(gather_info={"questions": []}), "steps[0].gather_info: there is no such key"),
    (step(functions="none"), "steps[0].functions"),
    (step(name="next"), "steps[0].name: expected another name than next"),
    (step(pom=[]), "steps[0]: needs one of text, pom"),
    (context(text="a", pom=[{"body": "b"}]), "default: takes text or pom, not both"),
    (context(post_prompt="x"), "default.post_prompt: there is no such key"),
    ({"ai": {"prompt": {"text": "x", "contexts": {"other": {"steps": []}}}}}, "named default"),
    (action(say="x", stop=True), "action[0]: one action an object, not 2"),
    (action(say="x", transfer=True), "action[0]: one action an object, not 2"),
    (action(transfer=True), "action[0]: there is no action"),
    (action(hold=901), "action[0].hold: expected `int` <= 900"),
    (action(SWML="{}"), "action[0].SWML"),
    (action(SWML={"sections": {}}), "SWML: sections: needs a section named main"),
    (action(context_switch={}), "context_switch: needs system_prompt"),
    (action(change_voice="v"), "action[0].change_voice: there is no such key"),
    ({"ai_sidecar": {"lang": ""}}, "ai_sidecar.lang"),
    ({"ai_sidecar": {"lang": "en", "hints": []}}, "at least 1 items"),
    ({"amazon_bedrock": {"prompt": {"text": "t", "voice_id": "zoe"}}}, "prompt.voice_id"),
]  # fmt: skip

KEPT: list[Any] = [
    {"frobnicate": {"a": [1]}},
    {"if": {"condition": "x"}},
    "answer",
    {"answer": {}, "hangup": {}},
    {"play": "say:hi"},
    {"play": ["say:hi"]},
    {"answer": None},
    {"goto": {}},
    {"record_call": {"stereo": "true", "zz": 1}},
    {"execute_rpc": {"method": "dial", "params": {}, "zz": None}},
    {"join_conference": "c"},
    {"pay": {"payment_connector_url": "u", "security_code": "true", "timeout": "5"}},
    ai(params={"end_of_speech_timeout": "2500", "attention_timeout": 5000, "x": {"y": None}}),
    ai(post_prompt="Sum up", post_prompt_auth_user="u", swaig={}),
    function(active="false", gates=[{"id": "g"}], data_map={}, zz=[None]),
    argument(type="integer", minimum=1),
    argument(type=["string", "null"]),
    step(gather_info={"questions": [{"key": "a", "question": "q", "zz": 1}], "output_key": "o"}),
    step(functions="none", history="keep", reset={"full_reset": True}),
    action(say="x", stop=True),
    action(transfer={"dest": "x"}),
    action(SWML="{}", transfer="true"),
    action(hold="5m"),
    action(set_global_data={"a": None}, zz=1),
    {"ai": {"prompt": {"text": "x", "pom": [], "model": "m", "contexts": {}}}},
]


def document(*verbs: Any) -> dict[str, Any]:
    return {"version": "1.0.0", "sections": {"main": [*verbs]}}
