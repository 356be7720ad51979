"""Vercel, as app.py of a project, or another platform that runs ASGI behind its own front."""

from concierge import agent

from agentkit.adapters.vercel import asgi_app

app = asgi_app(agent)
