"""Skills: parts of an agent that are added by name, with their tools, hints, data and prompt.

`agent.add_skill("datetime")` adds a built-in one; `register_skill`, `add_skill_directory`,
`SIGNALWIRE_SKILL_PATHS` and the entry points `agentkit.skills` bring others.
"""

from agentkit.skills.base import SkillBase
from agentkit.skills.registry import (
    SkillRegistry,
    add_skill_directory,
    list_skills,
    list_skills_with_params,
    register_skill,
    skill_registry,
)

__all__ = [
    "SkillBase",
    "SkillRegistry",
    "add_skill_directory",
    "list_skills",
    "list_skills_with_params",
    "register_skill",
    "skill_registry",
]
