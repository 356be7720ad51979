"""Agents that Amazon Bedrock speaks for."""

from typing import Any

import pytest

from agentkit import SWML, BedrockAgent, DefinitionError
from agentkit.testing import AgentClient
from agentkit.verbs import AmazonBedrock
from tests.documents import AUTH, SECRET, document_of, pong

JSON = dict[str, Any]


def bedrock(**options: Any) -> BedrockAgent:
    return BedrockAgent(basic_auth=AUTH, secret=SECRET, **options)


def body_of(agent: BedrockAgent) -> JSON:
    body: JSON = next(
        verb["amazon_bedrock"]
        for verb in document_of(agent)["sections"]["main"]
        if "amazon_bedrock" in verb
    )
    return body


def test_an_agent_has_the_vendors_defaults() -> None:
    agent = bedrock(system_prompt="You sell tea.")
    assert (agent.name, agent.route) == ("bedrock_agent", "/bedrock")
    assert body_of(agent) == {
        "prompt": {
            "text": "You sell tea.",
            "voice_id": "matthew",
            "temperature": 0.7,
            "top_p": 0.9,
            "max_tokens": 1024,
        },
        "SWAIG": {},
        "params": {},
        "global_data": {},
    }


def test_what_bedrock_does_not_take_is_left_out() -> None:
    agent = bedrock().add_hint("tea").add_language("English", "en-US", "v").set_params({"x": 1})
    agent.set_prompt_llm_params(model="m", barge_confidence=1, confidence=0.5)
    agent.prompt_add_section("Role", "You sell tea.").set_post_prompt("Sum up.")
    agent.set_global_data({"k": 1}).define_tool("ping", "Answer.", {}, pong)
    body = body_of(agent)
    assert body.keys() == {
        "prompt", "SWAIG", "params", "global_data", "post_prompt", "post_prompt_url",
    }  # fmt: skip
    assert body["prompt"]["pom"] == [{"title": "Role", "body": "You sell tea."}]
    assert body["prompt"]["confidence"] == 0.5
    assert "model" not in body["prompt"]
    assert body["params"] == {"x": 1}


def test_the_document_is_one_that_the_schema_takes() -> None:
    agent = bedrock(voice_id="amy").define_tool("ping", "Answer.", {}, pong)
    parsed = SWML.parse(document_of(agent), strict=True)
    _, verb = parsed
    assert isinstance(verb, AmazonBedrock)
    assert verb.prompt.voice_id == "amy"


def test_voice_and_sampling_are_set_later_too() -> None:
    agent = bedrock().set_voice("lupe").set_inference_params(max_tokens=5).set_llm_temperature(0.3)
    agent.set_llm_model("nova").set_prompt_llm_params(top_p=0.1)
    prompt = body_of(agent)["prompt"]
    assert prompt["voice_id"] == "lupe"
    assert (prompt["temperature"], prompt["top_p"], prompt["max_tokens"]) == (0.3, 0.1, 5)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"voice_id": "zoe"}, "voice_id must be one of"),
        ({"temperature": 1.6}, "temperature must be 0 to 1.5"),
        ({"temperature": -0.1}, "temperature must be 0 to 1.5"),
        ({"top_p": 2}, "top_p must be 0 to 1"),
        ({"max_tokens": 5000}, "max_tokens must be 0 to 4096"),
        ({"max_tokens": "many"}, "max_tokens must be 0 to 4096"),
    ],
)
def test_a_wrong_setting_is_refused(options: Any, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        bedrock(**options)


async def test_a_hook_changes_the_verb_that_there_is() -> None:
    class Known(BedrockAgent):
        def on_swml_request(
            self, request_data: JSON | None = None, callback_path: str | None = None
        ) -> Any:
            return {"global_data": {"name": "Robin"}}

    agent = Known(basic_auth=AUTH, secret=SECRET).set_global_data({"k": 1})
    served = (await AgentClient(agent, auth=AUTH).get("/bedrock")).json()
    body = served["sections"]["main"][1]["amazon_bedrock"]
    assert body["global_data"] == {"k": 1, "name": "Robin"}
