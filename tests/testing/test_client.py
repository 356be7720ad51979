import base64
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import pytest

from agentkit.errors import EncodingError
from agentkit.testing import AgentClient, Headers, HTTPTransport, Request, Response, Transport
from tests.testing.apps import body, echo, sends, start


async def told(client: AgentClient, url: str = "/", **options: Any) -> dict[str, Any]:
    response = await client.post(url, **options)
    found: dict[str, Any] = response.json()
    return found


def fields(arrived: dict[str, Any]) -> dict[str, str]:
    return dict(arrived["headers"])


async def test_a_path_is_looked_up_under_the_base_url() -> None:
    arrived = await told(AgentClient(echo, base_url="https://tea.example:8443/shop/"), "/a?b=c")

    assert (arrived["scheme"], arrived["path"], arrived["query"]) == ("https", "/shop/a", "b=c")
    assert arrived["server"] == ["tea.example", 8443]
    assert fields(arrived)["host"] == "tea.example:8443"


async def test_without_a_base_url_the_host_is_testserver() -> None:
    arrived = await told(AgentClient(echo))

    assert (arrived["server"], fields(arrived)["host"]) == (["testserver", 80], "testserver")
    assert (arrived["client"], arrived["root_path"]) == (["127.0.0.1", 50000], "")


async def test_an_absolute_url_goes_to_the_same_application() -> None:
    arrived = await told(AgentClient(echo), "HTTPS://coffee.example/a")

    assert (arrived["path"], arrived["server"]) == ("/a", ["coffee.example", 443])


async def test_sender_and_root_path_are_the_tests_to_choose() -> None:
    arrived = await told(AgentClient(echo, root_path="/voice", client=("192.0.2.7", 9)), "/voice/a")

    assert (arrived["root_path"], arrived["path"]) == ("/voice", "/voice/a")
    assert arrived["client"] == ["192.0.2.7", 9]


@pytest.mark.parametrize(
    ("url", "raw_path", "path", "query"),
    [
        ("/caf%C3%A9?q=%20", "/caf%C3%A9", "/café", "q=%20"),
        ("/café tea?q=ü x", "/caf%C3%A9%20tea", "/café tea", "q=%C3%BC%20x"),
        ("//twice//", "//twice//", "//twice//", ""),
        ("/a%2Fb#part", "/a%2Fb", "/a/b", ""),
        ("http://testserver", "/", "/", ""),
        ("/?a=/?b", "/", "/", "a=/?b"),
    ],
)
async def test_a_path_arrives_encoded_and_decoded(
    url: str, raw_path: str, path: str, query: str
) -> None:
    arrived = await told(AgentClient(echo), url)

    assert (arrived["raw_path"], arrived["path"], arrived["query"]) == (raw_path, path, query)


@pytest.mark.parametrize("url", ["agent", "", "?a=b", "ftp://testserver/", "httpx://testserver/"])
async def test_what_is_neither_a_path_nor_a_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="neither a path"):
        await AgentClient(echo).get(url)


async def test_user_and_password_of_a_url_become_a_header_and_leave_the_url() -> None:
    arrived = await told(AgentClient(echo), "http://J%C3%B6rg:p%40ss%3Aw%2Ford@testserver/a")

    kind, encoded = fields(arrived)["authorization"].split()
    assert (kind, base64.b64decode(encoded).decode()) == ("Basic", "Jörg:p@ss:w/ord")
    assert fields(arrived)["host"] == "testserver"


async def test_a_url_may_have_a_user_alone() -> None:
    arrived = await told(AgentClient(echo), "http://tea@testserver/")

    assert base64.b64decode(fields(arrived)["authorization"].split()[1]) == b"tea:"


async def test_the_clients_credentials_serve_urls_that_have_none() -> None:
    client = AgentClient(echo, auth=("tea", "pot"))

    own = fields(await told(client, "/"))["authorization"]
    of_url = fields(await told(client, "http://a:b@testserver/"))["authorization"]

    assert base64.b64decode(own.split()[1]) == b"tea:pot"
    assert base64.b64decode(of_url.split()[1]) == b"a:b"
    assert "authorization" not in fields(await told(client.with_auth(None)))


async def test_a_client_with_other_credentials_keeps_everything_else() -> None:
    client = AgentClient(echo, base_url="https://a.example", headers={"x-a": "1"}, root_path="/r")

    arrived = await told(client.with_auth(("tea", "pot")), "/r")

    assert (fields(arrived)["host"], fields(arrived)["x-a"]) == ("a.example", "1")
    assert arrived["root_path"] == "/r"
    assert "authorization" in fields(arrived)


async def test_headers_of_a_request_replace_those_of_the_client() -> None:
    client = AgentClient(echo, auth=("a", "b"), headers=[("X-A", "1"), ("X-B", "2")])

    arrived = await told(client, headers={"x-a": "3", "Authorization": "Bearer x", "HOST": "h"})

    sent = [field for field in arrived["headers"] if field[0] not in {"accept", "content-length"}]
    assert sent == [["x-b", "2"], ["x-a", "3"], ["authorization", "Bearer x"], ["host", "h"]]


async def test_a_header_can_be_sent_twice() -> None:
    arrived = await told(AgentClient(echo), headers=[("x-a", "1"), ("x-a", "2")])

    assert [value for name, value in arrived["headers"] if name == "x-a"] == ["1", "2"]


async def test_json_is_sent_with_its_type_and_length() -> None:
    arrived = await told(AgentClient(echo), json={"a": "é"})

    assert arrived["body"] == '{"a":"é"}'
    assert fields(arrived)["content-type"] == "application/json"
    assert fields(arrived)["content-length"] == "10"


async def test_json_can_claim_another_type() -> None:
    arrived = await told(AgentClient(echo), json={}, headers={"Content-Type": "text/plain"})

    assert fields(arrived)["content-type"] == "text/plain"


async def test_content_is_sent_as_it_is() -> None:
    arrived = await told(AgentClient(echo), content=b"{not json")

    assert (arrived["body"], fields(arrived)["content-length"]) == ("{not json", "9")
    assert "content-type" not in fields(arrived)


async def test_chunks_are_sent_without_a_length_unless_one_is_claimed() -> None:
    free = await told(AgentClient(echo), chunks=[b"a", b"b"])
    claimed = await told(AgentClient(echo), chunks=[b"a"], headers={"content-length": "9"})

    assert fields(free)["transfer-encoding"] == "chunked"
    assert "content-length" not in fields(free)
    assert fields(claimed)["content-length"] == "9"
    assert "transfer-encoding" not in fields(claimed)


async def test_a_test_can_frame_a_body_itself() -> None:
    arrived = await told(
        AgentClient(echo), content=b"1\r\na", headers={"Transfer-Encoding": "gzip"}
    )

    assert fields(arrived)["transfer-encoding"] == "gzip"
    assert "content-length" not in fields(arrived)


async def test_a_post_without_a_body_says_so_and_a_get_says_nothing() -> None:
    client = AgentClient(echo)

    assert fields(await told(client))["content-length"] == "0"
    assert "content-length" not in fields((await client.get("/")).json())


async def test_a_request_has_one_body() -> None:
    with pytest.raises(ValueError, match="one body"):
        await AgentClient(echo).post("/", json={}, content=b"")


async def test_what_json_cannot_carry_is_not_sent() -> None:
    with pytest.raises(EncodingError):
        await AgentClient(echo).post("/", json=object())


async def test_any_method_can_be_sent() -> None:
    response = await AgentClient(echo).request("DELETE", "/a", headers={"x-a": "1"})

    assert (response.json()["method"], fields(response.json())["x-a"]) == ("DELETE", "1")


async def test_a_redirect_is_not_followed() -> None:
    app = sends(start(307, [(b"location", b"/b")]), body())

    response = await AgentClient(app).get("/a")

    assert (response.status, response.headers["location"]) == (307, "/b")


async def test_a_body_that_is_not_json_is_still_text() -> None:
    response = await AgentClient(sends(start(), body("tée".encode()))).get("/")

    assert response.text == "tée"
    with pytest.raises(ValueError, match=r"."):
        response.json()


def test_headers_are_found_whatever_their_case_and_keep_repeated_ones() -> None:
    headers = Headers([("Set-Cookie", "a=1"), ("ALLOW", "GET"), ("set-cookie", "b=2")])

    assert headers.pairs == [("set-cookie", "a=1"), ("allow", "GET"), ("set-cookie", "b=2")]
    assert headers["SET-cookie"] == "a=1, b=2"
    assert headers.get_list("Set-Cookie") == ["a=1", "b=2"]
    assert headers.get("Allow") == "GET"
    assert headers.get("etag") is None
    assert "Allow" in headers
    assert "etag" not in headers
    with pytest.raises(KeyError):
        headers["etag"]


class Recorder:
    """A transport of one's own."""

    def __init__(self) -> None:
        self.sent: list[Request] = []

    async def exchange(self, request: Request) -> Response:
        self.sent.append(request)
        return Response(202, Headers([]), b"")

    def lifespan(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()


async def test_a_transport_of_ones_own_gets_the_finished_request() -> None:
    transport = Recorder()
    client = AgentClient(transport, base_url="http://a:b@tea.example")

    async with client.lifespan():
        response = await client.post("/x?y=1", content=b"z")
    await client.get("/x")

    assert response.status == 202
    first, second = transport.sent
    assert (first.method, first.scheme, first.host) == ("POST", "http", "tea.example")
    assert (first.path, first.query, first.target) == ("/x", "y=1", "/x?y=1")
    assert (first.chunks, "authorization" in first.headers) == ((b"z",), True)
    assert second.target == "/x"


async def test_a_server_that_speaks_tls_is_judged_by_its_certificate() -> None:
    with pytest.raises(OSError, match="refused"):
        await AgentClient("https://127.0.0.1:1").get("/")


def test_every_transport_is_one() -> None:
    assert isinstance(HTTPTransport("127.0.0.1", 1), Transport)
    assert not isinstance(echo, Transport)


@pytest.mark.parametrize("url", ["wss://127.0.0.1:1", "127.0.0.1:1", "http://", "/agent"])
def test_the_url_of_a_server_is_an_http_one(url: str) -> None:
    with pytest.raises(ValueError, match="the URL of a server"):
        AgentClient(url)
