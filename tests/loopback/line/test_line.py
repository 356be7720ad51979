import pytest

from agentkit.loopback.clock import Clock
from agentkit.loopback.errors import CallError
from agentkit.loopback.trace import Trace
from agentkit.loopback.webhook import WebhookKind
from agentkit.testing.messages import Request
from tests.loopback.line.apps import App, answer, answering, redirect
from tests.loopback.line.conftest import Lines, told, tool, webhook


async def test_a_webhook_reaches_the_agent_as_the_platform_sends_it(line_to: Lines) -> None:
    agent = answering(body=b'{"response":"done"}')
    reply = await line_to(agent).send(tool("/swaig?__token=s%20x", b'{"function":"order"}'))
    assert reply.json() == {"response": "done"}
    assert (reply.status, reply.attempts, reply.error, reply.seconds) == (200, 1, "", 0.0)
    assert reply.headers == (("content-type", "application/json"),)
    [got] = agent.got
    assert (got.method, got.path, got.query, got.body) == (
        "POST",
        "/swaig",
        "__token=s%20x",
        b'{"function":"order"}',
    )
    assert got.headers == {
        "host": "testserver",
        "accept": "*/*",
        "content-type": "application/json",
        "content-length": "20",
    }


async def test_a_get_without_a_body_says_nothing_of_one(line_to: Lines) -> None:
    agent = answering()
    await line_to(agent).send(webhook("request", "/x", b"", method="GET"))
    assert agent.got[0].method == "GET"
    assert agent.got[0].headers == {"host": "testserver", "accept": "*/*"}


@pytest.mark.parametrize(
    ("url", "beside", "expected"),
    [
        ("http://us%40er:p%3Aw@testserver/swaig", None, "Basic dXNAZXI6cDp3"),
        ("http://user@testserver/swaig", None, "Basic dXNlcjo="),
        ("http://testserver/swaig", ("user", "pw"), "Basic dXNlcjpwdw=="),
        ("http://a:b@testserver/swaig", ("user", "pw"), "Basic YTpi"),
        ("http://testserver/swaig", None, None),
    ],
)
async def test_credentials_come_from_the_url_or_from_beside_it(
    line_to: Lines, url: str, beside: tuple[str, str] | None, expected: str | None
) -> None:
    agent = answering()
    await line_to(agent, auth=("never", "used")).send(tool(url, auth=beside))
    assert agent.got[0].headers.get("authorization") == expected


async def test_the_line_has_credentials_for_documents_of_the_agent_only(line_to: Lines) -> None:
    agent, other = answering(), answering()
    line = line_to(agent, auth=("user", "pw"), outside={"other.example": other})
    for url in ("/", "http://a:b@testserver/", "http://other.example/"):
        await line.send(webhook("document", url))
    sent = [got.headers.get("authorization") for got in (*agent.got, *other.got)]
    assert sent == ["Basic dXNlcjpwdw==", "Basic YTpi", None]


async def test_a_tool_is_asked_again_after_a_server_error_with_the_same_bytes(
    line_to: Lines, trace: Trace, clock: Clock
) -> None:
    agent = answering(503, 500, 200)
    reply = await line_to(agent).send(tool())
    assert (reply.status, reply.attempts, reply.seconds) == (200, 3, 2.0)
    assert {got.body for got in agent.got} == {b'{"function":"order"}'}
    shown = ("request", "http://testserver/swaig")
    assert told(trace) == [
        shown, ("reply", "503"), shown, ("reply", "500"), shown, ("reply", "200"),
    ]  # fmt: skip
    assert [moment.data for moment in trace.moments] == ["function", None] * 3


@pytest.mark.parametrize("kind", ["function", "poll", "hook"])
async def test_tools_are_asked_four_times_at_most(line_to: Lines, kind: WebhookKind) -> None:
    agent = answering(500)
    reply = await line_to(agent).send(webhook(kind, "/swaig"))
    assert (reply.status, reply.attempts, len(agent.got)) == (500, 4, 4)


@pytest.mark.parametrize("status", [400, 403, 404, 429])
async def test_a_tool_that_refuses_is_not_asked_again(line_to: Lines, status: int) -> None:
    agent = answering(status)
    reply = await line_to(agent).send(tool())
    assert (reply.status, reply.attempts) == (status, 1)


@pytest.mark.parametrize(
    "kind", ["document", "post_prompt", "signature", "debug", "datamap", "mcp", "request", "status"]
)
async def test_nothing_else_is_sent_again(line_to: Lines, kind: WebhookKind) -> None:
    agent = answering(500)
    reply = await line_to(agent).send(webhook(kind, "/x"))
    assert (reply.status, reply.attempts, len(agent.got)) == (500, 1, 1)


async def test_secrets_of_a_url_do_not_reach_the_trace(line_to: Lines, trace: Trace) -> None:
    await line_to(answering()).send(tool("http://user:secret@testserver/swaig?__token=secret"))
    assert told(trace)[0] == ("request", "http://testserver/swaig")


async def test_an_exception_is_a_server_error_and_is_kept(line_to: Lines, trace: Trace) -> None:
    async def fails(*_: object) -> None:
        raise KeyError("seats")

    line = line_to(App([fails, answer()]))
    reply = await line.send(tool())
    assert (reply.status, reply.attempts) == (200, 2)
    assert [type(error) for error in line.raised] == [KeyError]
    assert ("warning", "the application raised KeyError: 'seats'") in told(trace)


async def test_what_an_application_raises_is_told_without_secrets(
    line_to: Lines, trace: Trace
) -> None:
    async def fails(*_: object) -> None:
        raise OSError("no answer from\nhttps://u:secret@api.example/x?token=secret")

    await line_to(App([fails])).send(webhook("document", "/"))
    warning = "the application raised OSError: no answer from https://api.example/x"
    assert ("warning", warning) in told(trace)


async def test_a_redirect_is_followed_with_the_same_body(line_to: Lines) -> None:
    agent = App([redirect("/moved?x=1", 302), answer()])
    reply = await line_to(agent).send(tool("http://u:p@testserver/swaig"))
    assert (reply.status, reply.attempts) == (200, 1)
    assert [(got.method, got.path, got.body) for got in agent.got] == [
        ("POST", "/swaig", b'{"function":"order"}'),
        ("POST", "/moved", b'{"function":"order"}'),
    ]


async def test_a_document_is_not_fetched_from_where_it_redirects_to(line_to: Lines) -> None:
    agent = App([redirect("/moved")])
    reply = await line_to(agent, signing_key="key").send(webhook("document", "/"))
    assert (reply.status, len(agent.got)) == (307, 1)


@pytest.mark.parametrize("status", [300, 304, 307])
async def test_a_redirect_to_nowhere_is_an_answer(line_to: Lines, status: int) -> None:
    agent = App([answer(status, b"")])
    reply = await line_to(agent).send(tool())
    assert (reply.status, len(agent.got)) == (status, 1)


@pytest.mark.parametrize(
    ("location", "refusal"),
    [
        ("https://other.example/x", "is sent to 'https://other.example/x'"),
        ("//other.example/x", "is sent to 'http://other.example/x'"),
        ("file:///etc/passwd", "can send nothing to 'file:///etc/passwd'"),
        ("http://[::1", "can send nothing to"),
    ],
)
async def test_a_redirect_that_leads_elsewhere_is_refused(
    line_to: Lines, location: str, refusal: str
) -> None:
    with pytest.raises(CallError) as refused:
        await line_to(App([redirect(location)])).send(tool())
    assert refusal in str(refused.value)


async def test_a_tool_whose_redirects_never_end_is_asked_again(line_to: Lines) -> None:
    agent = App([redirect("/again")])
    reply = await line_to(agent).send(tool())
    assert (reply.error, reply.attempts, len(agent.got)) == ("redirects", 4, 4 * 16)


async def test_a_url_that_leads_elsewhere_is_refused_by_name(line_to: Lines) -> None:
    line = line_to(answering(), outside={"weather.example": answering()})
    with pytest.raises(CallError, match=r"'https://other.example/x'.*weather.example are known"):
        await line.send(tool("https://u:secret@other.example/x?token=secret"))
    with pytest.raises(CallError, match=r"only 'http://testserver' is known here: see base_url"):
        await line_to(answering()).send(tool("https://testserver/x"))


async def test_others_answer_for_their_hosts(line_to: Lines) -> None:
    def weather(request: Request) -> object:
        return {"sky": request.query}

    async def teapot(request: Request) -> object:
        return 418, [request.path]

    line = line_to(answering(), outside={"Weather.example": weather, "*": teapot})
    sky = await line.send(webhook("datamap", "https://weather.example/v1?city=Lima"))
    pot = await line.send(webhook("datamap", "http://127.0.0.1:9/pot"))
    assert (sky.status, sky.json()) == (200, {"sky": "city=Lima"})
    assert (pot.status, pot.json()) == (418, ["/pot"])
