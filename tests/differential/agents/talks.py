"""Agents of both SDKs: contexts, steps and questions."""

from typing import Any

from tests.differential.sdk import AgentBase, create_simple_context


def _agent() -> AgentBase:
    agent = AgentBase("Tea Shop", route="/tea", basic_auth=("u", "p"))
    agent.prompt_add_section("Goal", "Sell tea.")
    agent.define_tool("lookup", "Look up.", {}, lambda args, raw: "x")
    return agent


def simple() -> AgentBase:
    agent = _agent()
    default = agent.define_contexts().add_context("default")
    default.add_step("greet").set_text("Say hello.").set_step_criteria("said hello")
    default.add_step("sell").set_text("Sell tea.")
    return agent


def steps_with_sections() -> AgentBase:
    agent = _agent()
    default = agent.define_contexts().add_context("default")
    step = default.add_step("collect")
    step.add_section("Task", "Collect the name.")
    step.add_bullets("Process", ["ask", "repeat"])
    return agent


def steps_that_lead() -> AgentBase:
    agent = _agent()
    default = agent.define_contexts().add_context("default")
    first = default.add_step("a").set_text("A").set_valid_steps(["b"])
    first.set_functions(["lookup"])
    second = default.add_step("b").set_text("B").set_functions("none")
    second.set_valid_contexts(["other"])
    default.add_step("c").set_text("C").set_end(True).set_skip_user_turn(True)
    default.add_step("d").set_text("D").set_skip_to_next_step(True)
    other = agent.contexts.add_context("other")
    other.add_step("o").set_text("O").set_functions([])
    return agent


def steps_added_at_once() -> AgentBase:
    agent = _agent()
    default = agent.define_contexts().add_context("default")
    default.add_step(
        "a", task="T", bullets=["x", "y"], criteria="done", functions=["lookup"], valid_steps=["b"]
    )
    default.add_step("b", task="U")
    return agent


def resetting_steps() -> AgentBase:
    agent = _agent()
    step = agent.define_contexts().add_context("default").add_step("a").set_text("A")
    step.set_reset_system_prompt("S")
    step.set_reset_user_prompt("U")
    step.set_reset_consolidate(True)
    step.set_reset_full_reset(True)
    return agent


def context_settings() -> AgentBase:
    agent = _agent()
    contexts = agent.define_contexts()
    contexts.add_context("default").add_step("a").set_text("A")
    other: Any = contexts.add_context("billing")
    other.add_step("b").set_text("B")
    other.set_valid_contexts(["default"])
    other.set_valid_steps(["b"])
    other.set_initial_step("b")
    other.set_post_prompt("P")
    other.set_system_prompt("S")
    other.set_consolidate(True)
    other.set_full_reset(True)
    other.set_user_prompt("U")
    other.set_isolated(True)
    other.set_prompt("C")
    return agent


def context_fillers() -> AgentBase:
    agent = _agent()
    default = agent.define_contexts().add_context("default")
    default.add_step("a").set_text("A")
    default.set_enter_fillers({"en-US": ["hi"], "default": ["hello"]})
    default.add_exit_filler("en-US", ["bye"])
    default.add_enter_filler("de", ["hallo"])
    return agent


def context_sections() -> AgentBase:
    agent = _agent()
    default = agent.define_contexts().add_context("default")
    default.add_section("Mood", "Be kind.")
    default.add_bullets("Rules", ["a", "b"])
    default.add_step("a").set_text("A")
    return agent


def context_system_sections() -> AgentBase:
    agent = _agent()
    contexts = agent.define_contexts()
    contexts.add_context("default").add_step("a").set_text("A")
    other = contexts.add_context("other")
    other.add_system_section("Role", "You bill.")
    other.add_system_bullets("Rules", ["a"])
    other.add_step("b").set_text("B")
    return agent


def questions() -> AgentBase:
    agent = _agent()
    step = agent.define_contexts().add_context("default").add_step("ask").set_text("Ask.")
    step.set_gather_info(output_key="out", completion_action="done", prompt="Ask one by one.")
    step.add_gather_question("email", "What is your email?", confirm=True, prompt="Spell it.")
    step.add_gather_question("age", "How old are you?", type="number", functions=["lookup"])
    agent.contexts.get_context("default").add_step("done").set_text("Done.")  # type: ignore[union-attr]
    return agent


def histories() -> AgentBase:
    agent = _agent()
    default = agent.define_contexts().add_context("default")
    default.add_step("a").set_text("A").set_history("keep")
    default.add_step("b").set_text("B").set_history("hide")
    return agent


def moved_and_removed() -> AgentBase:
    agent = _agent()
    default = agent.define_contexts().add_context("default")
    for name in ("a", "b", "c"):
        default.add_step(name).set_text(name)
    default.remove_step("b")
    default.move_step("c", 0)
    return agent


def reset() -> AgentBase:
    agent = _agent()
    agent.define_contexts().add_context("default").add_step("a").set_text("A")
    agent.reset_contexts()
    return agent


def lone_context() -> AgentBase:
    create_simple_context("default")
    agent = _agent()
    agent.define_contexts().add_context("only").add_step("a").set_text("A")
    return agent


def dangling_step() -> AgentBase:
    agent = _agent()
    step = agent.define_contexts().add_context("default").add_step("a").set_text("A")
    step.set_valid_steps(["nowhere"])
    return agent


def several_contexts_without_a_default() -> AgentBase:
    agent = _agent()
    contexts = agent.define_contexts()
    contexts.add_context("sales").add_step("a").set_text("A").set_valid_contexts(["service"])
    contexts.add_context("service").add_step("b").set_text("B")
    return agent


def contexts_from_a_dict() -> AgentBase:
    return _agent().define_contexts({"default": {"steps": [{"name": "a", "text": "A"}]}})


def contexts_by_the_property() -> AgentBase:
    agent = _agent()
    agent.contexts.add_context("default")
    agent.contexts.get_context("default").add_step("a").set_text("A")  # type: ignore[union-attr]
    return agent


def isolated_questions() -> AgentBase:
    agent = _agent()
    step = agent.define_contexts().add_context("default").add_step("ask").set_text("Ask.")
    step.set_gather_info(isolated=True)
    step.add_gather_question("a", "A?").add_gather_question("b", "B?", isolated=False)
    return agent


def native_function_of_a_step() -> AgentBase:
    agent = _agent()
    agent.set_native_functions(["check_time"])
    step = agent.define_contexts().add_context("default").add_step("a").set_text("A")
    step.set_functions(["lookup", "check_time"])
    return agent


def included_function_of_a_step() -> AgentBase:
    agent = _agent()
    agent.add_function_include("https://e.com/inc", ["search"])
    step = agent.define_contexts().add_context("default").add_step("a").set_text("A")
    step.set_functions(["search"])
    return agent


def step_named_next() -> AgentBase:
    agent = _agent()
    agent.define_contexts().add_context("default").add_step("next").set_text("A")
    return agent


def dangling_step_of_a_context() -> AgentBase:
    agent = _agent()
    default = agent.define_contexts().add_context("default").set_valid_steps(["nowhere"])
    default.add_step("a").set_text("A")
    return agent


def dangling_function() -> AgentBase:
    agent = _agent()
    step = agent.define_contexts().add_context("default").add_step("a").set_text("A")
    step.set_functions(["nowhere"])
    return agent


def dangling_function_of_a_question() -> AgentBase:
    agent = _agent()
    step = agent.define_contexts().add_context("default").add_step("a").set_text("A")
    step.set_gather_info().add_gather_question("k", "K?", functions=["nowhere"])
    return agent


def question_asked_twice() -> AgentBase:
    agent = _agent()
    step = agent.define_contexts().add_context("default").add_step("a").set_text("A")
    step.set_gather_info().add_gather_question("k", "K?").add_gather_question("k", "Again?")
    return agent


def nothing_after_the_last_step() -> AgentBase:
    agent = _agent()
    step = agent.define_contexts().add_context("default").add_step("a").set_text("A")
    step.set_gather_info(completion_action="next_step").add_gather_question("k", "K?")
    return agent


def tool_with_a_name_of_the_platform() -> AgentBase:
    agent = _agent()
    agent.define_tool("next_step", "Go on.", {}, lambda args, raw: "x")
    agent.define_contexts().add_context("default").add_step("a").set_text("A")
    return agent


def step_without_a_text() -> AgentBase:
    agent = _agent()
    agent.define_contexts().add_context("default").add_step("a").set_end(True)
    return agent


def sections_cleared() -> AgentBase:
    agent = _agent()
    step = agent.define_contexts().add_context("default").add_step("a")
    step.add_section("Task", "Forgotten.")
    step.clear_sections()
    step.set_text("A")
    return agent


def exit_fillers_set() -> AgentBase:
    agent = _agent()
    default = agent.define_contexts().add_context("default")
    default.add_step("a").set_text("A")
    default.add_exit_filler("en-US", ["bye"])
    default.set_exit_fillers({"de": ["tschüss"]})
    return agent
