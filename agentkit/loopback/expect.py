"""What a test expects of a call, checked at once against what has happened so far.

A failure is a `CallError`, an AssertionError, whose message says what was expected, what there was
instead and how the call went so far.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, Protocol

from agentkit.loopback.errors import CallError
from agentkit.loopback.evidence import (
    ENDED,
    HEARD,
    SUMMARY,
    ToolRun,
    called,
    named,
    of_kind,
    tool_runs,
)
from agentkit.loopback.matching import (
    Wanted,
    closest,
    differences,
    shown,
    subset_matches,
    text_matches,
    value_matches,
)
from agentkit.loopback.trace import Kind, Moment
from agentkit.loopback.transcript import render

SO_FAR = "the call so far:"
"""Stands before the transcript in the message of a failure."""

_LISTED = 12


class Seen(Protocol):
    """What expectations look at: the moments of a call, and where it stands now."""

    @property
    def moments(self) -> list[Moment]:
        """Everything that has happened."""
        ...

    @property
    def global_data(self) -> dict[str, Any]:
        """The data of the session, as the next request would carry it."""
        ...

    @property
    def place(self) -> tuple[str, str]:
        """The context and the step, "" where there are none."""
        ...


class ToolExpectation:
    """Goes on from `expect_tool`: with which arguments, how often, with which answer.

    Each further word is checked at once, and against the calls that fit the words before it.
    """

    def __init__(self, seen: Seen, name: str) -> None:
        __tracebackhide__ = True
        self._seen = seen
        self._name = name
        self._wanted = name
        self._all = tool_runs(seen.moments)
        self._fitting = [run for run in self._all if run.name == name]
        if not self._fitting:
            self._fail("")

    def with_args(self, /, **wanted: object) -> "ToolExpectation":
        """Expect these arguments among those of a call; values as in `expect_state`.

        Raises:
            CallError: no call had them.
        """
        __tracebackhide__ = True
        self._wanted = called(self._name, wanted)
        before = self._fitting
        self._fitting = [run for run in before if subset_matches(wanted, run.arguments)]
        if not self._fitting:
            nearest = min((differences(wanted, run.arguments) for run in before), key=len)
            self._fail("".join(f"\n  {line}" for line in nearest))
        return self

    def once(self) -> "ToolExpectation":
        """Expect one such call, no more.

        Raises:
            CallError: there were more.
        """
        __tracebackhide__ = True
        return self.times(1)

    def times(self, count: int) -> "ToolExpectation":
        """Expect as many such calls; `expect_no_tool` expects none.

        Raises:
            CallError: there were more, or fewer.
        """
        __tracebackhide__ = True
        if len(self._fitting) != count:
            self._wanted += " once" if count == 1 else f" {count} times"
            self._fail(f"\n  it was called {_times(len(self._fitting))}")
        return self

    def answered(self, text: Wanted, *, exact: bool = False) -> "ToolExpectation":
        """Expect that an answer to such a call had this text, or that a pattern is found in it.

        Raises:
            CallError: none had.
        """
        __tracebackhide__ = True
        fitting = [
            run
            for run in self._fitting
            if run.response is not None and text_matches(text, run.response, exact=exact)
        ]
        if not fitting:
            told = "".join(f"\n  it answered {shown(run.response)}" for run in self._fitting)
            self._wanted += f" answered {shown(text)}"
            self._fail(told)
        self._fitting = fitting
        return self

    def with_action(self, name: str) -> "ToolExpectation":
        """Expect that the answer to such a call had an action of this name.

        Raises:
            CallError: none had.
        """
        __tracebackhide__ = True
        self._fitting = [run for run in self._fitting if name in run.actions]
        if not self._fitting:
            self._wanted += f" with the action {name}"
            self._fail("")
        return self

    def _fail(self, why: str) -> NoReturn:
        __tracebackhide__ = True
        raise _failure(self._seen, f"a call of {self._wanted}", why + _tools(self._all, self._name))


class Expecting(ABC):
    """The expectations that both faces of a call have."""

    @abstractmethod
    def _settled(self) -> Seen:
        """Return what has happened, once everything that was asked for has."""

    def expect_tool(self, name: str) -> ToolExpectation:
        """Expect that the model called a function; go on with `.with_args(…)`, `.once()` and so on.

        Raises:
            CallError: it was not called.
        """
        __tracebackhide__ = True
        return ToolExpectation(self._settled(), name)

    def expect_no_tool(self, name: str | None = None) -> None:
        """Expect that the model called no function, or not this one.

        Raises:
            CallError: it did.
        """
        __tracebackhide__ = True
        seen = self._settled()
        runs = [run for run in tool_runs(seen.moments) if name in {None, run.name}]
        if runs:
            raise _failure(seen, f"no call of {name or 'any function'}", _tools(runs, ""))

    def expect_state(self, /, **wanted: object) -> None:
        """Expect values in global_data.

        An object needs to hold the keys named only; `...` stands for any value, a pattern for a
        text in which it is found.

        Raises:
            CallError: a key is missing or has another value.
        """
        __tracebackhide__ = True
        seen = self._settled()
        wrong = differences(wanted, seen.global_data)
        if wrong:
            held = f"\n  global_data is {shown(seen.global_data)}"
            raise _failure(seen, f"global_data with {_pairs(wanted)}", _lines(wrong) + held)

    def expect_step(self, name: str) -> None:
        """Expect that the session is in this step now.

        Raises:
            CallError: it is in another, or in none.
        """
        __tracebackhide__ = True
        seen = self._settled()
        _check_place(seen, "step", name, seen.place[1])

    def expect_context(self, name: str) -> None:
        """Expect that the session is in this context now.

        Raises:
            CallError: it is in another, or in none.
        """
        __tracebackhide__ = True
        seen = self._settled()
        _check_place(seen, "context", name, seen.place[0])

    def expect_said(self, text: Wanted, *, exact: bool = False, by: Kind | None = None) -> None:
        """Expect that the caller heard a text, or one in which a pattern is found.

        Args:
            text: a part of it, in any case, or a pattern.
            exact: whether it must be the whole of what was said at a time.
            by: "agent" for the model only, "platform" for what is said without it (`play`, `say`,
                fillers, greetings), "caller" for what the caller said.

        Raises:
            CallError: nobody said it.
        """
        __tracebackhide__ = True
        seen = self._settled()
        said = of_kind(seen.moments, *((by,) if by else HEARD))
        if not any(text_matches(text, moment.text, exact=exact) for moment in said):
            raise _failure(
                seen, f"{by or 'the caller'} {_heard(by)} {shown(text)}", _said(text, said)
            )

    def expect_action(self, name: str, value: object = ...) -> None:
        """Expect that an action took effect, with a value as in `expect_state` if one is given.

        Raises:
            CallError: it did not, or had another value.
        """
        __tracebackhide__ = True
        self._expect("action", name, lambda data: value_matches(value, data), shown(value))

    def expect_verb(self, name: str, /, **fields: object) -> None:
        """Expect that the platform performed a verb, with these fields as in `expect_state`.

        Raises:
            CallError: it did not, or with others.
        """
        __tracebackhide__ = True

        def fits(data: object) -> bool:
            return not fields or (isinstance(data, dict) and subset_matches(fields, data))

        self._expect("verb", name, fits, _pairs(fields))

    def expect_sms(self, /, **fields: object) -> None:
        """Expect that a text message was sent: `to_number`, `from_number`, `body`, `media`.

        Raises:
            CallError: none was, or with other fields.
        """
        __tracebackhide__ = True
        self.expect_verb("send_sms", **fields)

    def expect_summary(self, text: Wanted | None = None, /, **fields: object) -> None:
        """Expect that a summary was posted: prose with a text in it, or an object with fields.

        Raises:
            CallError: none was, or another.
        """
        __tracebackhide__ = True
        seen = self._settled()
        found = list(named(seen.moments, "mark", SUMMARY))
        wanted = shown(text) if text is not None else _pairs(fields) or "any"
        if not any(_summary_fits(moment.data, text, fields) for moment in found):
            posted = [f"it was {shown(moment.data)}" for moment in found] or ["none was posted"]
            raise _failure(seen, f"a summary: {wanted}", _lines(posted))

    def expect_ended(self, how: str | None = None) -> None:
        """Expect that the call is over.

        Args:
            how: "caller" for a caller who hung up, "agent" for an agent that did, "document" for a
                script that came to its end; None for any.

        Raises:
            CallError: it goes on, or ended otherwise.
        """
        __tracebackhide__ = True
        seen = self._settled()
        ends = [moment.data for moment in named(seen.moments, "mark", ENDED)]
        if not ends or how not in {None, *ends}:
            instead = [f"it was ended by: {end}" for end in ends] or ["the call goes on"]
            raise _failure(seen, f"the call ended{f' by: {how}' if how else ''}", _lines(instead))

    def _expect(self, kind: Kind, name: str, fits: Callable[[object], bool], wanted: str) -> None:
        __tracebackhide__ = True
        seen = self._settled()
        there = of_kind(seen.moments, kind)
        if any(fits(moment.data) for moment in there if moment.text == name):
            return
        same = [f"it was {shown(moment.data)}" for moment in there if moment.text == name]
        others = ", ".join(dict.fromkeys(moment.text for moment in there)) or "none"
        raise _failure(
            seen, f"the {kind} {name}: {wanted or 'any'}", _lines(same or [f"there were: {others}"])
        )


def failure(seen: Seen, message: str) -> CallError:
    """Return an error that tells how the call went so far."""
    return CallError(f"{message}\n\n{SO_FAR}\n{render(seen.moments) or '  nothing yet'}")


def _failure(seen: Seen, expected: str, instead: str) -> CallError:
    return failure(seen, f"expected {expected}{instead}")


def _tools(runs: list[ToolRun], name: str) -> str:
    if not runs:
        return "\n  no function was called"
    near = closest(name, (run.name for run in runs))
    order = sorted(runs, key=lambda run: run.name != near)
    return _lines(["called were:", *(f"  {run.line}" for run in order[:_LISTED])])


def _said(text: Wanted, said: Iterable[Moment]) -> str:
    words = [moment.text for moment in said]
    if not words:
        return "\n  nothing was said"
    near = closest(text, words) if isinstance(text, str) else ""
    order = sorted(words, key=lambda each: each != near) if near else words[-_LISTED:]
    return _lines([f"said was: {shown(each)}" for each in order[:_LISTED]])


def _heard(by: Kind | None) -> str:
    return "saying" if by else "hearing"


def _check_place(seen: Seen, what: str, name: str, now: str | None) -> None:
    __tracebackhide__ = True
    if now != name:
        raise _failure(seen, f"the {what} {name}", _place(seen))


def _place(seen: Seen) -> str:
    context, step = seen.place
    return f"\n  it is in {context}/{step}" if context or step else "\n  it is in none"


def _summary_fits(summary: object, text: Wanted | None, fields: dict[str, object]) -> bool:
    if text is not None:
        return isinstance(summary, str) and text_matches(text, summary)
    return not fields or (isinstance(summary, dict) and subset_matches(fields, summary))


def _pairs(wanted: dict[str, object]) -> str:
    return ", ".join(f"{key}={shown(value)}" for key, value in wanted.items())


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"\n  {line}" for line in lines)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
