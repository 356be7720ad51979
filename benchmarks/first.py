"""One document from a fresh process, as on Lambda: `python -m benchmarks.first kit`."""

import asyncio
import sys

from benchmarks import content
from benchmarks.sides import application
from benchmarks.wire import fetch, request


def main(side: str) -> None:
    """Serve one document."""
    asked = request("GET", content.ROUTE, f"call_id={content.CALL_ID}")
    status, _ = asyncio.run(fetch(application(side), asked))
    sys.exit(status != 200)


if __name__ == "__main__":
    main(*sys.argv[1:])
