"""The methods and parameters that the classes of one SDK have."""

import inspect
from typing import Any

from tests.differential import sdk

CLASSES = (
    "AgentBase", "AgentServer", "FunctionResult", "SWMLService", "SWMLBuilder", "BedrockAgent",
    "DataMap", "ContextBuilder", "Context", "Step", "SkillBase", "InfoGathererAgent",
    "FAQBotAgent", "ConciergeAgent", "SurveyAgent", "ReceptionistAgent",
)  # fmt: skip
ANY = "**"


def surface() -> dict[str, str]:
    """Return the parameters of every public method, by class and name; `**` takes any."""
    found: dict[str, str] = {}
    for name in CLASSES:
        kind = getattr(sdk, name)
        for method, value in inspect.getmembers(kind, callable):
            if not method.startswith("_") or method == "__init__":
                found[f"{name}.{method}"] = " ".join(parameters(value))
    return found


def parameters(method: Any) -> list[str]:
    """Return the names of a method's parameters, without `self`."""
    taken = inspect.signature(method).parameters.values()
    return [ANY if p.kind is p.VAR_KEYWORD else p.name for p in taken if p.name != "self"]
