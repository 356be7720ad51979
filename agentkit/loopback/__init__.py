"""The phone platform in a box: play whole calls against a webhook agent without a phone.

from agentkit.loopback import Call

def test_an_order_is_found():
call = Call(agent)
call.start()
call.say("Where is my order A-17?").uses("order_status", order="A-17")
call.expect_tool("order_status").once().answered("on its way")
call.hang_up()

docs/testing.md begins with nothing, docs/loopback.md says what is modelled.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agentkit.loopback.brains.base import Brain, Thought, Use, View
    from agentkit.loopback.brains.completions import (
        Endpoint,
        ModelError,
        ModelRefused,
        ModelReplyError,
        ModelUnavailable,
    )
    from agentkit.loopback.brains.model import Judge, ModelBrain, Persona, Verdict
    from agentkit.loopback.brains.rules import RuleBrain
    from agentkit.loopback.brains.script import ScriptBrain
    from agentkit.loopback.call import Call
    from agentkit.loopback.clock import Clock
    from agentkit.loopback.errors import CallError
    from agentkit.loopback.factory import Loopback
    from agentkit.loopback.line import Faults
    from agentkit.loopback.options import CallOptions
    from agentkit.loopback.phone_call import PhoneCall
    from agentkit.loopback.scenario.forms import Scenario
    from agentkit.loopback.scenario.loading import find_scenarios, load_scenario
    from agentkit.loopback.scenario.playing import Result, run_scenario
    from agentkit.loopback.scenario.reading import ScenarioError
    from agentkit.loopback.trace import Moment, Trace
    from agentkit.loopback.transcript import render

__all__ = [
    "Brain",
    "Call",
    "CallError",
    "CallOptions",
    "Clock",
    "Endpoint",
    "Faults",
    "Judge",
    "Loopback",
    "ModelBrain",
    "ModelError",
    "ModelRefused",
    "ModelReplyError",
    "ModelUnavailable",
    "Moment",
    "Persona",
    "PhoneCall",
    "Result",
    "RuleBrain",
    "Scenario",
    "ScenarioError",
    "ScriptBrain",
    "Thought",
    "Trace",
    "Use",
    "Verdict",
    "View",
    "find_scenarios",
    "load_scenario",
    "render",
    "run_scenario",
]

_WHERE = {
    "Brain": "brains.base",
    "Call": "call",
    "CallError": "errors",
    "CallOptions": "options",
    "Clock": "clock",
    "Endpoint": "brains.completions",
    "Faults": "line",
    "Judge": "brains.model",
    "Loopback": "factory",
    "ModelBrain": "brains.model",
    "ModelError": "brains.completions",
    "ModelRefused": "brains.completions",
    "ModelReplyError": "brains.completions",
    "ModelUnavailable": "brains.completions",
    "Moment": "trace",
    "Persona": "brains.model",
    "PhoneCall": "phone_call",
    "Result": "scenario.playing",
    "RuleBrain": "brains.rules",
    "Scenario": "scenario.forms",
    "ScenarioError": "scenario.reading",
    "ScriptBrain": "brains.script",
    "Thought": "brains.base",
    "Trace": "trace",
    "Use": "brains.base",
    "Verdict": "brains.model",
    "View": "brains.base",
    "find_scenarios": "scenario.loading",
    "load_scenario": "scenario.loading",
    "render": "transcript",
    "run_scenario": "scenario.playing",
}


def __getattr__(name: str) -> Any:
    """Return an exported name; its module is loaded when it is first asked for."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"agentkit.loopback.{_WHERE[name]}"), name)
