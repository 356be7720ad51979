"""Contexts that are wrong are refused with the agent, the path and the Python line."""

from tests.documents import make, pong
from tests.hostile.agents import table
from tests.hostile.flows import HERE, ONE, ROOT, asking, context, filled, many, step, written
from tests.hostile.misplaced import Misplaced, check

NO_STEP = "there is no step 'zz' (there is one, two) in context 'default'"

DANGLING = {
    "a step that is not there": Misplaced(
        lambda a: step(a).set_valid_steps(["two", "zz"]), f"{ONE}.valid_steps[1]", NO_STEP
    ),
    "a context that is not there": Misplaced(
        lambda a: step(a).set_valid_contexts(["zz"]),
        f"{ONE}.valid_contexts[0]",
        "there is no context 'zz' (there is default)",
    ),
    "a step of another context": Misplaced(
        lambda a: many(a, 2).contexts.get_context("c0").set_valid_steps(["x"]),  # type: ignore[union-attr]
        f"{ROOT}.c0.valid_steps[0]",
        "there is no step 'x' (there is s) in context 'c0'",
    ),
    "a context's context": Misplaced(
        lambda a: context(a).set_valid_contexts(["default", "zz"]),
        f"{HERE}.valid_contexts[1]",
        "there is no context 'zz' (there is default)",
    ),
    "a context's step": Misplaced(
        lambda a: context(a).set_valid_steps(["zz"]), f"{HERE}.valid_steps[0]", NO_STEP
    ),
    "a first step": Misplaced(
        lambda a: context(a).set_initial_step("zz"), f"{HERE}.initial_step", NO_STEP
    ),
    "a function": Misplaced(
        lambda a: step(a).set_functions(["zz"]),
        f"{ONE}.functions[0]",
        "there is no function 'zz'",
    ),
    "a function beside one that is there": Misplaced(
        lambda a: step(a.define_tool("look", "Look.", {}, pong)).set_functions(["look", "zz"]),
        f"{ONE}.functions[1]",
        "there is no function 'zz' (there is look)",
    ),
    "a native function that is not offered": Misplaced(
        lambda a: step(a).set_functions(["check_time"]),
        f"{ONE}.functions[0]",
        "there is no function 'check_time'",
    ),
    "a question's function": Misplaced(
        lambda a: asking(a).add_gather_question("more", "More?", functions=["zz"]),
        f"{ONE}.gather_info.questions[1].functions[0]",
        "there is no function 'zz'",
    ),
    "the step after the questions": Misplaced(
        lambda a: step(a).set_gather_info(completion_action="zz").add_gather_question("k", "q"),
        f"{ONE}.gather_info.completion_action",
        NO_STEP,
    ),
    "the step after the last": Misplaced(
        lambda a: (
            step(a, "two")
            .set_gather_info(completion_action="next_step")
            .add_gather_question("k", "q")
        ),
        f"{HERE}.steps[1].gather_info.completion_action",
        "there is no next step: this is the last of its context",
    ),
    "a step in a dict": Misplaced(
        lambda a: a.define_contexts(written(a, valid_steps=["zz"])),
        f"{ONE}.valid_steps[0]",
        "there is no step 'zz' (there is one) in context 'default'",
    ),
}


@table(DANGLING)
def test_a_name_that_leads_nowhere_is_refused(case: Misplaced) -> None:
    check(case)


LIMITS = {
    "no contexts in a dict": Misplaced(
        lambda a: a.define_contexts({}), ROOT, "there must be at least one context"
    ),
    "51 contexts": Misplaced(
        lambda a: many(a, 50).contexts.add_context("c50"),
        f"{ROOT}.c50",
        "there may be at most 50 contexts",
    ),
    "51 contexts in a dict": Misplaced(
        lambda a: a.define_contexts({f"c{n}": {"steps": [{"name": "s"}]} for n in range(51)}),
        f"{ROOT}.c50",
        "there may be at most 50 contexts",
    ),
    "101 steps": Misplaced(
        lambda a: filled(context(a), 98).add_step("s98"),
        f"{HERE}.steps[100]",
        "there may be at most 100 steps in a context",
    ),
    "101 steps in a dict": Misplaced(
        lambda a: a.define_contexts(
            {"default": {"steps": [{"name": f"s{n}", "text": "t"} for n in range(101)]}}
        ),
        f"{HERE}.steps",
        "there may be at most 100 steps in a context",
    ),
    "no steps": Misplaced(
        lambda a: a.define_contexts().add_context("default"),
        f"{HERE}.steps",
        "there must be at least one step",
    ),
    "no questions": Misplaced(
        lambda a: step(a).set_gather_info("out"),
        f"{ONE}.gather_info.questions",
        "there must be a question",
    ),
    "the only context has another name": Misplaced(
        lambda a: a.contexts.add_context("sales").add_step("s").set_text("t"),
        f"{ROOT}.sales",
        "a context that is the only one must be named 'default'",
    ),
    "two contexts of one name": Misplaced(
        lambda a: (context(a), a.contexts.add_context("default")),
        HERE,
        "there is a context of this name already",
    ),
    "two steps of one name": Misplaced(
        lambda a: context(a).add_step("two"),
        f"{HERE}.steps[2].name",
        "there is a step 'two' already",
    ),
    "two steps of one name in a dict": Misplaced(
        lambda a: a.define_contexts({"default": {"steps": [{"name": "s"}, {"name": "s"}]}}),
        f"{HERE}.steps[1]",
        "there is a step 's' already",
    ),
    "two questions of one key": Misplaced(
        lambda a: asking(a).add_gather_question("key", "Again?"),
        f"{ONE}.gather_info.questions[1].key",
        "the key 'key' is that of an earlier question",
    ),
}


@table(LIMITS)
def test_too_much_too_little_and_twice_the_same_is_refused(case: Misplaced) -> None:
    check(case)


RESERVED = {
    "a step named next": Misplaced(
        lambda a: context(a).add_step("next").set_text("t"),
        f"{HERE}.steps[2].name",
        "a step cannot be named 'next'",
    ),
    **{
        f"a tool named {name}": Misplaced(
            lambda a, name=name: context(a.define_tool(name, "Go.", {}, lambda args, raw: "went")),  # type: ignore[misc]
            f"ai.SWAIG.functions.{name}",
            "this name is the platform's own where there are contexts",
        )
        for name in ("next_step", "change_context", "gather_submit")
    },
    "a data map named next_step": Misplaced(
        lambda a: a.register_swaig_function({"function": "next_step"}).contexts.add_context(
            "default"
        ),
        "ai.SWAIG.functions.next_step",
        "this name is the platform's own where there are contexts",
    ),
}


@table(RESERVED)
def test_a_name_of_the_platform_is_refused(case: Misplaced) -> None:
    check(case)


BOTH = {
    "a step that says nothing": Misplaced(
        lambda a: context(a).add_step("mute"),
        f"{HERE}.steps[2]",
        "step 'mute' needs a text or sections",
    ),
    "a step that only asks": Misplaced(
        lambda a: context(a).add_step("ask").set_gather_info().add_gather_question("k", "q"),
        f"{HERE}.steps[2]",
        "step 'ask' needs a text or sections",
    ),
    "a text and sections in a dict": Misplaced(
        lambda a: a.define_contexts(written(a, pom=[{"body": "b"}])),
        ONE,
        "step 'one' needs either a text or sections",
    ),
    "sections after a text": Misplaced(
        lambda a: step(a).add_section("T", "b"),
        f"{ONE}.text",
        "the step has a text already",
    ),
    "bullets after a text": Misplaced(
        lambda a: step(a).add_bullets("T", ["b"]),
        f"{ONE}.text",
        "the step has a text already",
    ),
    "a text after sections": Misplaced(
        lambda a: step(a).clear_sections().add_section("T", "b").set_text("x"),
        f"{ONE}.text",
        "the step has sections already",
    ),
    "sections after a prompt": Misplaced(
        lambda a: context(a).set_prompt("p").add_section("T", "b"),
        f"{HERE}.pom",
        "the context has a prompt already",
    ),
    "a prompt after sections": Misplaced(
        lambda a: context(a).add_bullets("T", ["b"]).set_prompt("p"),
        f"{HERE}.prompt",
        "the context has sections already",
    ),
    "a prompt and sections in a dict": Misplaced(
        lambda a: a.define_contexts(
            {"default": {**written(a)["default"], "prompt": "p", "pom": [{"body": "b"}]}}
        ),
        f"{HERE}.pom",
        "a context has a prompt or sections",
    ),
    "a system prompt after its sections": Misplaced(
        lambda a: context(a).add_system_section("T", "b").set_system_prompt("p"),
        f"{HERE}.system_prompt",
        "the system prompt has sections already",
    ),
    "sections after a system prompt": Misplaced(
        lambda a: context(a).set_system_prompt("p").add_system_bullets("T", ["b"]),
        f"{HERE}.system_prompt",
        "the context has a system prompt already",
    ),
    "questions that are not begun": Misplaced(
        lambda a: step(a).add_gather_question("k", "q"),
        f"{ONE}.gather_info",
        "call set_gather_info before adding questions",
    ),
    "a step that is not there to be moved": Misplaced(
        lambda a: context(a).move_step("zz", 0),
        f"{HERE}.steps",
        "there is no step 'zz'",
    ),
}


@table(BOTH)
def test_what_does_not_go_together_is_refused(case: Misplaced) -> None:
    check(case)


def test_the_platforms_own_functions_may_be_named_where_they_are_offered() -> None:
    agent = make(native_functions=["check_time"])
    agent.add_function_include("https://ext.example/inc", ["search"])
    step(agent).set_functions(["check_time", "search", "next_step", "get_visual_input"])
    agent.compiled()


def test_any_function_may_be_named_beside_an_mcp_server() -> None:
    agent = make().add_mcp_server("https://mcp.example/x")
    step(agent).set_functions(["found_during_the_call"])
    agent.compiled()
