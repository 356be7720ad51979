"""agentkit: voice agents on the SignalWire platform, as small ASGI applications.

from agentkit import AgentBase, Call

agent = AgentBase("greeter")
agent.set_prompt_text("Greet the caller and tell the time when asked.")

@agent.tool
async def order_status(order: str, call: Call) -> str:
'''Tell where an order is.'''
return f"Order {order} is on its way."

agent.run()
"""

from typing import TYPE_CHECKING

from agentkit.agent import AgentBase
from agentkit.context import Call
from agentkit.errors import (
    AgentKitError,
    CallEnded,
    DefinitionError,
    StateConflict,
    StateError,
    ToolError,
)
from agentkit.escape import Template, escape
from agentkit.late import exports

if TYPE_CHECKING:
    from agentkit.bedrock import BedrockAgent
    from agentkit.contexts import (
        Context,
        ContextBuilder,
        GatherInfo,
        GatherQuestion,
        Step,
        create_simple_context,
    )
    from agentkit.datamap import DataMap, create_expression_tool, create_simple_api_tool
    from agentkit.gates import SemanticGate
    from agentkit.server import AgentServer
    from agentkit.service import SWMLBuilder, SWMLService
    from agentkit.state import (
        FileState,
        FileStateManager,
        MemoryState,
        PostgresState,
        RedisState,
        SQLiteState,
    )
    from agentkit.state.manager import StateManager
    from agentkit.summary import Summary
    from agentkit.swaig.result import FunctionResult, SwaigFunctionResult
    from agentkit.swml.builder import SWML
    from agentkit.swml.sms_builder import SMS

__version__ = "0.1.0"

__all__ = [
    "SMS",
    "SWML",
    "AgentBase",
    "AgentKitError",
    "AgentServer",
    "BedrockAgent",
    "Call",
    "CallEnded",
    "Context",
    "ContextBuilder",
    "DataMap",
    "DefinitionError",
    "FileState",
    "FileStateManager",
    "FunctionResult",
    "GatherInfo",
    "GatherQuestion",
    "MemoryState",
    "PostgresState",
    "RedisState",
    "SQLiteState",
    "SWMLBuilder",
    "SWMLService",
    "SemanticGate",
    "StateConflict",
    "StateError",
    "StateManager",
    "Step",
    "Summary",
    "SwaigFunctionResult",
    "Template",
    "ToolError",
    "create_expression_tool",
    "create_simple_api_tool",
    "create_simple_context",
    "escape",
]


_LATE = {
    "AgentServer": "agentkit.server",
    "BedrockAgent": "agentkit.bedrock",
    "Context": "agentkit.contexts",
    "ContextBuilder": "agentkit.contexts",
    "DataMap": "agentkit.datamap",
    "FileState": "agentkit.state",
    "FileStateManager": "agentkit.state",
    "FunctionResult": "agentkit.swaig.result",
    "GatherInfo": "agentkit.contexts",
    "GatherQuestion": "agentkit.contexts",
    "MemoryState": "agentkit.state.memory",
    "PostgresState": "agentkit.state",
    "RedisState": "agentkit.state",
    "SMS": "agentkit.swml.sms_builder",
    "SQLiteState": "agentkit.state",
    "SWML": "agentkit.swml.builder",
    "SWMLBuilder": "agentkit.service",
    "SWMLService": "agentkit.service",
    "SemanticGate": "agentkit.gates",
    "StateManager": "agentkit.state.manager",
    "Step": "agentkit.contexts",
    "Summary": "agentkit.summary",
    "SwaigFunctionResult": "agentkit.swaig.result",
    "create_expression_tool": "agentkit.datamap",
    "create_simple_api_tool": "agentkit.datamap",
    "create_simple_context": "agentkit.contexts",
}

__getattr__ = exports(__name__, _LATE)
