"""The document around the model: its verbs, its URLs, or a whole document without a model."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from agentkit import urls
from agentkit.errors import DefinitionError
from agentkit.late import LateModule
from agentkit.spec import AgentSpec, checked_script, plain, plain_dict
from agentkit.swml.document import verb

if TYPE_CHECKING:
    from agentkit.swml.verb import Verb

JSON = dict[str, Any]
_written = LateModule("agentkit.swml.written")


def at_route(spec: AgentSpec, route: str) -> AgentSpec:
    """Answer at another route."""
    return spec.changed(route=urls.clean_route(route))


def add_pre_answer_verb(spec: AgentSpec, verb_name: "str | Verb", config: Any = None) -> AgentSpec:
    """Run a verb before the call is answered, such as ringing: its name and body, or whole."""
    return spec.adding("pre_answer", _verb(spec, verb_name, config))


def add_answer_verb(spec: AgentSpec, config: Mapping[str, Any] | None = None) -> AgentSpec:
    """Answer the call with these settings, such as `max_duration` in seconds."""
    return spec.changed(answer=_verb(spec, "answer", config)["answer"])


def add_post_answer_verb(spec: AgentSpec, verb_name: "str | Verb", config: Any = None) -> AgentSpec:
    """Run a verb after the answer and before the model speaks."""
    return spec.adding("post_answer", _verb(spec, verb_name, config))


def add_post_ai_verb(spec: AgentSpec, verb_name: "str | Verb", config: Any = None) -> AgentSpec:
    """Run a verb after the model has ended."""
    return spec.adding("post_ai", _verb(spec, verb_name, config))


def clear_pre_answer_verbs(spec: AgentSpec) -> AgentSpec:
    """Forget the verbs before the answer."""
    return spec.changed(pre_answer=())


def clear_post_answer_verbs(spec: AgentSpec) -> AgentSpec:
    """Forget the verbs after the answer."""
    return spec.changed(post_answer=())


def clear_post_ai_verbs(spec: AgentSpec) -> AgentSpec:
    """Forget the verbs after the model."""
    return spec.changed(post_ai=())


def set_document(spec: AgentSpec, document: Any) -> AgentSpec:
    """Serve a document of your own, without a model: a dict, or a `SWML`. None takes it back.

    Raises:
        DefinitionError: it has no sections, or JSON cannot carry what is in it.
    """
    script = None if document is None else checked_script(document)
    if isinstance(document, dict):  # a SWML was checked when it was written
        _written.check_script(script, spec.name)
    return spec.changed(script=script)


def set_web_hook_url(spec: AgentSpec, url: str) -> AgentSpec:
    """Have every function that has no URL of its own answered elsewhere."""
    return spec.changed(web_hook_url=urls.checked_url(url, "set_web_hook_url"))


def set_post_prompt_url(spec: AgentSpec, url: str) -> AgentSpec:
    """Have summaries posted elsewhere."""
    return spec.changed(post_prompt_url=urls.checked_url(url, "set_post_prompt_url"))


def add_swaig_query_params(spec: AgentSpec, params: Mapping[str, Any]) -> AgentSpec:
    """Put query parameters on the URLs of functions and summaries; empty ones are left out.

    They come back with every tool call, so per-call configuration can be repeated there.

    Raises:
        DefinitionError: they are no dict, or a name is `token` or `__token`, which agentkit uses
            itself.
    """
    told = plain_dict(params, "add_swaig_query_params")
    given = {name: str(value) for name, value in told.items() if value}
    if taken := given.keys() & {"token", "__token"}:
        raise DefinitionError(f"add_swaig_query_params: {sorted(taken)} is agentkit's own")
    return spec.merging("query", given)


def clear_swaig_query_params(spec: AgentSpec) -> AgentSpec:
    """Forget the query parameters."""
    return spec.changed(query={})


def manual_set_proxy_url(spec: AgentSpec, proxy_url: str) -> AgentSpec:
    """Set the public URL."""
    return spec.changed(access=replace(spec.access, public_url=urls.public_base(proxy_url)))


def _verb(spec: AgentSpec, name: "str | Verb", body: Any) -> JSON:
    made = verb(name, plain(body, str(name)))
    if isinstance(name, str):
        _written.check_verb(made, spec.name)
    return made
