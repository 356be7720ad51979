"""What contexts, steps and questions are in the document: the vendor's names, the vendor's JSON."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentkit import DefinitionError, _json
from agentkit.contexts import (
    Context,
    ContextBuilder,
    GatherInfo,
    GatherQuestion,
    Step,
    create_simple_context,
)
from tests.contexts.flows import JSON, contexts_of, default_of, talking
from tests.documents import ai_of, make

OWN = Path(__file__).parents[1] / "payloads" / "swml_document.json"
SAMPLES = Path(__file__).parents[3] / "shared" / "protocol" / "samples"
MISSING = pytest.mark.skipif(not SAMPLES.exists(), reason="../shared/protocol is not here")
REAL = [
    SAMPLES / f"swml_document.sdk_{name}.json" for name in ("gather_info_voyager", "voyager_public")
]


def step(change: Callable[[Step], object]) -> JSON:
    made = Step("a")
    change(made)
    return made.to_dict()


STEPS: dict[str, tuple[Callable[[Step], object], JSON]] = {
    "a text": (lambda s: s.set_text("hi"), {"text": "hi"}),
    "an empty text": (lambda s: s.set_text(""), {"text": ""}),
    "sections": (
        lambda s: s.add_section("T", "b").add_bullets("P", ["x", "y"]).add_section("Z", ""),
        {"text": "## T\nb\n\n## P\n- x\n- y\n\n## Z"},
    ),
    "a text after cleared sections": (
        lambda s: s.add_section("T", "b").clear_sections().set_text("x"),
        {"text": "x"},
    ),
    "sections after a cleared text": (
        lambda s: s.set_text("x").clear_sections().add_section("T", "b"),
        {"text": "## T\nb"},
    ),
    "everything": (
        lambda s: (
            s.set_text("x")
            .set_step_criteria("c")
            .set_functions("none")
            .set_valid_steps(["b"])
            .set_valid_contexts(["c"])
            .set_end(True)
            .set_skip_user_turn(True)
            .set_skip_to_next_step(True)
            .set_history("hide")
            .set_reset_system_prompt("s")
            .set_reset_user_prompt("u")
            .set_reset_consolidate(True)
            .set_reset_full_reset(True)
        ),
        {
            "text": "x",
            "step_criteria": "c",
            "functions": "none",
            "valid_steps": ["b"],
            "valid_contexts": ["c"],
            "end": True,
            "skip_user_turn": True,
            "skip_to_next_step": True,
            "history": "hide",
            "reset": {
                "system_prompt": "s",
                "user_prompt": "u",
                "consolidate": True,
                "full_reset": True,
            },
        },
    ),
    "nothing, said": (
        lambda s: (
            s.set_text("x")
            .set_end(True)
            .set_end(False)
            .set_skip_user_turn(False)
            .set_skip_to_next_step(False)
            .set_step_criteria("")
            .set_functions([])
            .set_valid_steps([])
            .set_valid_contexts(())
            .set_reset_consolidate(False)
            .set_reset_system_prompt("")
        ),
        {
            "text": "x",
            "functions": [],
            "valid_steps": [],
            "valid_contexts": [],
            "reset": {"system_prompt": ""},
        },
    ),
    "no reset": (lambda s: s.set_text("x").set_reset_full_reset(False), {"text": "x"}),
    "questions": (
        lambda s: (
            s.set_text("x")
            .set_gather_info("out", "next_step", "pp", True)
            .add_gather_question("k", "q?", "string", True, "p", ["f"], True)
            .add_gather_question("n", "n?", "integer", functions=[], isolated=False)
        ),
        {
            "text": "x",
            "gather_info": {
                "questions": [
                    {
                        "key": "k",
                        "question": "q?",
                        "confirm": True,
                        "prompt": "p",
                        "functions": ["f"],
                        "isolated": True,
                    },
                    {"key": "n", "question": "n?", "type": "integer", "isolated": False},
                ],
                "prompt": "pp",
                "output_key": "out",
                "completion_action": "next_step",
                "isolated": True,
            },
        },
    ),
}


@pytest.mark.parametrize(("change", "expected"), STEPS.values(), ids=STEPS)
def test_a_step_in_the_document(change: Callable[[Step], object], expected: JSON) -> None:
    assert step(change) == {"name": "a", **expected}


CONTEXTS: dict[str, tuple[Callable[[Context], object], JSON]] = {
    "nothing": (lambda c: c, {}),
    "everything": (
        lambda c: (
            c.set_valid_contexts(["a"])
            .set_valid_steps(["s"])
            .set_initial_step("s")
            .set_post_prompt("pp")
            .set_system_prompt("sp")
            .set_consolidate(True)
            .set_full_reset(True)
            .set_user_prompt("up")
            .set_history("keep")
            .set_isolated(True)
            .set_prompt("p")
            .set_enter_fillers({"en": ["a"]})
            .set_exit_fillers({"en": ("b",)})
            .add_enter_filler("es", ["c"])
            .add_exit_filler("default", ["d"])
        ),
        {
            "valid_contexts": ["a"],
            "valid_steps": ["s"],
            "initial_step": "s",
            "post_prompt": "pp",
            "system_prompt": "sp",
            "consolidate": True,
            "full_reset": True,
            "user_prompt": "up",
            "isolated": True,
            "prompt": "p",
            "enter_fillers": {"en": ["a"], "es": ["c"]},
            "exit_fillers": {"en": ["b"], "default": ["d"]},
            "history": "keep",
        },
    ),
    "nothing, said": (
        lambda c: (
            c.set_isolated(True)
            .set_isolated(False)
            .set_consolidate(False)
            .set_full_reset(False)
            .set_enter_fillers({})
            .set_prompt("")
            .set_system_prompt("")
            .set_valid_contexts([])
            .set_valid_steps([])
        ),
        {"prompt": "", "system_prompt": "", "valid_contexts": [], "valid_steps": []},
    ),
    "sections": (
        lambda c: (
            c.add_section("T", "b")
            .add_bullets("B", ["x"])
            .add_section("E", "")
            .add_system_section("S", "sb")
            .add_system_bullets("SB", ["y"])
        ),
        {
            "system_prompt": "## S\nsb\n\n## SB\n- y",
            "pom": [
                {"title": "T", "body": "b"},
                {"title": "B", "bullets": ["x"]},
                {"title": "E", "body": ""},
            ],
        },
    ),
}


@pytest.mark.parametrize(("change", "expected"), CONTEXTS.values(), ids=CONTEXTS)
def test_a_context_in_the_document(change: Callable[[Context], object], expected: JSON) -> None:
    made = create_simple_context()
    made.add_step("s").set_text("t")
    change(made)
    assert made.to_dict() == {"steps": [{"name": "s", "text": "t"}], **expected}


def test_a_step_made_in_one_call() -> None:
    context = Context("default")
    context.add_step("a", task="T", bullets=["x"], criteria="c", functions=["f"], valid_steps=["b"])
    context.add_step("b", bullets=["y"])
    assert context.to_dict()["steps"] == [
        {
            "name": "a",
            "text": "## Task\nT\n\n## Process\n- x",
            "step_criteria": "c",
            "functions": ["f"],
            "valid_steps": ["b"],
        },
        {"name": "b", "text": "## Process\n- y"},
    ]


def test_what_a_step_gathers_can_be_built_by_itself() -> None:
    info = GatherInfo("o", "c", "p").add_question("k", "q", type="number", confirm=True)
    question = {"key": "k", "question": "q", "type": "number", "confirm": True}
    assert info.to_dict() == {
        "questions": [question],
        "prompt": "p",
        "output_key": "o",
        "completion_action": "c",
    }
    assert GatherQuestion("k", "q", "number", True).to_dict() == question


@pytest.mark.parametrize(
    ("make_it", "reason"),
    [
        (lambda: GatherInfo().to_dict(), "gather_info.questions: there must be a question"),
        (lambda: GatherQuestion("", "q"), "must be a text that is not empty, not ''"),
        (lambda: GatherInfo().add_question("k", "q", type="frob"), "not 'frob'"),
        (lambda: Step(""), "ai.prompt.contexts.default.steps[0].name: must be"),
        (lambda: Step("a").to_dict(), "steps[0]: step 'a' needs a text or sections"),
        (lambda: Context(""), "ai.prompt.contexts: must be"),
        (lambda: Context("default").to_dict(), "there must be at least one step"),
    ],
)
def test_a_part_that_is_wrong_by_itself_is_refused(
    make_it: Callable[[], object], reason: str
) -> None:
    with pytest.raises(DefinitionError) as caught:
        make_it()
    assert reason in str(caught.value)
    assert str(caught.value.line).startswith(__file__)


def test_contexts_stand_in_the_prompt_beside_text_or_sections() -> None:
    agent = talking().set_prompt_text("Be kind.").set_prompt_llm_params(temperature=0.5)
    assert ai_of(agent)["prompt"] == {
        "text": "Be kind.",
        "temperature": 0.5,
        "contexts": {
            "default": {
                "steps": [{"name": "one", "text": "First."}, {"name": "two", "text": "Second."}]
            }
        },
    }


WRITTEN: JSON = {
    "default": {
        "steps": [
            {
                "name": "one",
                "text": "First.",
                "functions": "none",
                "valid_steps": ["two"],
                "reset": {"consolidate": True},
            },
            {
                "name": "two",
                "pom": [{"title": "T", "body": "b"}],
                "gather_info": {"questions": [{"key": "k", "question": "q"}], "output_key": "o"},
                "a_key_of_tomorrow": {"x": [1]},
            },
        ],
        "isolated": True,
        "another_key": 5,
    },
    "sales": {"steps": [{"name": "s", "text": "t"}], "enter_fillers": {"en": ["a"]}},
}


def test_contexts_can_be_written_as_a_dict_and_unknown_keys_are_kept() -> None:
    agent = make()
    assert agent.define_contexts(WRITTEN) is agent
    assert contexts_of(agent) == WRITTEN
    step = default_of(agent).get_step("two")
    assert step is not None
    step.add_gather_question("more", "More?")
    asked = contexts_of(agent)["default"]["steps"][1]["gather_info"]["questions"]
    assert [each["key"] for each in asked] == ["k", "more"]
    assert len(WRITTEN["default"]["steps"][1]["gather_info"]["questions"]) == 1


def test_a_dict_may_hold_contexts_and_steps_that_were_built() -> None:
    context = create_simple_context("sales")
    context.add_step("s").set_text("Sell.")
    step = Step("one").set_text("First.").set_end(True)
    agent = make().define_contexts({"default": {"steps": [step]}, "sales": context})
    assert contexts_of(agent) == {
        "default": {"steps": [{"name": "one", "text": "First.", "end": True}]},
        "sales": {"steps": [{"name": "s", "text": "Sell."}]},
    }


def test_contexts_can_be_built_before_their_agent() -> None:
    builder = ContextBuilder()
    builder.add_context("default").add_step("one").set_text("First.")
    agent = make().define_contexts(builder)
    builder.add_context("later")
    assert list(contexts_of(agent)) == ["default"]


@pytest.mark.parametrize(
    "file", [OWN, *(pytest.param(file, marks=MISSING) for file in REAL)], ids=lambda file: file.stem
)
def test_contexts_of_whole_documents_are_read_and_written_unchanged(file: Path) -> None:
    document = _json.decode(file.read_bytes())
    ai: Any = next(verb["ai"] for verb in document["sections"]["main"] if "ai" in verb)
    agent = make().define_contexts(ai["prompt"]["contexts"])
    for entry in ai["SWAIG"]["functions"]:
        agent.register_swaig_function(entry)
    assert contexts_of(agent) == ai["prompt"]["contexts"]
