"""Settings of a Redis server that lose call state, as facts and reasons.

An evicting server drops live records whenever memory is short, and a replica refuses every write
or is behind: with these, a store does not work. Without an append-only file a server that stops
loses what it acknowledged since its last snapshot: that may be what somebody wants, and is said.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Finding(NamedTuple):
    """A setting that loses data.

    Attributes:
        setting: its name.
        value: its value, or `unknown`.
        why: what it does, and what to do.
        refused: a store is not opened on it.
    """

    setting: str
    value: str
    why: str
    refused: bool = False


def facts(info: bytes) -> dict[str, str]:
    """Return the answer to INFO as a mapping."""
    lines = (line.partition(":") for line in info.decode("utf-8", "replace").splitlines())
    return {name: value for name, colon, value in lines if colon}


def findings(info: Mapping[str, str], appendfsync: str | None) -> list[Finding]:
    """Return the settings that lose data.

    Args:
        info: what INFO tells; settings that it does not tell are taken for good ones.
        appendfsync: the setting of that name, None if the server does not tell.
    """
    replica = info.get("role", "master") != "master" and info.get("cluster_enabled") != "1"
    policy = info.get("maxmemory_policy", "noeviction")
    evicts = Finding(
        "maxmemory-policy", policy, "live calls are dropped when memory is short: set noeviction",
        refused=True,
    )  # fmt: skip
    follows = Finding("role", "replica", "connect to the primary, not to a replica", refused=True)
    found = [(replica, follows), (policy != "noeviction", evicts)]
    return [finding for holds, finding in found if holds] + _durability(info, appendfsync)


def _durability(info: Mapping[str, str], appendfsync: str | None) -> list[Finding]:
    if info.get("aof_enabled", "1") != "1":
        why = "a server that stops loses all since its last snapshot: set appendonly yes"
        return [Finding("appendonly", "no", why)]
    if appendfsync is None:
        return [Finding("appendfsync", "unknown", "the server does not let us read its settings")]
    if appendfsync != "always":
        lost = "about a second" if appendfsync == "everysec" else "many seconds"
        why = f"a power failure loses the writes of {lost}; always loses none"
        return [Finding("appendfsync", appendfsync, why)]
    return []
