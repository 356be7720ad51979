"""Settings that an agent is made with by name, and what is made of them.

`AgentOptions` are agentkit's. `VendorOptions` are those that an agent of the vendor's SDK may be
made with and that mean nothing, or less, here: so an agent that moves keeps its constructor.
"""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from msgspec import Struct

from agentkit.access import Access, open_access
from agentkit.errors import DefinitionError
from agentkit.hooks import is_overridden
from agentkit.late import LateModule
from agentkit.shared import Shared
from agentkit.spec import plain_dict, texts
from agentkit.swml.verbs import record_call as recording

if TYPE_CHECKING:
    from agentkit import stores
    from agentkit.asked import AskedPrompts
    from agentkit.slots import Limits
    from agentkit.state.manager import StateManager
else:
    stores = LateModule("agentkit.stores", globals())

_asked = LateModule("agentkit.asked")
JSON = dict[str, Any]


class VendorOptions(TypedDict, total=False):
    """Keyword arguments of the vendor's `AgentBase` beside those of agentkit's.

    Attributes:
        swaig_secret: what tokens are signed with: `secret` here.
        agent_id: never leaves the process there either.
        schema_path: documents are checked in tests and by `SWML.parse`, not while they are served.
        schema_validation: the same.
        suppress_logs: agentkit logs through `logging` alone, which is silent by default.
        enable_post_prompt_override: has no effect there either.
        check_for_input_override: has no effect there either.
        trust_proxy_for_signature: the signed URL is made of `public_url` or `trusted_proxies`.
        config_file: refused: settings are arguments, or come from the environment.
    """

    swaig_secret: str | None
    agent_id: str | None
    schema_path: str | None
    schema_validation: bool
    suppress_logs: bool
    enable_post_prompt_override: bool
    check_for_input_override: bool
    trust_proxy_for_signature: bool
    config_file: str | None


class AgentOptions(VendorOptions, total=False):
    """Keyword arguments of `AgentBase` beside the vendor's first ones.

    Attributes:
        signing_key: the project's signing key, or several; documents are then served only to
            signed requests (else `SIGNALWIRE_SIGNING_KEY`).
        secret: what tokens are signed with, or several by commas (else `AGENTKIT_SECRET`, else a
            private file of this host). Hosts that share calls must share it.
        public_url: the address that the platform reaches this application under (else
            `AGENTKIT_PUBLIC_URL`, `SWML_PROXY_URL_BASE`, else each request's own).
        trusted_proxies: addresses or networks whose `X-Forwarded-*` headers are believed.
        token_scope: `"call"` has one token for all functions, `"function"` one for each.
        state: a Struct that types the state of a call, or a URL as of `state_manager`.
        state_migrations: the first makes a state of schema 1 one of schema 2, and so on.
        visible: names of fields of the state that the model sees in `global_data`.
        limits: how many tool calls and threads the agent takes on at once.
        strict_templates: escape `${…}` in tool replies, except in a `Template`.
        error_document: served when a hook fails; by default a spoken apology and a hang-up.
        clock: tells Unix time in seconds.
    """

    signing_key: str | Sequence[str] | None
    secret: str | None
    public_url: str | None
    trusted_proxies: Sequence[str]
    token_scope: Literal["call", "function"]
    state: type[Struct] | str | None
    state_migrations: Sequence[Callable[[JSON], JSON]]
    visible: Sequence[str]
    limits: "Limits | None"
    strict_templates: bool
    error_document: JSON | None
    clock: Callable[[], float]


_FLAGS = ("use_pom", "enable_state_tracking", "auto_answer", "record_call", "record_stereo")
BasicAuth = tuple[str, str] | Sequence[tuple[str, str]]


def checked_name(name: str) -> str:
    """Return the name of an agent.

    Raises:
        DefinitionError: it is none.
    """
    if not isinstance(name, str) or not name.strip():
        raise DefinitionError("an agent needs a name")
    return name


def check(options: AgentOptions) -> None:
    """Refuse settings that there are not.

    Raises:
        TypeError: there is no such setting.
        DefinitionError: one cannot be taken.
    """
    if unknown := options.keys() - AgentOptions.__annotations__.keys():
        raise TypeError(f"an agent has no setting {', '.join(sorted(unknown))}")
    if options.get("config_file"):
        raise DefinitionError("config_file is not read; pass its settings, or set the environment")


def check_flags(*given: object) -> None:
    """Refuse texts for what is True or False: "false", of the environment, would count as true.

    Raises:
        DefinitionError: one is a text; the message names it.
    """
    for name, value in zip(_FLAGS, given, strict=True):
        if isinstance(value, str):
            raise DefinitionError(f"{name} is True or False, not the text {value!r}")


def recording_of(name: str, wanted: bool, file_format: str, stereo: bool) -> JSON | None:
    """Return the verb that records the calls of an agent, None where they are not recorded.

    Raises:
        DefinitionError: there is no such format.
    """
    return recording(name, file_format, stereo=stereo) if wanted else None


def access_of(options: AgentOptions, basic_auth: BasicAuth | None, token_seconds: float) -> Access:
    """Return who may come in, and under which public URL.

    Raises:
        DefinitionError: a setting is wrong, or a secret cannot be kept.
    """
    return open_access(
        basic_auth=basic_auth,
        secret=options.get("secret") or options.get("swaig_secret"),
        signing_key=options.get("signing_key"),
        token_scope=options.get("token_scope", "call"),
        token_seconds=token_seconds,
        public_url=options.get("public_url"),
        trusted_proxies=options.get("trusted_proxies", ()),
    )


def shared_of(
    options: AgentOptions,
    given: "stores.Store | None",
    clock: Callable[[], float],
    tracked: bool,
) -> Shared:
    """Return what an agent and its copies will share; a store that is asked for is made now.

    Raises:
        DefinitionError: it is no store, or a URL that names none.
    """
    state = options.get("state")
    by_url = state if isinstance(state, str) else None
    chosen = by_url if given is None else given
    migrations = options.get("state_migrations")
    states: StateManager | None = None
    if chosen is not None or tracked or migrations or os.environ.get("AGENTKIT_STATE"):
        states = stores.manager_of(chosen, tracked=tracked, clock=clock)
        states = states.migrating(migrations) if migrations else states
    return Shared(states, options.get("limits"), clock)


def asked_of(*prompts: Callable[[], object]) -> "AskedPrompts | None":
    """Return what asks methods for the prompt, None when none is the author's: it costs nothing."""
    return _asked.AskedPrompts() if any(map(is_overridden, prompts)) else None


def checked_kind(kind: type[Struct] | None) -> type[Struct] | None:
    """Return the Struct that types a state.

    Raises:
        DefinitionError: it is no Struct.
    """
    if kind is not None and not (isinstance(kind, type) and issubclass(kind, Struct)):
        raise DefinitionError(f"state= takes a msgspec Struct or a URL, not {kind!r}")
    return kind


def fields_of(options: AgentOptions) -> dict[str, Any]:
    """Return the fields of an agent's spec that stand in its options.

    Raises:
        DefinitionError: one is not what it should be.
    """
    state, error_document = options.get("state"), options.get("error_document")
    fields = {
        "strict_templates": options.get("strict_templates", False),
        "state_kind": None if isinstance(state, str) else checked_kind(state),
        "visible": texts(options.get("visible", ()), "visible"),
    }
    if error_document is None:
        return fields
    return {**fields, "error_document": plain_dict(error_document, "error_document")}
