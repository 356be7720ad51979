"""What two documents may differ in: tokens, where the URL of a function stands, words of our own,
the order of hints, of which the vendor's SDK makes sets here and there, and where a server of this
host listens.

The vendor's SDK gives every secure function a URL with a token of its own, agentkit one URL with
one token to all (docs/decisions.md). Without tokens both are the address in `SWAIG.defaults`. What
the hooks of a call are described as is each side's own sentence.
"""

import re
from typing import Any

HOOKS = ("startup_hook", "hangup_hook")
_LOCAL = re.compile(r"http://127\.0\.0\.1:\d+")
_TOKEN = re.compile(r"(?<=[?&])(?:__token|token)=[^&]*&?")


def masked(value: Any) -> Any:
    """Return a document without tokens, and functions without a URL that is the default one."""
    if isinstance(value, str):
        value = _LOCAL.sub("http://server", value)
        return _TOKEN.sub("", value).rstrip("?&") if "token=" in value else value
    if isinstance(value, list):
        return [masked(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: masked(item) for key, item in value.items()}
    default = found.get("defaults", {}).get("web_hook_url") if "functions" in found else None
    for entry in found["functions"] if default else ():
        if entry.get("web_hook_url") == default:
            del entry["web_hook_url"]
    if isinstance(found.get("hints"), list):
        found["hints"] = sorted(found["hints"], key=str)
    if found.get("function") in HOOKS:
        found["description"] = "<hook>"
    return found
