"""Google Cloud Functions: `functions-framework --source cloud_function.py --target voice`."""

from concierge import agent

from agentkit.adapters.gcf import http_function

voice = http_function(agent, "voice")
