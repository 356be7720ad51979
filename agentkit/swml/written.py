"""Verbs that an author writes as plain data, judged by their Structs; what was written is kept.

Verbs and keys that agentkit does not know pass, and what the platform takes although its schema
does not: numbers and booleans as texts, and a short form of some verbs (facts of the wire, 1.2).
"""

from typing import Any

from agentkit.errors import DefinitionError
from agentkit.place import caller
from agentkit.swml.body import Misfit, Mode
from agentkit.swml.script import Script
from agentkit.swml.verb import FAMILIES, read_verb

JSON = dict[str, Any]
SHORT_FORMS: dict[str, tuple[type, ...]] = {"play": (str, list), "join_conference": (str,)}


def check_verb(verb: JSON, agent: str) -> None:
    """Check one verb of `main`.

    Raises:
        DefinitionError: a field is wrong; it tells the agent, the path and the Python line.
    """
    if not _is_short(verb):
        try:
            read_verb(FAMILIES, verb, Mode.WRITTEN, "main")
        except Misfit as misfit:
            raise _placed(misfit, agent) from None


def check_script(document: JSON, agent: str) -> None:
    """Check a whole document.

    Raises:
        DefinitionError: a field is wrong; it tells the agent, the path and the Python line.
    """
    sections = {
        name: [verb for verb in verbs if not _is_short(verb)]
        for name, verbs in document["sections"].items()
    }
    try:
        Script.read({**document, "sections": sections}, Mode.WRITTEN, "")
    except Misfit as misfit:
        raise _placed(misfit, agent) from None


def _is_short(verb: Any) -> bool:
    """Say whether a verb is in its short form, of which there is nothing to check."""
    return isinstance(verb, dict) and any(
        isinstance(verb[name], kinds) for name, kinds in SHORT_FORMS.items() if name in verb
    )


def _placed(misfit: Misfit, agent: str) -> DefinitionError:
    return DefinitionError(misfit.said, agent=agent, path=misfit.path, line=caller())
