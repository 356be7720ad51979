"""One agent, configured anew for each call: by the number that calls and by the query.

The callback gets a copy of the agent. What it sets reaches this call and no other.
"""

from typing import Any

from agentkit import AgentBase

VIPS = {"+12025550123": "Alex Rivera"}


def configure(
    query: dict[str, str], body: dict[str, Any], headers: dict[str, str], agent: AgentBase
) -> None:
    """Greet known callers by name; speak Spanish at `?lang=es`."""
    caller = VIPS.get((body.get("call") or {}).get("from", ""))
    if caller:
        agent.prompt_add_section("Caller", f"You are talking to {caller}, who is a regular.")
        agent.set_global_data({"vip": True})
    if query.get("lang") == "es":
        agent.set_languages([{"name": "Spanish", "code": "es", "voice": "rime.lucia"}])
        agent.add_swaig_query_params({"lang": "es"})


agent = AgentBase("front-desk", route="/desk")
agent.prompt_add_section("Role", "You are the front desk of a hotel.")
agent.add_language("English", "en-US", "rime.spore")
agent.set_dynamic_config_callback(configure)

if __name__ == "__main__":
    agent.run()
