"""The action that takes a payment, and the parts of its prompts."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

import msgspec

from agentkit.swaig import contents

Action = dict[str, Any]
Texts = Mapping[str, str]
_ABSENT: tuple[object, ...] = (None, "", [])

Count = Annotated[int, msgspec.Meta(ge=1)]

PAID = "The payment ended with: ${pay_result}. If it succeeded, do not speak about paying again."
"""What the model is told about the outcome when nothing else is given."""


class Pay(msgspec.Struct, frozen=True):
    """Take a payment by key presses; the model does not hear the card's number.

    Args:
        payment_connector_url: gets what the caller keyed in, and charges the card.
        input_method: how it is given; the platform knows `dtmf`.
        status_url: told how it goes.
        payment_method: the platform knows `credit-card`.
        timeout: seconds to wait for the next key.
        max_attempts: how often the caller may try.
        security_code: ask for the card's security code.
        postal_code: ask for the postal code, or the code itself when it is known.
        min_postal_code_length: digits that a postal code must have.
        token_type: `one-time`, or `reusable` for later payments.
        charge_amount: such as `20.45`; nothing is charged without it.
        currency: three letters.
        language: of the prompts.
        voice: of the prompts.
        description: what is paid for.
        valid_card_types: names apart by blanks.
        parameters: further values for the connector, of `create_payment_parameter`.
        prompts: what is said meanwhile, of `create_payment_prompt`.
        ai_response: what the model is told when it goes on.
    """

    payment_connector_url: str
    input_method: str = "dtmf"
    status_url: str | None = None
    payment_method: str = "credit-card"
    timeout: Count = 5
    max_attempts: Count = 1
    security_code: bool = True
    postal_code: bool | str = True
    min_postal_code_length: Annotated[int, msgspec.Meta(ge=0)] = 0
    token_type: Literal["one-time", "reusable"] = "reusable"  # noqa: S105 - a kind is no secret
    charge_amount: str | None = None
    currency: str = "usd"
    language: str = "en-US"
    voice: str = "woman"
    description: str | None = None
    valid_card_types: str = "visa mastercard amex"
    parameters: list[dict[str, str]] | None = None
    prompts: list[dict[str, Any]] | None = None
    ai_response: str | None = PAID

    def to_action(self) -> Action:
        """Return the action; what is not given is left out, numbers and booleans are texts."""
        contents.name("pay", "payment_connector_url", self.payment_connector_url)
        given = contents.checked("pay", self)
        said = {"set": {"ai_response": given.pop("ai_response")}}
        given["input"] = given.pop("input_method")
        paid = {key: _written(value) for key, value in given.items() if value not in _ABSENT}
        return contents.run(said, {"pay": paid})


def create_payment_prompt(
    for_situation: str,
    actions: Iterable[Texts],
    card_type: str | None = None,
    error_type: str | None = None,
) -> dict[str, Any]:
    """Return what is said in one situation of a payment, such as `payment-card-number`.

    Args:
        for_situation: the situation.
        actions: of `create_payment_action`, said and played in turn.
        card_type: only for these cards, names apart by blanks.
        error_type: only after these errors, names apart by blanks.
    """
    method = "create_payment_prompt"
    told = {
        "for": contents.name(method, "for_situation", for_situation),
        "actions": contents.items(method, "actions", actions),
    }
    return {**told, **contents.texts(method, card_type=card_type, error_type=error_type)}


def create_payment_action(action_type: Literal["Say", "Play"], phrase: str) -> dict[str, str]:
    """Return one thing to `Say` (a text) or to `Play` (a URL)."""
    method = "create_payment_action"
    kind = contents.one_of(method, "action_type", action_type, ("Say", "Play"))
    return {"type": kind, "phrase": contents.text(method, "phrase", phrase)}


def create_payment_parameter(name: str, value: str) -> dict[str, str]:
    """Return one more value for the payment connector."""
    method = "create_payment_parameter"
    return {
        "name": contents.name(method, "name", name),
        "value": contents.text(method, "value", value),
    }


def _written(value: object) -> object:
    """Numbers and booleans go as text: that is what the verb takes (vendor SDK 3.7)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value
