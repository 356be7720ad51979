"""Agents that are ready to run: give them their content, and they answer calls.

Each is an `AgentBase`, so everything that an agent can be told can be added.
"""

from agentkit.prefabs.concierge import ConciergeAgent
from agentkit.prefabs.faq import FAQBotAgent
from agentkit.prefabs.info_gatherer import InfoGathererAgent
from agentkit.prefabs.receptionist import ReceptionistAgent
from agentkit.prefabs.survey import SurveyAgent

__all__ = [
    "ConciergeAgent",
    "FAQBotAgent",
    "InfoGathererAgent",
    "ReceptionistAgent",
    "SurveyAgent",
]
