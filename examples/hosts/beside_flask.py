"""Beside a Flask application on an ASGI server: `uvicorn beside_flask:app`."""

from a2wsgi import WSGIMiddleware
from concierge import agent
from flask import Flask
from starlette.applications import Starlette
from starlette.routing import Mount

site = Flask(__name__)
app = Starlette(routes=[Mount("/voice", app=agent), Mount("/", app=WSGIMiddleware(site))])
