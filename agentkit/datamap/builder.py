"""Builds data maps: functions that the platform answers itself, with patterns and web requests.

No request reaches the agent; `evaluate` answers one here, for tests.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self

from agentkit import checked
from agentkit.datamap import forms
from agentkit.place import Place, caller

JSON = dict[str, Any]
Fillers = Mapping[str, Sequence[str | Sequence[str]]]


class Answer(Protocol):
    """What a function answers, such as a `FunctionResult`."""

    def to_dict(self) -> JSON:
        """Return it in the platform's form."""
        ...


Result = Answer | Mapping[str, Any]


class DataMap:
    """A function and how the platform answers it; every method returns it.

    Expressions are tried in order, then the first webhook that may run is sent, then the fallback
    output is taken. What follows a webhook belongs to it: `params`, `foreach`,
    `webhook_expressions`, `output`, `error_keys`.

    Args:
        function_name: what the model calls it.

    Raises:
        DefinitionError: here and in every method, an argument is not what it should be; it tells
            the path in the document and the line.
    """

    def __init__(self, function_name: str) -> None:
        place = Place("ai.SWAIG.functions", line=caller())
        self._name = checked.name(place, function_name)
        self._description = ""
        self._properties: dict[str, JSON] = {}
        self._required: list[str] = []
        self._map: JSON = {}
        self._gates: list[Any] = []
        self._gate_fillers: Fillers | None = None

    # The function --------------------------------------------------------------------------

    def purpose(self, description: str) -> Self:
        """Say what the function does, for the model."""
        self._description = checked.text(self._place(".description"), description)
        return self

    def description(self, description: str) -> Self:
        """Do what `purpose` does."""
        return self.purpose(description)

    def parameter(
        self,
        name: str,
        param_type: str,
        description: str,
        required: bool = False,
        enum: Sequence[Any] | None = None,
    ) -> Self:
        """Add an argument.

        Args:
            name: its name.
            param_type: `string`, `integer`, `number`, `boolean`, `array` or `object`.
            description: what it is, for the model.
            required: whether the model must give it.
            enum: the only values it may have.
        """
        place = self._place(f".parameters.properties.{name}")
        known = checked.name(place, name)
        schema: JSON = {
            "type": checked.choice(place.at("type"), param_type, forms.TYPES),
            "description": checked.text(place.at("description"), description),
        }
        choices = checked.items(place.at("enum"), enum or ())
        self._properties[known] = {**schema, "enum": choices} if choices else schema
        if required and known not in self._required:
            self._required.append(known)
        return self

    def gate(self, gate: Mapping[str, Any]) -> Self:
        """Put a semantic gate before the function: a `SemanticGate` or a dict."""
        self._gates.append(gate)
        return self

    def gate_fillers(self, fillers: Fillers) -> Self:
        """Say these while the gates are asked; by language code."""
        self._gate_fillers = fillers
        return self

    # Patterns ------------------------------------------------------------------------------

    def expression(
        self,
        test_value: str,
        pattern: str | re.Pattern[str],
        output: Result,
        nomatch_output: Result | None = None,
    ) -> Self:
        """Answer at once when a value matches.

        Args:
            test_value: a template such as `${args.city}`.
            pattern: a regular expression, found anywhere, without regard to case unless it is
                written `/pattern/flags`.
            output: the answer when it matches.
            nomatch_output: the answer when it does not; without it the next one is tried.
        """
        text = pattern.pattern if isinstance(pattern, re.Pattern) else pattern
        outputs = {"output": output, "nomatch-output": nomatch_output}
        given = {key: _plain(each) for key, each in outputs.items() if each is not None}
        known: list[JSON] = self._map.setdefault("expressions", [])
        place = self._place(f".data_map.expressions[{len(known)}]")
        known.append(forms.expression(place, {"string": test_value, "pattern": text, **given}))
        return self

    # Webhooks ------------------------------------------------------------------------------

    def webhook(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        form_param: str | None = None,
        input_args_as_params: bool = False,
        require_args: Sequence[str] | None = None,
    ) -> Self:
        """Add a web request; the platform sends the first one that may run, and no other.

        Args:
            method: `GET` or `POST`.
            url: where to, with templates such as `${enc:args.city}`.
            headers: sent as they are; templates in them are not expanded.
            form_param: send the body as this field of a form.
            input_args_as_params: put the function's arguments into the body.
            require_args: it may run only when at least one of these arguments is there.
        """
        given = {
            "url": url,
            "method": method,
            "headers": headers or None,
            "form_param": form_param or None,
            "input_args_as_params": input_args_as_params or None,
            "require_args": require_args or None,
        }
        known: list[JSON] = self._map.setdefault("webhooks", [])
        place = self._place(f".data_map.webhooks[{len(known)}]")
        fields = {key: value for key, value in given.items() if value is not None}
        known.append(forms.webhook(place, fields))
        return self

    def params(self, data: Mapping[str, Any]) -> Self:
        """Set the body of the last webhook, in which templates are expanded; it is then a POST."""
        return self._set("params", data)

    def body(self, data: Mapping[str, Any]) -> Self:
        """Do what `params` does."""
        return self.params(data)

    def webhook_expressions(self, expressions: Sequence[Mapping[str, Any]]) -> Self:
        """Set expressions on the reply of the last webhook; they come before its output."""
        return self._set("expressions", expressions)

    def foreach(self, foreach_config: Mapping[str, Any]) -> Self:
        """Make text of a list in the reply of the last webhook.

        Args:
            foreach_config: `input_key` (the path of the list), `output_key` (what the text is
                called), `append` (a template for each item, such as `${this.title}`) and `max`.
        """
        return self._set("foreach", foreach_config)

    def output(self, result: Result) -> Self:
        """Set the answer of the last webhook; an argument is `${input.args.city}` there."""
        return self._set("output", _plain(result))

    def fallback_output(self, result: Result) -> Self:
        """Set the answer when nothing else gave one."""
        self._map["output"] = forms.output(self._place(".data_map.output"), _plain(result))
        return self

    def error_keys(self, keys: Sequence[str]) -> Self:
        """Have the last webhook fail when its reply has one of these keys; without one, all."""
        return (
            self._set("error_keys", keys)
            if "webhooks" in self._map
            else self.global_error_keys(keys)
        )

    def global_error_keys(self, keys: Sequence[str]) -> Self:
        """Have every webhook fail when its reply has one of these keys."""
        self._map["error_keys"] = checked.names(self._place(".data_map.error_keys"), keys)
        return self

    # The outcome ---------------------------------------------------------------------------

    def to_swaig_function(self) -> JSON:
        """Return the function's definition, for `agent.register_swaig_function`."""
        parameters: JSON = {"type": "object", "properties": self._properties}
        required = {"required": self._required} if self._required else {}
        gates = {"gates": self._gates, "gate_fillers": self._gate_fillers}
        definition = {
            "function": self._name,
            "description": self._description or f"Execute {self._name}",
            "parameters": {**parameters, **required},
            "data_map": self._map,
            **{key: value for key, value in gates.items() if value},
        }
        copied: JSON = checked.plain(self._place(""), definition)
        return copied

    def _set(self, field: str, given: object) -> Self:
        webhooks: list[JSON] = self._map.get("webhooks", [])
        place = self._place(f".data_map.webhooks[{max(len(webhooks) - 1, 0)}].{field}")
        if not webhooks:
            raise place.error("add a webhook before")
        webhooks[-1][field] = forms.WEBHOOK[field](place, given)
        return self

    def _place(self, path: str) -> Place:
        return Place(f"ai.SWAIG.functions.{self._name}{path}", line=caller())


def create_simple_api_tool(
    name: str,
    url: str,
    response_template: str,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    error_keys: Sequence[str] | None = None,
) -> DataMap:
    """Return a data map that asks one API.

    Args:
        name: the function's name.
        url: where to, with templates such as `${enc:args.city}`.
        response_template: the answer, with templates of the reply.
        parameters: arguments by name: `type`, `description`, `required`, `enum`.
        method: `GET` or `POST`.
        headers: sent as they are.
        body: the body of a POST, with templates.
        error_keys: keys of a reply that mark it as failed.
    """
    made = _with_parameters(DataMap(name), parameters).webhook(method, url, headers)
    if body:
        made.body(body)
    if error_keys:
        made.error_keys(error_keys)
    return made.output({"response": response_template})


def create_expression_tool(
    name: str,
    patterns: Mapping[str, tuple[str | re.Pattern[str], Result]],
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
) -> DataMap:
    """Return a data map that answers by patterns alone.

    Args:
        name: the function's name.
        patterns: by template, such as `${args.command}`: a pattern and the answer.
        parameters: arguments by name: `type`, `description`, `required`, `enum`.
    """
    made = _with_parameters(DataMap(name), parameters)
    for test_value, (pattern, output) in patterns.items():
        made.expression(test_value, pattern, output)
    return made


def _with_parameters(made: DataMap, given: Mapping[str, Mapping[str, Any]] | None) -> DataMap:
    for name, told in (given or {}).items():
        made.parameter(
            name,
            told.get("type", "string"),
            told.get("description", f"{name} parameter"),
            bool(told.get("required", False)),
            told.get("enum"),
        )
    return made


def _plain(result: Result) -> Any:
    return result.to_dict() if hasattr(result, "to_dict") else result
