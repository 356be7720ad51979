"""Plays a recorded call again: its document is rebuilt from the post prompt, its answers are given.

The record tells which functions there were, in which steps the call stood and what was asked, so
the session can be driven through the same turns; what it then sends can be laid beside the record.
"""

from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import Any
from urllib.parse import urlsplit

import msgspec

from agentkit.loopback.ai import AISession
from tests.loopback.ai.wires import Stage

JSON = dict[str, Any]

ASSUMED = "default"
_SUMMARIZER: JSON = {"function": "summarize_conversation", "description": "Sums up.",
                     "web_hook_url": "https://agent.example.com/swaig"}  # fmt: skip


class Record:
    """A post prompt as it was recorded."""

    def __init__(self, body: JSON) -> None:
        self.body = body
        self.log: list[JSON] = body["call_log"]
        self.commands: list[JSON] = body["swaig_log"]
        self.posted = [each for each in self.commands if "post_data" in each]

    def ai(self) -> JSON:
        """The document that the call must have had."""
        prompt = {"text": "Be kind.", "contexts": {ASSUMED: {"steps": list(self._steps())}}}
        sums_up = [_SUMMARIZER] if self._noted("summarize_start") else []
        functions = {each["function"]: each for each in (*sums_up, *self._functions())}
        return {
            "prompt": prompt,
            "global_data": self._initial_data(),
            "SWAIG": {"functions": list(functions.values())},
            "params": {"enable_accounting": "total_minutes" in self.body},
            "post_prompt": {"text": "Sum up."},
            "post_prompt_url": "https://agent.example.com/post",
        }

    def answers(self) -> JSON:
        """What each function answers, in turn."""
        waiting: dict[str, list[JSON]] = {}
        for each in self.posted:
            waiting.setdefault(each["command_name"], []).append(each["post_response"])
        return {name: _in_turn(given) for name, given in waiting.items()}

    def call(self) -> JSON:
        """The call as the document's request had it."""
        fields: JSON = {"call_id": self.body["call_id"], "from": self.body["caller_id_number"],
                        "caller_id_name": self.body["caller_id_name"]}  # fmt: skip
        known = {key: self.body[key] for key in ("project_id", "space_id")}
        return self.body.get("SWMLCall") or {**fields, **known}

    def vars(self) -> JSON:
        known = self.body["SWMLVars"]
        return {key: value for key, value in known.items() if key != "ai_result"}

    def summary(self) -> JSON | str:
        """What the model said to the post prompt, or gave to `summarize_conversation`."""
        for each in self.posted:
            if each["command_name"] == "summarize_conversation":
                return dict(each["post_data"]["argument"]["parsed"][0])
        return str(self.body["post_prompt_data"]["raw"])

    def _functions(self) -> Iterator[JSON]:
        fillers = [each["content"] for each in self.log if each["role"] == "assistant-manual"]
        seen: dict[str, JSON] = {}
        for each in self.posted:
            data = each["post_data"]
            seen[each["command_name"]] = {
                "function": each["command_name"],
                "description": data.get("description", "Does it."),
                "parameters": data.get("argument_desc", {"type": "object", "properties": {}}),
                "web_hook_url": _with_userinfo(each["url"]),
                "meta_data_token": data.get("meta_data_token", "0" * 32),
            }
        for name in self._filled():
            seen[name]["fillers"] = {"en-US": fillers}
        yield from seen.values()

    def _filled(self) -> Iterator[str]:
        """The functions during which the platform said something."""
        for at, entry in enumerate(self.log):
            if entry["role"] == "assistant-manual":
                after = (each for each in self.log[at:] if each.get("tool_calls"))
                yield next(after)["tool_calls"][0]["function"]["name"]

    def _steps(self) -> Iterator[JSON]:
        known: dict[int, JSON] = {}
        for entry in self.log:
            where = entry.get("metadata", {})
            if where.get("step"):
                step = known.setdefault(where["step_index"], {"name": where["step"], "text": "Go."})
                _LEARN.get(entry["action"], _nothing)(step, where)
        names = [step["name"] for step in known.values()]
        for index in range(max(known) + 1):
            step = known.get(index, {"name": f"step_{index}", "text": "Go."})
            yield {**step, "valid_steps": names}

    def _noted(self, action: str) -> bool:
        return any(entry.get("action") == action for entry in self.log)

    def _initial_data(self) -> JSON:
        first: JSON = next((each["post_data"] for each in self.posted), {})
        caller = {"caller_id_name", "caller_id_number"}
        known = {key: value for key, value in self.body["global_data"].items() if key not in caller}
        return dict(first.get("meta_data", known))


async def play(record: Record) -> Stage:
    """Play the call of a record and return what came of it."""
    stage = Stage(record.ai(), record.answers(), call=record.call(), script_vars=record.vars())
    stage.wire.seconds = 0.12
    session = await stage.begin()
    natives = iter([each for each in record.commands if each.get("native")])
    for entry in takewhile(lambda entry: entry.get("action") != "session_end", record.log):
        await _turn(session, entry, natives)
    for each in natives:
        session.ended = None  # a model may hang up twice, as one did
        await session.call_tool(each["command_name"], {})
    await session.end("hangup", record.summary())
    return stage


async def _turn(session: AISession, entry: JSON, natives: Iterator[JSON]) -> None:
    role, action = entry["role"], entry.get("action", "")
    if role == "user":
        await session.hear(entry["content"])
    elif role == "assistant" and "latency" in entry:
        await session.say(entry["content"])
    elif role == "assistant" and entry.get("tool_calls"):
        called = entry["tool_calls"][0]["function"]
        await session.call_tool(called["name"], raw=called["arguments"])
    elif action == "attention_timeout":
        await session.pass_time(entry["metadata"]["timeout_ms"] / 1000)
    elif action == "gather_answer" or entry.get("metadata", {}).get("trigger") == "ai_function":
        native = next(natives)
        await session.call_tool(native["command_name"], raw=native["command_arg"])


def _nothing(_: JSON, __: JSON) -> None:
    """Most entries say nothing of the questions of their step."""


def _begun(step: JSON, about: JSON) -> None:
    step["gather_info"] = {"questions": [], "prompt": "Ask.", "output_key": about["output_key"]}


def _asked(step: JSON, about: JSON) -> None:
    question = {"key": about["key"], "question": "Well?", "type": about["question_type"],
                "confirm": about["requires_confirm"]}  # fmt: skip
    step["gather_info"]["questions"].append(question)


def _done(step: JSON, about: JSON) -> None:
    step["gather_info"]["completion_action"] = about["completion_action"]


_LEARN = {"gather_start": _begun, "gather_question": _asked, "gather_complete": _done}


def _in_turn(answers: list[JSON]) -> Callable[[JSON], JSON]:
    left = iter(answers)
    return lambda _: next(left)


def _with_userinfo(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"user:password@{parts.netloc}").geturl()


def shape(value: Any) -> Any:
    """The types in JSON data, with the order of its keys; numbers are one type."""
    if isinstance(value, dict):
        return [(key, shape(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [shape(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return type(value).__name__
    return "number"


def decoded(body: bytes) -> JSON:
    found: JSON = msgspec.json.decode(body)
    return found
