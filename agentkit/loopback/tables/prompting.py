"""What a model is told: prompts, contexts and steps, languages, hints (facts 1.4)."""

from agentkit.loopback.tables.kinds import (
    ANY,
    FLAG,
    OBJECT,
    TEXT,
    TEXTS,
    Fields,
    Items,
    Kind,
    Later,
    Number,
    Table,
    Text,
    either,
    fields,
    real,
    whole,
    words,
)  # fmt: skip

_HERE: dict[str, Kind] = {}  # kinds that hold themselves

_SECTION = fields(
    {
        "title": TEXT,
        "body": TEXT,
        "bullets": Items(TEXT, least=1),
        "subsections": Items(Later(_HERE, "section")),
        "numbered": FLAG,
        "numberedBullets": FLAG,
    },
    some_of=("body", "bullets"),
)
_HERE["section"] = _SECTION
POM = Items(_SECTION, least=1)

SAMPLING: dict[str, Kind] = {
    "max_tokens": Number(whole=True, low=0, high=4096, var=False),
    "temperature": real(0, 1.5),
    "top_p": real(0, 1),
    "confidence": real(0, 1),
    "presence_penalty": real(-2, 2),
    "frequency_penalty": real(-2, 2),
}
LANGUAGE_FILLERS = Table(TEXTS)
_FILLERS = either(TEXTS, LANGUAGE_FILLERS)
_RESET = fields(
    {"system_prompt": TEXT, "user_prompt": TEXT, "consolidate": FLAG, "full_reset": FLAG}
)
_HISTORY = words("keep", "default", "hide")
_GATHER = fields(
    {
        "questions": Items(
            fields(
                {
                    "key": TEXT,
                    "question": TEXT,
                    "type": TEXT,
                    "confirm": FLAG,
                    "prompt": TEXT,
                    "functions": either(TEXT, TEXTS),
                    "isolated": FLAG,
                },
                "key",
                "question",
            )
        ),
        "prompt": TEXT,
        "output_key": TEXT,
        "completion_action": TEXT,
        "isolated": FLAG,
    },
    "questions",
)
_STEP = fields(
    {
        "name": Text(never=("next",)),
        "text": TEXT,
        "pom": POM,
        "step_criteria": TEXT,
        "functions": either(TEXTS, words("none")),
        "valid_contexts": TEXTS,
        "valid_steps": TEXTS,
        "skip_user_turn": FLAG,
        "end": FLAG,
        # The platform takes these and its schema does not (facts 1.4).
        "gather_info": _GATHER,
        "skip_to_next_step": FLAG,
        "reset": _RESET,
        "history": _HISTORY,
    },
    "name",
    one_of=("text", "pom"),
)
_BEYOND_CONTEXT: dict[str, Kind] = {
    "valid_contexts": TEXTS,
    "valid_steps": TEXTS,
    "initial_step": TEXT,
    "post_prompt": TEXT,
    "system_prompt": TEXT,
    "user_prompt": TEXT,
    "consolidate": FLAG,
    "full_reset": FLAG,
    "prompt": either(TEXT, OBJECT),
    "history": _HISTORY,
}
_CONTEXT = fields(
    {
        "steps": Items(_STEP),
        "isolated": FLAG,
        "enter_fillers": LANGUAGE_FILLERS,
        "exit_fillers": LANGUAGE_FILLERS,
        "text": TEXT,
        "pom": POM,
        **_BEYOND_CONTEXT,
    },
    "steps",
)
CONTEXTS = Table(_CONTEXT, need=("default",))

PROMPT: Fields = fields(
    {**SAMPLING, "text": TEXT, "pom": POM, "contexts": CONTEXTS, "barge_confidence": ANY},
    one_of=("text", "pom"),
)
POST_PROMPT: Fields = fields({**SAMPLING, "text": TEXT, "pom": POM}, one_of=("text", "pom"))

PRONOUNCE = Items(fields({"replace": TEXT, "with": TEXT, "ignore_case": FLAG}, "replace", "with"))
HINTS = Items(
    either(
        TEXT,
        fields(
            {"hint": TEXT, "pattern": TEXT, "replace": TEXT, "ignore_case": FLAG},
            "hint",
            "pattern",
            "replace",
        ),
    )
)
_VOICE = fields(
    {
        "stability": real(0, 1),
        "similarity": real(0, 1),
        "speakingRate": real(0.5, 1.5),
        "temperature": real(0, 2),
        "speed": real(0.5, 2),
        "vol": real(0.1, 1),
        "pitch": whole(-12, 12),
        "emotion": words("happy", "sad", "angry", "fearful", "disgusted", "surprised", "neutral"),
    }
)
_CODES = either(TEXT, Items(TEXT, most=3))
LANGUAGES = Items(
    fields(
        {
            "name": TEXT,
            "code": _CODES,
            "listen_language": _CODES,
            "voice": TEXT,
            "model": TEXT,
            "auto_emotion": FLAG,
            "auto_speed": FLAG,
            "engine": TEXT,
            "params": _VOICE,
            "fillers": TEXTS,
            "function_fillers": TEXTS,
            "speech_fillers": TEXTS,
            "turn_fillers": TEXTS,
            "pronounce": PRONOUNCE,
        },
        "name",
        "code",
        "voice",
    )
)
MULTILINGUAL: Fields = fields(
    {
        "languages": Items(
            fields(
                {"language": TEXT, "voice": TEXT, "model": TEXT, "engine": TEXT, "params": _VOICE},
                "language",
            )
        ),
        "allowed": TEXTS,
        "engine": TEXT,
        "model": TEXT,
        "provider": TEXT,
        "start_language": TEXT,
        "min_switch_words": Number(whole=True, low=1, var=False),
        "fillers": _FILLERS,
        "function_fillers": _FILLERS,
        "turn_fillers": _FILLERS,
    },
    "languages",
)
