"""What an agent does for the platform: one entry a behaviour, each with its source.

Every entry is proven by tests that name it; the tests run on every host of `hosts.py`.
"""

from typing import NamedTuple


class Behaviour(NamedTuple):
    """One promise, and where it comes from."""

    id: str
    text: str
    source: str


MANIFEST = [
    Behaviour("paths.all", "every endpoint answers with and without a trailing slash", "D1"),
    Behaviour("paths.health", "health and readiness need no credentials", "D1, D2"),
    Behaviour("paths.unknown", "an unknown path is 404, another method 405 with Allow", "D1"),
    Behaviour("auth.required", "without credentials everything but health is 401", "D2"),
    Behaviour("auth.rotation", "several pairs are accepted, the first goes into URLs", "D2"),
    Behaviour("auth.generated", "credentials that nobody gave are made once and kept", "D2"),
    Behaviour("tokens.call", "a token opens the tools of its call and of no other", "D3"),
    Behaviour("tokens.agent", "a document without a call id opens tools for any call", "D3"),
    Behaviour("tokens.function", "token_scope=function gives each function its own URL", "D3"),
    Behaviour("tokens.open", "a tool that is not secure needs no token", "D3"),
    Behaviour("urls.followed", "every URL in the document leads back to the agent", "D4"),
    Behaviour("urls.public", "a public URL wins over what the request says", "D4"),
    Behaviour("urls.escaped", "user and password are percent-encoded", "D4"),
    Behaviour("document.default", "GET and POST serve the same document", "D1"),
    Behaviour("document.patch", "on_swml_request changes this request's document only", "D6"),
    Behaviour("document.own", "a document of one's own is served, for one caller too", "issue E"),
    Behaviour("document.failed", "a failing hook serves the error document", "D6"),
    Behaviour("document.per_call", "per-call configuration never leaks", "issue A"),
    Behaviour("routing.path", "a returned route of this application is served at once", "D7"),
    Behaviour("routing.redirect", "another path or URL is answered with 307", "D7"),
    Behaviour("routing.document", "a returned document or agent is served", "D7"),
    Behaviour("routing.none", "None goes on to on_swml_request with the callback path", "D7"),
    Behaviour("routing.forms", "(request, body) and (body, headers) are told apart", "issue D"),
    Behaviour("mount.beside", "another application is served beside an agent", "issue D"),
    Behaviour("sip.agent", "an agent answers calls for its SIP usernames", "D8, seed"),
    Behaviour("sip.server", "a server answers for the agent that a SIP call is for", "D8, seed"),
    Behaviour("routing.number", "a server answers for the agent whose number is called", "issue D"),
    Behaviour("sip.unknown", "a call for an unknown username gets the fallback or 404", "D8"),
    Behaviour("tools.styles", "classic and typed, sync and async tools answer alike", "issue A"),
    Behaviour("tools.misfit", "a misfit is told to the model and nothing runs", "D9"),
    Behaviour("tools.failure", "an exception is a safe sentence with an error id", "D9"),
    Behaviour("tools.spoken", "a ToolError is said as it is", "D9"),
    Behaviour("tools.deadline", "a tool that hangs is answered in time", "D9"),
    Behaviour("tools.replayed", "a request that is sent again gets the same answer", "D10"),
    Behaviour("tools.once", "a once tool runs once a call and arguments", "D10"),
    Behaviour("tools.background", "a background tool's result comes later", "issue C"),
    Behaviour("tools.shed", "too many calls are 503 before anything runs", "D10"),
    Behaviour("tools.unknown", "an unknown function is 404", "D9"),
    Behaviour("state.shared", "tools of one call share state, plain and async", "D12"),
    Behaviour("state.tracked", "the hooks begin and end the state of a call", "D12"),
    Behaviour("signatures", "get_signature names the functions asked for", "D11"),
    Behaviour("hooks.called", "platform hooks are calls to functions of that name", "D11"),
    Behaviour("summary.told", "only post_conversation is told to on_summary", "D11"),
    Behaviour("summary.once", "a summary that is sent again is told once", "D10"),
    Behaviour("summary.kept", "a summary that fails is kept and told later", "reliability 4"),
    Behaviour(
        "summary.typed", "on_summary gets a typed Summary where it asks for one", "facts 4.1"
    ),
    Behaviour("summary.fetched", "fetch_conversation gives the stored summary back", "D11"),
    Behaviour("debug.told", "debug events of a call reach every handler, once each", "facts 4.4"),
    Behaviour("debug.failed", "a debug handler that fails is logged, the answer is 200", "D10"),
    Behaviour("input.default", "check_for_input says that there is nothing new", "seed"),
    Behaviour("input.inbox", "a pushed message comes until a cursor covers it", "reliability 1.8"),
    Behaviour("input.sent", "without a cursor it is gone when its answer was sent", "D11"),
    Behaviour("input.polled", "the polled function brings messages in by their role", "D11, D13"),
    Behaviour("input.custom", "an overridden check answers with a dict or a response", "seed"),
    Behaviour("contexts.served", "contexts, steps and questions stand in the prompt", "issue E"),
    Behaviour("contexts.per_call", "contexts built for one call never reach another", "issue E"),
    Behaviour("mcp.tools", "MCP clients list and call the agent's own tools", "issue E"),
    Behaviour("mcp.checked", "no check is skipped at /mcp", "issue E"),
    Behaviour("contexts.collected", "a tool gets gathered answers typed, or asks again", "issue E"),
    Behaviour("skills.answer", "a skill answers and keeps its data in the call", "issue E"),
    Behaviour("skills.per_call", "a skill added for one call never reaches another", "issue E"),
    Behaviour("prefabs.questions", "questions are chosen for each call", "issue E"),
    Behaviour("hosts.urls", "a document's URLs are right wherever an agent runs", "D4, issue D"),
    Behaviour("hosts.answers", "what they name answers there, and refuses there", "D1, issue D"),
    Behaviour("hosts.loops", "event loops may come and go in one process", "issue D"),
    Behaviour("functions.instances", "a call outlives the instances of a function", "issue D"),
    Behaviour("functions.events", "every event of a platform has its answer", "issue D"),
    Behaviour("functions.shared", "what instances cannot share is refused at the start", "issue D"),
]
