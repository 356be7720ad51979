"""Skills whose tools the platform answers itself: their data maps, answered here as it would."""

from typing import Any

import pytest

from agentkit import AgentBase, DefinitionError
from agentkit.datamap import Evaluation, evaluate
from agentkit.datamap.transport import Answers, TransportError

JSON = dict[str, Any]
NINJAS = "https://api.api-ninjas.com/v1/trivia?category=music"
WEATHER = "https://api.weatherapi.com/v1/current.json?key=k-1&q=new%20york&aqi=no"
SPHERE = "https://acme.signalwire.com/api/datasphere/documents/search"


def entry(skill: str, **params: Any) -> JSON:
    agent = AgentBase("desk").add_skill(skill, params)
    found: JSON = next(iter(agent.spec.tools.values())).entry
    return found


WEATHER_ENTRY = entry("weather_api", api_key="k-1", temperature_unit="celsius")
TRIVIA_ENTRY = entry("api_ninjas_trivia", api_key="k-1", categories=["music"])
SPHERE_ENTRY = entry(
    "datasphere_serverless", space_name="acme.signalwire.com", project_id="p", token="t",
    document_id="d",
)  # fmt: skip
FILES: list[JSON] = [
    {"key": "rain", "description": "rain", "url": "https://example.com/rain.mp3"},
    {"key": "tour", "description": "a tour", "url": "https://example.com/t.mp4", "wait": True},
]
FILES_ENTRY = entry("play_background_file", files=FILES)
TRANSFERS = {
    "/sales/i": {"url": "https://example.com/sales"},
    "support": {"address": "+12025550101", "message": "Hold on.", "final": False},
}
TRANSFER_ENTRY = entry("swml_transfer", transfers=TRANSFERS, required_fields={"name": "The name"})


async def answered(
    entry: JSON, args: JSON, url: str = "", reply: object = None
) -> tuple[Evaluation, Answers]:
    answers = Answers({url: reply})
    return await evaluate(entry, args, answers), answers


REPLY = {
    "current": {
        "condition": {"text": "Rain"}, "temp_c": 4, "feelslike_c": 1, "wind_dir": "N",
        "wind_mph": 9, "cloud": 80,
    }
}  # fmt: skip


async def test_the_weather_is_told_in_the_authors_unit() -> None:
    found, _ = await answered(WEATHER_ENTRY, {"location": "New York"}, WEATHER, REPLY)
    assert "Temperature: 4 degrees Celsius." in found.response
    assert "Feels like: 1 degrees Celsius." in found.response


@pytest.mark.parametrize("reply", [{"error": {"code": 1006}}, TransportError("down")])
async def test_no_weather_is_told(reply: object) -> None:
    found, _ = await answered(WEATHER_ENTRY, {"location": "New York"}, WEATHER, reply)
    assert found.response.startswith("Sorry, I cannot get weather information")


async def test_a_quiz_question_is_told() -> None:
    reply = [{"category": "music", "question": "Who?", "answer": "Bach"}]
    found, answers = await answered(TRIVIA_ENTRY, {"category": "music"}, NINJAS, reply)
    assert found.response.startswith("Category music question: Who? Answer: Bach,")
    assert answers.requests[0].headers["X-Api-Key"] == "k-1"
    found, _ = await answered(TRIVIA_ENTRY, {"category": "music"}, NINJAS, {"error": "x"})
    assert found.response.startswith("Sorry, I cannot get trivia")


async def test_a_document_is_searched_by_the_platform() -> None:
    reply = {"chunks": [{"text": "Green tea."}, {"text": "left out"}]}
    found, answers = await answered(SPHERE_ENTRY, {"query": "tea"}, SPHERE, reply)
    assert 'results for "tea"' in found.response
    assert "Green tea." in found.response
    assert "left out" not in found.response
    assert answers.requests[0].json() == {
        "document_id": "d", "query_string": "tea", "count": 1, "distance": 3.0
    }  # fmt: skip
    assert answers.requests[0].headers["Authorization"] == "Basic cDp0"
    found, _ = await answered(SPHERE_ENTRY, {"query": "tea"}, SPHERE, {"error": "x"})
    assert "for 'tea'" in found.response


@pytest.mark.parametrize(
    ("action", "done"),
    [
        ("start_rain", [{"playback_bg": "https://example.com/rain.mp3"}]),
        ("start_tour", [{"playback_bg": {"file": "https://example.com/t.mp4", "wait": True}}]),
        ("stop", [{"stop_playback_bg": True}]),
    ],
)
async def test_a_file_is_played_behind_the_call(action: str, done: list[JSON]) -> None:
    found, _ = await answered(FILES_ENTRY, {"action": action})
    assert found.actions == done


@pytest.mark.parametrize(
    ("to", "said", "verb"),
    [
        ("SALES", "Transferring you now...", {"transfer": {"dest": "https://example.com/sales"}}),
        ("support", "Hold on.", {"connect": {"to": "+12025550101"}}),
    ],
)
async def test_a_call_is_moved_with_what_was_found_out(to: str, said: str, verb: JSON) -> None:
    found, _ = await answered(TRANSFER_ENTRY, {"transfer_type": to, "name": "Robin"})
    assert found.response == said
    assert found.actions[0] == {"set_global_data": {"call_data": {"name": "Robin"}}}
    assert found.actions[1]["SWML"]["sections"]["main"][-1] == verb


async def test_a_call_for_nobody_stays() -> None:
    found, _ = await answered(TRANSFER_ENTRY, {"transfer_type": "x", "name": "Robin"})
    assert found.response == "Please specify a valid transfer type."
    assert "SWML" not in found.actions[0]


WRONG: list[tuple[str, JSON, str]] = [
    ("api_ninjas_trivia", {"api_key": "k", "categories": []}, "'categories' must have some of"),
    ("api_ninjas_trivia", {"api_key": "k", "categories": ["cars"]}, r"not \['cars'\]"),
    ("weather_api", {"api_key": "k", "temperature_unit": "kelvin"}, "must be one of 'fahrenheit'"),
    ("play_background_file", {"files": []}, "at least one file"),
    ("play_background_file", {"files": [5]}, "file 0 needs the text 'key'"),
    ("play_background_file", {"files": [{"key": "a", "description": "b"}]}, "needs the text 'url'"),
    ("play_background_file", {"files": [{**FILES[0], "key": "a b"}]}, "the key 'a b' may have"),
    ("play_background_file", {"files": [FILES[0], {**FILES[0], "key": "Rainy"}]},
     "would play 'rain' when 'rainy' is wanted"),
    ("swml_transfer", {"transfers": {}}, "at least one transfer"),
    ("swml_transfer", {"transfers": {"a": 5}}, "'a' needs a url or an address"),
    ("swml_transfer", {"transfers": {"a": {"url": "x", "address": "y"}}}, "needs a url or an"),
    ("datasphere", {"space_name": "a.evil.com/", "project_id": "p", "token": "t",
     "document_id": "d"}, "'space_name' must be the first part"),
    ("info_gatherer", {"questions": [{"key_name": "a"}]}, "question 1 needs the text"),
    ("spider", {"selectors": {"a": "p > b"}}, "'a' must be like h1"),
    ("spider", {"selectors": {"a": 5}}, "'a' must be like h1"),
    ("spider", {"follow_patterns": ["("]}, "'follow_patterns' has no pattern"),
    ("spider", {"follow_patterns": [5]}, "'follow_patterns' has no pattern"),
]  # fmt: skip


@pytest.mark.parametrize(("skill", "params", "reason"), WRONG)
def test_wrong_content_of_a_skill_is_refused(skill: str, params: JSON, reason: str) -> None:
    with pytest.raises(DefinitionError, match=f"skill '{skill}'.*{reason}"):
        AgentBase("desk").add_skill(skill, params)


def test_the_words_of_a_pattern_are_told_and_heard() -> None:
    made = AgentBase("desk").add_skill("swml_transfer", {"transfers": {
        "/sales|orders/i": {"url": "https://e.com/a"}, ".*": {"url": "https://e.com/b"},
        "/": {"url": "https://e.com/c"},
    }})  # fmt: skip
    assert made.spec.hints[:2] == ("sales", "orders")
    assert made.spec.prompt.sections[0]["bullets"] == [
        '"sales|orders" - transfers to https://e.com/a'
    ]
