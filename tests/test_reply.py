"""An HTTP answer: a status, a JSON body and what headers go with it."""

import pytest

from agentkit import _json
from agentkit.errors import EncodingError, RequestError
from agentkit.reply import BASE_HEADERS, Reply, json_reply, redirect, refusal


def test_every_answer_is_json_that_nobody_keeps_and_no_browser_guesses_at() -> None:
    assert dict(BASE_HEADERS) == {
        b"content-type": b"application/json",
        b"cache-control": b"no-store",
        b"x-content-type-options": b"nosniff",
        b"referrer-policy": b"no-referrer",
    }


def test_data_is_answered_with_200_or_the_status_given() -> None:
    assert json_reply({"a": "é"}) == Reply('{"a":"é"}'.encode(), 200, [])
    assert json_reply({}, 201) == Reply(b"{}", 201, [])


def test_what_json_cannot_carry_is_not_answered() -> None:
    with pytest.raises(EncodingError):
        json_reply({"a": object()})


def test_a_refusal_says_what_is_wrong_under_its_status() -> None:
    answer = refusal(RequestError(405, 'not "here"\r\n', {"Allow": "GET, POST"}))
    assert answer.status == 405
    assert _json.decode(answer.body) == {"error": 'not "here"\r\n'}
    assert answer.headers == [(b"allow", b"GET, POST")]
    assert refusal(RequestError(404, "nothing")).headers == []


def test_answers_do_not_share_their_headers() -> None:
    one, other = json_reply({}), json_reply({})
    one.headers.append((b"a", b"b"))
    assert other.headers == []


def test_a_redirect_keeps_the_method_and_says_where() -> None:
    assert redirect("/tea?a=%20") == Reply(b"", 307, [(b"location", b"/tea?a=%20")])


def test_a_location_beyond_ascii_is_no_location() -> None:
    with pytest.raises(UnicodeEncodeError):
        redirect("/é")
