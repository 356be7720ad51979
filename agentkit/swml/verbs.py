"""The verbs that agentkit itself writes, one frozen Struct each, with the platform's field names.

Defaults are left out on the wire. Any other verb travels as the dict an author wrote, so the
platform may know verbs and keys that agentkit does not.
"""

from typing import Any

import msgspec

from agentkit.errors import DefinitionError
from agentkit.place import caller

JSON = dict[str, Any]
FORMATS = ("wav", "mp3", "mp4")


class SwaigFunction(msgspec.Struct, frozen=True, omit_defaults=True):
    """One function that the model may call (facts of the wire, 1.4)."""

    function: str
    description: str
    parameters: JSON
    fillers: dict[str, list[str]] | None = None
    wait_file: str | None = None
    wait_file_loops: int | str | None = None
    web_hook_url: str | None = None
    meta_data: JSON | None = None
    meta_data_token: str | None = None


class Swaig(msgspec.Struct, frozen=True, omit_defaults=True):
    """The functions of an agent and where they are answered."""

    defaults: JSON = {}
    native_functions: list[str] = []
    includes: list[JSON] = []
    internal_fillers: JSON = {}
    mcp_servers: list[JSON] = []
    functions: list[JSON] = []


class Ai(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Hand the call to the model; only `prompt` must be there, `params` always is."""

    prompt: JSON
    post_prompt: JSON | None = None
    post_prompt_url: str | None = None
    SWAIG: Swaig = Swaig()
    params: JSON
    hints: list[str | JSON] = []
    languages: list[JSON] = []
    multilingual: JSON | None = None
    pronounce: list[JSON] = []
    global_data: JSON = {}


def record_call(agent: str, format: str, *, stereo: bool) -> JSON:  # noqa: A002 - the platform's word
    """Return the verb that records the call of an agent.

    Raises:
        DefinitionError: there is no such format.
    """
    if format not in FORMATS:
        raise DefinitionError(
            f"record_format must be one of {FORMATS}, not {format!r}",
            agent=agent, path="main.record_call.format", line=caller(),
        )  # fmt: skip
    return {"record_call": {"format": format, "stereo": bool(stereo)}}
