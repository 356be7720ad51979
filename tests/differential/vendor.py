"""What the vendor's SDK says: observed in a venv of its own, or recorded from there.

`AGENTKIT_VENDOR` names a Python that has the SDK (`make differential` sets it). Then the SDK is
observed, and the recording must say the same. Without it the recording alone is compared with, so a
clone proves as much.
"""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
RECORDED = HERE / "recorded.json"
VENDOR = os.environ.get("AGENTKIT_VENDOR")
needs_vendor = pytest.mark.skipif(
    VENDOR is None, reason="AGENTKIT_VENDOR names no Python with the SDK"
)

Answers = dict[str, Any]


@cache
def recorded() -> dict[str, Answers]:
    """What was observed when the recording was made, by the child's parts."""
    found: dict[str, Answers] = json.loads(RECORDED.read_text("utf-8"))
    return found


def masked(text: str) -> str:
    """JSON without the default text of a payment's outcome, which each side words itself."""
    return re.sub(r'"ai_response": "[^"]*pay_result}[^"]*"', '"ai_response": "<outcome>"', text)
