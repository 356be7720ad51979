#!/usr/bin/env python3
"""CGI, as an executable file in cgi-bin."""

from concierge import agent

from agentkit.adapters.cgi import serve_cgi

serve_cgi(agent)
