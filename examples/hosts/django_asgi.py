"""Beside a Django site, in its asgi.py: `uvicorn django_asgi:application`."""

from typing import Any

from concierge import agent
from django.conf import settings
from django.core.asgi import get_asgi_application

settings.configure(ROOT_URLCONF="django_asgi", ALLOWED_HOSTS=["*"])  # yours are in a file
urlpatterns: list[Any] = []

site = get_asgi_application()


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Hand what is below /voice to the agent, and the rest to Django."""
    if scope["type"] == "http" and scope["path"].startswith("/voice/"):
        await agent({**scope, "root_path": "/voice"}, receive, send)
    else:
        await site(scope, receive, send)
