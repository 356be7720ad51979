"""Below a prefix of a FastAPI application: `uvicorn fastapi_mount:app`."""

from concierge import agent
from fastapi import FastAPI

app = FastAPI()
app.mount("/voice", agent)
