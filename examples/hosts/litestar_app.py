"""Below a prefix of a Litestar application: `uvicorn litestar_app:app`."""

from concierge import agent
from litestar import Litestar, asgi

app = Litestar([asgi("/voice", is_mount=True, copy_scope=True)(agent)])
