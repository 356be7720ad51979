"""Any WSGI server: `gunicorn wsgi_module:application`."""

from concierge import agent

from agentkit.adapters.cgi import wsgi_app

application = wsgi_app(agent)
