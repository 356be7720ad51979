"""One agent that uses every setter, and the document that it must serve.

The names and effects are those of the vendor's SDK. What differs is listed in docs/decisions.md:
one token for all functions, in `SWAIG.defaults`; bodies where the schema wants them.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from agentkit import AgentBase, Call, FunctionResult
from tests.documents import JSON, make, pong

HOME = "http://u:p@localhost:3000/full"


class Address(Struct):
    """Where to."""

    street: str
    floor: int | None = None


class Full(AgentBase):
    """Declares a prompt and a tool."""

    PROMPT_SECTIONS = {"Role": "You are helpful."}  # noqa: RUF012 - as users write it

    @AgentBase.tool(fillers={"en-US": ["Hold on."]}, wait_file="hold.mp3", wait_file_loops=2)
    def deliver(
        self,
        to: Address,
        boxes: Annotated[int, Meta(ge=1, le=9)],
        call: Call,
        when: Literal["today", "tomorrow"] = "today",
        notes: list[str] | None = None,
    ) -> FunctionResult:
        """Deliver boxes.

        Args:
            to: Where they go.
            boxes: How many.
            when: On which day.
            notes: What else was said.
        """
        return FunctionResult(f"{boxes} boxes for {to.street}, {when}, {notes}: {call.call_id}")


def full(*, mcp: bool = True) -> AgentBase:
    """Return the agent; `mcp=False` leaves out what the vendor's schema does not know."""
    agent = make(
        "Full",
        Full,
        route="/full",
        record_call=True,
        native_functions=["check_time"],
        enable_state_tracking=True,
    )
    _tell(agent)
    _hear(agent)
    _act(agent)
    _surround(agent)
    return (
        agent.add_mcp_server("https://mcp.example/x", {"X": "1"}, True, {"c": "d"})
        if mcp
        else agent
    )


def _tell(agent: AgentBase) -> None:
    agent.set_prompt_text("Be kind.")
    agent.prompt_add_section("Steps", "In order.", ["one", "two"], numbered_bullets=True)
    agent.prompt_add_section("Rules", numbered=True, subsections=[{"title": "First", "body": "f"}])
    agent.prompt_add_subsection("Rules", "Second", "s", ["x"]).prompt_add_to_section(
        "Role", "More."
    )
    agent.set_prompt_llm_params(temperature=0.3, top_p=0.9)
    agent.set_post_prompt("Sum up.").set_post_prompt_llm_params(temperature=0.1)
    context = agent.define_contexts().add_context("default")
    greet = context.add_step(
        "greet", task="Greet.", functions=["lookup", "check_time", "f1", "deliver"]
    )
    greet.set_step_criteria("Greeted.").set_valid_steps(["next"])
    context.add_step("part").set_text("Part.").set_end(True)


def _hear(agent: AgentBase) -> None:
    agent.add_language("English", "en-US", "elevenlabs.josh:turbo", ["um"], ["one sec"])
    agent.add_language("Spanish", "es", "rime.luna", ["un momento"])
    agent.set_language_params("es", {"stability": 0.5})
    agent.set_multilingual({"languages": [{"language": "en"}, {"language": "es"}]})
    agent.add_hint("SWML").add_hints(["SWAIG", "SIP"])
    agent.add_pattern_hint("AI Agent", r"AI\s+Agent", "AI agent", ignore_case=True)
    agent.add_pronunciation("API", "A P I", ignore_case=True).add_pronunciation("SIP", "sip")
    agent.set_semantic_gates(True).set_param("ai_volume", 3).set_params(
        {"end_of_speech_timeout": 500}
    )
    agent.set_global_data({"company": "X"}).update_global_data({"k": 1})


def _act(agent: AgentBase) -> None:
    agent.add_function_include("https://ext.example/inc", ["f1"], {"m": 1})
    agent.set_internal_fillers({"next_step": {"en-US": ["Moving."]}})
    agent.add_internal_filler("check_time", "en-US", ["A moment."])
    agent.add_swaig_query_params({"tier": "gold"})
    properties = {"id": {"type": "string", "description": "The id"}}
    agent.define_tool("lookup", "Look up", properties, pong, required=["id"])
    agent.define_tool("open", "Open to all", {}, pong, secure=False, meta_data={"a": 1},
                      meta_data_token="tok", skip_fillers=True)  # fmt: skip
    agent.define_tool("ext", "External", {}, webhook_url="https://ext.example/hook")
    data_map: JSON = {"expressions": [_EXPRESSION], "output": {"response": "fail"}}
    agent.register_swaig_function(
        {"function": "weather", "description": "Tell the weather", "data_map": data_map}
    )


_EXPRESSION: JSON = {"string": "${args.city}", "pattern": "^x", "output": {"response": "no x"}}


def _surround(agent: AgentBase) -> None:
    agent.add_pre_answer_verb("play", {"urls": ["ring:us"], "auto_answer": False})
    agent.add_answer_verb({"max_duration": 3600})
    agent.add_post_answer_verb("play", {"url": "say:Welcome"})
    agent.add_post_ai_verb("hangup", {})


NOTHING: JSON = {"type": "object", "properties": {}}

FUNCTIONS: dict[str, JSON] = {
    "deliver": {
        "function": "deliver",
        "description": "Deliver boxes.",
        "parameters": {
            "type": "object",
            "properties": {
                "to": {
                    "type": "object",
                    "description": "Where they go.",
                    "properties": {
                        "street": {"type": "string"},
                        "floor": {"type": "integer", "nullable": True},
                    },
                    "required": ["street"],
                },
                "boxes": {"type": "integer", "description": "How many (from 1 to 9)"},
                "when": {
                    "type": "string",
                    "description": "On which day.",
                    "enum": ["today", "tomorrow"],
                    "default": "today",
                },
                "notes": {
                    "type": "array",
                    "description": "What else was said.",
                    "nullable": True,
                    "items": {"type": "string"},
                },
            },
            "required": ["to", "boxes"],
        },
        "fillers": {"en-US": ["Hold on."]},
        "wait_file": "http://localhost:3000/hold.mp3",
        "wait_file_loops": 2,
    },
    "startup_hook": {
        "function": "startup_hook",
        "description": "Begin the call.",
        "parameters": NOTHING,
    },
    "hangup_hook": {
        "function": "hangup_hook",
        "description": "End the call.",
        "parameters": NOTHING,
    },
    "lookup": {
        "function": "lookup",
        "description": "Look up",
        "parameters": {
            "type": "object",
            "properties": {"id": {"type": "string", "description": "The id"}},
            "required": ["id"],
        },
    },
    "open": {
        "function": "open",
        "description": "Open to all",
        "parameters": NOTHING,
        "meta_data": {"a": 1},
        "meta_data_token": "tok",
        "skip_fillers": True,
    },
    "ext": {
        "function": "ext",
        "description": "External",
        "parameters": NOTHING,
        "web_hook_url": "https://ext.example/hook",
    },
    "weather": {
        "function": "weather",
        "description": "Tell the weather",
        "data_map": {"expressions": [_EXPRESSION], "output": {"response": "fail"}},
    },
}

AI: JSON = {
    "prompt": {
        "pom": [
            {"body": "Be kind."},
            {"title": "Role", "body": "You are helpful.\n\nMore."},
            {
                "title": "Steps",
                "body": "In order.",
                "bullets": ["one", "two"],
                "numberedBullets": True,
            },
            {
                "title": "Rules",
                "body": "",
                "numbered": True,
                "subsections": [
                    {"title": "First", "body": "f"},
                    {"title": "Second", "body": "s", "bullets": ["x"]},
                ],
            },
        ],
        "temperature": 0.3,
        "top_p": 0.9,
        "contexts": {
            "default": {
                "steps": [
                    {
                        "name": "greet",
                        "text": "## Task\nGreet.",
                        "functions": ["lookup", "check_time", "f1", "deliver"],
                        "step_criteria": "Greeted.",
                        "valid_steps": ["next"],
                    },
                    {"name": "part", "text": "Part.", "end": True},
                ]
            }
        },
    },
    "post_prompt": {"text": "Sum up.", "temperature": 0.1},
    "post_prompt_url": f"{HOME}/post_prompt/?tier=gold&__token=TOKEN",
    "SWAIG": {
        "defaults": {"web_hook_url": f"{HOME}/swaig/?tier=gold&__token=TOKEN"},
        "native_functions": ["check_time"],
        "includes": [
            {"url": "https://ext.example/inc", "functions": ["f1"], "meta_data": {"m": 1}}
        ],
        "internal_fillers": {
            "next_step": {"en-US": ["Moving."]},
            "check_time": {"en-US": ["A moment."]},
        },
        "mcp_servers": [
            {
                "url": "https://mcp.example/x",
                "headers": {"X": "1"},
                "resources": True,
                "resource_vars": {"c": "d"},
            }
        ],
        "functions": list(FUNCTIONS.values()),
    },
    "params": {"semantic_gates_enabled": True, "ai_volume": 3, "end_of_speech_timeout": 500},
    "hints": [
        "SWML",
        "SWAIG",
        "SIP",
        {
            "hint": "AI Agent",
            "pattern": r"AI\s+Agent",
            "replace": "AI agent",
            "ignore_case": True,
        },
    ],
    "languages": [
        {
            "name": "English",
            "code": "en-US",
            "voice": "josh",
            "engine": "elevenlabs",
            "model": "turbo",
            "speech_fillers": ["um"],
            "function_fillers": ["one sec"],
        },
        {
            "name": "Spanish",
            "code": "es",
            "voice": "rime.luna",
            "fillers": ["un momento"],
            "params": {"stability": 0.5},
        },
    ],
    "multilingual": {"languages": [{"language": "en"}, {"language": "es"}]},
    "pronounce": [
        {"replace": "API", "with": "A P I", "ignore_case": True},
        {"replace": "SIP", "with": "sip"},
    ],
    "global_data": {"company": "X", "k": 1},
}

DOCUMENT: dict[str, Any] = {
    "version": "1.0.0",
    "sections": {
        "main": [
            {"play": {"urls": ["ring:us"], "auto_answer": False}},
            {"answer": {"max_duration": 3600}},
            {"record_call": {"format": "mp4", "stereo": True}},
            {"play": {"url": "say:Welcome"}},
            {"ai": AI},
            {"hangup": {}},
        ]
    },
}
