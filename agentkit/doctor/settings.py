"""What an agent's settings say, without a request."""

import ipaddress
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from agentkit import urls
from agentkit.access import URL_VARIABLES, Access
from agentkit.agent import AgentBase
from agentkit.doctor.findings import Finding, note, ok, problem, warning
from agentkit.errors import DefinitionError
from agentkit.server import AgentServer
from agentkit.signature import spellings
from agentkit.tools import Tool

Environ = Mapping[str, str]

CONNECT_SECONDS = 30.0
"""How long the platform waits for a connection."""

LONGEST_CALL_SECONDS = 14_400.0
"""How long a call may last unless its document says less (`answer.max_duration`)."""

SLOW_START_SECONDS = 5.0
LONG_SECONDS = 30.0
SHORT_PASSWORD = 12


def of_agent(agent: AgentBase, environ: Environ) -> Iterator[Finding]:
    """Look at everything that an agent's settings tell."""
    access = agent.spec.access
    yield from _public_url(access, environ)
    yield _credentials(access)
    yield _secret(access)
    yield _signature(agent)
    yield from _lifetimes(agent)
    if agent.get_sip_usernames():
        yield note("SIP", f"answers to {', '.join(agent.get_sip_usernames())}")


def of_server(server: AgentServer) -> Iterator[Finding]:
    """Look at what a server has beside its agents."""
    try:
        server.check()
    except DefinitionError as error:
        yield problem("server", str(error))
    if lost := server.lost_usernames():
        yield warning("SIP", f"no agent is at the route of: {', '.join(lost)}")
    if names := server.get_sip_usernames():
        yield note("SIP", f"{len(names)} usernames: {', '.join(list(names)[:20])}")


def of_start(seconds: float) -> Finding:
    """Judge how long loading the application took."""
    if seconds > SLOW_START_SECONDS:
        return warning(
            "start",
            f"loading took {seconds:.1f} s; function platforms give up after some 10 s, and the"
            f" platform waits {CONNECT_SECONDS:.0f} s for a connection",
        )
    return ok("start", f"loaded in {seconds:.2f} s")


def _public_url(access: Access, environ: Environ) -> Iterator[Finding]:
    public = access.public_url
    if public is None:
        proxies = "from trusted proxies what they forward; " if access.trusted_proxies else ""
        yield warning(
            "public URL",
            f"none is set, so documents carry the host of each request ({proxies}else its Host"
            " header); set AGENTKIT_PUBLIC_URL",
        )
        return
    url = f"{public.origin}{public.prefix}"
    yield ok("public URL", f"{url}, from {_source(public, environ)}")
    host = urlsplit(url).hostname or ""
    if _is_inside(host):
        yield warning("public URL", f"{host} cannot be reached from outside, where the platform is")
    elif not url.startswith("https://"):
        yield warning("public URL", "over http, credentials and calls can be read on the way")


def _source(public: urls.Base, environ: Environ) -> str:
    for name in URL_VARIABLES:
        if environ.get(name) and urls.public_base(environ[name]) == public:
            return name
    return "the agent's own setting"


def _is_inside(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".localhost"))


def _credentials(access: Access) -> Finding:
    auth = access.auth
    source = "the environment" if auth.source == "environment" else "the agent's own setting"
    if auth.kept_in is not None:
        source = f"{auth.kept_in}, which every process of this host shares, and no other host"
    _, password = auth.credentials[0]
    if len(password) < SHORT_PASSWORD:
        return warning("credentials", f"from {source}; the password is short, and stands in URLs")
    pairs = len(auth.credentials)
    return ok("credentials", f"from {source}" + (f"; {pairs} pairs are taken" if pairs > 1 else ""))


def _secret(access: Access) -> Finding:
    if access.secret_is_local:
        return note(
            "secret",
            "tokens are signed with a file of this host, which its workers share; with several"
            " hosts or function instances set AGENTKIT_SECRET",
        )
    return ok("secret", "tokens are signed with a secret that hosts can share")


def _signature(agent: AgentBase) -> Finding:
    access = agent.spec.access
    if access.verifier is None:
        return note(
            "signature",
            "none is demanded: credentials alone open documents; set SIGNALWIRE_SIGNING_KEY to"
            " serve them to the platform only",
        )
    if access.public_url is None:
        return warning("signature", "demanded over the URL that trusted proxies forward")
    known = ", or ".join(spellings(agent.get_full_url()))
    return ok(
        "signature",
        f"demanded for documents; at the platform their URL must be {known} (user and password do"
        " not count)",
    )


def _lifetimes(agent: AgentBase) -> Iterator[Finding]:
    seconds = agent.spec.access.token_seconds
    if seconds < LONGEST_CALL_SECONDS:
        yield warning(
            "tokens", f"they expire after {seconds:g} s; a call may last {LONGEST_CALL_SECONDS:g} s"
        )
    slow = [tool for tool in agent.spec.tools.values() if tool.handler is not None]
    yield from filter(None, map(_deadline, slow))
    if slow:
        longest = max(tool.seconds for tool in slow)
        yield ok("deadlines", f"{_tools(len(slow))} within {longest:g} s")


def _tools(count: int) -> str:
    return "1 tool answers" if count == 1 else f"{count} tools answer"


def _deadline(tool: Tool) -> Finding | None:
    quiet = not tool.entry.get("wait_file") and not tool.entry.get("fillers")
    if tool.seconds <= LONG_SECONDS or not quiet:
        return None
    return warning(
        "deadlines", f"{tool.name} may take {tool.seconds:g} s of silence; give it fillers"
    )
