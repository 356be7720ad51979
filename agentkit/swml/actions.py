"""What a data map answers: texts and actions, as a function's own answer has them (3.4)."""

from typing import Annotated, Any, ClassVar, Literal

import msgspec

from agentkit.swml.body import Body, Rule, at_least_one
from agentkit.swml.script import Script
from agentkit.swml.values import (
    BeyondBool,
    BeyondInt,
    BeyondText,
    BeyondTexts,
    Bool,
    Object,
    Var,
)

Seconds = Annotated[int, msgspec.Meta(le=900)] | Var
WITH_TRANSFER = {"SWML", "transfer"}
BEYOND = frozenset({
    "wait_for_user", "add_dynamic_hints", "clear_dynamic_hints", "settings",
    "end_of_speech_timeout", "speech_event_timeout", "change_voice", "replace_in_history",
    "back_to_back_functions", "functions_on_speaker_timeout", "extensive_data", "user_event",
})  # fmt: skip
"""Actions that the platform takes and its schema does not know."""


def _single(action: Any) -> str | None:
    """One action an object; a document may have `transfer` beside it."""
    given = {name for name in action.__struct_fields__ if getattr(action, name) not in (None, {})}
    alone = len(given - {"transfer"}) <= 1 and ("transfer" not in given or given <= WITH_TRANSFER)
    return None if alone else f"one action an object, not {len(given)}"


def _more_than_transfer(action: Any) -> str | None:
    return None if {*action.to_dict()} - {"transfer"} else "there is no action"


class Nothing(Body, frozen=True):
    """An object without keys."""


class Hold(Body, frozen=True):
    """How the caller is put on hold.

    Attributes:
        timeout: seconds, at most 900 (300).
        step: the step after the hold.
        timeout_step: the step after a hold that nobody ended.
    """

    beyond: ClassVar[frozenset[str]] = frozenset({"step", "timeout_step"})

    timeout: Seconds | None = None
    step: str | None = None
    timeout_step: str | None = None


class Playback(Body, frozen=True):
    """A file that plays behind the talk.

    Attributes:
        file: its URL.
        wait: the agent does not speak until it ends (false).
    """

    file: str
    wait: Bool | None = None


class ContextSwitch(Body, frozen=True):
    """Another system prompt.

    Attributes:
        system_prompt: the new prompt.
        user_prompt: the message that follows it.
        consolidate: put a summary in the place of the talk.
        full_reset: forget the talk.
        system_pom: the new prompt as sections.
        user_pom: the message as sections.
    """

    schema_rule: ClassVar[Rule | None] = at_least_one("system_prompt")
    beyond: ClassVar[frozenset[str]] = frozenset({"full_reset", "system_pom", "user_pom"})

    system_prompt: str | None = None
    user_prompt: str | None = None
    consolidate: Bool | None = None
    full_reset: bool | None = None
    system_pom: list[Object] | None = None
    user_pom: list[Object] | None = None


class Toggle(Body, frozen=True):
    """Functions to turn on or off.

    Attributes:
        active: on, off, or how often it may still be used.
        function: a name or several.
    """

    active: Bool | BeyondInt
    function: str | list[str]


class Moved(Body, frozen=True):
    """Where a call goes.

    Attributes:
        dest: a section's name or a URL.
        summarize: tell the next agent a summary.
    """

    dest: str
    summarize: bool | None = None


BeyondMove = Annotated[Moved, msgspec.Meta(extra={"beyond": True})]


class Action(Body, frozen=True):
    """One action; only `SWML` and `transfer` stand together.

    Attributes:
        SWML: a document to run.
        transfer: beside `SWML`: the talk ends; alone: where the call goes.
        say: spoken at once.
        stop: end the talk.
        hangup: hang up.
        hold: put the caller on hold.
        wait_for_user: wait for the caller.
        playback_bg: play a file behind the talk.
        stop_playback_bg: stop that file.
        user_input: what the caller is taken to have said.
        change_step: go to a step.
        change_context: go to a context.
        context_switch: another system prompt.
        set_global_data: merged into the global data.
        unset_global_data: removed from it.
        set_meta_data: merged into the meta data.
        unset_meta_data: removed from it.
        toggle_functions: functions to turn on or off.
        add_dynamic_hints: words to expect.
        clear_dynamic_hints: forget those words.
        settings: sampling of the model.
        end_of_speech_timeout: milliseconds of silence that end a turn.
        speech_event_timeout: milliseconds to wait for words.
        change_voice: `engine.voice:model`.
        replace_in_history: what stays of this call in the talk.
        back_to_back_functions: functions one after another.
        functions_on_speaker_timeout: functions when the caller is silent.
        extensive_data: full data once.
        user_event: an event for the caller's client.
    """

    rule: ClassVar[Rule | None] = _single
    schema_rule: ClassVar[Rule | None] = _more_than_transfer
    beyond: ClassVar[frozenset[str]] = BEYOND

    SWML: Script | BeyondText | None = None
    transfer: Bool | BeyondText | BeyondMove | None = None
    say: str | None = None
    stop: Bool | None = None
    hangup: Bool | None = None
    hold: Seconds | BeyondText | Hold | None = None
    wait_for_user: BeyondBool | BeyondInt | BeyondText | None = None
    playback_bg: Playback | BeyondText | None = None
    stop_playback_bg: Bool | Annotated[Nothing, msgspec.Meta(extra={"beyond": True})] | None = None
    user_input: str | None = None
    change_step: str | None = None
    change_context: str | None = None
    context_switch: ContextSwitch | BeyondText | None = None
    set_global_data: Object | None = None
    unset_global_data: str | BeyondTexts | Nothing | None = None
    set_meta_data: Object | None = None
    unset_meta_data: str | BeyondTexts | Nothing | None = None
    toggle_functions: list[Toggle] | None = None
    add_dynamic_hints: list[Any] | None = None
    clear_dynamic_hints: Object | None = None
    settings: Object | None = None
    end_of_speech_timeout: int | None = None
    speech_event_timeout: int | None = None
    change_voice: str | None = None
    replace_in_history: bool | str | None = None
    back_to_back_functions: bool | Literal["forever"] | None = None
    functions_on_speaker_timeout: bool | None = None
    extensive_data: bool | None = None
    user_event: Object | None = None


class ToolResult(Body, frozen=True):
    """An outcome, and what the model shall do with it.

    Attributes:
        tool_result: the outcome.
        tool_prompt: what to do with it.
    """

    tool_result: str | None = None
    tool_prompt: str | None = None


class Output(Body, frozen=True):
    """What the model is told, and what happens.

    Attributes:
        response: what the model is told.
        action: what happens.
        post_process: the model speaks once more before the actions (false).
    """

    response: str | ToolResult | None = None
    action: Action | list[Action] | None = None
    post_process: bool | None = None


class Expression(Body, frozen=True):
    """An answer for a text that fits a pattern.

    Attributes:
        string: the text, a template.
        pattern: a regular expression, or `/expression/flags`.
        output: the answer when it fits.
        nomatch_output: the answer when it does not.
    """

    beyond: ClassVar[frozenset[str]] = frozenset({"nomatch-output"})

    string: str
    pattern: str
    output: Output
    nomatch_output: Output | None = msgspec.field(default=None, name="nomatch-output")


class ForEach(Body, frozen=True):
    """A text made of the items of a list.

    Attributes:
        input_key: where the list is.
        output_key: where the text goes.
        append: what each item adds, a template.
        max: how many items at most.
    """

    input_key: str
    output_key: str
    append: str
    max: int | Var | None = None


class Webhook(Body, frozen=True):
    """A request that the platform sends itself.

    Attributes:
        url: where to, a template.
        method: how; the platform sends GET and POST.
        headers: HTTP headers.
        params: the body; it makes the request a POST.
        input_args_as_params: send the arguments as the body.
        require_args: only when one of these arguments is there.
        error_keys: keys of the reply that mean a failure.
        foreach: a text made of a list in the reply.
        expressions: answers by patterns.
        output: the answer.
        form_param: send the body as this field of a form.
    """

    beyond: ClassVar[frozenset[str]] = frozenset({"form_param"})

    url: str
    method: Literal["GET", "POST", "PUT", "DELETE"] | None = None
    headers: Object | None = None
    params: Object | None = None
    input_args_as_params: Bool | None = None
    require_args: str | list[str] | None = None
    error_keys: str | list[str] | None = None
    foreach: ForEach | None = None
    expressions: list[Expression] | None = None
    output: Output | None = None
    form_param: str | None = None


class DataMap(Body, frozen=True):
    """A function that the platform runs itself (5.1).

    Attributes:
        expressions: tried first.
        webhooks: the first that can be sent.
        output: the answer when nothing else has one.
        error_keys: keys of any reply that mean a failure.
    """

    beyond: ClassVar[frozenset[str]] = frozenset({"error_keys"})
    schema_rule: ClassVar[Rule | None] = at_least_one("expressions", "webhooks", "output")

    expressions: list[Expression] | None = None
    webhooks: list[Webhook] | None = None
    output: Output | None = None
    error_keys: str | list[str] | None = None
