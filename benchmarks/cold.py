"""A cold start on Lambda: `python -m benchmarks.cold kit` imports, and answers one event.

The event is a function URL's, which both sides read. The vendor's side answers it in the Lambda
mode of its own `run`, agentkit's through `agentkit.adapters.aws`.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from benchmarks import content

JSON = dict[str, Any]
Handler = Callable[[JSON, Any], JSON]

DOMAIN = "benchmark.lambda-url.eu-west-1.on.aws"


def event() -> JSON:
    """Return a fetch of the document, as a function URL hands it over."""
    http = {"method": "POST", "path": content.ROUTE, "protocol": "HTTP/1.1"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": content.ROUTE,
        "rawQueryString": "",
        "headers": {
            "authorization": content.AUTHORIZATION.decode(),
            "content-type": "application/json",
            "host": DOMAIN,
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "apiId": "benchmark",
            "domainName": DOMAIN,
            "http": {**http, "sourceIp": "192.0.2.7", "userAgent": "benchmark"},
            "stage": "$default",
        },
        "pathParameters": {"proxy": content.ROUTE.strip("/")},
        "body": json.dumps({"call": {"call_id": content.CALL_ID}}),
        "isBase64Encoded": False,
    }


def handler(side: str) -> Handler:
    """Return what a Lambda's handler setting would name."""
    agent = import_module(f"benchmarks.{side}").agent()
    if side == "vendor":
        return lambda event, context: agent.run(event, context, force_mode="lambda")
    made: Handler = import_module("agentkit.adapters.aws").lambda_handler(agent)
    return made


def main(side: str) -> None:
    """Print milliseconds from the first import to the document: CPU, and wall."""
    asked = event()
    began, worked = time.perf_counter(), time.process_time()
    answer = handler(side)(asked, None)
    took = (time.process_time() - worked, time.perf_counter() - began)
    if answer["statusCode"] != 200 or f"{content.ROUTE}/swaig" not in answer["body"]:
        raise SystemExit("there is no document in the answer")
    print(json.dumps([seconds * 1e3 for seconds in took]))


if __name__ == "__main__":
    main(*sys.argv[1:])
