"""What a skill has put into an agent's spec, so that it can be taken out again.

A skill may use any setter of its agent. So what it contributed is not asked of it, but read off: it
is the difference between the spec before and the spec after. What somebody has changed since is
no longer the skill's, but for a section of the prompt, which goes by its title.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from agentkit.prompt import Section
from agentkit.spec import AgentSpec

JSON = dict[str, Any]
_SKILLS = "skills"


class Contribution(msgspec.Struct, frozen=True):
    """Items of tuple fields, entries of dict fields, and sections of the prompt."""

    items: dict[str, tuple[Any, ...]] = {}
    entries: dict[str, JSON] = {}
    sections: tuple[Section, ...] = ()


def contributed(before: AgentSpec, after: AgentSpec, data: Mapping[str, Any]) -> Contribution:
    """Return what is in a spec and was not in it before.

    Args:
        before: the spec before the skill was set up.
        after: the spec after it.
        data: its global data, which may have been there before by another instance.
    """
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in _FIELDS}
    changed = {name: pair for name, pair in pairs.items() if pair[0] is not pair[1]}
    entries = {n: _new_entries(*p) for n, p in changed.items() if isinstance(p[1], dict)}
    return Contribution(
        items={n: _new_items(*p) for n, p in changed.items() if isinstance(p[1], tuple)},
        entries={**entries, "global_data": {**entries.get("global_data", {}), **data}},
        sections=_new_items(before.prompt.sections, after.prompt.sections),
    )


def without(spec: AgentSpec, gone: Contribution, others: Sequence[Contribution]) -> AgentSpec:
    """Return a spec without what one skill contributed; what others did as well stays."""
    items = {name: _less(getattr(spec, name), lost) for name, lost in gone.items.items()}
    kept = {name: _kept(name, others) for name in gone.entries}
    entries = {
        name: {k: v for k, v in getattr(spec, name).items() if k in kept[name] or lost.get(k) != v}
        for name, lost in gone.entries.items()
    }
    sections = _less(spec.prompt.sections, gone.sections)
    return spec.changed(
        **items, **entries, prompt=msgspec.structs.replace(spec.prompt, sections=sections)
    )


def _new_entries(before: JSON, after: JSON) -> JSON:
    return {key: value for key, value in after.items() if before.get(key) is not value}


def _new_items(before: tuple[Any, ...], after: tuple[Any, ...]) -> tuple[Any, ...]:
    """A setter adds at the end; a skill that replaced all is taken to have added what is new."""
    if after[: len(before)] == before:
        return after[len(before) :]
    return tuple(item for item in after if item not in before)


def _less(items: tuple[Any, ...], gone: tuple[Any, ...]) -> tuple[Any, ...]:
    left = list(items)
    for item in reversed(gone):
        found = [at for at, other in enumerate(left) if other == item] or _titled(left, item)
        if found:
            del left[found[-1]]
    return tuple(left)


def _titled(items: list[Any], item: Any) -> list[int]:
    title = item.get("title") if isinstance(item, dict) else None
    same = (at for at, other in enumerate(items) if isinstance(other, dict))
    return [at for at in same if title and items[at].get("title") == title]


def _kept(field: str, others: Sequence[Contribution]) -> set[str]:
    return {key for other in others for key in other.entries.get(field, {})}


_FIELDS = [
    name
    for name, default in msgspec.structs.asdict(
        AgentSpec(name="", access=None)  # type: ignore[arg-type]  # only its defaults are looked at
    ).items()
    if isinstance(default, tuple | dict) and name != _SKILLS
]
