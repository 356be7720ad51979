"""Both forms of a routing callback are told apart by what their parameters show."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest
from starlette.requests import Request

from agentkit.callbacks import called_with

JSON = dict[str, Any]
Callback = Callable[..., Any]


class Desk:
    def classic(self, request: Request, body: JSON) -> None: ...
    async def newer(self, body: JSON, headers: JSON) -> None: ...
    def __call__(self, request: Any, body: Any) -> None: ...
    @staticmethod
    def static(body: Any, headers: Any) -> None: ...


class Unhashable(Desk):
    __hash__ = None  # type: ignore[assignment]


def by_annotation(a: Request, b: JSON) -> None: ...
def newer_by_annotation(a: JSON, b: Mapping[str, str]) -> None: ...
def text_annotations(a: "Request", b: "dict[str, str]") -> None: ...
def newer_text(a: "Mapping[str, Any]", b: "Mapping[str, str]") -> None: ...
def keyword_only(*, body: JSON, headers: JSON, other: int = 1) -> None: ...
def positional_only(a: Any, b: Any, /) -> None: ...
def with_default(request: Any, body: Any, flag: bool = False) -> None: ...
def with_headers(request: Any, body: Any, headers: Any) -> None: ...


CLASSIC, NEWER = ("request", "body"), ("body", "headers")
FORMS: dict[str, tuple[Callback, tuple[str, ...], dict[str, str]]] = {
    "classic": (lambda request, body: None, CLASSIC, {}),
    "newer": (lambda body, headers: None, NEWER, {}),
    "classic, other names": (lambda a, b: None, CLASSIC, {}),
    "classic, data": (lambda req, data: None, CLASSIC, {}),
    "newer, data": (lambda data, h: None, NEWER, {}),
    "newer, only headers named": (lambda d, headers: None, NEWER, {}),
    "turned round": (lambda body, request: None, ("body", "request"), {}),
    "headers first": (lambda headers, body: None, ("headers", "body"), {}),
    "all three": (with_headers, ("request", "body", "headers"), {}),
    "only body": (lambda body: None, ("body",), {}),
    "only request": (lambda request: None, ("request",), {}),
    "only one": (lambda x: None, ("request",), {}),
    "none": (lambda: None, (), {}),
    "anything": (lambda *args: None, CLASSIC, {}),
    "anything after the body": (lambda body, *args: None, NEWER, {}),
    "annotated": (by_annotation, CLASSIC, {}),
    "newer, annotated": (newer_by_annotation, NEWER, {}),
    "annotated as text": (text_annotations, CLASSIC, {}),
    "newer, annotated as text": (newer_text, NEWER, {}),
    "keywords only": (keyword_only, (), {"body": "body", "headers": "headers"}),
    "positional only": (positional_only, CLASSIC, {}),
    "with a default": (with_default, CLASSIC, {}),
    "a method": (Desk().classic, CLASSIC, {}),
    "a newer method": (Desk().newer, NEWER, {}),
    "a static method": (Desk.static, NEWER, {}),
    "an object": (Desk(), CLASSIC, {}),
    "an object without a hash": (Unhashable(), CLASSIC, {}),
    "a method of an object without a hash": (Unhashable().newer, NEWER, {}),
    "a partial": (partial(lambda x, body, headers: None, 1), NEWER, {}),
    "a builtin that does not tell": (dict.fromkeys, CLASSIC, {}),
}


@pytest.mark.parametrize(("callback", "positional", "named"), FORMS.values(), ids=FORMS)
def test_a_callback_gets_what_its_parameters_show(
    callback: Callback, positional: tuple[str, ...], named: dict[str, str]
) -> None:
    made: list[str] = []

    def maker(role: str) -> Callable[[], str]:
        def make() -> str:
            made.append(role)
            return role

        return make

    call = called_with(callback, {role: maker(role) for role in ("request", "body", "headers")})
    assert isinstance(call, partial)
    assert (call.args[-len(positional) or 99 :], call.keywords) == (positional, named)
    assert sorted(made) == sorted((*positional, *named.values()))


def test_a_builtin_without_a_signature_gets_the_classic_form() -> None:
    call = called_with(max, {"request": lambda: 1, "body": lambda: 2, "headers": lambda: 3})
    assert call() == 2
