"""Below a prefix of a Starlette application: `uvicorn starlette_mount:app`."""

from concierge import agent
from starlette.applications import Starlette
from starlette.routing import Mount

app = Starlette(routes=[Mount("/voice", app=agent)])
