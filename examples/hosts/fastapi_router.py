"""As a router of a FastAPI application: `uvicorn fastapi_router:app`."""

from concierge import agent
from fastapi import FastAPI

app = FastAPI()
app.include_router(agent.as_router(), prefix="/voice")
