"""AWS Lambda, with `lambda_function.handler` as its handler."""

from concierge import agent

from agentkit.adapters.aws import lambda_handler

handler = lambda_handler(agent)
