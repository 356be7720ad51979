"""The names that users may rely on."""

import agentkit


def test_the_package_exports_these_names_and_no_others() -> None:
    assert agentkit.__all__ == [
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


def test_every_exported_name_is_there_and_documented() -> None:
    for name in agentkit.__all__:
        assert getattr(agentkit, name).__doc__, name
