"""Behind nginx_keeps.conf: `uvicorn mounted_behind_nginx:app --no-proxy-headers`."""

from starlette.applications import Starlette
from starlette.routing import Mount

from agentkit import AgentBase

agent = AgentBase("concierge", route="/concierge", trusted_proxies=["127.0.0.1"])
agent.set_post_prompt("Summarise what the guest wanted.")
app = Starlette(routes=[Mount("/voice", app=agent)])
