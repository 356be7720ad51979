"""What every side serves: one agent, told in plain data, so that no side can have less to do."""

import base64
from typing import Any

JSON = dict[str, Any]

USER, PASSWORD = "agent", "correct-horse-battery"
SECRET = "benchmark-secret-0123456789abcdef"
PUBLIC_URL = "https://agents.example.com"
ROUTE = "/shop"
TOKEN_SECONDS = 86_400
TOOL_SECONDS = 25.0
CALL_ID = "6e3a2f7c-93f1-4c8a-b0c7-5d2f4c1f9b11"
NUMBER = b"7a5041368b37"
"""Where requests that must not be the same bytes are numbered: the same bytes are a repetition."""

SESSION_ID = f"4346ac4c-7fd8-4407-9053-{NUMBER.decode()}"
AUTHORIZATION = b"Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode())

SECTIONS: list[JSON] = [
    {"title": "Role", "body": "You take orders for a small tea shop and answer by telephone."},
    {
        "title": "Goals",
        "body": "Help the caller to what they came for, in few words.",
        "bullets": [
            "Greet the caller and ask what they would like.",
            "Look orders up before saying anything about them.",
            "Say prices with their currency.",
            "Repeat an address before sending anything to it.",
        ],
    },
    {
        "title": "Rules",
        "body": "These hold in every call.",
        "bullets": [
            "Never promise a delivery date that no tool has given.",
            "Never read out card numbers.",
            "When two tools have failed, offer to call back.",
        ],
    },
    {"title": "Style", "body": "Warm, brief, no jargon. One question at a time."},
]
POST_PROMPT = "Return the order, the address and the mood of the caller as a JSON object."
LANGUAGE = {"name": "English", "code": "en-US", "voice": "rime.spore"}
HINTS = ["Darjeeling", "Oolong", "Lapsang Souchong"]
PARAMETERS = {"end_of_speech_timeout": 700, "attention_timeout": 15_000}

NAMES = (
    "order_status", "order_price", "place_order", "cancel_order", "change_address", "opening_hours",
    "stock_of_tea", "send_voucher", "call_back", "last_orders",
)  # fmt: skip
ASYNC_TOOL, SYNC_TOOL, ANY_TOOL = "order_status", "order_price", "place_order"
DESCRIPTION = "Look an order up and say how it stands."
ARGUMENTS = {
    "order": "The number of the order.",
    "count": "How many packets.",
    "gift": "Whether it is a present.",
}
GIVEN = {"order": "A-1027", "count": 2}
ANSWER = {"response": "Order A-1027: 2 packets."}


def tool_names(count: int) -> list[str]:
    """Return the names of an agent's tools: the ten above, then as many more as asked for."""
    return [*NAMES[:count], *(f"tool_{number}" for number in range(len(NAMES), count))]


def said(order: str, count: int) -> str:
    """Do what each tool does."""
    return f"Order {order}: {count} packets."
