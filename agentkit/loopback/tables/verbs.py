"""Every verb and its body."""

from agentkit.loopback.tables.dialling import DIALLING
from agentkit.loopback.tables.flow import FLOW
from agentkit.loopback.tables.kinds import Kind
from agentkit.loopback.tables.media import MEDIA
from agentkit.loopback.tables.sessions import SESSIONS

VERBS: dict[str, Kind] = FLOW | MEDIA | DIALLING | SESSIONS
"""The 43 verbs of the calling schema, and `execute_rpc`, which is in none (facts 1.2)."""
