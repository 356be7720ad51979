"""A definition that is wrong stops the start, at once and with a message that names it."""

from typing import Any

import pytest

from agentkit import AgentBase, AgentServer
from tests.hostile.agents import table
from tests.hostile.defining import Wrong, agent, refusal

SETTINGS: dict[str, Wrong] = {
    "no name": (lambda: AgentBase(""), "an agent needs a name"),
    "a blank name": (lambda: AgentBase("  "), "an agent needs a name"),
    "a token scope": (
        lambda: agent(token_scope="tool"),
        "token_scope must be one of ('call', 'function'), not 'tool'",
    ),
    "an expiry of 0": (
        lambda: agent(token_expiry_secs=0),
        "token_expiry_secs must be more than 0 and at most 100 years",
    ),
    "an expiry that is NaN": (
        lambda: agent(token_expiry_secs=float("nan")),
        "token_expiry_secs must be more than 0 and at most 100 years",
    ),
    "a short secret": (
        lambda: agent(secret="short"),
        "a secret needs at least 16 characters; make one with: "
        "python -c 'import secrets; print(secrets.token_hex(32))'",
    ),
    "an error document that is text": (
        lambda: agent(error_document="sorry"),
        "error_document must be a dict, not str",
    ),
    "a webhook nowhere": (
        lambda: agent(default_webhook_url="nowhere"),
        "set_web_hook_url: 'nowhere' is not an absolute http(s) URL",
    ),
    "parameters that are no dict": (
        lambda: agent().set_params([1]),  # type: ignore[arg-type]
        "set_params must be a dict, not list",
    ),
    "a token as a query parameter": (
        lambda: agent().add_swaig_query_params({"__token": "x"}),
        "add_swaig_query_params: ['__token'] is agentkit's own",
    ),
    "a folder that is not there": (
        lambda: AgentServer().serve_static_files("/no/such/folder"),
        "serve_static_files: there is no folder '/no/such/folder'",
    ),
    "no agent": (lambda: AgentServer().register(5), "register takes an agent, not a int"),  # type: ignore[arg-type]
    "a signing key without a public URL": (
        lambda: agent(signing_key="k").compiled(),
        "signing_key needs public_url= (or trusted_proxies=): "
        "the platform signs the URL that it was given",
    ),
}


@table(SETTINGS)
def test_a_wrong_setting_is_refused(case: Wrong) -> None:
    make, message = case

    assert refusal(make) == message


def test_a_setting_that_json_cannot_carry_is_refused() -> None:
    message = refusal(lambda: agent(error_document={"sections": object()}))

    assert message.startswith("error_document: JSON cannot carry this value: ")


PAIRS = "basic_auth= takes (user, password) or a list of such pairs"
HALVES = "basic_auth: user and password must be text, not empty, no control characters"
CREDENTIALS: dict[str, tuple[object, str]] = {
    "nothing": ([], PAIRS),
    "an empty pair": ((), PAIRS),
    "one half": (("canary-user",), PAIRS),
    "three halves": (("a", "b", "c"), PAIRS),
    "a text": ("canary-user:password", PAIRS),
    "a text of two letters": ("ab", PAIRS),
    "a pair of three": ([("a", "b", "c")], PAIRS),
    "an empty user": (("", "x"), HALVES),
    "an empty password": (("canary-user", ""), HALVES),
    "a number": ([("canary-user", 5)], HALVES),
    "null": ([("canary-user", None)], HALVES),
    "a newline": (("canary-user", "a\nb"), HALVES),
    "a NUL": (("canary\0", "b"), HALVES),
    "a lone surrogate": (("canary-user", "a\udc80"), HALVES),
    "a colon": (
        ("canary:user", "x"),
        "basic_auth: the user name must not contain a colon (RFC 7617)",
    ),
}


@table(CREDENTIALS)
def test_credentials_that_cannot_be_sent_are_refused(case: tuple[Any, str]) -> None:
    given, message = case

    assert refusal(lambda: agent(basic_auth=given)) == message


@pytest.mark.parametrize("half", ["SWML_BASIC_AUTH_USER", "SWML_BASIC_AUTH_PASSWORD"])
def test_half_of_the_credentials_in_the_environment_is_refused(
    half: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(half, "canary-half")

    message = refusal(lambda: agent(basic_auth=None).compiled())

    assert message == "set both SWML_BASIC_AUTH_USER and SWML_BASIC_AUTH_PASSWORD, or neither"


PUBLIC_URLS = {
    "no scheme": "agents.example.com",
    "another scheme": "ftp://agents.example.com",
    "no host": "https://",
    "a blank host": "https:// /",
    "a bad port": "https://agents.example.com:port",
    "port 0": "https://agents.example.com:0",
    "a port too high": "https://agents.example.com:65536",
    "a broken IPv6 address": "https://[::1",
    "a space": "https://agents.example.com/a b",
    "a quote": 'https://agents.example.com/"',
    "two slashes": "https://agents.example.com//a",
    "letters beyond ASCII": "https://\xe4gents.example.com",
    "a newline": "https://agents.example.com\n.evil.example",
    "a template": "https://${host}/",
}


@table(PUBLIC_URLS)
def test_a_public_url_that_is_none_is_refused(case: str) -> None:
    message = f"public URL {case!r} is not like 'https://agents.example.com'"

    assert refusal(lambda: agent(public_url=case)) == message
    assert refusal(lambda: agent().manual_set_proxy_url(case)) == message


@pytest.mark.parametrize("more", ["?a=b", "#top", "/x?a"])
def test_a_public_url_with_a_query_is_refused(more: str) -> None:
    url = f"https://agents.example.com{more}"

    assert refusal(lambda: agent(public_url=url)) == (
        f"public URL {url!r} must not carry a query or a fragment"
    )


def test_the_password_in_a_public_url_is_not_repeated() -> None:
    message = refusal(lambda: agent(public_url="https://user:canary-hidden@agents.example.com"))

    assert "public URL" in message
    assert "canary-hidden" not in message


@pytest.mark.parametrize("name", ["AGENTKIT_PUBLIC_URL", "SWML_PROXY_URL_BASE"])
def test_a_public_url_of_the_environment_is_checked_as_well(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "nowhere")

    assert refusal(agent) == (
        f"{name}: public URL 'nowhere' is not like 'https://agents.example.com'"
    )


PROXIES = {
    "a name": (["proxy.example"], "'proxy.example' does not appear to be an IPv4 or IPv6 network"),
    "a network with host bits": (["10.0.0.1/8"], "10.0.0.1/8 has host bits set"),
    "too many bits": (
        ["10.0.0.0/33"],
        "'10.0.0.0/33' does not appear to be an IPv4 or IPv6 network",
    ),
    "empty": ([""], "'' does not appear to be an IPv4 or IPv6 network"),
    "everybody by a star": (["*"], "'*' does not appear to be an IPv4 or IPv6 network"),
}


@table(PROXIES)
def test_a_trusted_proxy_that_is_no_network_is_refused(case: tuple[list[str], str]) -> None:
    proxies, reason = case

    assert refusal(lambda: agent(trusted_proxies=proxies)) == f"trusted_proxies: {reason}"


ROUTES = {
    "empty": "",
    "no slash": "agent",
    "a space": "/a b",
    "a query": "/a?b",
    "a fragment": "/a#b",
    "dots": "/a/../b",
    "a dot": "/a/./b",
    "two slashes within": "/a//b",
    "a backslash": "/a\\b",
    "a quote": '/a"b',
    "braces": "/{agent}",
    "letters beyond ASCII": "/\xe4",
    "a newline": "/a\n",
    "a NUL": "/a\0",
}


@table(ROUTES)
def test_a_route_that_is_no_path_is_refused(case: str) -> None:
    message = f"route {case!r} is not a path such as '/support'"

    assert refusal(lambda: agent(case)) == message
    assert refusal(lambda: agent().at_route(case)) == message
    assert refusal(lambda: AgentServer().register(agent(), case or "x")) == message.replace(
        "''", "'x'"
    )


CALLBACK_PATHS = {
    "tools": ("/swaig", "the callback path '/swaig' is an endpoint of the agent"),
    "tools with a slash": ("/swaig/", "the callback path '/swaig' is an endpoint of the agent"),
    "the summary": ("/post_prompt", "the callback path '/post_prompt' is an endpoint of the agent"),
    "input": (
        "/check_for_input",
        "the callback path '/check_for_input' is an endpoint of the agent",
    ),
    "the route itself": ("/", "the callback path '/' is an endpoint of the agent"),
    "health": ("/health", "the callback path '/health' is an endpoint of the agent"),
    "readiness": ("/ready", "the callback path '/ready' is an endpoint of the agent"),
    "no slash": ("desk", "route 'desk' is not a path such as '/support'"),
    "dots": ("/../desk", "route '/../desk' is not a path such as '/support'"),
    "empty": ("", "route '' is not a path such as '/support'"),
}


@table(CALLBACK_PATHS)
def test_a_callback_path_that_is_taken_or_none_is_refused(case: tuple[str, str]) -> None:
    path, message = case

    assert refusal(lambda: agent().register_routing_callback(lambda r, b: None, path)) == message
    assert (
        refusal(lambda: AgentServer().register_global_routing_callback(lambda r, b: None, path))
        == message
    )


def test_two_agents_on_one_route_are_refused() -> None:
    server = AgentServer().register(agent("/a"))

    for route in ("/a", "/a/"):
        assert refusal(lambda at=route: server.register(agent(at))) == (  # type: ignore[misc]
            "two agents have the route '/a'"
        )
    assert refusal(lambda: server.register(agent("/b"), "/a")) == "two agents have the route '/a'"
    assert [route for route, _ in server.get_agents()] == ["/a"]


def test_two_agents_at_the_root_are_refused() -> None:
    server = AgentServer().register(agent("/"))

    assert refusal(lambda: server.register(agent("/"))) == "two agents have the route '/'"


@pytest.mark.parametrize("route", ["/health", "/ready", "/health/"])
def test_an_agent_at_the_servers_own_path_is_refused(route: str) -> None:
    message = refusal(lambda: AgentServer().register(agent(route)))

    assert message == f"the route {route.rstrip('/')!r} is the server's own"
