"""Bytes with a digest of themselves and of their key in front, so that damage is seen.

A server keeps its own checks of its own files; this one sees what changed on any way in between,
and a value that was put under another call's key.
"""

import hashlib

from agentkit.errors import StateCorrupt

SEAL_BYTES = 8
"""How much longer bytes are when they are sealed."""


def seal(key: str, data: bytes) -> bytes:
    """Return data with its digest in front."""
    return _digest(key, data) + data


def unseal(key: str, sealed: bytes) -> bytes:
    """Return the data that was sealed under a key.

    Raises:
        StateCorrupt: something else was, or it is damaged.
    """
    digest, data = sealed[:SEAL_BYTES], sealed[SEAL_BYTES:]
    if digest != _digest(key, data):
        raise StateCorrupt(f"the record of {key!r} is damaged, or another key's")
    return data


def _digest(key: str, data: bytes) -> bytes:
    hashed = hashlib.blake2b(key.encode() + b"\0", digest_size=SEAL_BYTES)
    hashed.update(data)
    return hashed.digest()
