"""The verb that runs a copilot beside a call of two people (facts of the wire, 1.5)."""

from typing import Annotated, ClassVar, Literal

import msgspec

from agentkit.swml.body import Body
from agentkit.swml.functions import McpServer
from agentkit.swml.prompting import Section
from agentkit.swml.recording import Summarize
from agentkit.swml.values import Bool, Object, Side, SpeechEngine, Var
from agentkit.swml.verb import Verb


class TextPrompt(Body, frozen=True):
    """A prompt as text.

    Attributes:
        text: the text.
    """

    text: str


class PomPrompt(Body, frozen=True):
    """A prompt as sections.

    Attributes:
        pom: the sections.
    """

    pom: Annotated[list[Section], msgspec.Meta(min_length=1)]


class FilePrompt(Body, frozen=True):
    """A prompt in a file.

    Attributes:
        file: where it is.
    """

    file: str


class TextParam(Body, frozen=True):
    """A text.

    Attributes:
        type: its kind.
        description: for the model.
        enum: the only values.
        default: when it is not given.
    """

    type: Literal["string"]
    description: str | None = None
    enum: list[str] | None = None
    default: str | None = None


class IntegerParam(Body, frozen=True):
    """A whole number.

    Attributes:
        type: its kind.
        description: for the model.
        enum: the only values.
        default: when it is not given.
    """

    type: Literal["integer"]
    description: str | None = None
    enum: list[int] | None = None
    default: int | None = None


class NumberParam(Body, frozen=True):
    """A number.

    Attributes:
        type: its kind.
        description: for the model.
        enum: the only values.
        default: when it is not given.
    """

    type: Literal["number"]
    description: str | None = None
    enum: list[float] | None = None
    default: float | None = None


class BooleanParam(Body, frozen=True):
    """True or false.

    Attributes:
        type: its kind.
        description: for the model.
        default: when it is not given.
    """

    type: Literal["boolean"]
    description: str | None = None
    default: bool | None = None


class ArrayParam(Body, frozen=True):
    """A list.

    Attributes:
        type: its kind.
        items: what is in it.
        description: for the model.
    """

    type: Literal["array"]
    items: "Param"
    description: str | None = None


class ObjectParam(Body, frozen=True):
    """An object.

    Attributes:
        type: its kind.
        description: for the model.
        properties: its fields.
        required: fields that must be there.
    """

    type: Literal["object"]
    description: str | None = None
    properties: dict[str, "Param"] | None = None
    required: list[str] | None = None


Param = TextParam | IntegerParam | NumberParam | BooleanParam | ArrayParam | ObjectParam
"""What an argument of a copilot's function may be."""


class SidecarParameters(Body, frozen=True):
    """What a function of the copilot takes.

    Attributes:
        type: its kind.
        properties: arguments by name.
        required: arguments that must be there.
    """

    type: Literal["object"]
    properties: dict[str, "Param"]
    required: list[str] | None = None


class SidecarFunction(Body, frozen=True):
    """A function that the copilot may call.

    Attributes:
        function: its name.
        description: what it does, for the model.
        purpose: out of date: `description`.
        parameters: what it takes.
        web_hook_url: where it is answered.
        web_hook_auth_user: credentials for it.
        web_hook_auth_password: credentials for it.
    """

    function: str
    description: str | None = None
    purpose: str | None = None
    parameters: SidecarParameters | None = None
    web_hook_url: str | None = None
    web_hook_auth_user: str | None = None
    web_hook_auth_password: str | None = None


class SidecarDefaults(Body, frozen=True):
    """What functions have that say nothing themselves.

    Attributes:
        web_hook_url: where they are answered.
        web_hook_auth_user: credentials for it.
        web_hook_auth_password: credentials for it.
    """

    web_hook_url: str | None = None
    web_hook_auth_user: str | None = None
    web_hook_auth_password: str | None = None


class SidecarSwaig(Body, frozen=True):
    """The functions of the copilot.

    Attributes:
        defaults: what functions have that say nothing themselves.
        functions: the functions.
        mcp_servers: servers whose tools may be used.
    """

    defaults: SidecarDefaults | None = None
    functions: list[SidecarFunction] | None = None
    mcp_servers: list[McpServer] | None = None


class Permissions(Body, frozen=True):
    """What answers of functions may do.

    Attributes:
        swaig_allow_swml: run documents (true).
        swaig_allow_settings: change settings (true).
        swaig_set_global_data: change global data (true).
    """

    swaig_allow_swml: Bool | None = None
    swaig_allow_settings: Bool | None = None
    swaig_set_global_data: Bool | None = None


class SidecarParams(Body, frozen=True):
    """How the copilot listens and thinks; times are in milliseconds.

    Attributes:
        idle_timeout_ms: pause until it thinks, 50 to 5,000 (200).
        min_interval_ms: between two thoughts, up to 60,000 (0).
        max_iters_per_tick: steps of a thought, 1 to 20 (5).
        max_history_tokens: what it remembers, 1,000 to 200,000 (8,000).
        act_on_channel: it may act on the call (true).
        final_summary: sum up at the end (false).
        ai_summary: sum up what was heard (false).
        ai_summary_prompt: what the model is told to sum up.
        summary_model: the model that sums up (`gpt-4o-mini`).
        live_events: send each utterance (false).
        verbose_utterances: with all that is known of it (false).
        speech_engine: which engine hears (`deepgram`).
        speech_timeout: longest utterance, up to 600,000.
        vad_silence_ms: silence that ends one, up to 60,000.
        vad_thresh: how loud a voice must be, up to 10,000.
        debug_level: how much is logged, 0 to 100 (0).
        debug: log more (false).
        transcribe_prompt: words to expect.
    """

    idle_timeout_ms: Annotated[int, msgspec.Meta(ge=50, le=5_000)] | Var | None = None
    min_interval_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] | Var | None = None
    max_iters_per_tick: Annotated[int, msgspec.Meta(ge=1, le=20)] | Var | None = None
    max_history_tokens: Annotated[int, msgspec.Meta(ge=1_000, le=200_000)] | Var | None = None
    act_on_channel: Bool | None = None
    final_summary: Bool | None = None
    ai_summary: Bool | None = None
    ai_summary_prompt: str | None = None
    summary_model: str | None = None
    live_events: Bool | None = None
    verbose_utterances: Bool | None = None
    speech_engine: SpeechEngine | None = None
    speech_timeout: Annotated[int, msgspec.Meta(ge=0, le=600_000)] | Var | None = None
    vad_silence_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] | Var | None = None
    vad_thresh: Annotated[int, msgspec.Meta(ge=0, le=10_000)] | Var | None = None
    debug_level: Annotated[int, msgspec.Meta(ge=0, le=100)] | Var | None = None
    debug: Bool | None = None
    transcribe_prompt: str | None = None


class AiSidecar(Verb, frozen=True):
    """Run a copilot that hears both sides and speaks to your URL, never to them.

    Attributes:
        lang: language code.
        prompt: what it is told; the vendor's schema demands it.
        url: gets its events.
        model: its model (`gpt-4o-mini`).
        direction: whom it hears (both).
        customer_role: which side is the customer (`remote-caller`).
        SWAIG: functions that it may call.
        permissions: what answers of functions may do.
        global_data: data that it sees.
        hints: words to expect.
        params: how it listens and thinks.
        action: sum up what was heard.
    """

    verb: ClassVar[str] = "ai_sidecar"

    lang: Annotated[str, msgspec.Meta(min_length=1)]
    prompt: str | TextPrompt | PomPrompt | FilePrompt | None = None
    url: str | None = None
    model: str | None = None
    direction: list[Side] | None = None
    customer_role: Side | None = None
    SWAIG: SidecarSwaig | None = None
    permissions: Permissions | None = None
    global_data: Object | None = None
    hints: Annotated[list[str], msgspec.Meta(min_length=1)] | None = None
    params: SidecarParams | None = None
    action: Summarize | None = None
