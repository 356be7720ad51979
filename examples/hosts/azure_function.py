"""Azure Functions, as function_app.py of a project: `func start`."""

from concierge import agent

from agentkit.adapters.azure import function_app

app = function_app(agent)
