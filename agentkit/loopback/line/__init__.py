"""The line between the platform and an agent, on the platform's side.

`Line` carries webhooks to an application in process or to a server, with the platform's
signatures, timeouts, redirects and re-sendings. `run` is the event loop of tests: timeouts and
pauses pass on the call's clock and take no time.
"""

from agentkit.loopback.line.faults import WORDS, Faults
from agentkit.loopback.line.line import Line
from agentkit.loopback.line.loop import VirtualLoop, run
from agentkit.loopback.line.others import Handler
from agentkit.loopback.line.receivers import Target
from agentkit.loopback.line.trouble import Restart

__all__ = ["WORDS", "Faults", "Handler", "Line", "Restart", "Target", "VirtualLoop", "run"]
