"""Types that fields of verbs have. Most numbers and booleans may also be given by a variable."""

from typing import Annotated, Any, Literal

from msgspec import Meta

Var = Annotated[str, Meta(pattern=r"^[\$%]\{.*\}$", description="a variable such as ${x}")]
"""A text that is wholly a variable, such as `${vars.seconds}` or `%{seconds}`."""

Int = int | Var
Number = float | Var
Bool = bool | Var

BeyondInt = Annotated[int, Meta(extra={"beyond": True})]
BeyondBool = Annotated[bool, Meta(extra={"beyond": True})]
BeyondText = Annotated[str, Meta(extra={"beyond": True})]
BeyondTexts = Annotated[list[str], Meta(extra={"beyond": True})]
"""Values that the platform takes and its schema refuses (facts of the wire, 1.4)."""

Positive = Annotated[int, Meta(ge=1)] | Var
NotNegative = Annotated[float, Meta(ge=0)] | Var
NotNegativeInt = Annotated[int, Meta(ge=0)] | Var
Share = Annotated[float, Meta(ge=0, le=1)] | Var
"""A number from 0 to 1."""

Decibels = Annotated[float, Meta(ge=-40, le=40)]
Volume = Annotated[int, Meta(ge=-50, le=50)] | Var

Object = dict[str, Any]
Texts = dict[str, str]
Fillers = dict[str, list[str]]
"""Phrases by language code; `default` is for all other languages."""

Method = Literal["GET", "POST"]
Side = Literal["remote-caller", "local-caller"]
SpeechEngine = Literal["deepgram", "google"]
Preset = Literal["polite", "rude", "professional", "shakespeare", "gen-z"]
CustomFilter = Annotated[str, Meta(pattern=r"^prompt:.+$", description="prompt: and what to do")]

PlayUrl = Annotated[
    str,
    Meta(
        pattern=r"^(https?://.*|ring: ?[0-9.]*: ?[a-zA-Z]{2}|say: ?.*|silence: ?[0-9.]*"
        r"|ring: ?[a-zA-Z]{2})$",
        description="https://…, say:text, silence:seconds or ring:[seconds:]country",
    ),
]
"""What can be played: `https://…`, `say:text`, `silence:seconds`, `ring:[seconds:]country`."""

BeyondVar = Annotated[
    str,
    Meta(pattern=r"^[\$%]\{.*\}$", description="a variable such as ${x}", extra={"beyond": True}),
]
Duration = (
    Annotated[
        str,
        Meta(pattern=r"^(?:\d+h)?(?:\d+m)?(?:\d+s)?$", description="a time such as 1h30m or 45s"),
    ]
    | BeyondVar
)
"""A time such as `30s`, `2m` or `1h45m30s`."""

Attention = Annotated[int, Meta(ge=10_000, le=600_000)] | Literal[0] | Var | BeyondInt
Inactivity = Annotated[int, Meta(ge=10_000, le=3_600_000)] | Var | BeyondInt
Temperature = Annotated[float, Meta(ge=0, le=1.5)] | Var
Penalty = Annotated[float, Meta(ge=-2, le=2)] | Var
