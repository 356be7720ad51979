"""What a model may call: functions, data maps and actions (facts 1.4, 3.4, 5.1)."""

from agentkit.loopback.tables.kinds import (
    ANY,
    FLAG,
    OBJECT,
    REAL,
    TEXT,
    TEXT_TABLE,
    TEXTS,
    WHOLE,
    Document,
    Fields,
    Items,
    Kind,
    Later,
    Number,
    Table,
    either,
    fields,
    whole,
    words,
)  # fmt: skip
from agentkit.loopback.tables.prompting import LANGUAGE_FILLERS

_HERE: dict[str, Kind] = {}  # kinds that hold themselves
_PROPERTY = Later(_HERE, "property")
_FORMATS = (
    "date_time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uuid",
)  # fmt: skip


def _typed(name: str, **more: Kind) -> Fields:
    known: dict[str, Kind] = {"type": words(name), "description": TEXT, "nullable": FLAG}
    return fields({**known, **more}, "type")


_HERE["property"] = either(
    _typed("string", enum=TEXTS, default=TEXT, pattern=TEXT, format=words(*_FORMATS)),
    _typed("integer", enum=Items(WHOLE), default=WHOLE),
    _typed("number", enum=Items(REAL), default=REAL),
    _typed("boolean", default=FLAG),
    fields(
        {"type": words("array"), "description": TEXT, "nullable": FLAG, "items": _PROPERTY,
         "default": Items(ANY)}, "type", "items",
    ),
    _typed("object", properties=Table(_PROPERTY), required=TEXTS, default=OBJECT),
    fields({"type": words("null"), "description": TEXT}, "type", "description"),
    *(fields({name: Items(_PROPERTY)}, name) for name in ("oneOf", "anyOf", "allOf")),
    fields({"const": ANY}, "const"),
)  # fmt: skip
PARAMETERS: Fields = fields(
    {"type": words("object"), "properties": Table(_PROPERTY), "required": TEXTS},
    "type",
    "properties",
)

_NAMES = either(TEXT, TEXTS, OBJECT)
ACTIONS: dict[str, Kind] = {
    "SWML": either(Document(), TEXT),
    "transfer": either(TEXT, FLAG, fields({"dest": TEXT, "summarize": FLAG}, "dest")),
    "say": TEXT,
    "stop": FLAG,
    "hangup": FLAG,
    "hold": either(
        whole(0, 900), TEXT, fields({"timeout": ANY, "step": TEXT, "timeout_step": TEXT})
    ),
    "wait_for_user": either(FLAG, WHOLE, words("answer_first")),
    "playback_bg": either(TEXT, fields({"file": TEXT, "wait": FLAG}, "file")),
    "stop_playback_bg": either(FLAG, OBJECT),
    "user_input": TEXT,
    "change_step": TEXT,
    "change_context": TEXT,
    "context_switch": either(
        TEXT,
        fields(
            {"system_prompt": TEXT, "user_prompt": TEXT, "system_pom": ANY, "user_pom": ANY,
             "consolidate": FLAG, "full_reset": FLAG},
        ),
    ),
    "set_global_data": OBJECT,
    "unset_global_data": _NAMES,
    "set_meta_data": OBJECT,
    "unset_meta_data": _NAMES,
    "toggle_functions": Items(
        fields(
            {"function": either(TEXT, TEXTS), "active": either(FLAG, WHOLE)}, "function", "active"
        )
    ),
    "add_dynamic_hints": Items(either(TEXT, OBJECT)),
    "clear_dynamic_hints": OBJECT,
    "settings": OBJECT,
    "end_of_speech_timeout": whole(1),
    "speech_event_timeout": whole(1),
    "change_voice": TEXT,
    "replace_in_history": either(TEXT, FLAG),
    "back_to_back_functions": either(FLAG, words("forever")),
    "functions_on_speaker_timeout": FLAG,
    "extensive_data": FLAG,
    "user_event": OBJECT,
}  # fmt: skip
_ACTION = fields(ACTIONS, together=("SWML", "transfer"))
_RESPONSE = either(TEXT, fields({"tool_result": TEXT, "tool_prompt": TEXT}))
OUTPUT: Fields = fields(
    {"response": _RESPONSE, "action": either(Items(_ACTION), _ACTION), "post_process": FLAG}
)
_EXPRESSIONS = Items(
    fields(
        {"string": TEXT, "pattern": TEXT, "output": OUTPUT, "nomatch-output": OUTPUT},
        "string",
        "pattern",
        "output",
    )
)
_WEBHOOK = fields(
    {
        "url": TEXT,
        "method": words("GET", "POST", "PUT", "DELETE"),
        "headers": OBJECT,
        "params": OBJECT,
        "input_args_as_params": FLAG,
        "require_args": either(TEXT, TEXTS),
        "error_keys": either(TEXT, TEXTS),
        "foreach": fields(
            {"input_key": TEXT, "output_key": TEXT, "append": TEXT, "max": WHOLE},
            "input_key",
            "output_key",
            "append",
        ),
        "expressions": _EXPRESSIONS,
        "output": OUTPUT,
        "form_param": TEXT,
    },
    "url",
)
DATA_MAP: Fields = fields(
    {"expressions": _EXPRESSIONS, "webhooks": Items(_WEBHOOK), "output": OUTPUT},
    some_of=("expressions", "webhooks", "output"),
)

_AUTH: dict[str, Kind] = {"web_hook_auth_user": TEXT, "web_hook_auth_password": TEXT}
_GATE = fields(
    {
        "id": TEXT,
        "question": TEXT,
        "criteria": fields({"true": TEXT, "false": TEXT}),
        "threshold": Number(whole=False, low=0, high=1, var=False),
        "on_fail": OUTPUT,
        "visual_input": either(FLAG, TEXTS),
    },
    "id",
    "question",
)
_BEYOND_FUNCTION: dict[str, Kind] = {
    **_AUTH,
    "gates": Items(_GATE, most=8),
    "gate_fillers": LANGUAGE_FILLERS,
    "visual_input": ANY,
}
FUNCTION: Fields = fields(
    {
        "function": TEXT,
        "description": TEXT,
        "purpose": TEXT,
        "parameters": PARAMETERS,
        "argument": PARAMETERS,
        "fillers": LANGUAGE_FILLERS,
        "active": FLAG,
        "meta_data": OBJECT,
        "meta_data_token": TEXT,
        "data_map": DATA_MAP,
        "skip_fillers": FLAG,
        "web_hook_url": TEXT,
        "wait_file": TEXT,
        "wait_file_loops": either(WHOLE, TEXT),
        "wait_for_fillers": FLAG,
        **_BEYOND_FUNCTION,
    },
    "function",
    "description",
)
_DEFAULTS = fields({"web_hook_url": TEXT, **_AUTH})
_INCLUDE_AUTH = ("auth_user", "auth_password", "user", "pass")
MCP_SERVERS = Items(
    fields(
        {"url": TEXT, "headers": TEXT_TABLE, "resources": FLAG, "resource_vars": TEXT_TABLE}, "url"
    )
)
_INTERNAL = (
    "check_time", "wait_for_user", "wait_seconds", "adjust_response_latency", "next_step",
    "change_context", "get_visual_input", "get_ideal_strategy", "pause_conversation",
)  # fmt: skip
_FUNCTIONS = Items(FUNCTION)

SWAIG: Fields = fields(
    {
        "defaults": _DEFAULTS,
        "functions": _FUNCTIONS,
        "includes": Items(
            fields(
                {"url": TEXT, "functions": TEXTS, "meta_data": OBJECT,
                 **dict.fromkeys(_INCLUDE_AUTH, TEXT)},
                "url", "functions"
            )
        ),
        "native_functions": Items(
            words("check_time", "wait_seconds", "wait_for_user", "adjust_response_latency")
        ),
        "internal_fillers": fields(dict.fromkeys((*_INTERNAL, "hangup"), LANGUAGE_FILLERS)),
        "mcp_servers": MCP_SERVERS,
    }
)  # fmt: skip
BEDROCK_SWAIG: Fields = fields({"defaults": _DEFAULTS, "functions": _FUNCTIONS})
SIDECAR_SWAIG: Fields = fields(
    {
        "defaults": fields({"web_hook_url": TEXT, **_AUTH}),
        "functions": Items(
            fields(
                {"function": TEXT, "description": TEXT, "purpose": TEXT, "parameters": PARAMETERS,
                 "web_hook_url": TEXT, **_AUTH}, "function",
            )
        ),
        "mcp_servers": MCP_SERVERS,
    }
)  # fmt: skip
