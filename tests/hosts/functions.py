"""Function platforms, played by what they send: recorded shapes of events, with fictional values.

Each platform here is a transport: it makes the event of a request, hands it to the adapter as the
platform does, and reads the answer as the platform would. An instance has a thread of its own, and
its event loop is that thread's.
"""

import asyncio
import base64
import gc
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import functions_framework  # noqa: F401 - at its first import it looks at files
from starlette.types import ASGIApp, Receive, Scope, Send

from agentkit import AgentBase
from agentkit.adapters.aws import lambda_handler
from agentkit.adapters.azure import function_app
from agentkit.adapters.gcf import http_function
from agentkit.adapters.vercel import asgi_app
from agentkit.testing import AgentClient
from agentkit.testing.client import ASGITransport
from agentkit.testing.messages import Headers, Request, Response
from tests.interaction.hosts import AUTH, Host, Reached

JSON = dict[str, Any]
Handle = Callable[[Request], Response]

EVENTS = Path(__file__).parent / "events"
ROOT = Path(__file__).parents[2]


def recorded(name: str) -> JSON:
    """What a platform sends, but for the request in it."""
    found: JSON = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
    return found


class Instance:
    """An instance of a function: made when its first request comes, in a thread of its own."""

    def __init__(self, make: Callable[[], Handle]) -> None:
        self._make = make
        self._handle: Handle | None = None
        self._thread = ThreadPoolExecutor(1)

    def lifespan(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def exchange(self, request: Request) -> Response:
        return await asyncio.wrap_future(self._thread.submit(self._answer, request))

    async def end(self) -> None:
        """Stop the instance, as a platform does that has no more use for it."""
        await asyncio.wrap_future(self._thread.submit(self._end))
        self._thread.shutdown(wait=False)  # its work is done

    def _answer(self, request: Request) -> Response:
        if self._handle is None:
            self._handle = self._make()
        return self._handle(request)

    def _end(self) -> None:
        loop = asyncio.get_event_loop_policy().get_event_loop()
        assert asyncio.all_tasks(loop) == set()  # nothing runs after the responses
        loop.run_until_complete(loop.shutdown_asyncgens())  # closes what stores keep for the loop
        self._handle = None
        gc.collect()  # what Azure's library does at the end must not meet the loop of a test
        loop.close()


class Address(NamedTuple):
    """Where the world reaches a function: its origin, and the prefix before the routes."""

    origin: str
    prefix: str = ""

    def below(self, path: str) -> str:
        """The path that is left when a front has taken the prefix."""
        assert f"{path}/".startswith(f"{self.prefix}/"), path
        return path.removeprefix(self.prefix) or "/"

    def reached(self, transport: Any, agent: AgentBase) -> Reached:
        client = AgentClient(transport, base_url=self.origin, auth=AUTH)
        path = f"{self.prefix}{agent.route}".rstrip("/") or "/"
        return Reached(client, path, self.prefix)


# AWS Lambda.

Front = Callable[[Request, Address], JSON]

FUNCTION_URL = Address("https://voicevoicevoicevoicevoicevoice12.lambda-url.eu-west-1.on.aws")
STAGED = Address("https://voice12345.execute-api.eu-west-1.amazonaws.com", "/prod")
DOMAIN = Address("https://agents.example.com", "/voice")
BALANCER = Address("https://voice.example.com", "/voice")


def body_of(request: Request) -> str:
    return b"".join(request.chunks).decode("utf-8", "surrogateescape")


def from_function_url(request: Request, address: Address) -> JSON:
    """Bodies are sent as base64 unless they are text of a known kind; these are."""
    event = _second(request, recorded("lambda_function_url"), request.path)
    coded = base64.b64encode(b"".join(request.chunks)).decode()
    return {**event, "body": coded, "isBase64Encoded": True}


def from_http_api(request: Request, address: Address) -> JSON:
    """The path begins with the stage, under whatever domain; a mapping is not told."""
    event = recorded("lambda_http_api")
    event = _second(request, event, f"/prod{address.below(request.path)}")
    return {**event, "body": body_of(request), **_under(event, address)}


def _second(request: Request, event: JSON, path: str) -> JSON:
    context = event["requestContext"]
    http = {**context["http"], "method": request.method, "path": unquote(path)}
    return {
        **event,
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": {**dict(request.headers.pairs), **event["headers"]},
        "requestContext": {**context, "http": http},
    }


def _under(event: JSON, address: Address) -> JSON:
    """The request's context names the domain that was asked."""
    domain = address.origin.removeprefix("https://")
    named = {"domainName": domain, "domainPrefix": domain.partition(".")[0]}
    return {"requestContext": {**event["requestContext"], **named}}


def from_http_api_1(request: Request, address: Address) -> JSON:
    return _first(request, recorded("lambda_http_api_1"), request.path, request.path)


def from_rest_api(request: Request, address: Address) -> JSON:
    """The stage is in the context's path only; the mapping of a domain is in both."""
    event = recorded("lambda_rest_api")
    path = address.below(request.path) if address is STAGED else request.path
    event = _first(request, event, path, request.path)
    return {**event, **_under(event, address)}


def _first(request: Request, event: JSON, path: str, public: str) -> JSON:
    several = {name.title(): request.headers.get_list(name) for name, _ in request.headers.pairs}
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    return {
        **event,
        "path": unquote(path),
        "httpMethod": request.method,
        "headers": {**{name: each[-1] for name, each in several.items()}, **event["headers"]},
        "multiValueHeaders": {**several, **event["multiValueHeaders"]},
        "queryStringParameters": {name: each[-1] for name, each in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "requestContext": {**event["requestContext"], "path": unquote(public)},
        "body": body_of(request) or None,
    }


def from_load_balancer(request: Request, address: Address) -> JSON:
    """A load balancer hands over paths and queries as they came, and knows no prefix."""
    event = recorded("lambda_load_balancer")
    pairs = [part.partition("=") for part in request.query.split("&") if part]
    return {
        **event,
        "httpMethod": request.method,
        "path": request.path,
        "queryStringParameters": {name: value for name, _, value in pairs},
        "headers": {**dict(request.headers.pairs), **event["headers"]},
        "body": body_of(request),
    }


def from_load_balancer_with_lists(request: Request, address: Address) -> JSON:
    """With the target group's multi-value headers switched on."""
    event = from_load_balancer(request, address)
    headers, query = event.pop("headers"), event.pop("queryStringParameters")
    return {
        **event,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
    }


def lambda_answer(answer: JSON) -> Response:
    """Read an answer as API Gateway and load balancers do."""
    assert isinstance(answer["statusCode"], int)
    pairs = list(answer.get("headers", {}).items())
    lists = answer.get("multiValueHeaders", {})
    pairs += [(name, value) for name, values in lists.items() for value in values]
    coded = answer["isBase64Encoded"]
    body = base64.b64decode(answer["body"]) if coded else answer["body"].encode()
    return Response(answer["statusCode"], Headers(pairs), body)


def lambda_instance(agent: ASGIApp, front: Front, address: Address, base_path: str = "") -> Handle:
    return lambda_handle(lambda_handler(agent, base_path=base_path), front, address)


def lambda_handle(handler: Callable[[JSON, Any], JSON], front: Front, address: Address) -> Handle:
    context = SimpleNamespace(function_name="voice", aws_request_id="fictional")

    def handle(request: Request) -> Response:
        event = json.loads(json.dumps(front(request, address)))
        return lambda_answer(json.loads(json.dumps(handler(event, context))))

    return handle


@asynccontextmanager
async def on_lambda(
    agent: AgentBase, front: Front, address: Address, base_path: str = ""
) -> AsyncIterator[Reached]:
    instance = Instance(partial(lambda_instance, agent, front, address, base_path))
    async with instance.lifespan():
        yield address.reached(instance, agent)
    await instance.end()


# Azure Functions.

AZURE = Address("https://voice-desk.azurewebsites.net", "/api")


def azure_request(request: Request) -> Any:
    """The request as Azure's worker hands it to a function."""
    from azure.functions import HttpRequest

    shape = recorded("azure_request")
    shape["headers"] = dict(request.headers.pairs) | shape["headers"]
    shape |= {"method": request.method, "url": f"{AZURE.origin}{request.target}"}
    return HttpRequest(**shape, body=b"".join(request.chunks))


def azure_instance(agent: ASGIApp) -> Handle:
    return azure_handle(function_app(agent))


def azure_handle(app: Any) -> Handle:
    (function,) = app.get_functions()
    assert function.get_trigger().get_dict_repr()["authLevel"].name == "ANONYMOUS"
    assert function.get_trigger().route == "/{*route}"
    run = function.get_user_function()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    def handle(request: Request) -> Response:
        context = SimpleNamespace(invocation_id="fictional")
        answer = loop.run_until_complete(run(azure_request(request), context))
        return Response(answer.status_code, Headers(answer.headers.items()), answer.get_body())

    return handle


@asynccontextmanager
async def on_azure(agent: AgentBase) -> AsyncIterator[Reached]:
    instance = Instance(partial(azure_instance, agent))
    yield AZURE.reached(instance, agent)
    await instance.end()


# Google Cloud Functions, Vercel: an ASGI server behind a front.

RUN = Address("https://voice-1234567890.europe-west1.run.app")
CLOUD = Address("https://europe-west1-voice-project.cloudfunctions.net", "/voice")
VERCEL = Address("https://voice-desk.vercel.app", "/api/voice")


def behind_front(app: ASGIApp, headers: JSON, address: Address, *, strips: bool) -> ASGIApp:
    """A server in a container: it hears plain HTTP from the front, which has headers of its own."""
    own = {name.encode(): value.encode() for name, value in headers.items()}

    async def container(scope: Scope, receive: Receive, send: Send) -> None:
        path = address.below(scope["path"]) if strips else scope["path"]
        inside = {
            **scope,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "headers": list((dict(scope["headers"]) | own).items()),
            "client": ("169.254.1.1", 40000),
            "server": ("10.0.0.2", 8080),
        }
        await app(inside, receive, send)

    return container


def cloud_function(agent: ASGIApp, address: Address) -> ASGIApp:
    return framework_app(http_function(agent, "voice", prefix=address.prefix))


def framework_app(voice: Any) -> ASGIApp:
    """The server that functions-framework makes of a module; it notes the kind for its children."""
    from functions_framework.aio import create_asgi_app_from_module

    module = SimpleNamespace(voice=voice)
    app: ASGIApp = create_asgi_app_from_module("voice", "main.py", None, module, None)
    os.environ.pop("FUNCTION_SIGNATURE_TYPE")
    return app


@asynccontextmanager
async def on_cloud_functions(agent: AgentBase, address: Address) -> AsyncIterator[Reached]:
    app = cloud_function(agent, address)
    front = behind_front(app, recorded("cloud_functions_headers"), address, strips=True)
    yield address.reached(ASGITransport(front), agent)


@asynccontextmanager
async def on_vercel(agent: AgentBase) -> AsyncIterator[Reached]:
    app = asgi_app(agent, prefix=VERCEL.prefix)
    front = behind_front(app, recorded("vercel_headers"), VERCEL, strips=False)
    yield VERCEL.reached(ASGITransport(front), agent)


# CGI: a process for each request.

CGI = Address("https://www.example.com", "/cgi-bin/voice.py")
SCRIPT = """
import sys
from agentkit.adapters.cgi import serve_cgi
from tests.hosts.desk import Desk
serve_cgi(Desk(sys.argv[1], state=sys.argv[2]))
"""


def cgi_environment(request: Request) -> dict[str, str]:
    """The meta-variables of RFC 3875."""
    body = b"".join(request.chunks)
    headers = dict(request.headers.pairs)
    environment = {
        **recorded("cgi_environment"),
        "REQUEST_METHOD": request.method,
        "REQUEST_URI": request.target,
        "PATH_INFO": unquote(CGI.below(request.path)),
        "QUERY_STRING": request.query,
        "CONTENT_TYPE": headers.pop("content-type", ""),
        "CONTENT_LENGTH": str(len(body)) if body else "",
    }
    fields = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return environment | fields


def cgi_answer(output: bytes) -> Response:
    """Read the output of a program as a web server does."""
    head, _, body = output.partition(b"\r\n\r\n")
    lines = (line.partition(": ") for line in head.decode("latin-1").split("\r\n"))
    fields = [(name, value) for name, _, value in lines]
    status = int(dict(fields)["Status"].partition(" ")[0])
    return Response(status, Headers(pair for pair in fields if pair[0] != "Status"), body)


def cgi_program(*arguments: str, **variables: str) -> Handle:
    """A script of Python; besides the request it sees only what its web server has set for it."""
    own = {"PATH": os.environ["PATH"], "AGENTKIT_HOME": os.environ["AGENTKIT_HOME"], **variables}
    command = [sys.executable, *arguments]

    def handle(request: Request) -> Response:
        environment = {**own, **cgi_environment(request), "PYTHONPATH": str(ROOT)}
        body = b"".join(request.chunks)
        done = subprocess.run(command, env=environment, input=body, capture_output=True, check=True)
        assert done.stderr == b""
        return cgi_answer(done.stdout)

    return handle


class Program(Instance):
    """A program that is started anew for each request."""

    def _end(self) -> None:
        self._handle = None


@asynccontextmanager
async def on_cgi(agent: AgentBase) -> AsyncIterator[Reached]:
    state = f"sqlite:///{os.environ['AGENTKIT_HOME']}/calls.sqlite3"
    program = Program(partial(cgi_program, "-c", SCRIPT, agent.route, state))
    yield CGI.reached(program, agent)
    await program.end()


HOSTS: dict[str, Host] = {
    "Lambda, function URL": partial(on_lambda, front=from_function_url, address=FUNCTION_URL),
    "Lambda, HTTP API, stage": partial(on_lambda, front=from_http_api, address=STAGED),
    "Lambda, HTTP API, domain and mapping": partial(
        on_lambda, front=from_http_api, address=DOMAIN, base_path="/voice"
    ),
    "Lambda, HTTP API, payload 1.0, stage": partial(
        on_lambda, front=from_http_api_1, address=STAGED
    ),
    "Lambda, REST API, stage": partial(on_lambda, front=from_rest_api, address=STAGED),
    "Lambda, REST API, domain and mapping": partial(
        on_lambda, front=from_rest_api, address=DOMAIN, base_path="/voice"
    ),
    "Lambda, load balancer": partial(
        on_lambda, front=from_load_balancer, address=BALANCER, base_path="/voice"
    ),
    "Lambda, load balancer, lists": partial(
        on_lambda, front=from_load_balancer_with_lists, address=BALANCER, base_path="/voice"
    ),
    "Azure Functions": on_azure,
    "Cloud Functions, run.app": partial(on_cloud_functions, address=RUN),
    "Cloud Functions, cloudfunctions.net": partial(on_cloud_functions, address=CLOUD),
    "Vercel": on_vercel,
    "CGI": on_cgi,
}
