"""Behind nginx_strips.conf: `uvicorn behind_nginx:agent --no-proxy-headers`."""

from agentkit import AgentBase

agent = AgentBase("concierge", route="/concierge", trusted_proxies=["127.0.0.1"])
agent.set_post_prompt("Summarise what the guest wanted.")
