"""Document hooks and configurations that fail get the error document, never the default (D6)."""

import re
import threading
from collections.abc import Callable
from typing import Any

from agentkit import AgentBase
from tests.hostile.agents import (
    CALL_ID,
    FORBIDDEN,
    SWML,
    call,
    dial,
    plain,
    table,
)
from tests.hostile.canaries import LEDGER
from tests.hostile.doors import Door, Told, get, post, refused
from tests.hostile.failing import (
    FAILED,
    FAILING,
    JSON,
    NO_DOCUMENT,
    OWN_DOCUMENT,
    Hook,
    Hooked,
    deep,
    deep_dict,
    leaving,
    one_traceback,
    raising,
    raising_async,
    sleeping,
)

NO_PATCH: dict[str, Hook] = {
    "text": lambda: "{}",
    "sections are null": lambda: {"sections": None},
    "a section that is text": lambda: {"sections": {"main": "answer"}},
    "a section of texts": lambda: {"sections": {"main": ["answer"]}},
    "a verb without a name": lambda: {"sections": {"main": [{}]}},
    "a verb with two names": lambda: {"sections": {"main": [{"answer": {}, "hangup": {}}]}},
    "a verb named by a tuple": lambda: {"sections": {"main": [{("a",): 1}]}},
    "no ai verb for a setting": lambda: {"sections": {"main": [{"hangup": {}}]}, "hints": []},
    "no ai verb for odd settings": lambda: {"sections": {"main": [{"x": 1}]}, 5: 1, "a": 2},
    "an ai verb that is a number": lambda: {"sections": {"main": [{"ai": 5}]}, "hints": []},
    "an ai verb that is a list": lambda: {"sections": {"main": [{"ai": [1]}]}, "global_data": {}},
    "an object inside": lambda: {"global_data": {"a": object()}},
    "a lone surrogate": lambda: {"global_data": {"a": "\ud800"}},
    "a very deep list": lambda: {"hints": deep()},
    "very deep global data": lambda: {"global_data": deep_dict()},
    "a very deep verb": lambda: {"sections": {"main": [{"ai": {"global_data": deep_dict()}}]}},
    "a whole document with an object": lambda: {"version": "1.0.0", "sections": object()},
    "a whole document, very deep": lambda: {"version": "1.0.0", "sections": deep_dict()},
}


@table({**FAILING, **NO_DOCUMENT, **NO_PATCH})
async def test_a_document_hook_that_fails_gets_the_error_document(
    case: Hook, door: Door, hurry: Callable[[], None]
) -> None:
    door.app = Hooked(case)
    hurry()

    assert await door.send(post(SWML, {"call": {"call_id": CALL_ID}})) == FAILED
    one_traceback("document_failed")
    assert f"call_id={CALL_ID} agent=canary" in LEDGER.records[-1].getMessage()


async def test_a_plain_document_hook_that_hangs_gets_the_error_document(
    door: Door, release: threading.Event, hurry: Callable[[], None]
) -> None:
    door.app = Hooked(release.wait)
    hurry()

    assert await door.send(get(SWML)) == FAILED


@table(FAILING)
async def test_the_error_document_may_be_the_authors(
    case: Hook, door: Door, hurry: Callable[[], None]
) -> None:
    door.app = Hooked(case, error_document=OWN_DOCUMENT)
    hurry()

    assert await door.send(get(SWML)) == Told(200, OWN_DOCUMENT)


SERVED: dict[str, tuple[Hook, JSON]] = {
    "a whole document": (lambda: OWN_DOCUMENT, OWN_DOCUMENT),
    "a document of another version": (lambda: {"version": 7, "x": [1]}, {"version": 7, "x": [1]}),
    "keys that are numbers": (lambda: {"version": "1.0.0", 5: 6}, {"version": "1.0.0", "5": 6}),
    "another section": (
        lambda: {"sections": {"main": [{"hangup": {}}]}},
        {"version": "1.0.0", "sections": {"main": [{"hangup": {}}]}},
    ),
    "an empty section": (
        lambda: {"sections": {"main": []}},
        {"version": "1.0.0", "sections": {"main": []}},
    ),
}


@table(SERVED)
async def test_a_document_of_the_author_is_served_as_it_is(
    case: tuple[Hook, JSON], door: Door
) -> None:
    hook, expected = case
    door.app = Hooked(hook)

    assert await door.send(get(SWML)) == Told(200, expected)


def configured(callback: Callable[..., Any]) -> AgentBase:
    agent = plain()
    agent.define_tool("order", handler=lambda: "done")
    agent.set_dynamic_config_callback(callback)
    return agent


CONFIGS: dict[str, Callable[..., Any]] = {
    "raises": lambda query, body, headers, agent: raising(),
    "raises, async": lambda query, body, headers, agent: raising_async(),
    "exits": lambda query, body, headers, agent: leaving(),
    "hangs": lambda query, body, headers, agent: sleeping(),
    "a wrong setting": lambda query, body, headers, agent: agent.set_web_hook_url("nowhere"),
    "a tool twice": lambda query, body, headers, agent: agent.define_tool("order", handler=raising),
    "a setting of the wrong type": lambda query, body, headers, agent: agent.set_params(5),
    "a lone surrogate": lambda query, body, headers, agent: agent.set_prompt_text("\ud800"),
    "a lone surrogate as a hint": lambda query, body, headers, agent: agent.add_hint("\ud800"),
    "a prompt that is an object": lambda query, body, headers, agent: agent.set_prompt_text(
        object()
    ),
    "too many parameters": lambda a, b, c, d, e: None,
}


@table(CONFIGS)
async def test_a_configuration_that_fails_gets_the_error_document_or_the_safe_sentence(
    case: Callable[..., Any], door: Door, hurry: Callable[[], None]
) -> None:
    door.app = plain().define_tool("order", handler=lambda: "done")
    swaig = (await dial(door)).swaig  # of an agent that is the same but for its configuration
    door.app = configured(case)
    hurry()

    assert await door.send(post(SWML, {"call_id": CALL_ID})) == FAILED
    answer = await door.send(post(swaig, call("order")))
    sentence = r"I am sorry, something went wrong and I could not do that\. \(E-[0-9a-f]{8}\)"
    assert answer.status == 200
    assert re.fullmatch(sentence, answer.data["response"])
    events = [r.getMessage().split(" ")[0] for r in LEDGER.records if r.exc_info]
    assert events == ["document_failed", "tool_failed"]


async def test_a_configuration_does_not_run_for_a_tool_call_without_a_token(door: Door) -> None:
    ran: list[JSON] = []
    door.app = configured(lambda query, body, headers, agent: ran.append(body))

    answer = await door.send(post("/agent/swaig", call("order")))

    assert answer == refused(403, FORBIDDEN)
    assert ran == []


async def test_a_configuration_that_failed_leaves_nothing_behind(door: Door) -> None:
    def configure(query: JSON, body: JSON, headers: JSON, agent: AgentBase) -> None:
        agent.set_prompt_text("half done")
        if "fail" in query:
            raising()

    agent = plain().set_prompt_text("as it was")
    agent.define_tool("order", handler=lambda: "done")
    door.app = agent
    agent.set_dynamic_config_callback(configure)

    assert await door.send(get(f"{SWML}?fail=1")) == FAILED
    assert (await dial(door)).ai["prompt"] == {"text": "half done"}
    assert agent.spec.prompt.text == "as it was"


async def test_a_configuration_is_not_told_the_credentials(door: Door) -> None:
    seen: list[JSON] = []
    door.app = configured(lambda query, body, headers, agent: seen.append({**query, **headers}))

    await door.send(get(f"{SWML}?__token=v1.x&token=y&a=b"))

    assert seen[0]["a"] == "b"
    assert not {"authorization", "token", "__token"} & seen[0].keys()


class Unhashable:
    """A callable such as a dataclass makes."""

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, query: JSON, body: JSON, headers: JSON, agent: AgentBase) -> None:
        agent.set_prompt_text("configured")


async def test_a_configuration_may_be_an_object_that_cannot_be_hashed(door: Door) -> None:
    door.app = configured(Unhashable())

    assert (await dial(door)).ai["prompt"] == {"text": "configured"}
