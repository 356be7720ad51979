"""Languages, fillers, pronunciation, and what is made of the caller's words."""

from typing import Any

import pytest

from agentkit.loopback.ai import AISession
from tests.loopback.ai.wires import JSON, Stage, function, started, verb

ENGLISH: JSON = {"name": "English", "code": "en-US", "voice": "azure.en-US-Ava",
                 "function_fillers": ["One moment", "Just a second"]}  # fmt: skip
SPANISH: JSON = {"name": "Spanish", "code": ["es-MX", "es"], "voice": "rime.spore",
                 "fillers": ["Un momento"]}  # fmt: skip


async def playing(*functions: JSON, **fields: Any) -> tuple[AISession, Stage]:
    return await started(verb(*functions, **fields))


async def test_the_first_language_is_spoken_at_first() -> None:
    session, _ = await playing(languages=[SPANISH, ENGLISH])
    assert session.room.languages.code == "es-MX"
    assert session.room.languages.voice == "rime.spore"


async def test_without_languages_english_is_spoken() -> None:
    session, _ = await playing()
    assert session.room.logs.call[1]["lang"] == "en-US"


async def test_fillers_are_said_in_turn_while_a_function_runs() -> None:
    session, stage = await playing(function("look"), languages=[ENGLISH])
    for _ in range(3):
        await session.call_tool("look", {})
    assert stage.texts("platform") == ["One moment", "Just a second", "One moment"]


@pytest.mark.parametrize(
    ("fillers", "texts"),
    [
        ({"en-US": ["Mine"]}, ["Mine"]),
        ({"en": ["Mine"]}, ["Mine"]),
        ({"default": ["Any"], "es": ["Otro"]}, ["Any"]),
        ({"auto": ["Some"]}, ["Some"]),
        ({"es": ["Otro"]}, ["One moment"]),
        (["A list"], ["A list"]),
        ({"en-US": []}, ["One moment"]),
    ],
)
async def test_a_function_has_its_own_fillers(fillers: Any, texts: list[str]) -> None:
    session, stage = await playing(function("look", fillers=fillers), languages=[ENGLISH])
    await session.call_tool("look", {})
    assert stage.texts("platform") == texts


async def test_fillers_can_be_skipped() -> None:
    look = function("look", fillers={"en-US": ["Mine"]}, skip_fillers=True)
    session, stage = await playing(look)
    await session.call_tool("look", {})
    assert stage.texts("platform") == []


@pytest.mark.parametrize("waits", [True, False])
async def test_a_function_can_wait_for_its_filler(waits: bool) -> None:
    look = function("look", fillers={"en-US": ["Just a second"]}, wait_for_fillers=waits)
    session, stage = await playing(look)
    before = stage.clock.us
    await session.call_tool("look", {})
    assert stage.clock.us - before == (900_000 if waits else 0)


async def test_all_functions_can_wait_for_their_fillers() -> None:
    look = function("look", fillers={"en-US": ["Just a second"]})
    session, stage = await playing(look, params={"function_wait_for_talking": True})
    before = stage.clock.us
    await session.call_tool("look", {})
    assert stage.clock.us - before == 900_000


async def test_a_file_is_played_while_a_function_runs() -> None:
    look = function("look", wait_file="https://user:secret@example.com/typing.mp3")
    session, stage = await playing(look)
    await session.call_tool("look", {})
    assert stage.texts("platform") == ["plays https://example.com/typing.mp3"]


async def test_the_platforms_own_functions_have_fillers_too() -> None:
    ai = verb()
    ai["SWAIG"] |= {"native_functions": ["check_time"],
                    "internal_fillers": {"check_time": {"en-US": ["Let me see"]}}}  # fmt: skip
    session, stage = await started(ai)
    await session.call_tool("check_time", {})
    assert stage.texts("platform") == ["Let me see"]


async def test_the_caller_changes_the_language() -> None:
    session, stage = await playing(function("look"), languages=[ENGLISH, SPANISH])
    await session.hear("Hola", "es")
    await session.call_tool("look", {})
    assert session.room.languages.voice == "rime.spore"
    assert stage.texts("platform") == ["Un momento"]
    assert session.room.logs.language == "es-MX"


@pytest.mark.parametrize("code", ["en-GB", "fr", "English"])
async def test_a_language_that_is_not_new_or_known_changes_nothing(code: str) -> None:
    session, _ = await playing(languages=[ENGLISH, SPANISH])
    await session.hear("Hello", code)
    assert session.room.languages.code == "en-US"


MULTI: JSON = {
    "languages": [{"language": "en", "voice": "a"}, {"language": "fr-FR", "voice": "b"}],
    "start_language": "fr",
    "function_fillers": {"fr-FR": ["Un instant"]},
}


async def test_several_languages_stand_instead_of_a_list() -> None:
    session, stage = await playing(function("look"), languages=[SPANISH], multilingual=MULTI)
    await session.call_tool("look", {})
    assert session.room.languages.code == "fr-FR"
    assert stage.texts("platform") == ["Un instant"]


async def test_switching_takes_enough_words() -> None:
    session, _ = await playing(multilingual=MULTI)
    await session.hear("Hello", "en")
    assert session.room.languages.code == "fr-FR"
    await session.hear("Hello there", "en")
    assert session.room.languages.code == "en"


async def test_without_a_start_english_is_looked_for() -> None:
    languages = [{"language": "fr-FR"}, {"language": "en-US"}]
    session, _ = await playing(multilingual={"languages": languages})
    assert session.room.languages.code == "en-US"


async def test_words_are_pronounced_as_the_document_says() -> None:
    own = {**ENGLISH, "pronounce": [{"replace": "AI", "with": r"A\I", "ignore_case": False}]}
    rules = [{"replace": "SWML", "with": "swimmel"}, {"with": "x"}]
    session, stage = await playing(languages=[own], pronounce=rules)
    await session.say("Is swml an AI, or ai? SWMLs no.")
    assert stage.data("agent") == [{"spoken": r"Is swimmel an A\I, or ai? SWMLs no."}]
    assert session.messages()[-1].content == "Is swml an AI, or ai? SWMLs no."


async def test_words_that_are_said_as_written_are_not_told_twice() -> None:
    session, stage = await playing()
    await session.say("Hello")
    assert stage.data("agent") == [None]


# Hearing -----------------------------------------------------------------------------------


async def test_hints_correct_what_was_heard() -> None:
    hints = ["Smile", {"hint": "SWML", "pattern": r"swim(mel|ml)", "replace": r"SW\ML",
                       "ignore_case": True}, {"pattern": "x", "replace": "y"}]  # fmt: skip
    session, stage = await playing(hints=hints)
    assert session.room.hints.words == ["Smile", "SWML", "x"]
    await session.hear("What is Swimmel?")
    assert session.messages()[-1].content == r"What is SW\ML?"
    assert stage.data("caller") == [{"heard": r"What is SW\ML?"}]
    assert session.room.logs.call[-1]["action"] == "hearing_hint"


@pytest.mark.parametrize("pattern", ["(", "[", "(?P<a", "*"])
async def test_a_pattern_that_cannot_be_read_is_noted(pattern: str) -> None:
    session, stage = await playing(hints=[{"hint": "a", "pattern": pattern, "replace": "b"}])
    assert "ai.hints[0].pattern: " in stage.texts("warning")[0]
    await session.hear("a")
    assert session.messages()[-1].content == "a"


async def test_hints_that_are_none_are_noted() -> None:
    session, stage = await playing(hints=["a", 7, {}, {"pattern": "b"}])
    assert session.room.hints.words == ["a", "b"]
    assert stage.texts("warning") == ["ai.hints[1]: an object belongs here, not 7"]
