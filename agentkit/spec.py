"""What an agent is, as one frozen value.

Every setter of an agent replaces the spec with a changed copy; a request keeps the spec that it
began with. Containers are copied on the way in and never changed afterwards.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

import msgspec

from agentkit import _json
from agentkit.access import Access
from agentkit.errors import DefinitionError, EncodingError
from agentkit.late import LateModule
from agentkit.place import caller
from agentkit.prompt import Prompt
from agentkit.swml.document import VERSION, apology
from agentkit.tools import Tool

if TYPE_CHECKING:
    from agentkit.contexts.spec import ContextsSpec

JSON = dict[str, Any]
_sip = LateModule("agentkit.sip")
F = TypeVar("F", bound=Callable[..., Any])
ERROR_SENTENCE = "We are sorry, this service is not available right now. Please call again later."
ERROR_DOCUMENT = apology(ERROR_SENTENCE)


class SipRouting(msgspec.Struct, frozen=True):
    """An agent's own SIP endpoint: calls for its usernames get its document.

    Attributes:
        fallback: who answers other calls: an agent, a path or a document; None for 404.
    """

    fallback: Any = None


class AgentSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a document and the answers to its webhooks are made from."""

    name: str
    access: Access
    route: str = ""

    prompt: Prompt = Prompt()
    post_prompt: Prompt = Prompt()
    use_pom: bool = True
    contexts: "ContextsSpec | None" = None

    pre_answer: tuple[JSON, ...] = ()
    answer: JSON | None = {}
    record_call: JSON | None = None
    post_answer: tuple[JSON, ...] = ()
    post_ai: tuple[JSON, ...] = ()

    script: JSON | None = None
    """A whole document, in the place of one with a model."""

    bedrock: JSON | None = None
    """What Amazon Bedrock is told beside the prompt; None hands calls to the platform's model."""

    hints: tuple[str | JSON, ...] = ()
    languages: tuple[JSON, ...] = ()
    multilingual: JSON | None = None
    pronunciations: tuple[JSON, ...] = ()
    params: JSON = {}
    global_data: JSON = {}
    native_functions: tuple[str, ...] = ()
    internal_fillers: JSON = {}
    includes: tuple[JSON, ...] = ()
    mcp_servers: tuple[JSON, ...] = ()
    mcp_server: bool = False
    tools: dict[str, Tool] = {}
    skills: JSON = {}
    """The skills by instance, as `agentkit.skills.adding` keeps them."""

    web_hook_url: str = ""
    post_prompt_url: str = ""
    query: dict[str, str] = {}

    callbacks: dict[str, Callable[..., Any] | SipRouting] = {}
    sip_usernames: tuple[str, ...] = ()
    sip_auto_map: bool = False
    per_call: tuple[Callable[..., Any], ...] = ()
    call_start: tuple[Callable[..., Any], ...] = ()
    call_end: tuple[Callable[..., Any], ...] = ()
    middleware: tuple[Callable[..., Any], ...] = ()
    observers: tuple[Callable[..., Any], ...] = ()
    debug_level: int = 0
    on_debug: tuple[Callable[..., Any], ...] = ()
    state_kind: type[msgspec.Struct] | None = None
    needs_state: bool = False
    """Whether the author asked for call state, so that losing it would be a fault."""

    visible: tuple[str, ...] = ()
    strict_templates: bool = False
    error_document: JSON = msgspec.field(default_factory=lambda: ERROR_DOCUMENT)

    def changed(self, **fields: Any) -> Self:
        """Return a copy with these fields replaced."""
        return msgspec.structs.replace(self, **fields)

    def adding(self, field: str, *items: object) -> Self:
        """Return a copy with items at the end of a tuple field."""
        return self.changed(**{field: (*getattr(self, field), *items)})

    def merging(self, field: str, entries: Mapping[str, Any]) -> Self:
        """Return a copy with entries in a dict field, replacing those of the same key."""
        return self.changed(**{field: {**getattr(self, field), **entries}})

    def usernames(self, *, auto_map: bool = False) -> tuple[str, ...]:
        """Return the SIP usernames of the agent: given, and by itself if that is wanted."""
        if not (auto_map or self.sip_auto_map):
            return self.sip_usernames
        own: tuple[str, ...] = _sip.usernames_of(self.name, self.route)
        return tuple(dict.fromkeys((*own, *self.sip_usernames)))

    def with_tool(self, tool: Tool) -> Self:
        """Return a copy that has one more tool.

        Raises:
            DefinitionError: there is a tool of this name already, or a part of it is wrong.
        """
        if tool.name in self.tools:
            raise DefinitionError(f"agent {self.name!r} has a tool named {tool.name!r} already")
        if tool.is_checked:
            tool.check(self.name, caller())
        return self.merging("tools", {tool.name: tool})


class Holder(Protocol):
    """Holds a spec: an agent."""

    _spec: AgentSpec


def spec_of(agent: Holder) -> AgentSpec:
    """Return the spec of an agent.

    Raises:
        DefinitionError: it has none yet, as its own `__init__` has not called that of its class.
    """
    try:
        return agent._spec  # noqa: SLF001 - what a holder holds
    except AttributeError:
        text = "an agent's __init__ calls super().__init__(name=...) before it sets anything"
        raise DefinitionError(text) from None


def plain(value: object, setting: str) -> Any:
    """Return a copy of value as plain JSON data; parts of `agentkit.verbs` may stand in it.

    Raises:
        DefinitionError: JSON cannot carry it; the message names the setting.
    """
    try:
        return _json.decode(_json.encode(_drawn(value)))
    except EncodingError as error:
        raise DefinitionError(f"{setting}: {error}") from error


def _drawn(value: Any) -> Any:
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, dict):
        return {key: _drawn(item) for key, item in value.items()}
    return [_drawn(item) for item in value] if isinstance(value, list | tuple) else value


def plain_dict(value: object, setting: str) -> JSON:
    """Return a copy of a dict as plain JSON data.

    Raises:
        DefinitionError: it is no dict, or JSON cannot carry what is in it.
    """
    copied = plain(value, setting)
    if not isinstance(copied, dict):
        raise DefinitionError(f"{setting} must be a dict, not {type(value).__name__}")
    return copied


def checked_script(document: Any) -> JSON:
    """Return a copy of a whole document.

    Raises:
        DefinitionError: it has no sections, or JSON cannot carry what is in it.
    """
    copied = plain_dict(document, "set_document")
    sections = copied.get("sections")
    if not isinstance(sections, dict) or not all(isinstance(s, list) for s in sections.values()):
        raise DefinitionError("set_document takes a document with sections, each a list of verbs")
    return {"version": VERSION, **copied}


def text_of(value: str, setting: str) -> str:
    """Return a text.

    Raises:
        DefinitionError: it is none.
    """
    if not isinstance(value, str):
        raise DefinitionError(f"{setting} takes a text, not {value!r}")
    return value


def texts(values: Iterable[str], setting: str) -> tuple[str, ...]:
    """Return a list of texts; a lone text is refused, for it would be taken letter by letter.

    Raises:
        DefinitionError: it is no list of texts.
    """
    is_list = isinstance(values, Iterable) and not isinstance(values, str)
    found = tuple(values) if is_list else ()
    if not is_list or not all(isinstance(value, str) for value in found):
        raise DefinitionError(f"{setting} takes a list of texts, not {values!r}")
    return found


def callback_of(given: F, setting: str) -> F:
    """Return what an author wants to be called back by.

    Raises:
        DefinitionError: it cannot be called.
    """
    if not callable(given):
        raise DefinitionError(f"{setting} takes a function, not {given!r}")
    return given
