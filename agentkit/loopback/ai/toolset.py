"""The functions of a session: which there are, where they run, and how often they may be called.

An entry is registered when it has a name, a description, and either a URL (its own or the default)
or a `data_map`; else it is dropped, as the platform does without a word (facts 1.4).
"""

import hashlib
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from agentkit import _json
from agentkit.loopback.ai.reading import Reader
from agentkit.loopback.ai.values import ToolKind, ToolView
from agentkit.loopback.trace import Concern

JSON = dict[str, Any]
Credentials = tuple[str, str] | None

POLL = "check_for_input"
HOOKS = frozenset({"startup_hook", "hangup_hook", "summarize_conversation", POLL})
"""Functions that the platform calls by itself; the model does not see them (facts 3.3)."""

_NO_ARGUMENTS: JSON = {"type": "object", "properties": {}}


class Function(Struct, eq=False):
    """A function that can be called.

    Attributes:
        url: where it is posted; "" when it runs on the platform.
        auth: credentials named beside the URL instead of in it.
        token: functions with the same one share `meta_data` and may toggle each other.
        entry: its object in the document.
        uses: how often it may still be called, None without a limit.
        view: what the model sees of it.
        described: its `argument_desc`, encoded.
        logged_url: the URL as logs show it, without user and password.
        path: where it stands in the document.
    """

    name: str
    url: str
    auth: Credentials
    token: str
    entry: JSON
    uses: int | None
    view: ToolView
    described: msgspec.Raw
    logged_url: str
    path: str = ""


class Toolset:
    """The functions by name."""

    def __init__(self, reader: Reader) -> None:
        self.functions: dict[str, Function] = {}
        self._reader = reader

    def register(self, entries: object, defaults: JSON, path: str) -> list[Function]:
        """Add functions of a document or of an include, and return those that were added."""
        added = []
        for place, entry in self._reader.objects(entries, path):
            function = self._function(entry, defaults, place)
            if function is not None:
                added.append(function)
                self.functions[function.name] = function
        return added

    def add(self, function: Function) -> None:
        """Add a function that was made elsewhere."""
        self.functions[function.name] = function

    def hook(self, name: str) -> Function | None:
        """Return an active function that the platform calls by itself."""
        function = self.functions.get(name)
        return function if function is not None and function.uses != 0 else None

    def toggle(self, token: str, names: tuple[str, ...], active: object, path: str) -> list[str]:
        """Switch functions of a token on or off, or limit their uses; return which."""
        uses = uses_of(active, self._reader, f"{path}.active")
        changed = []
        for name in names:
            function = self.functions.get(name)
            if function is not None and function.token == token:
                function.uses = uses
                changed.append(name)
                continue
            why = "there is none" if function is None else "its meta_data_token is another"
            text = f"{path}: the function {name!r} is not toggled: {why}"
            self._reader.warn(Concern.OUT_OF_REACH, text)
        return changed

    def _function(self, entry: JSON, defaults: JSON, path: str) -> Function | None:
        reader = self._reader
        name = reader.text_of(entry, "function", path)
        about = entry.get("description") or entry.get("purpose")
        description = reader.text(about, f"{path}.description")
        is_map = "data_map" in entry
        url, auth = ("", None) if is_map else self._place(entry, defaults, path)
        if not name or not description or not (url or is_map):
            lacks = "a URL or a data_map" if name and description else "a name and a description"
            reader.warn(
                Concern.INCOMPLETE,
                f"{path}: the function {name!r} is dropped, for it lacks {lacks}",
            )
            return None
        described = reader.mapping(
            entry.get("parameters", entry.get("argument")), f"{path}.parameters"
        )
        kind: ToolKind = "datamap" if is_map else "function"
        token = reader.text_of(entry, "meta_data_token", path)
        return Function(
            name=name,
            url=url,
            auth=auth,
            token=token or token_of(url or name, auth),
            entry=entry,
            uses=uses_of(entry.get("active", True), reader, f"{path}.active"),
            view=ToolView(name, description, described or _NO_ARGUMENTS, kind),
            described=msgspec.Raw(_json.encode(described or _NO_ARGUMENTS)),
            logged_url=without_userinfo(url),
            path=path,
        )

    def _place(self, entry: JSON, defaults: JSON, path: str) -> tuple[str, Credentials]:
        holder = entry if entry.get("web_hook_url") else defaults
        url = self._reader.text_of(holder, "web_hook_url", path)
        return url, credentials(holder, "web_hook_auth", self._reader, path)


def credentials(holder: JSON, prefix: str, reader: Reader, path: str) -> Credentials:
    """Return the credentials that stand in an object beside a URL, if any (facts 6)."""
    user, password = holder.get(f"{prefix}_user"), holder.get(f"{prefix}_password")
    if user is None and password is None:
        return None
    return (
        reader.text(user, f"{path}.{prefix}_user"),
        reader.text(password, f"{path}.{prefix}_password"),
    )


def uses_of(active: object, reader: Reader, path: str) -> int | None:
    """Return how many calls `active` allows: a boolean, its text, or a count."""
    if isinstance(active, int) and not isinstance(active, bool):
        return max(active, 0)
    return None if reader.flag(active, path, default=True) else 0


@lru_cache(maxsize=64)  # the functions of an agent share one
def token_of(url: str, auth: Credentials) -> str:
    """Return the `meta_data_token` of a function that names none: 32 hex digits."""
    parts = (url, *(auth or ()))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def without_userinfo(url: str) -> str:
    """Return a URL without user and password, as the platform logs it."""
    if "@" not in url:
        return url
    place, mark, query = url.partition("?")
    if query and "#" not in url:
        return _without_userinfo(place) + mark + query
    return _without_userinfo(url)


@lru_cache(maxsize=64)  # a place stays, while each call asks it with tokens of its own
def _without_userinfo(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
