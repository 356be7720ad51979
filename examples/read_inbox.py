"""Read what waits for a conversation: `read_inbox.py https://user:password@host/agent talk-1`.

It says up to where it has read, so a message whose answer got lost on the way comes again.
"""

import base64
import json  # noqa: TID251 - a client needs nothing of agentkit
import sys
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit
from urllib.request import Request, urlopen


def new_messages(agent_url: str, conversation_id: str, after: str) -> list[dict[str, Any]]:
    """Return the messages after a cursor, which is empty before the first."""
    parts = urlsplit(agent_url)
    user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    query = urlencode({"conversation_id": conversation_id, "after": after})
    asked = Request(f"{address.rstrip('/')}/check_for_input?{query}")
    asked.add_header("Authorization", f"Basic {base64.b64encode(user.encode()).decode()}")
    with urlopen(asked, timeout=30) as answer:
        messages: list[dict[str, Any]] = json.load(answer)["messages"]
    return messages


def main(agent_url: str, conversation_id: str) -> None:
    """Print messages until there are no more."""
    after = ""
    while messages := new_messages(agent_url, conversation_id, after):
        for message in messages:
            print(f"{message['role']}: {message['text']}")
            after = message["cursor"]


if __name__ == "__main__":
    main(*sys.argv[1:])
