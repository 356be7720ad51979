"""Beside a Quart application: `hypercorn quart_app:app`."""

from concierge import agent
from hypercorn.middleware import DispatcherMiddleware
from quart import Quart

app = Quart(__name__)
app.asgi_app = DispatcherMiddleware({"/voice": agent, "": app.asgi_app})
