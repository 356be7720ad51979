"""A document: a version and sections of verbs (facts of the wire, 1.1)."""

from typing import ClassVar, Literal

from agentkit.swml.body import Body, Rule, begins_with_main
from agentkit.swml.verb import Verb


class Script(Body, frozen=True):
    """A document of a call.

    Attributes:
        sections: lists of verbs by name; a call begins with `main`.
        version: the only one there is.
    """

    verb_kind: ClassVar[type[Verb]] = Verb
    schema_rule: ClassVar[Rule | None] = begins_with_main

    sections: dict[str, list[Verb]]
    version: Literal["1.0.0"] | None = None
