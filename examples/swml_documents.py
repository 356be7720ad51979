"""Documents without an agent: written verb by verb, read back, checked."""

from agentkit import SMS, SWML, DefinitionError
from agentkit.verbs import Connect, Destination, Hangup

MENU = (
    SWML()
    .answer(max_duration=3600)
    .label("menu")
    .prompt(play="say:Press 1 for tea, 2 for coffee.", max_digits=1, digit_timeout=3)
    .switch("prompt_value", {"1": [Connect("+12025550123")], "2": [Hangup()]})
    .goto("menu", max=3)
    .say("Goodbye.")
    .hangup()
)

HUNT = SWML().connect(
    serial_parallel=[
        [Destination("+12025550123"), Destination("+12025550124")],
        [Destination("sip:desk@example.com", timeout=20)],
    ],
    answer_on_bridge=True,
    call_state_events=["answered", "ended"],
)

LATER = SWML().verb("verb_of_next_year", {"key": 1}).hangup(extra={"key_of_next_year": True})

THANKS = SMS().receive().reply("Thank you. We call you back.")


def faults(document: bytes) -> str:
    """Tell what the platform's schema would refuse in a document, or that it would not."""
    try:
        SWML.parse(document, strict=True)
    except DefinitionError as error:
        return str(error)
    return "none"


if __name__ == "__main__":
    for each in (MENU, HUNT, LATER, THANKS):
        print(each.to_json().decode())
    print(faults(b'{"sections": {"main": [{"goto": {"label": "menu", "max": 1000}}]}}'))
