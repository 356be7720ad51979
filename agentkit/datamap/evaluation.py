"""Answer a data map here, as the platform would: for tests and for simulated calls.

The order is the platform's: expressions, then one webhook, then the output; the first answer ends
it. Before a webhook has replied templates read the call (`${args.city}`); afterwards they read the
reply, and the call is under `input` (`${input.args.city}`).
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec
from anyio import to_thread

from agentkit.datamap import forms, patterns, webhooks
from agentkit.datamap.functions import Functions
from agentkit.datamap.templates import Expander, found
from agentkit.datamap.transport import Transport, WebhookRequest
from agentkit.errors import EvaluationError
from agentkit.place import Place

JSON = dict[str, Any]

NOTHING = "There was an error processing this request."
"""What the platform tells the model when nothing gave an answer."""


class Defined(Protocol):
    """A `DataMap`."""

    def to_swaig_function(self) -> JSON:
        """Return the function's definition."""
        ...


class Evaluation(msgspec.Struct, frozen=True):
    """What came of a data map.

    Attributes:
        output: the answer: `response`, `action`, `post_process`.
        source: the part that gave it, such as `webhooks[0].output`; empty when none did.
        request: what was sent, None when nothing was.
        reply: what came back, as templates read it.
        failure: the key that marked the reply as failed.
        unresolved: paths and functions in templates that gave nothing, and so became empty.
        problem: why the answer is not what its author meant, empty when it is.
    """

    output: JSON
    source: str = ""
    request: WebhookRequest | None = None
    reply: Any = None
    failure: str | None = None
    unresolved: tuple[str, ...] = ()
    problem: str = ""

    @property
    def response(self) -> Any:
        """What the model is told."""
        return self.output.get("response")

    @property
    def actions(self) -> list[JSON]:
        """What the platform does."""
        action = self.output.get("action", [])
        return action if isinstance(action, list) else [action]


async def evaluate(
    data_map: Defined | Mapping[str, Any],
    args: Mapping[str, Any] | None = None,
    transport: Transport | None = None,
    *,
    data: Mapping[str, Any] | None = None,
    clock: Callable[[], float] = time.time,  # noqa: TID251 - the default of the clock
) -> Evaluation:
    """Answer a data map.

    Args:
        data_map: a `DataMap`, the definition of a function, or the `data_map` in one.
        args: the arguments that the model gave.
        transport: sends the request of a webhook; `Answers` is one for tests.
        data: what else templates read: `global_data`, `meta_data`, `prompt_vars`, `call_id`, …
        clock: tells Unix time in seconds, for `@{strftime_tz …}`.

    Returns:
        The answer, and how it came about.

    Raises:
        EvaluationError: a pattern is wrong or takes too long, or a webhook is to be sent and there
            is no transport.
        DefinitionError: it is no data map, or a package that it needs is not installed.
    """
    run = _Run(_definition(data_map), dict(args or {}), dict(data or {}), clock)
    request = await to_thread.run_sync(run.begin)
    if request is None:
        return run.outcome
    if transport is None:
        raise EvaluationError(f"there is no transport for {request.url}")
    reply = await webhooks.sent(transport, request)
    await to_thread.run_sync(run.finish, reply)
    return run.outcome


class _Run:
    """One answer on its way."""

    def __init__(
        self, definition: JSON, args: JSON, data: JSON, clock: Callable[[], float]
    ) -> None:
        self._map: JSON = definition["data_map"]
        self._args = args
        self._functions = Functions(clock)
        self._prompt_vars: JSON = data.pop("prompt_vars", {})
        self._global_data: JSON = data.get("global_data", {})
        meta_data = {**self._global_data, **definition.get("meta_data", {})}
        self._call: JSON = {
            **self._prompt_vars,
            "function": definition.get("function", ""),
            "meta_data": meta_data,
            **data,
            "global_data": self._global_data,
            "args": args,
        }
        self._webhook: JSON = {}
        self._source = ""
        self.outcome = Evaluation({"response": NOTHING})

    def begin(self) -> WebhookRequest | None:
        """Try the expressions; return the request to be sent, None when there is an outcome."""
        before = {**self._call, "input": {}}
        if self._matched(self._map.get("expressions", []), before, "expressions"):
            return None
        all_webhooks: list[JSON] = self._map.get("webhooks", [])
        number = webhooks.eligible(all_webhooks, self._args)
        if number is None:
            self._fall_back()
            return None
        self._webhook, self._source = all_webhooks[number], f"webhooks[{number}]"
        expander = self._expander(before)
        request = webhooks.request_of(self._webhook, self._args, expander)
        self._note(expander, request=request)
        return request

    def finish(self, reply: JSON | list[Any]) -> None:
        """Make the outcome of a reply."""
        keys = [*self._webhook.get("error_keys", []), *self._map.get("error_keys", [])]
        failure = webhooks.failure(reply, keys)
        self._note(reply=reply, failure=failure)
        if failure is None and self._answered(reply):
            return
        self._fall_back()

    def _answered(self, reply: JSON | list[Any]) -> bool:
        after: JSON = {
            "prompt_vars": self._prompt_vars,
            "global_data": self._global_data,
            "input": self._call,
            **(reply if isinstance(reply, dict) else {"array": reply}),
        }
        self._loop(after)
        expressions = self._webhook.get("expressions", [])
        if self._matched(expressions, after, f"{self._source}.expressions"):
            return True
        if "output" not in self._webhook:
            return False
        self._answer(self._webhook["output"], after, f"{self._source}.output")
        return True

    def _loop(self, after: JSON) -> None:
        """Make text of a list, and put it where the output finds it."""
        loop = self._webhook.get("foreach")
        items = found(after, loop["input_key"]) if loop else None
        if not loop or not isinstance(items, list):
            return
        most = loop.get("max", 0)
        texts = []
        for item in items[:most] if most > 0 else items:
            expander = self._expander({**after, "this": item})
            texts.append(expander.text(loop["append"]))
            self._note(expander)
        after[loop["output_key"]] = "".join(texts)

    def _matched(self, expressions: list[JSON], data: JSON, path: str) -> bool:
        """Take the output of the first expression that has one for its outcome."""
        for number, each in enumerate(expressions):
            expander = self._expander(data)
            hit = patterns.found(each["pattern"], expander.text(each["string"]))
            self._note(expander)
            part = "output" if hit else "nomatch-output"
            if part in each:
                self._answer(each[part], data, f"{path}[{number}].{part}")
                return True
        return False

    def _fall_back(self) -> None:
        if "output" in self._map:
            data = {**self._call, "prompt_vars": self._prompt_vars, "input": {}}
            self._answer(self._map["output"], data, "output")

    def _answer(self, output: JSON, data: JSON, source: str) -> None:
        expander = self._expander(data)
        answer = expander.all(output)
        if expander.holds_data:
            self._note(expander, output={}, source=source, problem=_BROKEN)
        else:
            self._note(expander, output=answer, source=source)

    def _expander(self, data: JSON) -> Expander:
        return Expander(data, self._functions)

    def _note(self, expander: Expander | None = None, **fields: Any) -> None:
        known = self.outcome.unresolved
        new = () if expander is None else tuple(expander.unresolved)
        self.outcome = msgspec.structs.replace(self.outcome, unresolved=(*known, *new), **fields)


_BROKEN = "an object or a list in an output makes it invalid JSON, and nothing is answered"


def _definition(given: Defined | Mapping[str, Any]) -> JSON:
    definition = dict(given) if isinstance(given, Mapping) else given.to_swaig_function()
    if "data_map" not in definition:
        definition = {"data_map": definition}
    name = definition.get("function", "")
    place = Place(f"ai.SWAIG.functions.{name}.data_map" if name else "data_map")
    return {**definition, "data_map": forms.data_map(place, definition["data_map"])}
