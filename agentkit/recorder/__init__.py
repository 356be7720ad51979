"""Journals of live calls: every webhook and its answer, state, and the HTTP of tools.

    from agentkit.recorder import Recorder

    app = Recorder(agent, "calls")  # serve it in the place of the agent

Each call has a file of JSON lines in the folder, without secrets. `agentkit replay` drives today's
code with it. See docs/recording.md.
"""

from agentkit.recorder.app import Bounds, Recorder
from agentkit.recorder.folder import Folder, InMemory, Kept, Sink
from agentkit.recorder.format import journal_name
from agentkit.recorder.redaction import Redaction
from agentkit.recorder.writer import Counts

__all__ = [
    "Bounds",
    "Counts",
    "Folder",
    "InMemory",
    "Kept",
    "Recorder",
    "Redaction",
    "Sink",
    "journal_name",
]
