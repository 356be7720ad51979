"""Who may come in, and under which public URL: the settings of an agent's door."""

import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agentkit.access import Access, open_access
from agentkit.errors import DefinitionError, RequestError
from agentkit.tokens import Keys
from agentkit.urls import Base

SECRET = "a secret of the tests"
KEY = "fictional signing key"
URL = "https://agents.example.com/tea"
BODY = b'{"call":{}}'


def opened(environ: Mapping[str, str] | None = None, **settings: Any) -> Access:
    chosen = {"basic_auth": ("user", "password"), "secret": SECRET, **settings}
    return open_access(**chosen, environ=environ or {})


def scope(**more: Any) -> dict[str, Any]:
    return {"scheme": "http", "server": ("127.0.0.1", 3000), "client": ("10.0.0.9", 5), **more}


# Settings.


def test_what_is_given_is_used_and_no_file_is_made(private_home: Path) -> None:
    access = opened()
    assert access.auth.userinfo == "user:password"
    assert access.keys.newest == Keys([SECRET]).newest
    assert access.verifier is None
    assert access.token_seconds == 86_400.0
    assert access.public_url is None
    assert access.trusted_proxies == ()
    assert not access.per_function
    assert not private_home.exists()


def test_what_is_not_given_comes_from_the_environment_or_a_private_file(private_home: Path) -> None:
    environ = {"AGENTKIT_HOME": str(private_home), "SWML_BASIC_AUTH_USER": "env",
               "SWML_BASIC_AUTH_PASSWORD": "word"}  # fmt: skip
    access = open_access(environ=environ)
    assert access.auth.userinfo == "env:word"
    assert [path.name for path in private_home.iterdir()] == ["secret"]
    assert open_access(environ=environ).keys.by_id == access.keys.by_id


def test_the_real_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTKIT_SECRET", SECRET)
    monkeypatch.setenv("AGENTKIT_PUBLIC_URL", "https://env.example")
    access = open_access()
    assert access.keys.newest == Keys([SECRET]).newest
    assert access.public_url == Base("https://env.example", "")


@pytest.mark.parametrize(
    ("given", "environ", "chosen"),
    [
        (None, {}, None),
        ("", {"AGENTKIT_PUBLIC_URL": "", "SWML_PROXY_URL_BASE": ""}, None),
        ("https://a", {"AGENTKIT_PUBLIC_URL": "https://b"}, "https://a"),
        (
            None,
            {"AGENTKIT_PUBLIC_URL": "https://b", "SWML_PROXY_URL_BASE": "https://c"},
            "https://b",
        ),
        (None, {"SWML_PROXY_URL_BASE": "https://c"}, "https://c"),
    ],
)
def test_of_three_public_urls_the_nearest_counts(
    given: str | None, environ: dict[str, str], chosen: str | None
) -> None:
    expected = Base(chosen, "") if chosen else None
    assert opened(environ, public_url=given).public_url == expected


@pytest.mark.parametrize(("scope_", "per_function"), [("call", False), ("function", True)])
def test_tokens_are_for_a_call_or_for_each_function(scope_: str, per_function: bool) -> None:
    assert opened(token_scope=scope_).per_function is per_function


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"token_scope": "agent"},
            r"token_scope must be one of \('call', 'function'\), not 'agent'",
        ),
        ({"token_seconds": 0}, "token_expiry_secs must be more than 0"),
        ({"token_seconds": -1}, "token_expiry_secs must be more than 0"),
        ({"token_seconds": "3600"}, "token_expiry_secs must be more than 0"),
        ({"token_seconds": True}, "token_expiry_secs must be more than 0"),
        ({"token_seconds": float("nan")}, "token_expiry_secs must be more than 0"),
        ({"token_seconds": float("inf")}, "and at most 100 years"),
        ({"token_seconds": 1e30}, "and at most 100 years"),
        ({"public_url": "example.com"}, "public URL 'example.com' is not like"),
        ({"trusted_proxies": ["proxy"]}, "trusted_proxies: 'proxy'"),
        ({"basic_auth": ("", "x")}, "basic_auth: user and password must be text"),
        ({"secret": "short"}, "^a secret needs at least 16 characters"),
        ({"secret": 5}, "secret takes a text"),
        ({"signing_key": 5}, "signing_key takes a text, or a list of texts"),
        ({"signing_key": [5]}, "signing_key takes a text, or a list of texts"),
        ({"public_url": 5}, "public URL 5 is not like"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        opened(**settings)


@pytest.mark.parametrize(
    "environ",
    [
        {"AGENTKIT_PUBLIC_URL": "nonsense"},
        {"SWML_PROXY_URL_BASE": "nonsense"},
        {"AGENTKIT_SECRET": "short"},
    ],
)
def test_a_wrong_setting_of_the_environment_is_refused_by_the_name_of_the_variable(
    environ: dict[str, str],
) -> None:
    with pytest.raises(DefinitionError, match=f"^{next(iter(environ))}: "):
        opened(environ, secret=None)


# The webhook signature.


def signature(key: str = KEY, body: bytes = BODY, kind: str = "sha1") -> bytes:
    return hmac.new(key.encode(), URL.encode() + body, kind).hexdigest().encode()


def admits(access: Access, *, required: bool, **headers: bytes) -> bool:
    named = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    try:
        access.demand_signature(URL, BODY, named, required=required)
    except RequestError as refused:
        wrong = "the webhook signature is missing or wrong"
        return (refused.status, refused.message) != (403, wrong)
    return True


def test_without_signing_keys_nothing_is_demanded() -> None:
    access = opened()
    assert admits(access, required=True)
    assert admits(access, required=False, x_signalwire_signature=b"wrong")


def test_with_a_signing_key_a_document_must_be_signed() -> None:
    access = opened(signing_key=KEY, public_url="https://agents.example.com")
    assert admits(access, required=True, x_signalwire_signature=signature())
    assert admits(access, required=True, x_signalwire_sha256_signature=signature(kind="sha256"))
    assert not admits(access, required=True)
    assert not admits(access, required=True, x_signalwire_signature=b"")
    assert not admits(access, required=True, x_twilio_signature=signature())


@pytest.mark.parametrize("required", [True, False])
def test_a_signature_that_is_there_must_be_right(required: bool) -> None:
    access = opened(signing_key=KEY, public_url="https://agents.example.com")
    right, wrong = signature(), signature(key="other")
    strong = signature(kind="sha256")
    assert admits(access, required=required, x_signalwire_signature=right)
    assert not admits(access, required=required, x_signalwire_signature=wrong)
    assert not admits(access, required=required, x_signalwire_sha256_signature=wrong)
    both = {"x_signalwire_signature": right, "x_signalwire_sha256_signature": wrong}
    assert not admits(access, required=required, **both)
    both = {"x_signalwire_signature": wrong, "x_signalwire_sha256_signature": strong}
    assert admits(access, required=required, **both)


def test_elsewhere_the_signature_may_be_absent() -> None:
    assert admits(opened(signing_key=KEY, public_url="https://agents.example.com"), required=False)


@pytest.mark.parametrize(
    ("given", "environ"),
    [
        (" one , two ", {}),
        (["one", " two "], {"SIGNALWIRE_SIGNING_KEY": "three"}),
        (None, {"SIGNALWIRE_SIGNING_KEY": "one,two,"}),
        ("", {"SIGNALWIRE_SIGNING_KEY": "one, two"}),
    ],
)
def test_several_signing_keys_may_be_set(given: Any, environ: dict[str, str]) -> None:
    access = opened(environ, signing_key=given)
    for key, known in (("one", True), ("two", True), ("three", False), ("", False)):
        assert admits(access, required=True, x_signalwire_signature=signature(key)) is known


@pytest.mark.parametrize("given", [" ", ",", " , ", [" "], ["", "\n"]])
def test_a_blank_signing_key_is_refused_instead_of_taken_for_none(given: Any) -> None:
    with pytest.raises(DefinitionError, match="signing_key is blank"):
        opened(signing_key=given)
    if isinstance(given, str):
        with pytest.raises(DefinitionError, match="signing_key is blank"):
            opened({"SIGNALWIRE_SIGNING_KEY": given})


def test_a_signing_key_needs_to_know_the_url_that_was_signed() -> None:
    with pytest.raises(DefinitionError, match="signing_key needs public_url="):
        opened(signing_key=KEY).check()
    opened(signing_key=KEY, public_url="https://agents.example.com").check()
    opened(signing_key=KEY, trusted_proxies=["10.0.0.0/8"]).check()
    opened().check()


# The public address.


def base(access: Access, of: dict[str, Any], root_path: str = "", **headers: bytes) -> Base:
    named = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    return access.base(access.address(of, named, root_path))


def test_the_public_url_wins_over_everything_a_request_says() -> None:
    access = opened(public_url="https://agents.example.com/p", trusted_proxies=["10.0.0.0/8"])
    told = base(access, scope(), "/m", host=b"evil.example", x_forwarded_host=b"evil.example")
    assert told == Base("https://agents.example.com", "/p/m")
    same = access.address(scope(), {b"host": b"one"}, "/m")
    assert same == access.address(scope(scheme="https"), {b"host": b"two"}, "/m")


def test_without_a_public_url_the_requests_own_address_counts() -> None:
    assert base(opened(), scope(), "/m", host=b"own.example:80") == Base(
        "http://own.example:80", "/m"
    )
    assert base(opened(), scope(scheme="https"), host=b"own") == Base("https://own", "")
    without = {"server": ("127.0.0.1", 3000)}
    assert base(opened(), without) == Base("http://127.0.0.1:3000", "")


@pytest.mark.parametrize(
    ("server", "origin"),
    [
        (("127.0.0.1", 3000), "http://127.0.0.1:3000"),
        (["localhost", 80], "http://localhost:80"),
        (("localhost", None), "http://localhost"),
        (("::1", 3000), "http://[::1]:3000"),
        (("::1", None), "http://[::1]"),
    ],
)
def test_without_a_host_header_the_address_of_the_server_counts(server: Any, origin: str) -> None:
    assert base(opened(), scope(server=server)) == Base(origin, "")


@pytest.mark.parametrize("server", [None, (), "", ("", 80), (None, 80), ("/run/agent.sock", None)])
def test_where_nobody_says_a_host_there_is_no_url(server: Any) -> None:
    with pytest.raises(RequestError) as refused:
        base(opened(), scope(server=server or None))
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "host", [b"a b", b"a/b", b"evil.example/", b"\xe9", b"a\r\nb", b'"', b"user@h"]
)
def test_a_host_that_is_none_is_refused(host: bytes) -> None:
    with pytest.raises(RequestError, match="the Host header is not a host name"):
        base(opened(), scope(), host=host)


FORWARDED = {"host": b"own", "x_forwarded_proto": b"https", "x_forwarded_host": b"pub.example",
             "x_forwarded_prefix": b"/p"}  # fmt: skip


@pytest.mark.parametrize(
    ("proxies", "client", "told"),
    [
        ([], ("10.0.0.9", 5), Base("http://own", "/m")),
        (["10.0.0.0/8"], ("10.0.0.9", 5), Base("https://pub.example", "/p/m")),
        (["10.0.0.0/8"], ["10.0.0.9", 5], Base("https://pub.example", "/p/m")),
        (["10.0.0.0/8"], ("::ffff:10.0.0.9", 5), Base("https://pub.example", "/p/m")),
        (["10.0.0.0/8"], ("11.0.0.9", 5), Base("http://own", "/m")),
        (["10.0.0.0/8"], ("testclient", 5), Base("http://own", "/m")),
        (["10.0.0.0/8"], None, Base("http://own", "/m")),
        (["10.0.0.0/8"], "10.0.0.9", Base("http://own", "/m")),
    ],
)
def test_forwarded_headers_count_only_from_trusted_proxies(
    proxies: list[str], client: Any, told: Base
) -> None:
    access = opened(trusted_proxies=proxies)
    assert base(access, scope(client=client), "/m", **FORWARDED) == told


def test_nothing_a_request_says_is_remembered() -> None:
    access = opened(trusted_proxies=["10.0.0.9"])
    before = base(access, scope(), host=b"own")
    base(access, scope(), host=b"evil", x_forwarded_host=b"evil")
    assert base(access, scope(), host=b"own") == before


@pytest.mark.parametrize("public_url", [None, "https://agents.example.com"])
@pytest.mark.parametrize("root_path", ['/a"b', "/a b", "/a\\b", "/a\nb", "/é", "/a//b", "m"])
def test_a_mounts_path_can_write_nothing_odd_into_a_document(
    public_url: str | None, root_path: str
) -> None:
    with pytest.raises(RequestError) as refused:
        base(opened(public_url=public_url), scope(), root_path, host=b"own")
    assert refused.value.message == "the path prefix of this request cannot stand in a URL"
