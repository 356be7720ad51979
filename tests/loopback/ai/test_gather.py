"""Questions that the platform asks one by one."""

from typing import Any

import pytest

from agentkit.loopback.ai import AISession
from agentkit.loopback.ai.gather import typed
from agentkit.loopback.errors import CallError
from tests.loopback.ai.wires import JSON, Stage, function, started, verb

NAME: JSON = {"key": "name", "question": "What is your name?"}
SEATS: JSON = {"key": "seats", "question": "How many?", "type": "integer"}


async def asking(
    *questions: JSON, after: JSON | None = None, **fields: Any
) -> tuple[AISession, Stage]:
    gather = {"questions": list(questions), **fields}
    steps = [{"name": "ask", "text": "Thanks.", "gather_info": gather}, *([after] if after else [])]
    ai = verb(function("look"), function("book"))
    ai["prompt"]["contexts"] = {"default": {"steps": steps}}
    return await started(ai)


def view(session: AISession) -> Any:
    return next(each for each in session.tools() if each.name == "gather_submit")


def actions(session: AISession) -> list[str]:
    return [each["action"] for each in session.room.logs.call if "action" in each]


async def test_questions_are_asked_one_by_one() -> None:
    session, stage = await asking(NAME, SEATS, prompt="Let me ask.", output_key="wishes")
    assert stage.names() == ["gather_submit", "hangup"]
    assert [each.content for each in session.messages()][1] == "Let me ask."
    assert "What is your name?" in session.messages()[-1].content
    assert view(session).parameters["properties"]["answer"]["type"] == "string"
    await session.call_tool("gather_submit", {"answer": "Ada"})
    assert "How many?" in session.messages()[-1].content
    assert view(session).parameters["properties"]["answer"]["type"] == "integer"
    outcome = await session.call_tool("gather_submit", {"answer": "2"})
    assert "last question" in outcome.response
    assert session.global_data["wishes"] == {"name": "Ada", "seats": 2}
    assert stage.names() == ["look", "book", "hangup"]
    assert session.messages()[-1].content == "Thanks."
    assert actions(session)[1:] == ["gather_start", "gather_question", "gather_answer",
                                    "gather_question", "gather_answer",
                                    "gather_complete"]  # fmt: skip


async def test_without_a_key_answers_are_at_the_top() -> None:
    session, stage = await asking(NAME)
    await session.call_tool("gather_submit", {"answer": "Ada"})
    assert session.global_data["name"] == "Ada"
    assert stage.data("state") == [{"name": "Ada"}]


async def test_answers_join_those_of_earlier_questions() -> None:
    session, _ = await asking(NAME, output_key="wishes")
    session.room.store.set_global({"wishes": {"name": "Bo", "city": "Rome"}})
    await session.call_tool("gather_submit", {"answer": "Ada"})
    assert list(session.global_data["wishes"].items()) == [("city", "Rome"), ("name", "Ada")]


async def test_an_answer_waits_for_its_confirmation() -> None:
    session, _ = await asking({**NAME, "confirm": True, "prompt": "Spell it."})
    assert "confirmed_by_user" in view(session).parameters["required"]
    outcome = await session.call_tool("gather_submit", {"answer": "Ada"})
    assert "confirm" in outcome.response
    assert "name" not in session.global_data
    await session.call_tool("gather_submit", {"answer": "Ada", "confirmed_by_user": "true"})
    assert session.global_data["name"] == "Ada"
    [entry] = [each for each in session.room.logs.call if each.get("action") == "gather_answer"]
    assert entry["metadata"]["attempt"] == 1
    assert entry["metadata"]["confirmed"] is True


async def test_an_answer_of_the_wrong_type_is_rejected() -> None:
    session, _ = await asking(SEATS)
    outcome = await session.call_tool("gather_submit", {"answer": "many"})
    assert outcome.response == "The answer is not accepted: it must be of type integer."
    [entry] = [each for each in session.room.logs.call if each.get("action") == "gather_reject"]
    assert entry["metadata"]["reason"] == "missing_answer"
    assert "How many?" in session.messages()[1].content


async def test_only_the_functions_of_the_question_are_offered() -> None:
    session, stage = await asking({**NAME, "functions": ["look"]}, SEATS)
    assert stage.names() == ["look", "gather_submit", "hangup"]
    await session.call_tool("look", {})
    await session.call_tool("gather_submit", {"answer": "Ada"})
    assert stage.names() == ["gather_submit", "hangup"]
    with pytest.raises(CallError, match="in default/ask while it gathers answers"):
        await session.call_tool("look", {})


@pytest.mark.parametrize("action", ["next_step", "book"])
async def test_the_last_answer_moves_on(action: str) -> None:
    after = {"name": "book", "text": "Book it."}
    session, stage = await asking(NAME, after=after, completion_action=action)
    await session.call_tool("gather_submit", {"answer": "Ada"})
    assert session.step == "book"
    assert stage.data("step") == [{"from": "ask", "trigger": "gather_complete"}]
    assert session.messages()[-1].content.startswith("Book it.")


async def test_a_step_that_is_not_there_is_not_entered_then() -> None:
    session, stage = await asking(NAME, completion_action="nowhere")
    await session.call_tool("gather_submit", {"answer": "Ada"})
    assert session.step == "ask"
    assert session.messages()[-1].content == "Thanks."
    assert stage.texts("warning") == [
        "change_step: there is no step 'nowhere' in context 'default'",
    ]


@pytest.mark.parametrize(
    ("whole", "own", "texts"),
    [(True, None, []), (True, False, ["Hi"]), (None, True, []), (None, None, ["Hi"])],
)
async def test_a_question_can_be_asked_apart(whole: Any, own: Any, texts: list[str]) -> None:
    fields = {} if whole is None else {"isolated": whole}
    second = SEATS if own is None else {**SEATS, "isolated": own}
    session, _ = await asking(NAME, second, **fields)
    await session.hear("Hi")
    await session.call_tool("gather_submit", {"answer": "Ada"})
    assert [each.content for each in session.messages() if each.role == "user"] == texts
    await session.call_tool("gather_submit", {"answer": 2})
    assert [each.content for each in session.messages() if each.role == "user"] == ["Hi"]


@pytest.mark.parametrize("fields", [{"questions": []}, {"questions": "no"}, {"prompt": "Hm"}])
async def test_a_form_without_questions_is_a_plain_step(fields: JSON) -> None:
    ai = verb()
    ai["prompt"]["contexts"] = {
        "default": {"steps": [{"name": "a", "text": "Do.", "gather_info": fields}]}
    }
    session, stage = await started(ai)
    assert session.messages()[-1].content == "Do."
    assert "there must be a question" in stage.texts("warning")[-1]


async def test_a_type_that_does_not_exist_is_a_string() -> None:
    session, stage = await asking({**NAME, "type": "date"})
    assert view(session).parameters["properties"]["answer"]["type"] == "string"
    assert "there is no type 'date'" in stage.texts("warning")[0]


async def test_a_question_without_a_key_is_called_by_its_number() -> None:
    session, _ = await asking({"question": "Well?"})
    await session.call_tool("gather_submit", {"answer": "Yes"})
    assert session.global_data["0"] == "Yes"


async def test_lists_are_offered_as_such() -> None:
    session, _ = await asking({**NAME, "type": "array"})
    assert view(session).parameters["properties"]["answer"]["items"] == {"type": "string"}


@pytest.mark.parametrize(
    ("value", "kind", "fits", "found"),
    [
        ("Ada", "string", True, "Ada"),
        (" ", "string", False, " "),
        (None, "string", False, None),
        (7, "string", False, 7),
        (7, "integer", True, 7),
        (7.0, "integer", True, 7),
        ("7", "integer", True, 7),
        (7.5, "integer", False, 7.5),
        (True, "integer", False, True),
        ("x", "number", False, "x"),
        ("7.5", "number", True, 7.5),
        ([], "number", False, []),
        (True, "boolean", True, True),
        ("Yes", "boolean", True, True),
        ("false", "boolean", True, False),
        ("maybe", "boolean", False, None),
        (1, "boolean", False, 1),
        (["a"], "array", True, ["a"]),
        ("a", "array", False, "a"),
        ({"a": 1}, "object", True, {"a": 1}),
        ([], "object", False, []),
    ],
)
def test_answers_have_types(value: Any, kind: str, fits: bool, found: Any) -> None:
    assert typed(value, kind) == (fits, found)
