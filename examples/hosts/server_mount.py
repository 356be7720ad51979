"""Several agents below a prefix of a Starlette application: `uvicorn server_mount:app`."""

from concierge import agent
from starlette.applications import Starlette
from starlette.routing import Mount

from agentkit import AgentBase, AgentServer

housekeeping = AgentBase("housekeeping", route="/housekeeping")
server = AgentServer().register(agent).register(housekeeping)
app = Starlette(routes=[Mount("/voice", app=server)])
