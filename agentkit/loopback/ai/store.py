"""The data of a call: `global_data`, and `meta_data` for each token.

Objects are replaced and never changed, so whoever holds one keeps what he saw; the bytes of each
are made once, for it rides on every request (facts 3.1).
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from agentkit import _json

JSON = dict[str, Any]


class Store:
    """What functions read and write.

    Args:
        initial: the document's `global_data`.
        caller: `caller_id_name` and `caller_id_number`, which the platform adds.

    Attributes:
        global_data: the data of the whole call.
    """

    def __init__(self, initial: JSON, caller: JSON) -> None:
        self.global_data: JSON = {**initial, **caller}
        self._initial = initial
        self._meta: dict[str, JSON] = {}
        self._global_bytes: msgspec.Raw | None = None
        self._meta_bytes: dict[str, msgspec.Raw] = {}

    def meta_data(self, token: str) -> JSON:
        """Return the data of a token: at first a copy of the document's `global_data`."""
        return self._meta.get(token, self._initial)

    def encoded_global(self) -> msgspec.Raw:
        """Return `global_data` as JSON."""
        if self._global_bytes is None:
            self._global_bytes = msgspec.Raw(_json.encode(self.global_data))
        return self._global_bytes

    def encoded_meta(self, token: str) -> msgspec.Raw:
        """Return the `meta_data` of a token as JSON."""
        found = self._meta_bytes.get(token)
        if found is None:
            found = self._meta_bytes[token] = msgspec.Raw(_json.encode(self.meta_data(token)))
        return found

    def set_global(self, values: JSON) -> None:
        """Put values into `global_data`; as in real calls, a known key moves to the end."""
        self.global_data = {**_without(self.global_data, values), **values}
        self._global_bytes = None

    def unset_global(self, names: Iterable[str]) -> None:
        """Remove keys from `global_data`."""
        self.global_data = _without(self.global_data, names)
        self._global_bytes = None

    def set_meta(self, token: str, values: JSON) -> None:
        """Put values into the `meta_data` of a token."""
        self._meta[token] = {**_without(self.meta_data(token), values), **values}
        self._meta_bytes.pop(token, None)

    def unset_meta(self, token: str, names: Iterable[str]) -> None:
        """Remove keys from the `meta_data` of a token."""
        self._meta[token] = _without(self.meta_data(token), names)
        self._meta_bytes.pop(token, None)


def _without(data: JSON, names: Iterable[str]) -> JSON:
    dropped = set(names)
    return {key: value for key, value in data.items() if key not in dropped}
