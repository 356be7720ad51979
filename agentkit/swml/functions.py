"""SWAIG: the functions that the model may call, and the dialect of their parameters (1.4)."""

from typing import Any, ClassVar, Literal

import msgspec

from agentkit.swml.actions import DataMap
from agentkit.swml.body import Body
from agentkit.swml.values import BeyondInt, BeyondText, Bool, Fillers, Int, Object, Texts, Var

Format = Literal[
    "date_time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"
]

NativeFunction = Literal["check_time", "wait_seconds", "wait_for_user", "adjust_response_latency"]

AUTH = frozenset({"web_hook_auth_user", "web_hook_auth_password"})
FUNCTION_BEYOND = AUTH | {"gates", "gate_fillers", "visual_input"}


class StringProperty(Body, frozen=True):
    """A text.

    Attributes:
        type: its kind.
        description: for the model.
        nullable: it may be null.
        enum: the only values.
        default: when it is not given.
        pattern: a regular expression.
        format: what kind of text.
    """

    type: Literal["string"]
    description: str | None = None
    nullable: Bool | None = None
    enum: list[str] | None = None
    default: str | None = None
    pattern: str | None = None
    format: Format | None = None


class IntegerProperty(Body, frozen=True):
    """A whole number.

    Attributes:
        type: its kind.
        description: for the model.
        nullable: it may be null.
        enum: the only values.
        default: when it is not given.
    """

    type: Literal["integer"]
    description: str | None = None
    nullable: Bool | None = None
    enum: list[int] | None = None
    default: Int | None = None


class NumberProperty(Body, frozen=True):
    """A number.

    Attributes:
        type: its kind.
        description: for the model.
        nullable: it may be null.
        enum: the only values.
        default: when it is not given.
    """

    type: Literal["number"]
    description: str | None = None
    nullable: Bool | None = None
    enum: list[float] | list[Var] | None = None
    default: float | Var | None = None


class BooleanProperty(Body, frozen=True):
    """True or false.

    Attributes:
        type: its kind.
        description: for the model.
        nullable: it may be null.
        default: when it is not given.
    """

    type: Literal["boolean"]
    description: str | None = None
    nullable: Bool | None = None
    default: Bool | None = None


class ArrayProperty(Body, frozen=True):
    """A list.

    Attributes:
        type: its kind.
        items: what is in it.
        description: for the model.
        nullable: it may be null.
        default: when it is not given.
    """

    type: Literal["array"]
    items: "Property"
    description: str | None = None
    nullable: Bool | None = None
    default: list[Any] | None = None


class ObjectProperty(Body, frozen=True):
    """An object.

    Attributes:
        type: its kind.
        description: for the model.
        nullable: it may be null.
        properties: its fields.
        required: fields that must be there.
        default: when it is not given.
    """

    type: Literal["object"]
    description: str | None = None
    nullable: Bool | None = None
    properties: dict[str, "Property"] | None = None
    required: list[str] | None = None
    default: Object | None = None


class NullProperty(Body, frozen=True):
    """Nothing.

    Attributes:
        type: its kind.
        description: for the model.
    """

    type: Literal["null"]
    description: str


class OneOfProperty(Body, frozen=True):
    """Exactly one of these.

    Attributes:
        one_of: the alternatives.
    """

    one_of: list["Property"] = msgspec.field(name="oneOf")


class AnyOfProperty(Body, frozen=True):
    """At least one of these.

    Attributes:
        any_of: the alternatives.
    """

    any_of: list["Property"] = msgspec.field(name="anyOf")


class AllOfProperty(Body, frozen=True):
    """All of these.

    Attributes:
        all_of: the parts.
    """

    all_of: list["Property"] = msgspec.field(name="allOf")


class ConstProperty(Body, frozen=True):
    """One value.

    Attributes:
        const: the value.
    """

    const: Any


Property = (
    StringProperty
    | IntegerProperty
    | NumberProperty
    | BooleanProperty
    | ArrayProperty
    | ObjectProperty
    | NullProperty
    | OneOfProperty
    | AnyOfProperty
    | AllOfProperty
    | ConstProperty
)
"""What an argument may be."""


class Parameters(Body, frozen=True):
    """What a function takes.

    Attributes:
        type: its kind.
        properties: arguments by name.
        required: arguments that must be there.
    """

    type: Literal["object"]
    properties: dict[str, "Property"]
    required: list[str] | None = None


class Function(Body, frozen=True):
    """A function that the model may call.

    Attributes:
        function: its name; `startup_hook` and others are called by the platform.
        description: what it does, for the model.
        parameters: what it takes.
        fillers: what is said while it runs, by language.
        active: whether it is on, or how often it may be used (true).
        meta_data: sent with each call of it.
        meta_data_token: functions of one token share meta data.
        data_map: the platform runs it itself.
        skip_fillers: say nothing while it runs (false).
        web_hook_url: where it is answered.
        wait_file: URL of a file that plays while it runs.
        wait_file_loops: how often.
        wait_for_fillers: end the filler before it runs (false).
        purpose: out of date: `description`.
        argument: out of date: `parameters`.
        web_hook_auth_user: credentials for `web_hook_url`.
        web_hook_auth_password: credentials for `web_hook_url`.
        gates: questions that must be answered before it runs, at most 8.
        gate_fillers: what is said while they are answered.
        visual_input: it sees the video.
    """

    beyond: ClassVar[frozenset[str]] = FUNCTION_BEYOND

    function: str
    description: str
    parameters: Parameters | None = None
    fillers: Fillers | None = None
    active: Bool | BeyondText | BeyondInt | None = None
    meta_data: Object | None = None
    meta_data_token: str | None = None
    data_map: DataMap | None = None
    skip_fillers: Bool | None = None
    web_hook_url: str | None = None
    wait_file: str | None = None
    wait_file_loops: int | str | None = None
    wait_for_fillers: Bool | None = None
    purpose: str | None = None
    argument: Parameters | None = None
    web_hook_auth_user: str | None = None
    web_hook_auth_password: str | None = None
    gates: list[Object] | None = None
    gate_fillers: Fillers | None = None
    visual_input: bool | None = None


class Defaults(Body, frozen=True):
    """What functions have that say nothing themselves.

    Attributes:
        web_hook_url: where they are answered.
        web_hook_auth_user: credentials for it.
        web_hook_auth_password: credentials for it.
    """

    beyond: ClassVar[frozenset[str]] = AUTH

    web_hook_url: str | None = None
    web_hook_auth_user: str | None = None
    web_hook_auth_password: str | None = None


class Include(Body, frozen=True):
    """Functions that another service describes and answers.

    Attributes:
        url: where it is.
        functions: which of its functions.
        meta_data: sent with each call of them.
        auth_user: credentials for it.
        auth_password: credentials for it.
    """

    beyond: ClassVar[frozenset[str]] = frozenset({"auth_user", "auth_password"})

    url: str
    functions: list[str]
    meta_data: Object | None = None
    auth_user: str | None = None
    auth_password: str | None = None


class McpServer(Body, frozen=True):
    """A server of the Model Context Protocol whose tools the model may use.

    Attributes:
        url: where it is.
        headers: HTTP headers.
        resources: read its resources too (false).
        resource_vars: values for its resource templates.
    """

    url: str
    headers: Texts | None = None
    resources: Bool | None = None
    resource_vars: Texts | None = None


class InternalFillers(Body, frozen=True):
    """What is said while the platform's own functions run, by language.

    Attributes:
        check_time: while it looks at the clock.
        wait_for_user: while it waits for the caller.
        wait_seconds: while it waits.
        adjust_response_latency: while it changes its speed.
        next_step: on the next step.
        change_context: on another context.
        get_visual_input: while it looks.
        get_ideal_strategy: while it thinks.
        pause_conversation: when it pauses.
    """

    check_time: Fillers | None = None
    wait_for_user: Fillers | None = None
    wait_seconds: Fillers | None = None
    adjust_response_latency: Fillers | None = None
    next_step: Fillers | None = None
    change_context: Fillers | None = None
    get_visual_input: Fillers | None = None
    get_ideal_strategy: Fillers | None = None
    pause_conversation: Fillers | None = None


class Swaig(Body, frozen=True):
    """The functions of an agent, and where they are answered.

    Attributes:
        defaults: what functions have that say nothing themselves.
        functions: the functions.
        includes: functions of other services.
        native_functions: functions that the platform has itself.
        internal_fillers: what is said while these run.
        mcp_servers: servers whose tools may be used.
    """

    defaults: Defaults | None = None
    functions: list[Function] | None = None
    includes: list[Include] | None = None
    native_functions: list[NativeFunction] | None = None
    internal_fillers: InternalFillers | None = None
    mcp_servers: list[McpServer] | None = None
