"""Which keys of an object must or may be there together, in words for whoever breaks it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from agentkit.loopback.tables.kinds import Fields


def broken_rules(kind: Fields, value: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong about which keys an object has."""
    for key in kind.need:
        if key not in value:
            yield f"has no `{key}`"
    there = [key for key in kind.one_of if key in value]
    if kind.one_of and len(there) != 1:
        yield f"has {' and '.join(there) or 'none'} of {listed(kind.one_of)}, wanted one"
    if kind.together and len(value) > 1 and value.keys() != set(kind.together):
        yield f"has {len(value)} keys, wanted one"
    if kind.some_of and not any(key in value for key in kind.some_of):
        yield f"has none of {listed(kind.some_of)}"


def listed(names: Iterable[str]) -> str:
    """Return names in a line, each as a word of code."""
    return ", ".join(f"`{name}`" for name in names)
