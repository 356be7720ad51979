"""AWS Lambda: behind a function URL, API Gateway's HTTP and REST APIs, or a load balancer.

    handler = lambda_handler(agent)

What differs is where the stage stands. An HTTP API puts a named stage before the path, whatever
the domain; its public URLs have it under the API's own domain only. A REST API has it in neither,
but in the path of the request's context. A domain of one's own has a mapping in its place, which
HTTP APIs do not tell at all: `base_path` says it.
"""

from base64 import b64decode
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import msgspec
from starlette.types import ASGIApp, Scope

from agentkit import _json
from agentkit._log import log
from agentkit.adapters.extras import need
from agentkit.adapters.instances import check_instances
from agentkit.adapters.places import Place, cut, header, placing
from agentkit.errors import RequestError
from agentkit.urls import clean_route

Event = dict[str, Any]
Handler = Callable[[Event, Any], Event]


class _Http(msgspec.Struct, rename="camel"):
    method: str
    path: str
    source_ip: str


class _Context(msgspec.Struct, rename="camel"):
    """Where a request came in; API Gateway says more of it than a load balancer."""

    stage: str = ""
    path: str = ""
    domain_name: str = ""
    api_id: str = ""
    http: _Http | None = None
    elb: dict[str, Any] | None = None


class _SecondContext(_Context, kw_only=True):
    http: _Http


class _Second(msgspec.Struct, rename="camel"):
    """An event of a function URL or an HTTP API, payload format 2.0."""

    request_context: _SecondContext
    headers: dict[str, str]
    raw_query_string: str = ""
    cookies: list[str] = []
    body: str | None = None
    is_base64_encoded: bool = False


class _First(msgspec.Struct, rename="camel"):
    """An event of a REST API, a load balancer, or an HTTP API with payload format 1.0."""

    request_context: _Context
    http_method: str
    path: str
    headers: dict[str, str] | None = None
    multi_value_headers: dict[str, list[str]] | None = None
    query_string_parameters: dict[str, str] | None = None
    multi_value_query_string_parameters: dict[str, list[str]] | None = None
    body: str | None = None
    is_base64_encoded: bool = False


def lambda_handler(app: ASGIApp, *, base_path: str = "") -> Handler:
    """Return the function that a Lambda's handler setting names.

    One event loop serves all invocations of an instance, so that stores stay open between them.

    Args:
        app: an agent, a server, or another ASGI application.
        base_path: the mapping of a domain of your own, or what stands before the agents' routes
            in a load balancer's rule, such as `/voice`.

    Raises:
        DefinitionError: mangum is not installed, or an agent's secrets or state are those of one
            instance.
    """
    check_instances(app)
    base = clean_route(base_path or "/")
    placed = placing(app, lambda scope: place_of(scope["aws.event"], scope, base))
    mangum = need("mangum", "aws").Mangum(placed, lifespan="off")

    def handler(event: Event, context: Any) -> Event:
        try:
            cleaned = checked_event(event)
            _ = mangum.infer(cleaned, context).scope  # where it fails, nothing has run yet
        except RequestError as error:
            return _refused(event, error.message)
        except ValueError as error:
            return _refused(event, f"the event's headers cannot be used: {error}")
        answer: Event = mangum(cleaned, context)
        return answer

    return handler


def checked_event(event: Event) -> Event:
    """Return an event without its nulls.

    Raises:
        RequestError: 400, it is no request, or not as these platforms send them.
    """
    if not isinstance(event, dict) or not isinstance(event.get("requestContext"), dict):
        raise RequestError(400, "the event is no HTTP request")
    known = event.keys() & {"version", "resource"} or "elb" in event["requestContext"]
    if not known:
        raise RequestError(400, "the event comes from no front that is known here")
    kind: type[_First | _Second] = _Second if event.get("version") == "2.0" else _First
    try:
        read = msgspec.convert(event, kind)
        if read.is_base64_encoded:
            b64decode(read.body or "", validate=True)
    except ValueError as error:
        raise RequestError(400, f"the event cannot be read: {error}") from error
    return {"headers": {}, **{key: value for key, value in event.items() if value is not None}}


def place_of(event: Event, scope: Scope, base: str) -> Place:
    """Return where a request came in, from its event and the scope that mangum made of it."""
    context = msgspec.convert(event["requestContext"], _Context)
    stage = "" if context.stage in {"", "$default"} else f"/{context.stage}"
    own_domain = bool(context.api_id) and context.domain_name.startswith(f"{context.api_id}.")
    path = unquote(context.http.path if context.http else context.path or event["path"])
    below = cut(path, stage) if own_domain or context.http else path
    rest = cut(below, base)
    prefix = stage if own_domain else ""
    if not own_domain or rest != below:
        prefix += base
    scheme = scope["scheme"].rpartition(",")[2].strip().lower()
    return Place(scheme, _host(context.domain_name, header(scope, b"host")), prefix, rest)


def _host(domain: str, host: str) -> str:
    """Return the domain that the front knows; the Host header adds at most a port."""
    return host if not domain or host.partition(":")[0] == domain else domain


def _refused(event: Event, message: str) -> Event:
    """Return a refusal in the form that the event's front reads."""
    log.warning("event_refused", error=message)
    body = _json.encode({"error": message}).decode()
    answer: Event = {"statusCode": 400, "body": body, "isBase64Encoded": False}
    if isinstance(event, dict) and event.get("multiValueHeaders") is not None:
        return {**answer, "multiValueHeaders": {"content-type": ["application/json"]}}
    return {**answer, "headers": {"content-type": "application/json"}}
