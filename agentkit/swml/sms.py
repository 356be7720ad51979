"""Documents of text messages: nine verbs, some of them other than those of calls."""

from functools import partial
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from agentkit.swml.body import Body, Reader, Rule, at_least_one, begins_with_main
from agentkit.swml.values import Object, Texts
from agentkit.swml.verb import SMS_FAMILIES, Verb, read_verb

HttpMethod = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Transform = Literal["lowercase", "uppercase", "trim", "lowercase_trim", "uppercase_trim"]
NotEmpty = Annotated[str, msgspec.Meta(min_length=1)]
Media = Annotated[list[str], msgspec.Meta(max_length=8)]


class SmsVerb(Verb, frozen=True):
    """One verb of a document for text messages."""

    reader: ClassVar[Reader | None] = partial(read_verb, SMS_FAMILIES)


class SmsMessage(Body, frozen=True):
    """A message that is sent; it needs a body or media.

    Attributes:
        body: its text.
        media: URLs of files, at most 8.
        to: who gets it, else who wrote.
        from_: who sends it, else the number written to.
        status_url: told how it goes.
    """

    rule: ClassVar[Rule | None] = at_least_one("body", "media")

    body: NotEmpty | None = None
    media: Media | None = None
    to: str | None = None
    from_: str | None = msgspec.field(default=None, name="from")
    status_url: str | None = None


class ReplyCases(Body, frozen=True):
    """SmsMessages by the value of a variable.

    Attributes:
        variable: the variable.
        case: messages by value.
        transform: what is done with the value first.
        default: the message for any other value.
    """

    variable: str
    case: dict[str, str | SmsMessage]
    transform: Transform | None = None
    default: str | SmsMessage | None = None


class ReplySwitch(Body, frozen=True):
    """A choice of messages.

    Attributes:
        switch: the messages.
    """

    switch: ReplyCases


class Reply(SmsVerb, frozen=True):
    """Answer the message.

    Attributes:
        message: what is sent.
    """

    verb: ClassVar[str] = "reply"
    bare: ClassVar[bool] = True

    message: str | SmsMessage | ReplySwitch


class Receive(SmsVerb, frozen=True):
    """Wait for the next message."""

    verb: ClassVar[str] = "receive"


class SmsRequest(SmsVerb, frozen=True):
    """Send an HTTP request.

    Attributes:
        url: where to.
        method: how (`POST`).
        headers: HTTP headers.
        body: text, or an object that goes as JSON.
        timeout: seconds, up to 5 (5).
        save_variables: make variables of a JSON answer (false).
    """

    verb: ClassVar[str] = "request"

    url: str
    method: HttpMethod | None = None
    headers: Texts | None = None
    body: str | Object | None = None
    timeout: Annotated[float, msgspec.Meta(ge=0, le=5)] | None = None
    save_variables: bool | None = None


class SmsExecute(SmsVerb, frozen=True):
    """Run another section or document and come back.

    Attributes:
        dest: a section's name or a URL.
        params: reach it as the scope `params`.
    """

    verb: ClassVar[str] = "execute"

    dest: str
    params: Object | None = None


class SmsTransfer(SmsVerb, frozen=True):
    """Go on with another document for good.

    Attributes:
        dest: its URL.
        method: how it is fetched (`POST`).
        params: reach it as the scope `params`.
    """

    verb: ClassVar[str] = "transfer"

    dest: str
    method: HttpMethod | None = None
    params: Object | None = None


class SmsSwitch(SmsVerb, frozen=True):
    """Run verbs by the value of a variable.

    Attributes:
        variable: the variable.
        case: verbs by value.
        transform: what is done with the value first.
        default: verbs for any other value.
    """

    verb: ClassVar[str] = "switch"

    variable: str
    case: dict[str, list[SmsVerb]]
    transform: Transform | None = None
    default: list[SmsVerb] | None = None


class SmsGoto(SmsVerb, frozen=True):
    """Go on at a label of this section.

    Attributes:
        label: the label.
        max: how often at most (100).
    """

    verb: ClassVar[str] = "goto"

    label: str
    max: int | None = None


class SmsLabel(SmsVerb, frozen=True):
    """A place that `goto` can name.

    Attributes:
        name: its name.
    """

    verb: ClassVar[str] = "label"
    bare: ClassVar[bool] = True

    name: str


class SmsReturn(SmsVerb, frozen=True):
    """Come back from `execute`, with a value.

    Attributes:
        value: the value.
    """

    verb: ClassVar[str] = "return"
    bare: ClassVar[bool] = True

    value: Any


class SmsScript(Body, frozen=True):
    """A document of a text message.

    Attributes:
        sections: lists of verbs by name; it begins with `main`.
        version: the only one there is.
    """

    verb_kind: ClassVar[type[Verb]] = SmsVerb
    schema_rule: ClassVar[Rule | None] = begins_with_main

    sections: dict[str, list[SmsVerb]]
    version: Literal["1.0.0"] | None = None
