"""Semantic gates: their form, and that they stay with their tools."""

from typing import Any

from agentkit import AgentBase, FunctionResult
from agentkit.gates import SemanticGate
from tests.documents import AUTH, SECRET, functions_of, make, pong

JSON = dict[str, Any]
PLAIN = {"question": "Sure?", "threshold": 0.5, "on_fail": {"response": "Not yet."}}


def test_a_gate_with_every_part() -> None:
    gate = SemanticGate(
        "Sure?",
        0.9,
        FunctionResult("Not yet.").hangup(),
        id="sure_1",
        true_means="Yes.",
        false_means="No.",
        visual_input=2,
    )
    expected = {
        "id": "sure_1",
        "question": "Sure?",
        "criteria": {"true": "Yes.", "false": "No."},
        "threshold": 0.9,
        "on_fail": {"response": "Not yet.", "action": [{"hangup": True}]},
        "visual_input": 2,
    }
    assert gate == gate.to_dict() == expected
    assert type(gate.to_dict()) is dict


def test_a_gate_with_what_it_needs() -> None:
    assert SemanticGate("Sure?", 0.5, "Not yet.") == PLAIN
    assert SemanticGate("Sure?", 0.5, {"response": "Not yet."}) == PLAIN
    half = SemanticGate("Sure?", 1, "Not yet.", false_means="No.", visual_input=False)
    assert half["criteria"] == {"false": "No."}
    assert half["visual_input"] is False


def gated(name: str, agent: AgentBase) -> JSON:
    entry = functions_of(agent)[name]
    return {key: entry[key] for key in ("gates", "gate_fillers") if key in entry}


FILLERS = {"en-US": ["One moment.", ["Let me see.", "Hm."]], "auto": ["…"]}


def test_gates_stand_in_the_entries_of_tools() -> None:
    agent = make()
    gate = SemanticGate("Sure?", 0.5, "Not yet.")
    agent.define_tool("cancel", "Cancel.", {}, pong, gates=[gate, PLAIN], gate_fillers=FILLERS)
    agent.define_tool("open", "Open.", {}, pong, gates=None, gate_fillers=None)
    agent.register_swaig_function({"function": "map", "description": "M.", "gates": [gate]})
    looks = [SemanticGate("Seen?", 1, "Look.", visual_input=each) for each in (True, 2)]
    agent.define_tool("see", "See.", {}, pong, gates=looks)

    @agent.tool(gates=(gate,))
    def ask() -> str:
        """Ask."""
        return "asked"  # pragma: no cover

    assert gated("cancel", agent) == {"gates": [PLAIN, PLAIN], "gate_fillers": FILLERS}
    assert [each["visual_input"] for each in gated("see", agent)["gates"]] == [True, 2]
    assert gated("open", agent) == {}
    assert gated("map", agent) == gated("ask", agent) == {"gates": [PLAIN]}


class Shop(AgentBase):
    @AgentBase.tool(gates=[SemanticGate("Sure?", 0.5, "Not yet.")])
    def cancel(self) -> str:
        """Cancel."""
        return "cancelled"  # pragma: no cover


def test_gates_of_a_class_stand_in_the_entries_of_its_tools() -> None:
    agent = Shop("Shop", basic_auth=AUTH, secret=SECRET)
    assert gated("cancel", agent) == {"gates": [PLAIN]}


def test_a_gate_that_is_changed_afterwards_changes_no_agent() -> None:
    gate = SemanticGate("Sure?", 0.5, "Not yet.")
    agent = make().define_tool("cancel", "Cancel.", {}, pong, gates=[gate])
    gate["on_fail"]["response"] = "Never."
    assert gated("cancel", agent) == {"gates": [PLAIN]}
