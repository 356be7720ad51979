"""The brain that needs no model: it picks a function by its words and fills in its arguments.

The rules, so that a test can be written by them:

* Words that say nothing (`a`, `please`, `I`) are left out, and endings too: `booking` is `book`.
* A word that the caller said counts 3 when it is in a function's name, 2 when it is one of the
  values that an argument may have, and 1 when it is in the description. The function with the
  highest sum is called, the first one of equals, if the sum is at least 2.
* Its arguments are found as `brains.arguments` says. When a required one is missing, the brain asks
  for it and takes what the caller says next as the rest of the same request, unless that has a word
  of another function's name in it.
* While a question is to be answered (`gather_submit`), what is said is the answer, in the type that
  is asked for. Where the caller has to confirm it, the brain repeats it and takes "yes" for that.
* After a function it says what the function answered, or the next question; without a function it
  says that it did not understand. Where it begins it says "Hello.", or the first question.
"""

from typing import Any

from agentkit.loopback.ai.values import ToolView
from agentkit.loopback.brains.arguments import YES, fill, missing
from agentkit.loopback.brains.base import Thought, Use, View
from agentkit.loopback.brains.script import said_after
from agentkit.loopback.brains.words import stem, telling, words

GREETING = "Hello."
GO_ON = "Let us go on."
LOST = "I did not understand that."
DONE = "That is done."

_GATHER, _ANSWER, _CONFIRMED = "gather_submit", "answer", "confirmed_by_user"
_ENOUGH = 2
_NAME, _CHOICE, _DESCRIPTION = 3, 2, 1
_NEVER = frozenset({"startup_hook", "hangup_hook", "check_for_input", "summarize_conversation"})


class RuleBrain:
    """Decides by rules, the same way every time."""

    def __init__(self) -> None:
        self._asked: ToolView | None = None
        self._known: dict[str, Any] = {}
        self._unconfirmed: Any = None
        self._greeted = False

    async def think(self, view: View) -> Thought:
        """Return a call of the function that fits, or words."""
        tools = view.tools
        gather = next((tool for tool in tools if tool.name == _GATHER), None)
        if view.outcomes or not view.said:
            return Thought(text=self._words(view, gather))
        return self._answer(gather, view.said) if gather else self._choose(tools, view.said)

    async def summarize(self, view: View, prompt: str) -> dict[str, Any] | str | None:
        """Write nothing: rules cannot tell what a conversation was about."""
        return None

    def _words(self, view: View, gather: ToolView | None) -> str:
        """Return what it says of functions, or where it begins."""
        first, self._greeted = not self._greeted, True
        if gather is not None:
            return str(_answer_schema(gather).get("description", GO_ON))
        if view.outcomes:
            return said_after(view) or DONE
        return GREETING if first else GO_ON

    def _answer(self, gather: ToolView, said: str) -> Thought:
        """Submit what was said, once it is confirmed where it has to be."""
        confirms = _CONFIRMED in gather.parameters.get("properties", {})
        if confirms and self._unconfirmed is not None and {*words(said)} & YES:
            answer, self._unconfirmed = self._unconfirmed, None
            return Thought(uses=(Use(gather.name, {_ANSWER: answer, _CONFIRMED: "true"}),))
        schema = {"properties": {_ANSWER: _answer_schema(gather)}, "required": [_ANSWER]}
        answer = fill(schema, said, asked=True).get(_ANSWER, said)
        if confirms:
            self._unconfirmed = answer
            return Thought(text=f"You said {answer}. Is that right?")
        return Thought(uses=(Use(gather.name, {_ANSWER: answer}),))

    def _choose(self, tools: list[ToolView], said: str) -> Thought:
        best = pick(tools, said)
        if self._asked and self._asked in tools and not _names(tools, self._asked, said):
            best = self._asked
        if best is not self._asked:
            self._known = {}
        if best is None:
            self._asked = None
            return Thought(text=LOST)
        return self._call(best, said)

    def _call(self, tool: ToolView, said: str) -> Thought:
        left = _without(tool.parameters, self._known)
        self._known |= fill(left, said, asked=tool is self._asked)
        lacking = missing(tool.parameters, self._known)
        if lacking:
            self._asked = tool
            return Thought(text=f"Please tell me: {', '.join(lacking)}.")
        use = Use(tool.name, self._known)
        self._asked, self._known = None, {}
        return Thought(uses=(use,))


def _answer_schema(gather: ToolView) -> dict[str, Any]:
    schema = gather.parameters.get("properties", {}).get(_ANSWER, {})
    return schema if isinstance(schema, dict) else {}


def pick(tools: list[ToolView], said: str) -> ToolView | None:
    """Return the function that what was said is about, None when it is about none."""
    about = set(telling(said))
    scored = [(score(tool, about), tool) for tool in tools if tool.name not in _NEVER]
    best = max((points for points, _ in scored), default=0)
    return next((tool for points, tool in scored if points == best >= _ENOUGH), None)


def score(tool: ToolView, about: set[str]) -> int:
    """Return how much a function has to do with words that were said."""
    names = set(telling(tool.name))
    choices = {stem(word) for word in _choices(tool.parameters)} - names
    described = set(telling(tool.description)) - names - choices
    return (
        _NAME * len(about & names)
        + _CHOICE * len(about & choices)
        + _DESCRIPTION * len(about & described)
    )


def _names(tools: list[ToolView], asked: ToolView, said: str) -> bool:
    """Tell whether a word of another function's name was said."""
    others = [set(telling(tool.name)) for tool in tools if tool is not asked]
    return bool(set(telling(said)) & set().union(*others) - set(telling(asked.name)))


def _choices(parameters: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for schema in parameters.get("properties", {}).values():
        for value in schema.get("enum", []) if isinstance(schema, dict) else []:
            found += words(str(value))
    return found


def _without(parameters: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    properties = parameters.get("properties", {})
    left = {name: schema for name, schema in properties.items() if name not in known}
    return {**parameters, "properties": left}
