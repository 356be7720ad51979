"""Agents that go wrong with the vendor's SDK 3.7.5 when they are called."""

from typing import Any

from tests.differential.live.shops import USER, shop
from tests.differential.live.telling import tell
from tests.differential.sdk import AgentBase, FunctionResult

STRANGE_PASSWORD = "p@s/s:w#?"
SIGNING_KEY = "PSK" * 10


def on_another_port() -> AgentBase:
    """Made with a port of its own, which is not the one of the server that it is registered in."""
    return shop("astray", port=3999)


def with_a_secret_of_signs() -> AgentBase:
    agent = AgentBase("signs", route="/signs", basic_auth=("user", STRANGE_PASSWORD))
    agent.set_prompt_text("You have a safe password.")
    agent.define_tool("price", "Tell the price.", {}, lambda args, raw: "Ten euros.")
    return agent


def signed() -> AgentBase:
    return shop("signed", signing_key=SIGNING_KEY)


def expired() -> AgentBase:
    return shop("expired", token_expiry_secs=-1)


class _Awaited(AgentBase):
    async def on_summary(self, summary: Any, raw_data: Any = None) -> None:
        tell(self.name, raw_data["call_id"], summary=summary)


class _Raising(AgentBase):
    def on_summary(self, summary: Any, raw_data: Any = None) -> None:
        raise LookupError("the database is away")


def _summing(made: AgentBase) -> AgentBase:
    made.set_prompt_text("You sum up.")
    made.set_post_prompt("Sum up.")
    return made


def awaited_summary() -> AgentBase:
    return _summing(_Awaited("awaited", route="/awaited", basic_auth=USER))


def raising_summary() -> AgentBase:
    return _summing(_Raising("raising", route="/raising", basic_auth=USER))


class _Sections(AgentBase):
    def on_swml_request(
        self, request_data: Any = None, callback_path: Any = None, request: Any = None
    ) -> Any:
        return {"sections": {"main": [{"play": {"url": "say:Closed."}}, {"hangup": {}}]}}


def sections_of_a_request() -> AgentBase:
    return _Sections("closed", route="/closed", basic_auth=USER)


def contexts_of_a_dict() -> AgentBase:
    agent = AgentBase("flat", route="/flat", basic_auth=USER)
    agent.set_prompt_text("You have steps.")
    agent.define_contexts({"default": {"steps": [{"name": "a", "text": "A"}]}})
    return agent


def unserializable() -> AgentBase:
    agent = AgentBase("bytes", route="/bytes", basic_auth=USER)
    agent.set_prompt_text("You answer what is no JSON.")
    agent.define_tool("pick", "Pick.", {}, _pick)
    return agent


def _pick(args: dict[str, Any], raw_data: dict[str, Any]) -> FunctionResult:
    tell("bytes", raw_data["call_id"], picked=True)
    return FunctionResult("Picked.").update_global_data({"picked": {1, 2}})
