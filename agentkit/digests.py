"""The digest of tokens and names, and the comparison of secrets.

`hashlib` and `hmac` hand out these very two, but load OpenSSL's digests first: a sixth of what it
takes to import an agent. Interpreters that keep them elsewhere take the long way.
"""

try:
    from _blake2 import blake2b
    from _operator import _compare_digest as compare_digest
except ImportError:  # pragma: no cover - not on CPython
    from hashlib import blake2b
    from hmac import compare_digest  # type: ignore[no-redef]

__all__ = ["blake2b", "compare_digest"]
