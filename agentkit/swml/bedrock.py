"""The verb that hands a call to Amazon Bedrock (facts of the wire, 1.6)."""

from typing import ClassVar, Literal

from agentkit.swml.actions import Action, ForEach
from agentkit.swml.body import Body
from agentkit.swml.functions import Defaults, Parameters
from agentkit.swml.prompting import PostPrompt
from agentkit.swml.values import Attention, Bool, Duration, Inactivity, Object
from agentkit.swml.verb import Verb


class BedrockPrompt(PostPrompt, frozen=True):
    """What the model is told: text or pom.

    Attributes:
        voice_id: who speaks (`matthew`).
    """

    voice_id: Literal["tiffany", "matthew", "amy", "lupe", "carlos"] | None = None


class BedrockParams(Body, frozen=True):
    """How the talk goes; other parameters are kept in `extra`.

    Attributes:
        attention_timeout: silence in ms until the agent asks for attention; 0 is never.
        hard_stop_time: longest talk, such as `30s` or `1h30m`.
        inactivity_timeout: silence in ms that ends the talk (600,000).
        video_listening_file: URL of a video while the agent listens.
        video_idle_file: URL of a video while nothing happens.
        video_talking_file: URL of a video while the agent talks.
        hard_stop_prompt: what the model is told when its time is up.
    """

    open: ClassVar[bool] = True

    attention_timeout: Attention | None = None
    hard_stop_time: Duration | None = None
    inactivity_timeout: Inactivity | None = None
    video_listening_file: str | None = None
    video_idle_file: str | None = None
    video_talking_file: str | None = None
    hard_stop_prompt: str | None = None


class BedrockOutput(Body, frozen=True):
    """What the model is told, and what happens.

    Attributes:
        response: what the model is told.
        action: what happens.
    """

    response: str | None = None
    action: Action | list[Action] | None = None


class BedrockExpression(Body, frozen=True):
    """An answer for a text that fits a pattern.

    Attributes:
        string: the text, a template.
        pattern: a regular expression.
        output: the answer when it fits.
    """

    string: str
    pattern: str
    output: BedrockOutput


class BedrockWebhook(Body, frozen=True):
    """A request that the platform sends itself.

    Attributes:
        url: where to, a template.
        method: how.
        headers: HTTP headers.
        params: the body.
        input_args_as_params: send the arguments as the body.
        require_args: only when one of these arguments is there.
        error_keys: keys of the reply that mean a failure.
        foreach: a text made of a list in the reply.
        expressions: answers by patterns.
        output: the answer.
    """

    url: str
    method: Literal["GET", "POST", "PUT", "DELETE"] | None = None
    headers: Object | None = None
    params: Object | None = None
    input_args_as_params: Bool | None = None
    require_args: str | list[str] | None = None
    error_keys: str | list[str] | None = None
    foreach: ForEach | None = None
    expressions: list[BedrockExpression] | None = None
    output: BedrockOutput | None = None


class BedrockDataMap(Body, frozen=True):
    """A function that the platform runs itself.

    Attributes:
        expressions: tried first.
        webhooks: the first that can be sent.
        output: the answer when nothing else has one.
    """

    expressions: list[BedrockExpression] | None = None
    webhooks: list[BedrockWebhook] | None = None
    output: BedrockOutput | None = None


class BedrockFunction(Body, frozen=True):
    """A function that the model may call.

    Attributes:
        function: its name.
        description: what it does, for the model.
        parameters: what it takes.
        active: whether it is on (true).
        meta_data: sent with each call of it.
        meta_data_token: functions of one token share meta data.
        web_hook_url: where it is answered.
        data_map: the platform runs it itself.
    """

    function: str
    description: str
    parameters: Parameters | None = None
    active: Bool | None = None
    meta_data: Object | None = None
    meta_data_token: str | None = None
    web_hook_url: str | None = None
    data_map: BedrockDataMap | None = None


class BedrockSwaig(Body, frozen=True):
    """The functions of an agent.

    Attributes:
        defaults: what functions have that say nothing themselves.
        functions: the functions.
    """

    defaults: Defaults | None = None
    functions: list[BedrockFunction] | None = None


class AmazonBedrock(Verb, frozen=True):
    """Hand the call to Amazon Bedrock.

    Attributes:
        prompt: what the model is told.
        post_prompt: what it is asked after the talk.
        post_prompt_url: gets the answer.
        params: how the talk goes.
        SWAIG: functions that it may call.
        global_data: data that prompts and functions see.
    """

    verb: ClassVar[str] = "amazon_bedrock"

    prompt: BedrockPrompt
    post_prompt: PostPrompt | None = None
    post_prompt_url: str | None = None
    params: BedrockParams | None = None
    SWAIG: BedrockSwaig | None = None
    global_data: Object | None = None
