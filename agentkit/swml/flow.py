"""Verbs that decide what runs next, and variables."""

from typing import Annotated, Any, ClassVar, Literal

import msgspec

from agentkit.swml.body import Body, Rule
from agentkit.swml.values import Bool, Int, Number, Object, Var
from agentkit.swml.verb import Verb

AtMost100 = Annotated[int, msgspec.Meta(ge=1, le=100)] | Var
Milliseconds = Annotated[int, msgspec.Meta(ge=-1)] | Var


def _complete(case: Any) -> str | None:
    if (case.when is None) != (case.then is None) or (case.when is None and case.else_ is None):
        return "needs when and then, or only else"
    return None


class Condition(Body, frozen=True):
    """One case of `cond`: `when` with `then`, or only `else`.

    Attributes:
        when: a JavaScript condition over variables.
        then: verbs that run when it holds.
        else_: verbs that run when it does not.
    """

    rule: ClassVar[Rule | None] = _complete

    when: str | None = None
    then: list[Verb] | None = None
    else_: list[Verb] | None = msgspec.field(default=None, name="else")


class Cond(Verb, frozen=True):
    """Run verbs by conditions; the first that holds wins.

    Attributes:
        cases: the conditions in turn.
    """

    verb: ClassVar[str] = "cond"
    bare: ClassVar[bool] = True

    cases: list[Condition]


class Cases(Body, frozen=True):
    """What to do by the value of a variable.

    Attributes:
        case: verbs by value.
        variable: the variable, else what the verb sets.
        default: verbs for any other value.
    """

    case: dict[str, list[Verb]]
    variable: str | None = None
    default: list[Verb] | None = None


class Switch(Verb, frozen=True):
    """Run verbs by the value of a variable.

    Attributes:
        variable: the variable.
        case: verbs by value.
        default: verbs for any other value.
    """

    verb: ClassVar[str] = "switch"

    variable: str
    case: dict[str, list[Verb]]
    default: list[Verb] | None = None


class Execute(Verb, frozen=True):
    """Run another section or document and come back.

    Attributes:
        dest: a section's name or a URL.
        params: reach it as the scope `params`.
        meta: sent along.
        on_return: verbs that run when it comes back.
        result: what to do with what it returned.
    """

    verb: ClassVar[str] = "execute"

    dest: str
    params: Object | None = None
    meta: Object | None = None
    on_return: list[Verb] | None = None
    result: Cases | list[Condition] | None = None


class Goto(Verb, frozen=True):
    """Go on at a label of this section.

    Attributes:
        label: the label.
        when: only if this JavaScript condition holds.
        max: how often at most, 1 to 100 (100).
    """

    verb: ClassVar[str] = "goto"

    label: str
    when: str | None = None
    max: AtMost100 | None = None


class Label(Verb, frozen=True):
    """A place that `goto` can name.

    Attributes:
        name: its name.
    """

    verb: ClassVar[str] = "label"
    bare: ClassVar[bool] = True

    name: str


class Return(Verb, frozen=True):
    """Come back from `execute`, with a value; sets `return_value`.

    Attributes:
        value: the value.
    """

    verb: ClassVar[str] = "return"
    bare: ClassVar[bool] = True

    value: Any


class Set(Verb, frozen=True):
    """Set variables.

    Attributes:
        variables: values by name.
    """

    verb: ClassVar[str] = "set"
    bare: ClassVar[bool] = True

    variables: Object


def variables(values: Object | None = None, /, **named: Any) -> Set:
    """Set variables, given as a dict or by name."""
    return Set({**(values or {}), **named})


class Unset(Verb, frozen=True):
    """Remove variables.

    Attributes:
        names: one name or several.
    """

    verb: ClassVar[str] = "unset"
    bare: ClassVar[bool] = True

    names: str | list[str]


class Pause(Body, frozen=True):
    """A length of time.

    Attributes:
        duration: milliseconds; -1 is for ever.
    """

    duration: Milliseconds


class Sleep(Verb, frozen=True):
    """Wait.

    Attributes:
        duration: milliseconds.
    """

    verb: ClassVar[str] = "sleep"
    bare: ClassVar[bool] = True

    duration: Int | Pause


class Request(Verb, frozen=True):
    """Send an HTTP request.

    Sets `request_url`, `request_result`, `request_response_code`, `request_response_body` (64
    KB) and, with save_variables, `request_response.…`.

    Attributes:
        url: where to.
        method: how.
        headers: HTTP headers.
        body: text, or an object that goes as JSON.
        timeout: seconds in all; 0 waits for ever (0).
        connect_timeout: seconds to connect; 0 waits for ever (0).
        save_variables: make variables of a JSON answer (false).
    """

    verb: ClassVar[str] = "request"

    url: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    headers: Object | None = None
    body: str | Object | None = None
    timeout: Number | None = None
    connect_timeout: Number | None = None
    save_variables: Bool | None = None
