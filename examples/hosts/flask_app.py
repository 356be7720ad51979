"""Inside a Flask application on any WSGI server: `flask --app flask_app run`."""

from concierge import agent
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from agentkit.adapters.cgi import wsgi_app

app = Flask(__name__)
app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/voice": wsgi_app(agent)})
