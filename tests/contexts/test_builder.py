"""A builder is a hand on its agent: what it changes is at once in the agent, and nowhere else."""

from typing import Any

import anyio
import pytest

from agentkit import AgentBase, DefinitionError
from agentkit.contexts import Context, ContextBuilder
from agentkit.testing import AgentClient, SimulatedCall
from tests.contexts.flows import JSON, contexts_of, default_of, steps_of, talking
from tests.documents import AUTH, ai_of, make


def test_a_change_is_in_the_next_document_and_not_in_the_one_before() -> None:
    agent = talking()
    before, spec = agent.compiled(), agent.spec
    default_of(agent).add_step("three").set_text("Third.")
    assert list(steps_of(agent)) == ["one", "two", "three"]
    assert agent.compiled() is not before
    assert spec.contexts is not None
    assert (
        list(spec.contexts.to_dict()["default"]["steps"])
        == before.swml["sections"]["main"][1]["ai"]["prompt"]["contexts"]["default"]["steps"]
    )


def test_the_builder_finds_what_is_there() -> None:
    agent = talking()
    builder = agent.contexts
    assert builder.get_context("sales") is None
    assert default_of(agent).get_step("nine") is None
    assert builder.to_dict() == contexts_of(agent)
    builder.validate()


def test_nothing_was_built_yet() -> None:
    with pytest.raises(DefinitionError, match="there must be at least one context"):
        ContextBuilder().validate()


def test_steps_are_moved_and_removed() -> None:
    agent = talking()
    context = default_of(agent)
    context.add_step("three").set_text("Third.")
    context.move_step("three", 0)
    assert list(steps_of(agent)) == ["three", "one", "two"]
    context.move_step("three", 99).remove_step("one").remove_step("nine")
    assert list(steps_of(agent)) == ["two", "three"]


def test_contexts_are_forgotten() -> None:
    agent = talking()
    agent.reset_contexts()
    assert "contexts" not in ai_of(agent)["prompt"]
    again = talking()
    assert isinstance(again.contexts.reset(), ContextBuilder)
    assert "contexts" not in ai_of(again)["prompt"]


def test_looking_for_contexts_makes_none() -> None:
    agent = make()
    assert agent.contexts.get_context("default") is None
    assert agent.spec.contexts is None


def test_a_step_that_was_removed_cannot_be_changed() -> None:
    agent = talking()
    context = default_of(agent)
    step = context.get_step("one")
    assert step is not None
    context.remove_step("one")
    with pytest.raises(DefinitionError, match="the step 'one' was removed"):
        step.set_text("Again.")
    agent.reset_contexts()
    with pytest.raises(DefinitionError, match="the context 'default' was removed"):
        context.set_prompt("Again.")


def test_contexts_are_handed_in_and_out_as_copies() -> None:
    agent = make()
    steps = ["two"]
    context = agent.contexts.add_context("default")
    context.add_step("one").set_text("First.").set_valid_steps(steps)
    context.add_step("two").set_text("Second.")
    steps.append("nine")
    agent.compiled()
    contexts_of(agent)["default"]["steps"].clear()
    agent.contexts.to_dict()["default"]["steps"].clear()
    assert list(steps_of(agent)) == ["one", "two"]


class Booking(AgentBase):
    """Keeps builders as attributes, as agents written for the vendor's SDK do."""

    def __init__(self, **options: Any) -> None:
        super().__init__("Booking", basic_auth=AUTH, secret="a-secret-for-tests-only", **options)
        self.flow = self.define_contexts()
        self.context = self.flow.add_context("default")
        self.first = self.context.add_step("one").set_text("First.")
        self.apart = Context("apart")
        self.add_per_call_config(self.configure)

    def configure(self, query: JSON, body: JSON, headers: JSON, agent: "Booking") -> None:
        who = query.get("who", "nobody")
        agent.first.set_text(f"Greet {who}.")
        agent.context.add_step(who).set_text("Go on.")
        agent.flow.add_context(f"of_{who}").add_step("s").set_text("t")
        agent.contexts.get_context("default").set_prompt(f"About {who}.")  # type: ignore[union-attr]


async def test_what_is_built_for_one_call_never_reaches_another() -> None:
    agent = Booking()
    before = agent.spec
    seen = []
    for who in ("ann", "ben", "ann"):
        client = AgentClient(agent, auth=AUTH)
        call = SimulatedCall(client, url=f"/?who={who}")
        await call.start()
        ai = next(verb["ai"] for verb in call.document["sections"]["main"] if "ai" in verb)
        seen.append(ai["prompt"]["contexts"])
    assert seen[0] == seen[2]
    assert [list(each) for each in seen[:2]] == [["default", "of_ann"], ["default", "of_ben"]]
    for who, each in zip(("ann", "ben"), seen, strict=False):
        assert each["default"]["prompt"] == f"About {who}."
        texts = {step["name"]: step["text"] for step in each["default"]["steps"]}
        assert texts == {"one": f"Greet {who}.", who: "Go on."}
    assert agent.spec is before


async def test_a_builder_that_has_built_nothing_yet_follows_the_copy_too() -> None:
    agent = make()
    agent.flow = agent.define_contexts()  # type: ignore[attr-defined]

    def configure(query: JSON, body: JSON, headers: JSON, agent: Any) -> None:
        agent.flow.add_context("default").add_step(query["who"]).set_text("t")

    agent.add_per_call_config(configure)
    for who in ("ann", "ben"):
        call = SimulatedCall(AgentClient(agent, auth=AUTH), url=f"/?who={who}")
        await call.start()
        ai = next(verb["ai"] for verb in call.document["sections"]["main"] if "ai" in verb)
        assert [each["name"] for each in ai["prompt"]["contexts"]["default"]["steps"]] == [who]
    assert agent.spec.contexts is None


def test_a_builder_of_another_agent_is_left_alone_when_an_agent_is_copied() -> None:
    agent, other = Booking(), talking()
    agent.context = default_of(other)
    copied = agent.fork()
    copied.context.set_prompt("Changed.")
    assert contexts_of(other)["default"]["prompt"] == "Changed."
    assert agent.apart is copied.apart


def test_a_context_is_worked_out_once_and_judged_anew_beside_other_tools() -> None:
    agent = talking()
    step = default_of(agent).get_step("one")
    assert step is not None
    step.set_functions(["look"])
    first = contexts_of(agent)
    spec = agent.spec.contexts
    assert spec is not None
    assert spec.context("default").to_swml() is spec.context("default").to_swml()
    agent.set_prompt_text("Changed.")
    assert contexts_of(agent) == first
    poorer = make().set_contexts(spec)
    with pytest.raises(DefinitionError, match="there is no function 'look'"):
        poorer.compiled()
    agent.contexts.add_context("other").add_step("a").set_text("A").set_valid_contexts(["default"])
    assert list(contexts_of(agent)) == ["default", "other"]
    assert spec.context("default") == spec.context("default").with_fields("")


async def test_forty_calls_at_once_build_contexts_of_their_own() -> None:
    agent = talking()
    found: dict[str, list[str]] = {}

    async def configure(query: JSON, body: JSON, headers: JSON, agent: AgentBase) -> None:
        context = default_of(agent)
        await anyio.lowlevel.checkpoint()
        context.add_step(query["who"]).set_text("t")
        await anyio.lowlevel.checkpoint()
        context.move_step(query["who"], 0)

    async def fetch(who: str) -> None:
        call = SimulatedCall(AgentClient(agent, auth=AUTH), url=f"/?who={who}")
        await call.start()
        ai = next(verb["ai"] for verb in call.document["sections"]["main"] if "ai" in verb)
        steps = ai["prompt"]["contexts"]["default"]["steps"]
        found[who] = [step["name"] for step in steps]

    agent.set_dynamic_config_callback(configure)
    names = [f"caller_{number}" for number in range(40)]
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            for name in names:
                group.start_soon(fetch, name)
    assert found == {name: [name, "one", "two"] for name in names}
    assert list(steps_of(agent)) == ["one", "two"]
