"""The verb that hands a call to the model."""

from typing import ClassVar

from agentkit.swml.ai_params import AiParams
from agentkit.swml.functions import Swaig
from agentkit.swml.prompting import AiPrompt, Hint, Language, Multilingual, PostPrompt, Pronounce
from agentkit.swml.values import Object
from agentkit.swml.verb import Verb

AUTH = frozenset({"post_prompt_auth_user", "post_prompt_auth_password"})


class Ai(Verb, frozen=True):
    """Hand the call to the model; sets `ai_result` and `return_value`.

    Attributes:
        prompt: what the model is told.
        post_prompt: what it is asked after the talk.
        post_prompt_url: gets the answer.
        params: how it hears, speaks and thinks.
        SWAIG: functions that it may call.
        hints: words to expect.
        languages: languages that are heard and spoken.
        multilingual: languages that are told apart by themselves, instead.
        pronounce: how words are said.
        global_data: data that prompts and functions see.
        post_prompt_auth_user: credentials for `post_prompt_url`.
        post_prompt_auth_password: credentials for `post_prompt_url`.
    """

    verb: ClassVar[str] = "ai"
    beyond: ClassVar[frozenset[str]] = AUTH

    prompt: AiPrompt
    post_prompt: PostPrompt | None = None
    post_prompt_url: str | None = None
    params: AiParams | None = None
    SWAIG: Swaig | None = None
    hints: list[str | Hint] | None = None
    languages: list[Language] | None = None
    multilingual: Multilingual | None = None
    pronounce: list[Pronounce] | None = None
    global_data: Object | None = None
    post_prompt_auth_user: str | None = None
    post_prompt_auth_password: str | None = None
