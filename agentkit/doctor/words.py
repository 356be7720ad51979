"""Why a request failed, in words: what the platform shows as a status or as error 11200.

Whoever looks at a failed call sees that a document or a webhook could not be retrieved. What is
behind it is nearly always one of these.
"""

import http.client
import socket
import ssl
from urllib.parse import urlsplit

from agentkit.errors import AgentKitError
from agentkit.testing import Response

_REDIRECT = (
    "it is redirected to {location}. The platform follows no redirect on requests that it signs,"
    " and takes no credentials along: give it the final URL. Usual causes are a host framework that"
    " adds or removes a trailing slash, and a proxy that sends http to https"
)
_UNAVAILABLE = (
    "a proxy answers, but the application behind it does not: it is down, or still starting"
)
_STATUS = {
    400: (
        "the request was not understood ({error}). A proxy that changes the Host header or the body"
        " is the usual cause"
    ),
    401: (
        "the credentials are refused. Another process may have generated its own (set"
        " SWML_BASIC_AUTH_USER and SWML_BASIC_AUTH_PASSWORD everywhere), the URL at the platform"
        " may be an old one, or a proxy takes the Authorization header away"
    ),
    403: (
        "the credentials are right, but the token or the signature is not ({error}). Workers or"
        " hosts have different secrets (set AGENTKIT_SECRET everywhere), or the signing key or the"
        " public URL is not the one that the platform knows"
    ),
    404: (
        "nothing answers at this path ({error}). A prefix that a proxy or a mount adds or removes"
        " is missing in the public URL, or the route is another one"
    ),
    405: "this path takes other methods: something else answers there",
    411: "a proxy wants a Content-Length",
    413: "a proxy finds the body too large: let it take 8 MiB, for summaries carry the whole call",
    415: "the content type did not arrive as application/json",
    429: "a proxy limits requests; the platform sends several a second in one call",
    500: "the application fails ({error}); its log has a traceback under this error id",
    502: _UNAVAILABLE,
    503: _UNAVAILABLE,
    504: "a proxy gave up waiting for the application; the platform waits 120 s",
}
_REASONS: list[tuple[type[Exception], str]] = [
    (socket.gaierror, "the name {host} is not known to the DNS"),
    (ssl.SSLCertVerificationError, "the certificate of {host} is not trusted: {error}"),
    (ssl.SSLError, "{host} speaks no TLS that we understand; is it a plain HTTP port?"),
    (ConnectionRefusedError, "nothing listens at {host}; is the server up, and open to outside?"),
    (TimeoutError, "{host} did not answer in time; a firewall may drop what it does not let in"),
    (ConnectionError, "{host} hung up without an answer"),
    (http.client.HTTPException, "{host} does not answer in HTTP; is it a TLS port?"),
    (AgentKitError, "the application broke the protocol of its server: {error}"),
    (Exception, "{host} cannot be reached: {error}"),
]
_EXCERPT = 120


def of_status(answer: Response) -> str:
    """Explain an answer that is not the expected one."""
    if 300 <= answer.status < 400:  # noqa: PLR2004 - redirects
        return f"{answer.status}: " + _REDIRECT.format(location=answer.headers.get("location"))
    said = _STATUS.get(answer.status, "this is not the answer of an agent ({error})")
    return f"{answer.status}: {said.format(error=_error_in(answer))}"


def of_error(error: Exception, url: str) -> str:
    """Explain why there was no answer at all; the platform shows it as error 11200."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    reason = next(text for kind, text in _REASONS if isinstance(error, kind))
    told = reason.format(host=host, error=error)
    return f"{told} (the platform: 11200, HTTP retrieval failure)"


def _error_in(answer: Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        return f"{answer.headers.get('content-type') or 'no content type'}, no JSON"
    error = told.get("error") if isinstance(told, dict) else None
    return str(error or told)[:_EXCERPT]
