"""As flat routes of a Starlette application: `uvicorn starlette_routes:app`."""

from concierge import agent
from starlette.applications import Starlette

app = Starlette(routes=agent.routes("/voice"))
