"""What never reaches a journal, and what must."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import _json
from agentkit.errors import DefinitionError
from agentkit.recorder.redaction import MASK, Redaction, is_secret_name, readable

CANARY = "canary-7f3a"

HIDDEN: dict[str, str] = {
    "userinfo of a URL": f"https://user:{CANARY}@a.example/swaig",
    "userinfo with an at sign in the password": f"https://user:p@{CANARY}@a.example/",
    "a user alone": f"see redis://{CANARY}@host/0 there",
    "a token in a query": f"https://a.example/swaig?__token={CANARY}",
    "any value in a query": f"https://a.example/?tenant={CANARY}&b=2",
    "a query without a name": f"https://a.example/?{CANARY}",
    "a fragment": f"https://a.example/#{CANARY}",
    "a fragment after a query": f"https://a.example/?a=1#{CANARY}",
    "basic credentials": f"Authorization: Basic {CANARY}==",
    "a bearer token": f"bearer  {CANARY}.abc",
    "a form": f"name=x&password={CANARY}&b",
    "an API key in a form": f"api_key={CANARY}",
    "a signed token": f"eyJhbGciOiJI.{CANARY}.sig",
    "a key with a well known beginning": f"sk-live_{CANARY}00000000",
    "a private key": f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----",
    "a private key that was cut": f"-----BEGIN PRIVATE KEY-----\n{CANARY}",
    "an access key of a cloud": "AKIA" + "CANARY7F3A000000",
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_secrets_in_text_are_left_out(text: str) -> None:
    clean = Redaction().text(text)
    assert CANARY not in clean
    assert "CANARY" not in clean
    assert MASK in clean or "#" in text


@pytest.mark.parametrize(
    "text",
    [
        "A table for two at 7, please: name = Alex.",
        "https://a.example/shop/swaig/",
        "call me at alex@example.com",
        "basic tea",
        "1980-01-31",
        "https://a.example/x?call_id=c-1",
        "",
    ],
)
def test_plain_text_stays(text: str) -> None:
    assert Redaction().text(text) == text


def test_a_url_keeps_what_leads_to_its_meaning() -> None:
    url = "https://u:p@agents.example:8443/shop/swaig/?__token=abc&call_id=c-1&;x"
    expected = "https://***@agents.example:8443/shop/swaig/?__token=***&call_id=c-1&;***"
    assert Redaction().text(url) == expected
    assert (
        Redaction(keep_query=["tenant"]).text("http://h/?tenant=a&b=c")
        == "http://h/?tenant=a&b=***"
    )


NAMES: dict[str, bool] = {
    "password": True,
    "web_hook_auth_password": True,
    "apiKey": True,
    "X-Api-Key": True,
    "clientSecret": True,
    "meta_data_token": True,
    "accessToken": True,
    "pin": True,
    "card_pin": True,
    "Set-Cookie": True,
    "spin": False,
    "tokens": False,
    "total_input_tokens": False,
    "keys": False,
    "key": False,
    "passenger": False,
    "opinion": False,
    "x" * 100_000: False,
}


@pytest.mark.parametrize(("name", "secret"), NAMES.items(), ids=[name[:30] for name in NAMES])
def test_names_say_what_is_secret(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret


BODIES: dict[str, tuple[Any, Any]] = {
    "text": ({"password": "x"}, {"password": MASK}),
    "a number that is a secret": ({"pin": 1234}, {"pin": MASK}),
    "a number that is a count": ({"token": 7}, {"token": 7}),
    "a list of texts": ({"secret": ["a", "b"]}, {"secret": MASK}),
    "a list of something else": ({"secret": [{"a": 1}]}, {"secret": [{"a": 1}]}),
    "a schema": ({"pin": {"type": "string"}}, {"pin": {"type": "string"}}),
    "a flag": ({"password": True}, {"password": True}),
    "nothing": ({"password": ""}, {"password": ""}),
    "JSON in text": ({"raw": '{"password": "x", "a": 1}'}, {"raw": '{"password":"***","a":1}'}),
    "JSON in text without secrets": ({"raw": '{ "a":  1}'}, {"raw": '{ "a":  1}'}),
    "JSON in text in JSON in text": (
        {"raw": _json.encode({"in": '{"pin": "1"}'}).decode()},
        {"raw": _json.encode({"in": '{"pin":"***"}'}).decode()},
    ),
    "text that begins like JSON": ("{token=abc}", "{token=***"),
    "text that nests too deep": ("[" * 200 + "token=abc", "[" * 200 + "token=***"),
    "a secret in a name": ({"https://u:p@h/": 1}, {"https://***@h/": 1}),
    "a list": ([{"otp": "1"}, 2, None], [{"otp": MASK}, 2, None]),
}


@pytest.mark.parametrize(("given", "expected"), BODIES.values(), ids=BODIES)
def test_secrets_in_bodies_are_left_out(given: Any, expected: Any) -> None:
    assert Redaction().body(given) == expected


PATHS: dict[str, tuple[str, Any, Any]] = {
    "a name": ("a.b", {"a": {"b": 1, "c": 2}}, {"a": {"b": MASK, "c": 2}}),
    "a whole object": ("a", {"a": {"b": 1}}, {"a": MASK}),
    "any index": ("a.*.n", {"a": [{"n": 1}, {"m": 2}]}, {"a": [{"n": MASK}, {"m": 2}]}),
    "one index": ("a.1", {"a": ["x", "y"]}, {"a": ["x", MASK]}),
    "any depth": ("**.n", {"a": [{"n": 1}], "n": 2}, {"a": [{"n": MASK}], "n": MASK}),
    "any depth below": (
        "a.**.n",
        {"a": {"b": {"n": 1}}, "n": 2},
        {"a": {"b": {"n": MASK}}, "n": 2},
    ),
    "everything below": ("a.**", {"a": {"b": 1}}, {"a": MASK}),
    "nothing": ("z.z", {"a": {"z": 1}}, {"a": {"z": 1}}),
}


@pytest.mark.parametrize(("path", "given", "expected"), PATHS.values(), ids=PATHS)
def test_paths_are_left_out(path: str, given: Any, expected: Any) -> None:
    assert Redaction(paths=[path]).body(given) == expected


def test_patterns_and_names_of_the_author_are_left_out() -> None:
    redaction = Redaction(patterns=[r"\b\d{16}\b"], names=["IBAN", "shoe-size"])
    assert redaction.text("card 4111111111111111!") == f"card {MASK}!"
    assert redaction.body({"iban": "DE1", "shoeSize": 43}) == {"iban": MASK, "shoeSize": MASK}


@pytest.mark.parametrize("path", ["", ".", "a..b", "**", 7])
def test_a_wrong_path_is_refused(path: Any) -> None:
    with pytest.raises(DefinitionError, match="is no path"):
        Redaction(paths=[path])


@pytest.mark.parametrize("pattern", ["(", 7])
def test_a_wrong_pattern_is_refused(pattern: Any) -> None:
    with pytest.raises(DefinitionError, match="no regular expression"):
        Redaction(patterns=[pattern])


def test_queries_and_headers_keep_what_may_stay() -> None:
    redaction = Redaction(keep_query=["tenant"])
    assert redaction.query("call_id=c&tenant=t&__token=x&b=") == {
        "call_id": "c",
        "tenant": "t",
        "__token": MASK,
        "b": MASK,
    }
    fields = [("Content-Type", "text/plain"), ("Authorization", "x"), ("X-Key", "y")]
    assert redaction.headers(fields) == {"content-type": "text/plain"}


UNREADABLE: dict[str, tuple[bytes, dict[str, Any]]] = {
    "nothing": (b"", {}),
    "null": (b"null", {"body": None}),
    "a form": (b"token=abc&a=1", {"text": "token=***&a=1"}),
    "no UTF-8": (b"\xff", {"text": "\ufffd"}),
    "too deep": (b"[" * 500, {"text": "[" * 500}),
    "a lone surrogate": (b'{"a":"\\ud800"}', {"text": '{"a":"\\ud800"}'}),
    "a huge number": (b"1e999", {"text": "1e999"}),
    "half of it": (b'{"a":', {"text": '{"a":'}),
}


@pytest.mark.parametrize(("body", "told"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_json_is_told_as_text(body: bytes, told: dict[str, Any]) -> None:
    assert readable(body, Redaction()) == told


HOSTILE: dict[str, str] = {
    "beginnings of URLs": "://" * 50_000,
    "beginnings of queries": "http://?" * 50_000,
    "users": "://" + "@" * 100_000,
    "users of many": "://a@b" * 20_000,
    "tokens that do not end": "eyJ-" * 80_000,
    "tokens that almost end": "eyJaaaaaaaa." * 30_000,
    "keys that do not end": "sk-" * 50_000,
    "one word": "a" * 100_000,
    "names without values": "token" * 20_000,
    "credentials without any": "Basic " * 20_000,
    "spaces": "Basic" + " " * 100_000,
    "private keys that do not end": "-----BEGIN " * 30_000,
    "private keys": "-----BEGIN PRIVATE KEY-----" * 12_000,
    "brackets": "[" * 100_000,
    "separators": "http://a?" + "&" * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_takes_long(text: str) -> None:
    redaction = Redaction()
    redaction.text(text)
    redaction.body({text: [text]})


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=9))
def test_redacting_again_changes_nothing(value: Any) -> None:
    redaction = Redaction(paths=["**.pin"])
    once = redaction.body(value)
    assert redaction.body(once) == once


@given(st.text(alphabet="abk:/@?#=&%. \"'<>-_eyJ*"))
def test_redacting_text_again_changes_nothing(text: str) -> None:
    redaction = Redaction()
    once = redaction.text(text)
    assert redaction.text(once) == once
