"""A known path answers the methods that it has, and names them to every other (D1)."""

import pytest

from tests.hostile.agents import (
    CALLBACK,
    CHECK_FOR_INPUT,
    POST_PROMPT,
    SWAIG,
    SWML,
    Everything,
    table,
)
from tests.hostile.canaries import QUERY
from tests.hostile.doors import UNAUTHORIZED, Door, Told, ask, refused

ALLOWED = {
    SWML: "GET, POST",
    SWAIG: "GET, POST",
    POST_PROMPT: "POST",
    CHECK_FOR_INPUT: "GET, POST",
    CALLBACK: "GET, POST",
    "/health": "GET, HEAD, POST",
    "/ready": "GET, HEAD, POST",
}

NOBODY = frozenset[str]()
METHODS = {
    "GET": NOBODY,
    "HEAD": NOBODY,
    "PUT": NOBODY,
    "PATCH": NOBODY,
    "DELETE": NOBODY,
    "OPTIONS": NOBODY,
    "TRACE": NOBODY,
    "PROPFIND": NOBODY,
    "QUERY": NOBODY,
    "get": frozenset({"httptools"}),
    "post": frozenset({"httptools"}),
    "PoSt": frozenset({"httptools"}),
    "POSTS": frozenset({"httptools"}),
    "BREW": frozenset({"httptools"}),
    "X-ODD!": frozenset({"httptools"}),
}
"""Methods, and which servers refuse them by themselves."""


def answer_to(method: str, allow: str) -> Told:
    error = refused(405, f"{method} is not allowed here", ("allow", allow))
    return error._replace(data=None) if method == "HEAD" else error


@pytest.mark.parametrize("method", METHODS)
async def test_another_method_is_told_the_ones_there_are(method: str, door: Door) -> None:
    door.app = agent = Everything()
    paths = {f"{path}{slash}": allow for path, allow in ALLOWED.items() for slash in ("", "/")}

    answers = {path: await door.send(ask(method, path)) for path in paths}

    by_server = door.name in METHODS[method]
    for path, allow in paths.items():
        if by_server:
            assert answers[path].by_server
        elif method in allow.split(", "):
            assert answers[path].status == 200
        else:
            assert answers[path] == answer_to(method, allow)
    assert method == "GET" or agent.ran == []


@pytest.mark.parametrize("method", [name for name, by in METHODS.items() if not by])
async def test_a_method_is_not_told_to_strangers(method: str, door: Door) -> None:
    door.app = Everything()

    answers = [
        await door.send(ask(method, path, without=("authorization",)))
        for path in ALLOWED
        if path not in {"/health", "/ready"}
    ]

    expected = UNAUTHORIZED._replace(data=None) if method == "HEAD" else UNAUTHORIZED
    assert answers == [expected] * 5


OVERRIDES = {
    "X-HTTP-Method-Override": ("x-http-method-override", "PUT"),
    "X-HTTP-Method": ("x-http-method", "DELETE"),
    "X-Method-Override": ("x-method-override", "TRACE"),
}


@table(OVERRIDES)
async def test_a_method_is_not_overridden(case: tuple[str, str], door: Door) -> None:
    door.app = Everything()

    assert (await door.send(ask("GET", f"{SWML}?_method=PUT&x={QUERY}", None, case))).status == 200
