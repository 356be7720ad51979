"""What the model is told: prompts, their sections, contexts and steps, and speech."""

from typing import Annotated, Any, ClassVar, Literal

import msgspec

from agentkit.swml.body import Body, Rule, at_least_one, exactly_one
from agentkit.swml.values import BeyondText, Bool, Fillers, Penalty, Share, Temperature, Var

Tokens = Annotated[int, msgspec.Meta(ge=0, le=4096)]
StepName = Annotated[
    str, msgspec.Meta(pattern="^(?!next$).*$", description="another name than next")
]
Bullets = Annotated[list[str], msgspec.Meta(min_length=1)]
History = Literal["keep", "default", "hide"]
Emotion = Literal["happy", "sad", "angry", "fearful", "disgusted", "surprised", "neutral"]

STEP_BEYOND = frozenset({"gather_info", "skip_to_next_step", "reset", "history"})
CONTEXT_BEYOND = frozenset({
    "valid_contexts", "valid_steps", "initial_step", "post_prompt", "system_prompt", "user_prompt",
    "consolidate", "full_reset", "prompt", "history",
})  # fmt: skip

one_form = exactly_one("text", "pom")


def _not_both(context: Any) -> str | None:
    both = context.text is not None and context.pom is not None
    return "takes text or pom, not both" if both else None


def _with_default(prompt: Any) -> str | None:
    if prompt.contexts is not None and "default" not in prompt.contexts:
        return "contexts: needs a context named default"
    return one_form(prompt)


class Section(Body, frozen=True):
    """A section of a prompt; it needs a body or bullets.

    Attributes:
        title: its title.
        body: its text.
        bullets: points below the text.
        subsections: sections below it.
        numbered: number the title.
        numbered_bullets: number the points.
    """

    schema_rule: ClassVar[Rule | None] = at_least_one("body", "bullets")

    title: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    body: str | None = None
    bullets: Bullets | None = None
    subsections: Annotated[list["Section"], msgspec.Meta(min_length=1)] | None = None
    numbered: Bool | None = None
    numbered_bullets: Bool | None = msgspec.field(default=None, name="numberedBullets")


class Question(Body, frozen=True):
    """A question of a gather step.

    Attributes:
        key: where the answer is kept.
        question: what is asked.
        type: JSON type of the answer (`string`).
        confirm: ask whether the answer is right.
        prompt: more for the model.
        functions: functions that may be used for it.
        isolated: the model sees nothing of the talk before.
    """

    key: str
    question: str
    type: str | None = None
    confirm: bool | None = None
    prompt: str | None = None
    functions: list[str] | None = None
    isolated: bool | None = None


class GatherInfo(Body, frozen=True):
    """Questions that a step asks one by one.

    Attributes:
        questions: the questions.
        prompt: what the model is told before them.
        output_key: where the answers are kept in `global_data`, else at its top.
        completion_action: `next_step` or a step's name.
        isolated: each question is asked without the talk before.
    """

    questions: list[Question]
    prompt: str | None = None
    output_key: str | None = None
    completion_action: str | None = None
    isolated: bool | None = None


class Reset(Body, frozen=True):
    """What a step changes of the talk when it begins.

    Attributes:
        system_prompt: another system prompt.
        user_prompt: a first message.
        consolidate: put a summary in the place of the talk.
        full_reset: forget the talk.
    """

    system_prompt: str | None = None
    user_prompt: str | None = None
    consolidate: bool | None = None
    full_reset: bool | None = None


class Step(Body, frozen=True):
    """A step of a context.

    Attributes:
        name: its name, which may not be `next`.
        text: what the model is told.
        pom: the same as sections.
        step_criteria: when the step is done.
        functions: functions that may be used: names, or `none`; else as before.
        valid_contexts: contexts that it may change to.
        valid_steps: steps that it may go to.
        skip_user_turn: go on without hearing the caller (false).
        end: the talk ends after it (false).
        gather_info: questions that it asks.
        skip_to_next_step: go on at once.
        reset: what it changes of the talk.
        history: what the model sees of the talk before.
    """

    schema_rule: ClassVar[Rule | None] = exactly_one("text", "pom")
    beyond: ClassVar[frozenset[str]] = STEP_BEYOND

    name: StepName
    text: str | None = None
    pom: list[Section] | None = None
    step_criteria: str | None = None
    functions: list[str] | BeyondText | None = None
    valid_contexts: list[str] | None = None
    valid_steps: list[str] | None = None
    skip_user_turn: Bool | None = None
    end: bool | None = None
    gather_info: GatherInfo | None = None
    skip_to_next_step: bool | None = None
    reset: Reset | None = None
    history: History | None = None


class Context(Body, frozen=True):
    """A part of a talk with its own steps.

    Attributes:
        steps: its steps in turn.
        isolated: the model sees nothing of other contexts (false).
        enter_fillers: what is said on entering it, by language.
        exit_fillers: what is said on leaving it, by language.
        text: what the model is told in it.
        pom: the same as sections.
        prompt: what the model is told in it, as the vendor's SDK writes it.
        valid_contexts: contexts that it may change to.
        valid_steps: steps that may be gone to.
        initial_step: the step that it begins with.
        post_prompt: another post prompt.
        system_prompt: another system prompt.
        user_prompt: a first message.
        consolidate: put a summary in the place of the talk.
        full_reset: forget the talk.
        history: what the model sees of the talk before.
    """

    schema_rule: ClassVar[Rule | None] = _not_both
    beyond: ClassVar[frozenset[str]] = CONTEXT_BEYOND

    steps: list[Step]
    isolated: bool | None = None
    enter_fillers: Fillers | None = None
    exit_fillers: Fillers | None = None
    text: str | None = None
    pom: Annotated[list[Section], msgspec.Meta(min_length=1)] | None = None
    prompt: str | None = None
    valid_contexts: list[str] | None = None
    valid_steps: list[str] | None = None
    initial_step: str | None = None
    post_prompt: str | None = None
    system_prompt: str | None = None
    user_prompt: str | None = None
    consolidate: bool | None = None
    full_reset: bool | None = None
    history: History | None = None


class PostPrompt(Body, frozen=True):
    """What the model is asked after the talk: text or pom.

    Attributes:
        text: the question.
        pom: the same as sections.
        max_tokens: length of the answer, 0 to 4,096 (256).
        temperature: 0 to 1.5 (1).
        top_p: 0 to 1 (1).
        confidence: how sure hearing must be, 0 to 1 (0.6).
        presence_penalty: -2 to 2 (0).
        frequency_penalty: -2 to 2 (0).
    """

    schema_rule: ClassVar[Rule | None] = one_form

    text: str | None = None
    pom: Annotated[list[Section], msgspec.Meta(min_length=1)] | None = None
    max_tokens: Tokens | None = None
    temperature: Temperature | None = None
    top_p: Share | None = None
    confidence: Share | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None


class AiPrompt(PostPrompt, frozen=True):
    """What the model is told: text or pom.

    Attributes:
        contexts: parts of the talk by name; one is `default`.
    """

    schema_rule: ClassVar[Rule | None] = _with_default

    contexts: dict[str, Context] | None = None


class Hint(Body, frozen=True):
    """A hint that rewrites what was heard.

    Attributes:
        hint: the word to expect.
        pattern: a regular expression of what is heard.
        replace: what it becomes.
        ignore_case: upper and lower case alike (false).
    """

    hint: str
    pattern: str
    replace: str
    ignore_case: Bool | None = None


class Pronounce(Body, frozen=True):
    """How a word is said.

    Attributes:
        replace: the word.
        with_: what is said.
        ignore_case: upper and lower case alike (true).
    """

    replace: str
    with_: str = msgspec.field(name="with")
    ignore_case: Bool | None = None


class VoiceParams(Body, frozen=True):
    """How a voice speaks; which of these count depends on the engine.

    Attributes:
        stability: 0 to 1 (0.5).
        similarity: 0 to 1 (0.75).
        speaking_rate: 0.5 to 1.5 (1).
        temperature: 0 to 2 (1).
        speed: 0.5 to 2 (1).
        vol: 0.1 to 1 (1).
        pitch: -12 to 12 (0).
        emotion: the mood.
    """

    stability: Share | None = None
    similarity: Share | None = None
    speaking_rate: Annotated[float, msgspec.Meta(ge=0.5, le=1.5)] | Var | None = msgspec.field(
        default=None, name="speakingRate"
    )
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | Var | None = None
    speed: Annotated[float, msgspec.Meta(ge=0.5, le=2)] | Var | None = None
    vol: Annotated[float, msgspec.Meta(ge=0.1, le=1)] | Var | None = None
    pitch: Annotated[int, msgspec.Meta(ge=-12, le=12)] | Var | None = None
    emotion: Emotion | None = None


class Language(Body, frozen=True):
    """A language that is heard and spoken.

    Attributes:
        name: its name, for the model.
        code: language code, or up to three.
        voice: `engine.voice` or `engine.voice:model`.
        listen_language: code for hearing, when it is another.
        model: of the voice.
        auto_emotion: fit the mood (false).
        auto_speed: fit the speed (false).
        engine: out of date: write it into `voice`.
        params: how the voice speaks.
        fillers: out of date: what is said while the agent thinks or works.
        function_fillers: what is said while a function runs.
        speech_fillers: what is said while the agent thinks.
        turn_fillers: what is said while the caller makes a pause.
        pronounce: how words are said.
    """

    name: str
    code: str | Annotated[list[str], msgspec.Meta(max_length=3)]
    voice: str
    listen_language: str | list[str] | None = None
    model: str | None = None
    auto_emotion: bool | None = None
    auto_speed: bool | None = None
    engine: str | None = None
    params: VoiceParams | None = None
    fillers: list[str] | None = None
    function_fillers: list[str] | None = None
    speech_fillers: list[str] | None = None
    turn_fillers: list[str] | None = None
    pronounce: list[Pronounce] | None = None


class HeardLanguage(Body, frozen=True):
    """A language of `multilingual`.

    Attributes:
        language: language code.
        voice: `engine.voice`.
        model: of the voice.
        engine: out of date: write it into `voice`.
        params: how the voice speaks.
    """

    language: str
    voice: str | None = None
    model: str | None = None
    engine: str | None = None
    params: VoiceParams | None = None


class Multilingual(Body, frozen=True):
    """Languages that the platform tells apart by itself.

    Attributes:
        languages: the languages.
        allowed: codes that may be switched to.
        engine: which engine hears.
        model: of that engine (`nova-3`).
        provider: of that engine.
        start_language: the first one (`en`).
        min_switch_words: words until it switches (2).
        fillers: what is said meanwhile.
        function_fillers: what is said while a function runs.
        turn_fillers: what is said while the caller makes a pause.
    """

    languages: list[HeardLanguage]
    allowed: list[str] | None = None
    engine: str | None = None
    model: str | None = None
    provider: str | None = None
    start_language: str | None = None
    min_switch_words: Annotated[int, msgspec.Meta(ge=1)] | None = None
    fillers: list[str] | Fillers | None = None
    function_fillers: list[str] | Fillers | None = None
    turn_fillers: list[str] | Fillers | None = None
