"""What a Lambda is handed is checked before anything runs, and every event has its answer."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agentkit.adapters.aws import lambda_handler
from agentkit.testing.messages import Response
from tests.hosts.desk import Desk
from tests.hosts.functions import lambda_answer, recorded
from tests.interaction.hosts import AUTH

behaviour = pytest.mark.behaviour
JSON = dict[str, Any]
Handler = Callable[[Any, Any], JSON]

SECRET = "a secret that all instances have"
AUTHORIZATION = "Basic " + base64.b64encode(":".join(AUTH).encode()).decode()
NOT_AN_OBJECT = "the event is no HTTP request"
UNKNOWN = "the event comes from no front that is known here"


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """The event loop of an instance: mangum takes the thread's."""
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield made
    asyncio.set_event_loop(None)
    made.close()


@pytest.fixture
def handler(loop: asyncio.AbstractEventLoop) -> Handler:
    return lambda_handler(Desk(secret=SECRET))


def event(name: str, at: str = "/desk", **changes: Any) -> JSON:
    """A fetch of the document; a change to `…` takes a field away."""
    made = recorded(name)
    stage = "/prod" if name in {"lambda_http_api", "lambda_http_api_1"} else ""
    if made.get("version") == "2.0":
        made["requestContext"]["http"] |= {"method": "POST", "path": f"{stage}{at}"}
        made["headers"] |= {"authorization": AUTHORIZATION}
        made["headers"].pop("content-length", None)
    else:
        made |= {"httpMethod": "POST", "path": f"{stage}{at}"}
        made["requestContext"] |= {} if "elb" in made["requestContext"] else {"path": f"/prod{at}"}
        key = "multiValueHeaders" if "multiValueHeaders" in made else "headers"
        made[key] |= {"Authorization": [AUTHORIZATION] if key != "headers" else AUTHORIZATION}
    return changed(made, changes)


def changed(made: JSON, changes: JSON) -> JSON:
    for names, value in changes.items():
        *above, name = names.split("__")
        place = made
        for each in above:
            place = place[each]
        place[name] = value
        if value is ...:
            del place[name]
    return made


def url(**changes: Any) -> JSON:
    return event("lambda_function_url", **changes)


def rest(**changes: Any) -> JSON:
    return event("lambda_rest_api", **changes)


def balancer(**changes: Any) -> JSON:
    return event("lambda_load_balancer", **changes)


def with_header(made: JSON, name: str, value: Any) -> JSON:
    made["headers"][name] = value
    return made


def with_list(made: JSON, name: str, value: Any) -> JSON:
    made["multiValueHeaders"][name] = value
    return made


COMPLETE = [
    "lambda_function_url", "lambda_http_api", "lambda_http_api_1", "lambda_rest_api",
    "lambda_load_balancer",
]  # fmt: skip


@pytest.mark.parametrize("name", COMPLETE)
def test_a_whole_event_gets_its_document(handler: Handler, name: str) -> None:
    answer = lambda_answer(handler(event(name), None))
    assert answer.status == 200, answer.text
    assert answer.headers["content-type"] == "application/json"


BIG = '{"call": {}, "x": "' + "x" * (1 << 20) + '"}'
TYPED = {"content-type": "application/json", "authorization": AUTHORIZATION}
HOSTILE: dict[str, tuple[Any, int, str]] = {
    "nothing": (None, 400, NOT_AN_OBJECT),
    "a list": ([1], 400, NOT_AN_OBJECT),
    "a text": ("ping", 400, NOT_AN_OBJECT),
    "an empty object": ({}, 400, NOT_AN_OBJECT),
    "a scheduled event": ({"source": "aws.events", "detail": {}}, 400, NOT_AN_OBJECT),
    "a context that is no object": ({"requestContext": 1, "version": "2.0"}, 400, NOT_AN_OBJECT),
    "an unknown front": ({"requestContext": {}}, 400, UNKNOWN),
    "a queue's records": ({"Records": [{"body": "{}"}], "requestContext": {}}, 400, UNKNOWN),
    "no headers": (url(headers=...), 400, "missing required field `headers`"),
    "null headers": (url(headers=None), 400, "at `$.headers`"),
    "a header that is a number": (with_header(url(), "x-a", 1), 400, "at `$.headers[...]`"),
    "a header beyond Unicode": (with_header(url(), "x-a", "\ud800"), 400, "surrogates"),
    "no http": (url(requestContext__http=...), 400, "missing required field `http`"),
    "no method": (url(requestContext__http__method=...), 400, "required field `method`"),
    "a method that is a number": (url(requestContext__http__method=1), 400, "http.method`"),
    "an unknown method": (url(requestContext__http__method="BREW"), 405, "BREW is not allowed"),
    "no path": (url(requestContext__http__path=...), 400, "required field `path`"),
    "an empty path": (url(requestContext__http__path=""), 404, "nothing at this path"),
    "a path beyond Unicode": (url(requestContext__http__path="/\ud800"), 404, "nothing at this"),
    "a climbing path": (url(requestContext__http__path="/x/../desk"), 404, "nothing at this"),
    "an encoded climb": (url(requestContext__http__path="/x%2f..%2fdesk"), 404, "nothing at"),
    "no source": (url(requestContext__http__sourceIp=...), 400, "required field `sourceIp`"),
    "a query beyond Unicode": (url(rawQueryString="\ud800"), 400, "surrogates"),
    "wrong base64": (url(body="e30", isBase64Encoded=True), 400, "padding"),
    "base64 with other letters": (url(body="e3~0", isBase64Encoded=True), 400, "base64"),
    "base64 of no JSON": (url(body="////", isBase64Encoded=True, headers=TYPED), 400, "JSON"),
    "base64 without a body": (url(isBase64Encoded=True), 200, ""),
    "a flag that is a text": (url(isBase64Encoded="yes"), 400, "at `$.isBase64Encoded`"),
    "a body that is an object": (url(body={"call": {}}), 400, "at `$.body`"),
    "a body of no JSON": (url(body="{", headers=TYPED), 400, "not valid JSON"),
    "a body of no declared type": (url(body="{}"), 415, "application/json"),
    "a huge body": (url(body=BIG, headers=TYPED), 413, "larger than 1048576 bytes"),
    "a huge body, encoded": (
        url(body=base64.b64encode(BIG.encode()).decode(), isBase64Encoded=True, headers=TYPED),
        413, "larger than 1048576 bytes",
    ),
    "a huge body, declared": (
        url(body="{}", headers={**TYPED, "content-length": "9999999"}), 413, "larger than",
    ),
    "no credentials": (url(headers={}), 401, "Unauthorized"),
    "wrong credentials and a wrong body": (
        url(headers={**TYPED, "authorization": "Basic x"}, body="{"), 401, "Unauthorized",
    ),
    "two credentials, joined": (
        with_header(url(), "authorization", f"{AUTHORIZATION},{AUTHORIZATION}"), 401, "Unauth",
    ),
    "two credentials, listed": (
        with_list(rest(), "Authorization", [AUTHORIZATION] * 2), 401, "Unauthorized",
    ),
    "a strange domain": (
        url(requestContext__domainName="evil.example/x?"), 400, "Host header is not a host name",
    ),
    "a domain that is a number": (url(requestContext__domainName=1), 400, "domainName"),
    "a strange stage": (
        rest(requestContext__stage='x"y', requestContext__path='/x"y/desk'), 400, "prefix",
    ),
    "a strange scheme": (with_header(url(), "x-forwarded-proto", "gopher"), 400, "Host header"),
    "a strange port": (with_header(balancer(), "x-forwarded-port", "lots"), 400, "'lots'"),
    "a strange host": (with_header(balancer(), "host", "a:b:c"), 400, "unpack"),
    "a host with a strange port": (with_header(balancer(), "host", "a:b"), 400, "'b'"),
    "a host that is a path": (with_header(balancer(), "host", "a/b"), 400, "not a host name"),
    "no host at all": (balancer(), 200, ""),
    "a balancer's null headers": (balancer(headers=None), 401, "Unauthorized"),
    "a balancer's missing headers": (balancer(headers=...), 401, "Unauthorized"),
    "a balancer's missing path": (balancer(path=...), 400, "missing required field `path`"),
    "a balancer's missing method": (balancer(httpMethod=...), 400, "required field `httpMethod`"),
    "a balancer's query of nulls": (
        balancer(queryStringParameters={"a": None}), 400, "queryStringParameters",
    ),
    "a balancer's elb that is a text": (
        balancer(requestContext={"elb": "x"}), 400, "at `$.requestContext.elb`",
    ),
    "null headers of a REST API": (rest(headers=None, multiValueHeaders=None), 401, "Unauthorized"),
    "lists that are no lists": (with_list(rest(), "X-A", "x"), 400, "at `$.multiValueHeaders"),
    "an empty list": (with_list(rest(), "Content-Type", []), 415, "application/json"),
    "null query lists": (rest(multiValueQueryStringParameters=None), 200, ""),
    "no identity": (rest(requestContext__identity=...), 200, ""),
    "no path in the context": (rest(requestContext__path=...), 200, ""),
    "unknown fields": (url(newField={"a": [1]}, requestContext__new=1), 200, ""),
}  # fmt: skip


@behaviour("functions.events")
@pytest.mark.parametrize(("given", "status", "said"), HOSTILE.values(), ids=HOSTILE)
def test_every_event_has_its_answer(
    handler: Handler, loop: asyncio.AbstractEventLoop, given: Any, status: int, said: str
) -> None:
    answer = lambda_answer(json.loads(json.dumps(handler(given, None))))
    assert (answer.status, said in answer.text) == (status, True), answer.text
    assert answer.headers["content-type"] == "application/json"
    assert isinstance(answer.json(), dict)
    assert asyncio.all_tasks(loop) == set()


def test_a_refused_event_is_answered_in_the_form_that_its_front_reads(handler: Handler) -> None:
    lists, plain = handler(rest(path=...), None), handler(balancer(path=...), None)
    assert lists["multiValueHeaders"] == {"content-type": ["application/json"]}
    assert plain["headers"] == {"content-type": "application/json"}
    assert "headers" not in lists
    assert "multiValueHeaders" not in plain


def home(answer: Response) -> str:
    found: str = answer.text.partition("@")[2].partition("/post_prompt")[0]
    return found


PLACES: dict[str, tuple[JSON, str, str]] = {
    "a function URL": (url(), "", "voicevoicevoicevoicevoicevoice12.lambda-url.eu-west-1.on.aws"),
    "a base path that the path has, on the API's own domain": (
        event("lambda_http_api", at="/voice/desk"),
        "/voice", "voice12345.execute-api.eu-west-1.amazonaws.com/prod/voice",
    ),
    "a base path that the path has not, on the API's own domain": (
        event("lambda_http_api"),
        "/voice", "voice12345.execute-api.eu-west-1.amazonaws.com/prod",
    ),
    "a domain whose mapping is told all the same": (
        event("lambda_http_api", at="/voice/desk", requestContext__domainName="a.example"),
        "/voice", "a.example/voice",
    ),
    "a domain without a mapping": (
        event("lambda_http_api", requestContext__domainName="a.example"), "", "a.example",
    ),
    "a stage called like the agent": (
        event(
            "lambda_rest_api", requestContext__stage="desk", requestContext__path="/desk/desk"
        ),
        "", "voice12345.execute-api.eu-west-1.amazonaws.com/desk",
    ),
    "a local gateway with a port": (
        with_header(
            url(requestContext__domainName="localhost"), "host", "localhost:3000"
        ),
        "", "localhost:3000",
    ),
    "a Host header that the front does not know": (
        with_header(url(), "host", "evil.example"),
        "", "voicevoicevoicevoicevoicevoice12.lambda-url.eu-west-1.on.aws",
    ),
    "a context without a domain": (
        with_list(rest(requestContext__domainName=..., requestContext__path="/desk"),
                  "Host", ["a.example"]),
        "", "a.example",
    ),
    "a load balancer without a prefix": (
        with_header(balancer(), "host", "a.example"), "", "a.example",
    ),
    "a load balancer's port": (
        with_header(balancer(), "host", "a.example:8443"), "", "a.example:8443",
    ),
}  # fmt: skip


@behaviour("hosts.urls")
@pytest.mark.usefixtures("loop")
@pytest.mark.parametrize(("given", "base_path", "expected"), PLACES.values(), ids=PLACES)
def test_a_document_names_the_place_where_it_was_asked_for(
    given: JSON, base_path: str, expected: str
) -> None:
    handler = lambda_handler(Desk(secret=SECRET), base_path=base_path)
    answer = lambda_answer(handler(given, None))
    assert (answer.status, home(answer)) == (200, f"{expected}/desk"), answer.text


@pytest.mark.usefixtures("loop")
def test_a_public_url_wins_over_the_front() -> None:
    desk = Desk(secret=SECRET, public_url="https://agents.example")
    answer = lambda_answer(lambda_handler(desk)(url(), None))
    assert home(answer) == "agents.example/desk"
