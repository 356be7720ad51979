"""What `on_swml_request` returns, applied to the default document (D6 of the design).

* A dict with `version` is a whole document and served as it is.
* A section whose verbs all exist in the default section is merged verb by verb: dicts recursively,
  everything else replaced. The first `play` returned meets the first `play` there, and so on.
* Any other section replaces the default one, or is added.
* Every other key belongs to the `ai` verb: `global_data` merges, the rest replace.

Neither the default document nor what was returned is changed.
"""

from collections import Counter
from typing import Any

from agentkit.state.merge import merge
from agentkit.swml.document import VERSION, model_verb_of

JSON = dict[str, Any]


class PatchError(ValueError):
    """What the hook returned is not a document, nor a change to one."""


def apply(default: JSON, returned: JSON) -> JSON:
    """Return the document that a request gets.

    Raises:
        PatchError: a section is not a list of verbs, or there is no `ai` verb for other keys.
    """
    if "version" in returned:
        return returned
    sections = dict(default["sections"])
    for name, verbs in _checked_sections(returned.get("sections", {})).items():
        sections[name] = _section(sections.get(name, []), verbs)
    patched = {"version": VERSION, "sections": sections}
    settings = {key: value for key, value in returned.items() if key != "sections"}
    return _with_ai_settings(patched, settings) if settings else patched


def _section(default: list[JSON], returned: list[JSON]) -> list[JSON]:
    missing = Counter(map(_name, returned)) - Counter(map(_name, default))
    if missing or not returned:
        return returned
    changes: dict[str, list[JSON]] = {}
    for verb in returned:
        changes.setdefault(_name(verb), []).append(verb)
    return [_verb(verb, changes.get(_name(verb), [])) for verb in default]


def _verb(default: JSON, changes: list[JSON]) -> JSON:
    return merge(default, changes.pop(0)) if changes else default


def _with_ai_settings(swml: JSON, settings: JSON) -> JSON:
    name, ai = model_verb_of(swml) or ("ai", None)
    if not isinstance(ai, dict):
        raise PatchError(f"there is no ai verb in main to take {sorted(map(str, settings))}")
    known, data = ai.get("global_data"), settings.get("global_data")
    if isinstance(known, dict) and isinstance(data, dict):
        settings = {**settings, "global_data": merge(known, data)}
    changed = [
        {name: {**ai, **settings}} if verb.get(name) is ai else verb
        for verb in swml["sections"]["main"]
    ]
    return {**swml, "sections": {**swml["sections"], "main": changed}}


def _checked_sections(sections: object) -> dict[str, list[JSON]]:
    if not isinstance(sections, dict):
        raise PatchError("sections must map names to lists of verbs")
    for name, verbs in sections.items():
        if not isinstance(verbs, list) or not all(map(_is_verb, verbs)):
            raise PatchError(f"section {name!r} must be a list of verbs, each a dict of one key")
    return sections


def _is_verb(verb: object) -> bool:
    return isinstance(verb, dict) and len(verb) == 1


def _name(verb: JSON) -> str:
    return str(next(iter(verb)))
