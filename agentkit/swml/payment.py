"""The verb that takes a payment."""

from typing import Annotated, ClassVar, Literal

import msgspec

from agentkit.swml.body import Body
from agentkit.swml.values import Bool, Int
from agentkit.swml.verb import Verb

HttpUrl = Annotated[str, msgspec.Meta(pattern="^(http|https)://", description="an http(s) URL")]


class Parameter(Body, frozen=True):
    """One more value for the payment connector.

    Attributes:
        name: its name.
        value: its value.
    """

    name: str
    value: str


class Said(Body, frozen=True):
    """A phrase to say.

    Attributes:
        type: `Say`.
        phrase: the text.
    """

    type: Literal["Say"]
    phrase: str


class Played(Body, frozen=True):
    """A file to play.

    Attributes:
        type: `Play`.
        phrase: its URL.
    """

    type: Literal["Play"]
    phrase: HttpUrl


class PayPrompt(Body, frozen=True):
    """What is said in one situation of a payment.

    Attributes:
        for_: the situation, such as `payment-card-number`.
        actions: said and played in turn.
        attempts: only in these attempts, apart by blanks.
        card_type: only for these cards, apart by blanks.
        error_type: only after these errors, apart by blanks.
    """

    for_: str = msgspec.field(name="for")
    actions: list[Said | Played]
    attempts: str | None = None
    card_type: str | None = None
    error_type: str | None = None


class Pay(Verb, frozen=True):
    """Take a payment by key presses.

    Sets `pay_result` and `pay_payment_results.…`.

    Attributes:
        payment_connector_url: gets what was keyed in, and charges.
        charge_amount: such as `20.45`; nothing is charged without it.
        currency: three letters (`usd`).
        description: what is paid for.
        input: how it is given (`dtmf`).
        language: of the prompts (`en-US`).
        max_attempts: how often the caller may try (1).
        min_postal_code_length: digits that a postal code must have (0).
        parameters: further values for the connector.
        payment_method: the only one.
        postal_code: ask for the postal code, or the code itself (true).
        prompts: what is said meanwhile.
        security_code: ask for the card's security code (true).
        status_url: told how it goes.
        timeout: seconds to wait for the next key (5).
        token_type: of the card's token (`reusable`).
        valid_card_types: apart by blanks (`visa mastercard amex`).
        voice: of the prompts (`woman`).
    """

    verb: ClassVar[str] = "pay"

    payment_connector_url: str
    charge_amount: str | None = None
    currency: str | None = None
    description: str | None = None
    input: Literal["dtmf"] | None = None
    language: str | None = None
    max_attempts: Int | None = None
    min_postal_code_length: Int | None = None
    parameters: list[Parameter] | None = None
    payment_method: Literal["credit-card"] | None = None
    postal_code: bool | str | None = None
    prompts: list[PayPrompt] | None = None
    security_code: Bool | None = None
    status_url: str | None = None
    timeout: Int | None = None
    token_type: Literal["one-time", "reusable"] | None = None
    valid_card_types: str | None = None
    voice: str | None = None
