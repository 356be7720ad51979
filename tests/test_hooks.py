"""How much of what agentkit offers a hook wants, read from its signature."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from agentkit.hooks import default_hook, fitted, is_overridden, takes_two


class Agent:
    @default_hook
    def on_summary(self, summary: object, raw: object) -> object:
        return ("agentkit's", summary, raw)

    def both(self, data: object, path: object) -> object:
        return (data, path)

    def one(self, data: object) -> object:
        return (data,)

    def none(self) -> object:
        return ()

    def with_request(self, data: object, path: object, request: object) -> object:
        return (data, path, request)

    def request_first(self, request: object) -> object:
        return (request,)

    def request_in_between(self, data: object, request: object = None, path: object = 0) -> object:
        return (data, path, request)

    def request_by_name(self, data: object, *, request: object) -> object:
        return (data, request)

    def everything(self, *args: object, **named: object) -> object:
        return (*args, named)

    def by_position_only(self, data: object, /) -> object:
        return (data,)

    @classmethod
    def of_class(cls, data: object) -> object:
        return (cls.__name__, data)

    @staticmethod
    def static(data: object, path: object) -> object:
        return (data, path)


class Mine(Agent):
    def on_summary(self, summary: object, raw: object) -> object:
        return ("mine", summary, raw)


AGENT = Agent()


@pytest.mark.parametrize(
    ("hook", "got"),
    [
        (AGENT.both, ("D", "P")),
        (AGENT.one, ("D",)),
        (AGENT.none, ()),
        (AGENT.with_request, ("D", "P", "R")),
        (AGENT.request_first, ("R",)),
        (AGENT.request_by_name, ("D", "R")),
        (AGENT.everything, ("D", "P", {"request": "R"})),
        (AGENT.by_position_only, ("D",)),
        (AGENT.of_class, ("Agent", "D")),
        (AGENT.static, ("D", "P")),
        (lambda: (), ()),
        (lambda data: (data,), ("D",)),
        (lambda data, path: (data, path), ("D", "P")),
        (lambda *args: args, ("D", "P")),
        (lambda data, **named: (data, named), ("D", {"request": "R"})),
        (partial(AGENT.both, "given"), ("given", "D")),
        (partial(lambda data, request: (data, request), request="mine"), ("D", "R")),
    ],
)
def test_a_hook_gets_as_much_as_it_takes(hook: Callable[..., Any], got: object) -> None:
    assert fitted(hook, "D", "P", request="R")() == got
    assert fitted(hook, "D", "P", request="R")() == got  # as it was read the first time


def test_what_is_offered_by_name_takes_no_place_by_position() -> None:
    def callback(request: object, body: object) -> object:
        return (request, body)

    assert fitted(callback, "R", {"b": 1})() == ("R", {"b": 1})
    assert fitted(callback, "B", request="R")() == ("R", "B")


@pytest.mark.parametrize(
    ("hook", "got"),
    [
        (AGENT.request_in_between, ("D", "P", "R")),
        (lambda request, data, path: (data, path, request), ("D", "P", "R")),
        (lambda data, path, more=5, request=None: (data, path, more, request), ("D", "P", 5, "R")),
        (lambda request, /, data: (data, request), ("D", "R")),
        (lambda request, *args: (*args, request), ("D", "P", "R")),
    ],
)
def test_a_name_may_stand_anywhere(hook: Callable[..., Any], got: object) -> None:
    assert fitted(hook, "D", "P", request="R")() == got


def test_a_hook_that_wants_more_than_there_is_fails_when_it_is_called() -> None:
    call = fitted(AGENT.both, "D")
    with pytest.raises(TypeError, match="path"):
        call()


@dataclass
class Equal:
    """Callable, and as a dataclass with an `__eq__` of its own not hashable."""

    answer: str

    def __call__(self, data: object) -> object:
        return (self.answer, data)


def test_a_callable_object_that_cannot_be_hashed_is_fitted_too() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Equal("a"))
    assert fitted(Equal("a"), "D", "P")() == ("a", "D")
    assert not takes_two(Equal("a"))


@pytest.mark.parametrize(
    ("hook", "expected"),
    [
        (AGENT.none, False),
        (AGENT.one, False),
        (AGENT.both, True),
        (AGENT.with_request, True),
        (AGENT.everything, True),
        (AGENT.by_position_only, False),
        (AGENT.static, True),
        (lambda data, *, more: None, False),
        (lambda data, **more: None, False),
        (partial(AGENT.both, 1), False),
    ],
)
def test_whether_a_hook_takes_two_arguments_is_known(
    hook: Callable[..., Any], expected: bool
) -> None:
    assert takes_two(hook) is expected


def test_two_agents_do_not_share_what_their_hook_is_bound_to() -> None:
    class Named(Agent):
        def __init__(self, name: str) -> None:
            self.name = name

        def hook(self, data: object) -> object:
            return (self.name, data)

    assert [fitted(Named(name).hook, 1)() for name in "ab"] == [("a", 1), ("b", 1)]


def test_a_hook_is_the_authors_when_it_is_not_agentkits() -> None:
    assert not is_overridden(Agent().on_summary)
    assert is_overridden(Mine().on_summary)
    assert is_overridden(AGENT.both)
    agent = Agent()
    agent.on_summary = lambda summary, raw: None  # type: ignore[method-assign]
    assert is_overridden(agent.on_summary)


def test_a_marked_hook_is_otherwise_as_it_was() -> None:
    assert Agent().on_summary(1, 2) == ("agentkit's", 1, 2)
    assert Mine().on_summary(1, 2) == ("mine", 1, 2)


def test_a_builtin_that_does_not_tell_its_signature_gets_all_that_is_offered() -> None:
    assert fitted(min, 2, 1, request="r")() == 1
