"""What is the same before two calls are compared."""

import pytest

from agentkit.loopback.replay.masks import MaskError, Masks

ID = "0e3249fa-8d38-49fc-9177-31f461f556e7"
MASKED: dict[str, tuple[str, str]] = {
    "credentials and token": ("https://u:p@agent.example/swaig/?__token=1", "<agent>/swaig"),
    "another port": ("http://agent.example:81/x", "http://agent.example:81/x"),
    "another host": ("see https://a.example/b#c now", "see https://a.example/b now"),
    "an error id": ("Sorry (E-12ab34cd).", "Sorry (<error id>)."),
    "an id": (f"booked as {ID}", "booked as <id>"),
    "a pattern": ("at 12:30", "at <masked>"),
    "nothing": ("two of Assam", "two of Assam"),
}


@pytest.mark.parametrize(("text", "masked"), MASKED.values(), ids=MASKED)
def test_what_means_nothing_is_masked(text: str, masked: str) -> None:
    masks = Masks(["agent.example"], patterns=[r"\d\d:\d\d"])
    assert masks.text(text) == masked


def test_ids_that_were_posted_stay() -> None:
    assert Masks(known=f'{{"call_id":"{ID}"}}').text(ID.upper()) == ID.upper()


def test_values_are_masked_everywhere() -> None:
    value = {ID: [ID, 7, None, {"a": ID}]}
    assert Masks().value(value) == {"<id>": ["<id>", 7, None, {"a": "<id>"}]}


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(MaskError, match="no regular expression"):
        Masks(patterns=["("])
