"""The names that an agent imports: agentkit's, or the vendor's in the Python that has its SDK.

The agents of `agents/` import from here, so one source is an agent of both SDKs: what a user who
moves here changes is the import alone.
"""

import os
from typing import TYPE_CHECKING

VENDOR = os.environ.get("AGENTKIT_SIDE") == "vendor"

if TYPE_CHECKING or not VENDOR:
    from agentkit import (
        AgentBase,
        AgentServer,
        BedrockAgent,
        FunctionResult,
        SwaigFunctionResult,
        SWMLBuilder,
        SWMLService,
    )
    from agentkit.capabilities import declared_capabilities, has_capability, user_variables
    from agentkit.contexts import Context, ContextBuilder, Step, create_simple_context
    from agentkit.datamap import DataMap, create_expression_tool, create_simple_api_tool
    from agentkit.gates import SemanticGate
    from agentkit.prefabs import (
        ConciergeAgent,
        FAQBotAgent,
        InfoGathererAgent,
        ReceptionistAgent,
        SurveyAgent,
    )
    from agentkit.skills import SkillBase, add_skill_directory, register_skill
else:
    from signalwire import (
        AgentBase,
        AgentServer,
        BedrockAgent,
        Context,
        ContextBuilder,
        DataMap,
        FunctionResult,
        SemanticGate,
        Step,
        SwaigFunctionResult,
        SWMLBuilder,
        SWMLService,
        add_skill_directory,
        create_expression_tool,
        create_simple_api_tool,
        create_simple_context,
        register_skill,
    )
    from signalwire.core.capabilities import (
        declared_capabilities,
        has_capability,
        user_variables,
    )
    from signalwire.core.skill_base import SkillBase
    from signalwire.prefabs import (
        ConciergeAgent,
        FAQBotAgent,
        InfoGathererAgent,
        ReceptionistAgent,
        SurveyAgent,
    )

__all__ = [
    "VENDOR",
    "AgentBase",
    "AgentServer",
    "BedrockAgent",
    "ConciergeAgent",
    "Context",
    "ContextBuilder",
    "DataMap",
    "FAQBotAgent",
    "FunctionResult",
    "InfoGathererAgent",
    "ReceptionistAgent",
    "SWMLBuilder",
    "SWMLService",
    "SemanticGate",
    "SkillBase",
    "Step",
    "SurveyAgent",
    "SwaigFunctionResult",
    "add_skill_directory",
    "create_expression_tool",
    "create_simple_api_tool",
    "create_simple_context",
    "declared_capabilities",
    "has_capability",
    "register_skill",
    "user_variables",
]
