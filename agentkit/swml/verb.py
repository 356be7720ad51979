"""A verb: an object with one key. Which Struct a verb has is looked up when a document has it."""

from collections.abc import Mapping
from functools import cache, partial
from importlib import import_module
from typing import Any, ClassVar

from agentkit.swml.body import Body, Misfit, Mode, Reader, joined, plain

FAMILIES = {
    "agentkit.swml.calls": "answer hangup send_digits detect_machine enter_queue execute_rpc",
    "agentkit.swml.connecting": "connect transfer sip_refer",
    "agentkit.swml.conference": "join_room join_conference",
    "agentkit.swml.media": (
        "play prompt denoise stop_denoise tap stop_tap stream stop_stream "
        "receive_fax send_fax send_sms user_event"
    ),
    "agentkit.swml.recording": (
        "record record_call stop_record_call transcribe transcribe_stop "
        "live_transcribe live_translate"
    ),
    "agentkit.swml.flow": (
        "cond switch execute goto label return set unset sleep request"
    ),
    "agentkit.swml.payment": "pay",
    "agentkit.swml.ai": "ai",
    "agentkit.swml.sidecar": "ai_sidecar",
    "agentkit.swml.bedrock": "amazon_bedrock",
}  # fmt: skip
"""The verbs of calls, by the module that has their Structs."""

SMS_FAMILIES = {
    "agentkit.swml.sms": "reply receive request execute transfer switch goto label return"
}
"""The verbs of text messages."""


def read_verb(
    families: Mapping[str, str], value: Any, mode: Mode, path: str, *, among: tuple[str, ...] = ()
) -> "Verb":
    """Return an object with one key as the verb of that name.

    Args:
        families: which verbs there are.
        value: the object.
        mode: how strictly it is read.
        path: where it stands.
        among: the only verbs that the platform's schema lets stand there.

    Raises:
        Misfit: it is no verb; with KEEP it is then a `Kept`.
    """
    if isinstance(value, Verb):
        return value
    try:
        return _verb(families, value, mode, path, among)
    except Misfit:
        if mode is not Mode.KEEP:
            raise
        return Kept(plain(value))


class Verb(Body, frozen=True, kw_only=True):
    """One verb of a call."""

    schema_knows: ClassVar[bool] = True
    """Whether the platform's schema knows the verb."""

    reader: ClassVar[Reader | None] = partial(read_verb, FAMILIES)


class Kept(Verb, frozen=True):
    """An entry of a section that no Struct fits, kept as it was written.

    Attributes:
        item: the entry.
    """

    bare: ClassVar[bool] = True

    item: Any


def _verb(
    families: Mapping[str, str], value: Any, mode: Mode, path: str, among: tuple[str, ...]
) -> Verb:
    if not isinstance(value, Mapping) or len(value) != 1:
        raise Misfit(path, "expected an object with one key, the verb's name")
    name = next(iter(value))
    kind = kind_of(families, name)
    strange = kind is None or not kind.schema_knows or bool(among and name not in among)
    if kind is None and mode in {Mode.CHECK, Mode.WRITTEN}:
        return Kept(plain(value))
    if kind is None or (strange and mode is Mode.STRICT):
        raise Misfit(joined(path, str(name)), "there is no such verb here")
    return kind.read(value[name], mode, joined(path, name))


def kinds(families: Mapping[str, str] = FAMILIES) -> dict[str, type[Verb]]:
    """Return the Struct of every verb; this loads them all."""
    names = (name for family in families.values() for name in family.split())
    return {name: kind for name in names if (kind := kind_of(families, name)) is not None}


def kind_of(families: Mapping[str, str], name: str) -> type[Verb] | None:
    """Return the Struct of a verb, loading its family; None when there is no such verb."""
    module = _modules(tuple(families.items())).get(name)
    return None if module is None else _kind(module, name)


@cache
def _modules(families: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {name: module for module, names in families for name in names.split()}


@cache
def _kind(module: str, name: str) -> type[Verb]:
    every = vars(import_module(module)).values()
    return next(
        kind
        for kind in every
        if isinstance(kind, type) and issubclass(kind, Verb) and kind.verb == name
    )
