"""A tool that the platform answers itself, and how to try it without the platform."""

from agentkit import AgentBase, DataMap, FunctionResult
from agentkit.datamap import Answers, evaluate

API = "https://api.example.com/weather"

weather = (
    DataMap("weather")
    .purpose("Tell the weather of a city.")
    .parameter("city", "string", "The city's name.", required=True)
    .expression("${args.city}", "^(mars|moon)$", FunctionResult("Only on earth, please."))
    .webhook("GET", f"{API}?q=${{enc:args.city}}")
    .foreach({"input_key": "days", "output_key": "later", "max": 2, "append": " ${this.text}."})
    .output(FunctionResult("${input.args.city}: ${now.text}.${later}"))
    .error_keys(["error"])
    .fallback_output(FunctionResult("I could not find the weather of ${args.city}."))
)

agent = AgentBase("weather", route="/weather")
agent.prompt_add_section("Role", "You tell the weather.")
agent.register_swaig_function(weather)


async def test_the_weather_of_a_city_is_told() -> None:
    reply = {"now": {"text": "Rain"}, "days": [{"text": "Sun"}, {"text": "Fog"}, {"text": "Hail"}]}
    answers = Answers({f"{API}?q=New%20York": reply})
    outcome = await evaluate(weather, {"city": "New York"}, answers)
    assert outcome.response == "New York: Rain. Sun. Fog."
    assert outcome.source == "webhooks[0].output"


async def test_a_city_that_is_not_found_is_told() -> None:
    answers = Answers({f"{API}?q=Atlantis": {"error": "no such city"}})
    outcome = await evaluate(weather, {"city": "Atlantis"}, answers)
    assert outcome.response == "I could not find the weather of Atlantis."
    assert outcome.failure == "error"


if __name__ == "__main__":
    agent.run()
