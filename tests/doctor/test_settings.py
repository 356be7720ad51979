"""What settings alone tell."""

from pathlib import Path
from typing import Any

import pytest

from agentkit import AgentBase, AgentServer
from agentkit.doctor import Finding, Level, settings
from tests.doctor.test_examining import AUTH, PUBLIC, sound
from tests.documents import SECRET


def told(agent: AgentBase, what: str, environ: dict[str, str] | None = None) -> str:
    found = settings.of_agent(agent, {"AGENTKIT_HOME": "/nowhere", **(environ or {})})
    return "\n".join(_line(each) for each in found if each.what == what)


def _line(found: Finding) -> str:
    return f"{found.level.value}: {found.text}"


URLS: dict[str, tuple[str | None, dict[str, str], str]] = {
    "given": (PUBLIC, {}, f"ok: {PUBLIC}, from the agent's own setting"),
    "the environment": (
        PUBLIC,
        {"AGENTKIT_PUBLIC_URL": f"{PUBLIC}/"},
        f"ok: {PUBLIC}, from AGENTKIT_PUBLIC_URL",
    ),
    "the vendor's variable": (
        PUBLIC,
        {"SWML_PROXY_URL_BASE": PUBLIC},
        f"ok: {PUBLIC}, from SWML_PROXY_URL_BASE",
    ),
    "another in the environment": (
        PUBLIC,
        {"AGENTKIT_PUBLIC_URL": "https://x.example"},
        f"ok: {PUBLIC}, from the agent's own setting",
    ),
    "none": (None, {}, "warning: none is set, so documents carry the host of each request"),
    "http": ("http://a.example", {}, "warning: over http, credentials and calls can be read"),
    "localhost": ("http://localhost:3000", {}, "warning: localhost cannot be reached from outside"),
    "a private address": ("https://10.0.0.7", {}, "warning: 10.0.0.7 cannot be reached"),
    "an inner name": ("https://a.internal", {}, "warning: a.internal cannot be reached"),
    "a public address": ("https://8.8.8.8", {}, "ok: https://8.8.8.8"),
}


@pytest.mark.parametrize(("url", "environ", "text"), URLS.values(), ids=URLS)
def test_the_public_url_is_told_with_its_source(
    url: str | None, environ: dict[str, str], text: str
) -> None:
    assert text in told(sound(public_url=url), "public URL", environ)


def test_trusted_proxies_are_told() -> None:
    agent = sound(public_url=None, trusted_proxies=["10.0.0.0/8"], signing_key="k")
    assert "from trusted proxies what they forward" in told(agent, "public URL")
    assert told(agent, "signature") == "warning: demanded over the URL that trusted proxies forward"


def test_the_source_of_credentials_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(sound(), "credentials") == "ok: from the agent's own setting"
    with monkeypatch.context() as environ:
        environ.setenv("SWML_BASIC_AUTH_USER", AUTH[0])
        environ.setenv("SWML_BASIC_AUTH_PASSWORD", AUTH[1])
        assert told(sound(basic_auth=None), "credentials") == "ok: from the environment"
    pairs = sound(basic_auth=[AUTH, ("old", "another-password")])
    assert told(pairs, "credentials").endswith("; 2 pairs are taken")
    short = sound(basic_auth=("u", "short"))
    assert told(short, "credentials").startswith("warning: from the agent's own setting; the pass")
    monkeypatch.setenv("AGENTKIT_HOME", str(tmp_path))
    generated = AgentBase("Generated", secret=SECRET)
    assert f"ok: from {tmp_path / 'credentials.json'}, which every process" in told(
        generated, "credentials"
    )
    same = sound(basic_auth=("u", "password"))  # a word that stands in the file, too
    assert "from the agent's own setting" in told(same, "credentials")


def test_the_secret_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(sound(), "secret").startswith("ok: tokens are signed with a secret that hosts")
    monkeypatch.setenv("AGENTKIT_HOME", str(tmp_path))
    local = AgentBase("Local", basic_auth=AUTH)
    assert told(local, "secret").startswith("note: tokens are signed with a file of this host")


def test_the_urls_that_may_be_signed_are_told() -> None:
    assert told(sound(), "signature").startswith("note: none is demanded")
    text = told(sound(route="/", signing_key="k"), "signature")
    for url in (f"{PUBLIC}/", f"{PUBLIC}:443/", f"{PUBLIC},", f"{PUBLIC}:443 "):
        assert url in text


def test_lifetimes_are_compared_with_the_platforms() -> None:
    agent = sound(token_expiry_secs=900)
    assert told(agent, "tokens") == "warning: they expire after 900 s; a call may last 14400 s"
    agent.define_tool("slow", "", {}, lambda args, raw: "", timeout=60)
    agent.define_tool("told", "", {}, lambda args, raw: "", timeout=60, fillers={"en": ["Wait."]})
    assert told(agent, "deadlines").splitlines() == [
        "warning: slow may take 60 s of silence; give it fillers",
        "ok: 3 tools answer within 60 s",
    ]
    assert told(AgentBase("None", basic_auth=AUTH, secret=SECRET), "deadlines") == ""


def test_sip_usernames_are_told() -> None:
    agent = sound().enable_sip_routing()
    assert told(agent, "SIP") == "note: answers to shop, shp"
    assert told(sound(), "SIP") == ""


def server_told(server: AgentServer) -> list[str]:
    return [_line(each) for each in settings.of_server(server)]


def test_the_names_of_a_server_are_told() -> None:
    server = AgentServer().register(sound()).setup_sip_routing()
    server.register_sip_username("ghost", "/missing").route_by_number({"+12025550100": "/no"})
    assert server_told(server) == [
        "warning: no agent is at the route of: ghost, +12025550100",
        "note: 3 usernames: ghost, shop, shp",
    ]
    assert server_told(AgentServer().register(sound())) == []


def test_names_that_two_agents_have_are_a_problem() -> None:
    one, other = sound(), sound("Other", "/other")
    server = AgentServer().register(one).register(other).setup_sip_routing()
    one.register_sip_username("desk")
    other.register_sip_username("desk")
    assert server_told(server)[0].startswith("PROBLEM: the SIP username 'desk' of '/other'")


@pytest.mark.parametrize(("seconds", "level"), [(0.1, Level.OK), (7.0, Level.WARNING)])
def test_a_slow_start_is_told(seconds: float, level: Level) -> None:
    assert settings.of_start(seconds).level is level


def test_nothing_of_a_password_is_told() -> None:
    findings: Any = list(settings.of_agent(sound(), {"AGENTKIT_HOME": "/nowhere"}))
    assert AUTH[1] not in str(findings)
    assert SECRET not in str(findings)
