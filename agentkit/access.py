"""Who may come in, and under which public URL: the settings of an agent's door."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from agentkit import credentials, tokens, urls
from agentkit.credentials import BasicAuth
from agentkit.errors import DefinitionError, RequestError
from agentkit.late import LateModule
from agentkit.tokens import Keys

if TYPE_CHECKING:
    from agentkit import signature
else:  # for those who set signing keys
    signature = LateModule("agentkit.signature", globals())

SCOPES = ("call", "function")
URL_VARIABLES = ("AGENTKIT_PUBLIC_URL", "SWML_PROXY_URL_BASE")
LONGEST_TOKEN_SECONDS = 100 * 365 * 86_400.0


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What an author says about authentication, tokens, signatures and public URLs, made ready."""

    auth: BasicAuth
    keys: Keys
    verifier: "signature.Verifier | None" = None
    per_function: bool = False
    token_seconds: float = 86_400.0
    public_url: urls.Base | None = None
    trusted_proxies: tuple[urls.Network, ...] = ()
    secret_is_local: bool = False
    auth_is_local: bool = False

    def check(self) -> None:
        """Refuse settings that do not go together.

        Raises:
            DefinitionError: they do not; the message says what is missing.
        """
        if self.verifier and not (self.public_url or self.trusted_proxies):
            raise DefinitionError(
                "signing_key needs public_url= (or trusted_proxies=): "
                "the platform signs the URL that it was given"
            )

    def address(
        self, scope: Mapping[str, object], headers: Mapping[bytes, bytes], root_path: str
    ) -> tuple[str, str, str]:
        """Return scheme, host and path prefix as the request's sender sees them (D4)."""
        if self.public_url is not None:
            return ("", "", root_path)
        scheme = str(scope.get("scheme", "http"))
        host = headers.get(b"host", b"").decode("latin-1") or _server_host(scope)
        trusted, client = self.trusted_proxies, scope.get("client")
        if trusted and isinstance(client, tuple | list) and urls.is_trusted(client[0], trusted):
            return urls.forwarded(headers, scheme, host, root_path)
        return (scheme, host, root_path)

    def base(self, address: tuple[str, str, str]) -> urls.Base:
        """Return the public base for an address that `address` gave.

        Raises:
            RequestError: 400, the request's host could not stand in a URL.
        """
        if self.public_url is not None:
            return urls.under(self.public_url, address[2])
        return urls.request_base(*address)

    def demand_signature(
        self, url: str, body: bytes, headers: Mapping[bytes, bytes], *, required: bool
    ) -> None:
        """Check the platform's signature, when keys are set and it is required or was sent.

        Raises:
            RequestError: 403, it is missing or wrong.
        """
        sha1 = headers.get(b"x-signalwire-signature")
        sha256 = headers.get(b"x-signalwire-sha256-signature")
        if self.verifier is None or (not required and sha1 is None and sha256 is None):
            return
        if not self.verifier.accepts(url, body, sha1, sha256):
            raise RequestError(403, "the webhook signature is missing or wrong")


def open_access(
    *,
    basic_auth: tuple[str, str] | Sequence[tuple[str, str]] | None = None,
    secret: str | None = None,
    signing_key: str | Sequence[str] | None = None,
    token_scope: str = "call",  # noqa: S107 - a scope is no secret
    token_seconds: float = 86_400.0,
    public_url: str | None = None,
    trusted_proxies: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
) -> Access:
    """Check the settings, fill in what the environment says, and read or make the secrets.

    Raises:
        DefinitionError: a setting is wrong, or a secret cannot be kept; the message names it.
    """
    if token_scope not in SCOPES:
        raise DefinitionError(f"token_scope must be one of {SCOPES}, not {token_scope!r}")
    is_number = isinstance(token_seconds, int | float) and not isinstance(token_seconds, bool)
    if not is_number or not 0 < token_seconds <= LONGEST_TOKEN_SECONDS:
        raise DefinitionError("token_expiry_secs must be more than 0 and at most 100 years")
    return Access(
        auth=credentials.resolve(basic_auth, environ),
        keys=tokens.load_keys(secret, environ),
        verifier=_verifier(signing_key, environ),
        per_function=token_scope == SCOPES[1],
        token_seconds=token_seconds,
        public_url=_public_url(public_url, environ),
        trusted_proxies=urls.networks(trusted_proxies),
        secret_is_local=not (secret or environ.get("AGENTKIT_SECRET")),
        auth_is_local=basic_auth is None and not environ.get("SWML_BASIC_AUTH_USER"),
    )


def _public_url(given: str | None, environ: Mapping[str, str]) -> urls.Base | None:
    if given:
        return urls.public_base(given)
    name = next((name for name in URL_VARIABLES if environ.get(name)), None)
    try:
        return urls.public_base(environ[name]) if name else None
    except DefinitionError as error:
        raise DefinitionError(f"{name}: {error}") from error


def _verifier(
    given: str | Sequence[str] | None, environ: Mapping[str, str]
) -> "signature.Verifier | None":
    chosen = given or environ.get("SIGNALWIRE_SIGNING_KEY") or ()
    keys = chosen.split(",") if isinstance(chosen, str) else chosen
    if not isinstance(keys, Sequence) or not all(isinstance(key, str) for key in keys):
        raise DefinitionError("signing_key takes a text, or a list of texts")
    cleaned = [key.strip() for key in keys if key.strip()]
    if chosen and not cleaned:
        raise DefinitionError("signing_key is blank; leave it out to take unsigned requests")
    return signature.Verifier(cleaned) if cleaned else None


def _server_host(scope: Mapping[str, object]) -> str:
    server = scope.get("server")
    if not isinstance(server, tuple | list) or not server[0]:
        return ""
    host = f"[{server[0]}]" if ":" in server[0] else str(server[0])
    return f"{host}:{server[1]}" if server[1] else host
