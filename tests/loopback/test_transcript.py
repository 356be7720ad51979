"""The transcript of a call as lines for people."""

from agentkit.loopback.transcript import line, render
from tests.loopback.seen import Past, booked

WHOLE = """\
    0.00  call      started +12025550123 → /bookings
    0.25  verb      answer {"max_duration":60}
    0.50  verb      ai
    0.75  caller    A table for 2
    1.00  tool      book(seats=2, day="Friday")
    1.25            → "Booked." [set_global_data]
    1.50  agent     Booked.
    1.75  state     global_data seats=2
    2.00  state     odd
    2.25  step      default/confirm (change_step)
    2.50  step      default/done
    2.75  action    hangup true
    3.00  reply     503
    3.25  reply     timeout
    3.50  call      script ended {"why":"error"}
    3.75  call      ended by the caller
"""


def test_a_transcript_has_a_line_for_each_moment_that_matters() -> None:
    call = Past(
        ("mark", "started +12025550123 → /bookings", None),
        ("verb", "answer", {"max_duration": 60}),
        ("verb", "ai", {"prompt": {"text": "long"}}),
        *booked(),
        ("state", "global_data", {"seats": 2}),
        ("state", "odd", None),
        ("step", "default/confirm", "change_step"),
        ("step", "default/done", {"index": 1}),
        ("action", "hangup", True),
        ("request", "/swaig", "function"),
        ("reply", "503", None),
        ("request", "/swaig", "function"),
        ("reply", "timeout", None),
        ("reply", "200", None),
        ("event", "step_change", {}),
        ("mark", "the AI session ends", {"reason": "hangup"}),
        ("mark", "script ended", {"why": "hangup"}),
        ("mark", "script ended", {"why": "error"}),
        ("mark", "ended", "caller"),
    )
    assert [row[8:] for row in render(call.moments).splitlines()] == [
        row[8:] for row in WHOLE.splitlines()
    ]


def test_everything_has_the_requests_too() -> None:
    call = Past(("request", "/swaig", "function"), ("reply", "200", None), ("event", "barge", {}))
    assert render(call.moments) == ""
    assert [row[10:] for row in render(call.moments, everything=True).splitlines()] == [
        "request   /swaig (function)",
        "reply     200",
        "event     barge",
    ]


def test_nothing_happened_yet() -> None:
    assert render([]) == ""


def test_long_moments_are_wrapped() -> None:
    call = Past(("agent", "word " * 20, None), ("agent", "", None))
    rows = render(call.moments, width=10).splitlines()
    assert rows[1] == " " * 20 + "word word word word word"
    assert max(map(len, rows)) <= 48
    assert rows[-1] == "    0.25  agent"


def test_a_transcript_holds_no_secrets_and_no_control_characters() -> None:
    call = Past(
        ("agent", "see https://user:password@host/a?token=abc#x", None),
        ("agent", "\x1b[31mred\x07", None),
        ("verb", "request", {"url": "https://user:password@host/a?token=abc"}),
    )
    shown = render(call.moments, everything=True)
    assert "see https://host/a" in shown
    assert "\ufffd[31mred\ufffd" in shown
    assert [secret for secret in ("password", "abc", "\x1b") if secret in shown] == []
    assert line(call.moments[0]) == "see https://host/a"
