"""At a host name of its own: `uvicorn starlette_host:app`."""

from concierge import agent
from starlette.applications import Starlette
from starlette.routing import Host

app = Starlette(routes=[Host("agents.example.com", app=agent)])
