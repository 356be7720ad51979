"""Whole examinations: a sound agent has no problem, and each fault is found and told."""

import http.client
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from agentkit import AgentBase, AgentServer, StateError
from agentkit.doctor import Finding, Level, Subject, examine
from agentkit.state.memory import MemoryState
from agentkit.testing.asgi import ASGIApp, Receive, Scope, Send
from agentkit.testing.client import ASGITransport
from agentkit.testing.messages import Headers, Request, Response
from tests.documents import JSON, SECRET

PUBLIC = "https://agents.example.com"
AUTH = ("user", "a-long-password")
Places = dict[str, str]


def sound(name: str = "Shop", route: str = "/shop", **options: Any) -> AgentBase:
    given = {"basic_auth": AUTH, "secret": SECRET, "public_url": PUBLIC, **options}
    agent = AgentBase(name, route=route, **given)
    agent.set_post_prompt("Sum up.").enable_debug_events()
    agent.define_tool("order", "Order.", {}, lambda args, raw: forbidden())
    return agent


def forbidden() -> str:
    raise AssertionError("the doctor runs no tool")


async def found(app: Any, url: str | None = None, **options: Any) -> list[Finding]:
    options.setdefault("environ", {"AGENTKIT_HOME": "/nowhere"})
    options.setdefault("timer", lambda: 0.0)  # a machine may stand still while a store is asked
    return [finding async for _, finding in examine(Subject(app, url, **options))]


def bad(findings: list[Finding]) -> list[Finding]:
    return [each for each in findings if each.level in {Level.PROBLEM, Level.WARNING}]


def texts(findings: list[Finding], what: str) -> str:
    return "\n".join(f"{each.level.value}: {each.text}" for each in findings if each.what == what)


class Outside:
    """What answers at the URL, with what a proxy does to requests and answers."""

    def __init__(self, app: ASGIApp, change: Callable[[Request], Any] = lambda request: None):
        self.inner = ASGITransport(app)
        self.change = change
        self.asked: list[Request] = []

    def lifespan(self) -> Any: ...
    async def exchange(self, request: Request) -> Response:
        self.asked.append(request)
        changed = self.change(request)
        if isinstance(changed, Exception):
            raise changed
        if isinstance(changed, Response):
            return changed
        return await self.inner.exchange(changed or request)


SOUND: dict[str, Callable[[], Any]] = {
    "an agent": sound,
    "a root agent": lambda: sound(route="/"),
    "below a prefix": lambda: sound(public_url=f"{PUBLIC}/in/here"),
    "a token a function": lambda: sound(token_scope="function"),
    "a server": lambda: (
        AgentServer().register(sound()).register(sound("Other", "/other")).setup_sip_routing()
    ),
    "signed": lambda: sound(signing_key="PSK-1"),
    "signed, at the root": lambda: sound(route="/", signing_key="PSK-1"),
}


@pytest.mark.parametrize("made", SOUND.values(), ids=SOUND)
async def test_a_sound_application_has_no_problem_inside_and_outside(
    made: Callable[[], Any],
) -> None:
    app = made()
    prefix = "/in/here" if "here" in str(getattr(app, "get_full_url", str)()) else ""
    outside = Outside(app)
    outside.inner = ASGITransport(app, root_path=prefix)
    findings = await found(app, PUBLIC + prefix, web=outside)
    assert bad(findings) == []
    assert "swaig/ answers; forgers get 403" in texts(findings, "from outside")
    assert "post_prompt/ answers; forgers get 403" in texts(findings, "in process")
    assert "debug_events/ answers; forgers get 403" in texts(findings, "in process")
    assert "8 more documents are signed with the same secret" in texts(findings, "from outside")
    assert AUTH[1] not in str(findings)
    assert "__token" not in str(findings)


async def test_the_url_may_be_the_agents_own_with_credentials_in_it() -> None:
    outside = Outside(sound())
    url = "https://user:a-long-password@agents.example.com/shop/"
    assert bad(await found(sound(), url, web=outside)) == []
    wrong = "https://user:wrong@agents.example.com/shop"
    findings = await found(sound(), wrong, web=outside)
    assert "401: the credentials are refused." in texts(findings, "from outside")


async def test_a_tool_that_needs_no_token_is_not_called_by_a_forger() -> None:
    agent = AgentBase("Open", basic_auth=AUTH, secret=SECRET, public_url=PUBLIC)
    agent.define_tool("open", "Open.", {}, lambda args, raw: forbidden(), secure=False)
    findings = await found(agent)
    assert bad(findings) == []
    assert texts(findings, "in process").endswith("swaig/ answers")
    scoped = sound(token_scope="function")
    scoped.define_tool("open", "Open.", {}, lambda args, raw: forbidden(), secure=False)
    assert bad(await found(scoped)) == []


async def test_urls_that_lead_elsewhere_are_told_and_not_visited() -> None:
    agent = sound().set_web_hook_url("https://other.example/tools")
    outside = Outside(agent)
    findings = await found(agent, PUBLIC, web=outside)
    assert bad(findings) == []
    assert "note: https://other.example/tools is answered elsewhere" in texts(
        findings, "from outside"
    )
    assert {request.host for request in outside.asked} == {"agents.example.com"}


FAULTS: dict[str, tuple[Exception, str]] = {
    "no name": (socket.gaierror(-2, "x"), "the name agents.example.com is not known to the DNS"),
    "nothing there": (ConnectionRefusedError(), "nothing listens at agents.example.com"),
    "too slow": (TimeoutError(), "did not answer in time"),
    "a bad certificate": (ssl.SSLCertVerificationError("self-signed"), "is not trusted"),
    "no TLS": (ssl.SSLError("wrong version"), "speaks no TLS"),
    "hung up": (http.client.RemoteDisconnected("x"), "hung up without an answer"),
    "no HTTP": (http.client.BadStatusLine("x"), "does not answer in HTTP"),
    "no way": (OSError(113, "No route to host"), "cannot be reached: [Errno 113] No route"),
}


@pytest.mark.parametrize(("error", "text"), FAULTS.values(), ids=FAULTS)
async def test_a_server_that_cannot_be_reached_is_explained(error: Exception, text: str) -> None:
    findings = await found(sound(), PUBLIC, web=Outside(sound(), lambda request: error))
    (problem,) = bad(findings)
    assert (problem.level, problem.what) == (Level.PROBLEM, "from outside")
    assert text in problem.text
    assert problem.text.endswith("(the platform: 11200, HTTP retrieval failure)")


def answering(status: int, body: bytes = b"<html>", **fields: str) -> Response:
    return Response(status, Headers([("content-type", "text/html"), *fields.items()]), body)


STATUSES: dict[int, str] = {
    301: "it is redirected to https://x.example/y. The platform follows no redirect",
    307: "a host framework that adds or removes a trailing slash",
    400: "the request was not understood (text/html, no JSON)",
    401: "a proxy takes the Authorization header away",
    403: "set AGENTKIT_SECRET everywhere",
    404: "A prefix that a proxy or a mount adds or removes is missing",
    405: "something else answers there",
    411: "a proxy wants a Content-Length",
    413: "let it take 8 MiB",
    415: "did not arrive as application/json",
    429: "a proxy limits requests",
    500: "its log has a traceback",
    502: "a proxy answers, but the application behind it does not",
    503: "it is down, or still starting",
    504: "the platform waits 120 s",
    200: "200: this is not the answer of an agent (text/html, no JSON)",
    418: "418: this is not the answer of an agent",
}


@pytest.mark.parametrize("status", STATUSES)
async def test_an_answer_that_is_none_is_explained(status: int) -> None:
    answer = answering(status, location="https://x.example/y")
    findings = await found(sound(), PUBLIC, web=Outside(sound(), lambda request: answer))
    (problem,) = bad(findings)
    assert f"{PUBLIC}/shop: {status}: " in problem.text
    assert STATUSES[status] in problem.text


@pytest.mark.parametrize("path", ["/swaig/", "/post_prompt/", "/debug_events/"])
@pytest.mark.parametrize("status", [404, 200])
async def test_a_link_that_does_not_work_is_told(path: str, status: int) -> None:
    def change(request: Request) -> Response | None:
        return answering(status, b'{"error":"x"}') if path in request.path else None

    findings = await found(sound(), PUBLIC, web=Outside(sound(), change))
    (problem,) = bad(findings)
    where = f"https://agents.example.com/shop{path}: "
    if status == 200:
        assert problem.text == f"{where}a forged token is answered 200"
    elif "debug" in path:
        assert problem.text == f"{where}a forged token is answered 404"
    else:
        assert problem.text.startswith(f"{where}404: nothing answers at this path (x)")


async def test_a_link_that_cannot_be_reached_is_told() -> None:
    def change(request: Request) -> Exception | None:
        return TimeoutError() if "swaig" in request.path else None

    findings = await found(sound(), PUBLIC, web=Outside(sound(), change))
    (problem,) = bad(findings)
    assert problem.text.startswith(f"{PUBLIC}/shop/swaig/: agents.example.com did not answer")


async def test_a_file_that_is_not_served_is_told() -> None:
    agent = sound()
    agent.define_tool("slow", "", {}, lambda args, raw: "", wait_file="/wait.mp3")
    findings = await found(agent)
    (problem,) = bad(findings)
    assert problem.text.startswith(f"{PUBLIC}/wait.mp3: 404")


async def test_another_secret_is_told() -> None:
    other = sound(secret="another-secret-for-tests")
    findings = await found(sound(), PUBLIC, web=Outside(other))
    assert "has a token that was signed with another secret than ours" in texts(
        findings, "from outside"
    )


async def test_one_worker_of_several_with_another_secret_is_found() -> None:
    apps, number = [sound(), sound(secret="another-secret-for-tests")], -9

    async def balanced(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal number
        number += 1
        await apps[number > 4](scope, receive, send)

    findings = await found(sound(), PUBLIC, web=Outside(balanced))
    (problem,) = bad(findings)
    assert problem.text.startswith("of 8 documents, some have a token")


async def test_a_worker_that_fails_is_found() -> None:
    fetched = 0

    def change(request: Request) -> Response | None:
        nonlocal fetched
        fetched += request.path == "/shop"
        return answering(502) if fetched == 6 and request.path == "/shop" else None

    findings = await found(sound(), PUBLIC, web=Outside(sound(), change))
    (problem,) = bad(findings)
    assert problem.text.startswith("fetched again, it fails: 502")


def without_header(request: Request) -> Request:
    kept = [field for field in request.headers.pairs if field[0] != "authorization"]
    return Request(**{**fields_of(request), "headers": Headers(kept)})


def fields_of(request: Request) -> JSON:
    return {name: getattr(request, name) for name in Request.__slots__}


async def test_a_proxy_that_takes_the_credentials_away_is_told() -> None:
    findings = await found(sound(), PUBLIC, web=Outside(sound(), without_header))
    (problem,) = bad(findings)
    assert "401: the credentials are refused" in problem.text


async def test_a_proxy_that_lets_strangers_in_is_told() -> None:
    known: list[str] = []

    def lets_in(request: Request) -> Request:
        known.extend(v for n, v in request.headers.pairs if n == "authorization")
        fields = [*request.headers.pairs, ("authorization", known[0])]
        kept = fields if "authorization" not in request.headers else request.headers.pairs
        return Request(**{**fields_of(request), "headers": Headers(kept)})

    findings = await found(sound(), PUBLIC, web=Outside(sound(), lets_in))
    (problem,) = bad(findings)
    assert problem.text.startswith("strangers get the document, with its credentials")


async def test_a_proxy_that_tells_strangers_something_else_is_told() -> None:
    def hides(request: Request) -> Response | None:
        return None if "authorization" in request.headers else answering(404)

    findings = await found(sound(), PUBLIC, web=Outside(sound(), hides))
    (warning,) = bad(findings)
    assert warning.text.startswith("strangers are not told 401, but 404")


async def test_a_public_url_that_is_not_where_the_agent_is_found_is_told() -> None:
    findings = await found(sound(), "https://tunnel.example", web=Outside(sound()))
    (warning,) = bad(findings)
    assert f"its URLs name the public URL {PUBLIC}/shop, not where you looked" in warning.text


async def test_urls_that_name_an_inner_host_are_told() -> None:
    agent = sound(public_url=None)

    def inner(request: Request) -> Request:
        kept = [("host", "inner:8080") if n == "host" else (n, v) for n, v in request.headers.pairs]
        return Request(**{**fields_of(request), "headers": Headers(kept)})

    findings = await found(agent, PUBLIC, web=Outside(agent, inner))
    told = texts(findings, "from outside")
    assert f"PROBLEM: http://inner:8080/shop/swaig/ is not below {PUBLIC}" in told.replace(
        "https://inner", "http://inner"
    )
    assert "Set AGENTKIT_PUBLIC_URL" in told
    assert "none is set, so documents carry the host of each request" in texts(
        findings, "public URL"
    )


class Broken(MemoryState):
    def open(self) -> None:
        raise StateError("the disk is full")


class Forgetting(MemoryState):
    def get(self, key: str) -> None:
        return None


@pytest.mark.parametrize(
    ("store", "text"),
    [(Broken(), "does not work: the disk is full"), (Forgetting(), "does not give back")],
)
async def test_a_store_that_does_not_work_is_told(store: Any, text: str) -> None:
    findings = await found(sound(state_manager=store))
    assert f"PROBLEM: the store {text}" in texts(findings, "state")


async def test_a_store_is_told_by_what_it_promises(tmp_path: Any) -> None:
    kept = await found(sound(state_manager=f"sqlite:///{tmp_path}/calls.db"))
    assert texts(kept, "state") == "ok: can be written and read; durable, shared between processes"
    memory = await found(sound(state_manager="memory:"))
    assert texts(memory, "state").startswith("warning: in memory: it ends with the process")
    assert texts(await found(sound()), "state") == "note: in memory; no tool asked for more"
    ticks = iter([0.0, 9.0])
    slow = await found(sound(), timer=lambda: next(ticks))
    assert "warning: the store took 9.0 s" in texts(slow, "state")


async def test_an_agent_that_is_wrong_is_told_and_the_others_are_examined() -> None:
    wrong = AgentBase("Wrong", "/wrong", basic_auth=AUTH, secret=SECRET, signing_key="k")
    server = AgentServer().register(wrong).register(sound())
    findings = await found(server)
    assert "PROBLEM: signing_key needs public_url=" in texts(findings, "settings")
    assert "serves a document" in texts(findings, "in process")


async def test_a_hook_that_fails_is_no_document_with_links() -> None:
    class Failing(AgentBase):
        def on_swml_request(self, request_data: Any = None, callback_path: Any = None) -> Any:
            raise RuntimeError("canary")

    agent = Failing("Failing", basic_auth=AUTH, secret=SECRET, public_url=PUBLIC)
    findings = await found(agent)
    assert "canary" not in str(findings)
    assert "PROBLEM: the agent serves its error document: a hook of yours raises" in texts(
        findings, "in process"
    )


async def test_what_the_platforms_tables_do_not_have_is_told_once() -> None:
    agent = sound().add_pre_answer_verb("plya", {"url": "say:Hello."})
    agent.set_param("end_of_speech_timout", 500).set_param("end_of_speech_timeout", "500")
    findings = await found(agent, PUBLIC, web=Outside(agent))
    assert [each.text for each in bad(findings)] == [
        'sections.main[0]: "plya" is no verb; `play` is one',
        "sections.main[2].ai.params.end_of_speech_timout: unknown field; "
        "`end_of_speech_timeout` is one",
    ]


async def test_a_large_document_is_told() -> None:
    agent = sound().set_prompt_text("x" * 300_000)
    assert "it is large" in texts(await found(agent), "in process")
