"""An SWML document: a version and named sections of verbs (facts of the wire, 1.1)."""

from collections.abc import Iterable
from typing import Any

from agentkit.errors import DefinitionError

VERSION = "1.0.0"
"""The only version the platform knows."""

JSON = dict[str, Any]


def document(main: Iterable[JSON]) -> JSON:
    """Return a document whose `main` section has these verbs."""
    return {"version": VERSION, "sections": {"main": list(main)}}


MODEL_VERBS = ("ai", "amazon_bedrock")
"""Verbs that hand the call to a model."""


def model_verb_of(swml: JSON) -> tuple[str, Any] | None:
    """Return name and body of the first verb in `main` that hands the call to a model."""
    for verb in swml.get("sections", {}).get("main", ()):
        for name in MODEL_VERBS:
            if name in verb:
                return name, verb[name]
    return None


def verb(name: Any, body: object) -> JSON:
    """Return one verb, by its name and body; a name may be a whole verb of `agentkit.verbs`.

    Raises:
        DefinitionError: the name is no text.
    """
    if hasattr(name, "to_dict"):
        whole: JSON = name.to_dict()
        return whole
    if not isinstance(name, str) or not name:
        raise DefinitionError(f"a verb needs a name, not {name!r}")
    return {name: {} if body is None else body}


def apology(sentence: str) -> JSON:
    """Return the document of a call that cannot be served: say a sentence, hang up."""
    return document([{"answer": {}}, {"play": {"url": f"say:{sentence}"}}, {"hangup": {}}])
