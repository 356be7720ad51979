"""What differs from one call to the next and means nothing: it is the same before two are compared.

Masked are credentials, queries and origins of URLs, ids of errors, random UUIDs (but for those
that were posted, such as the call's own) and what the user of a replay names by a pattern.
"""

import re
from collections.abc import Iterable
from typing import Any

from agentkit.errors import AgentKitError

_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
_ERROR_ID = re.compile(r"\bE-[0-9a-f]{8}\b")
_URL = re.compile(
    r"""(https?://)                # the scheme stays
        (?:[^\s/?\#"'<>]*@)?       # user and password go
        ([^\s/?\#"'<>]*)           # the host goes when it is the agent's own
        ([^\s?\#"'<>]*)            # the path stays
        (?:[?\#][^\s"'<>]*)?       # query and fragment go
    """,
    re.VERBOSE | re.IGNORECASE,
)


class MaskError(AgentKitError):
    """A pattern is no regular expression."""


class Masks:
    """Masks values of one call.

    Args:
        hosts: what the agent was and is called, as `host:port`.
        known: text in which ids stay as they are: they were posted, so they are the same.
        patterns: regular expressions; what they match in any text is masked, too.

    Raises:
        MaskError: a pattern is none.
    """

    def __init__(
        self, hosts: Iterable[str] = (), known: str = "", patterns: Iterable[str] = ()
    ) -> None:
        self._hosts = set(hosts)
        self._known = {found.lower() for found in _UUID.findall(known)}
        self._patterns = [_compiled(pattern) for pattern in patterns]

    def value(self, value: Any) -> Any:
        """Return plain data with its texts masked."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return value

    def text(self, text: str) -> str:
        """Return text, masked."""
        if "://" in text:
            text = _URL.sub(self._url, text)
        text = _ERROR_ID.sub("<error id>", text)
        text = _UUID.sub(self._uuid, text)
        for pattern in self._patterns:
            text = pattern.sub("<masked>", text)
        return text

    def _url(self, found: re.Match[str]) -> str:
        scheme, host, path = found.groups()
        origin = "<agent>" if host in self._hosts else f"{scheme}{host}"
        return f"{origin}{path.rstrip('/')}"

    def _uuid(self, found: re.Match[str]) -> str:
        return found[0] if found[0].lower() in self._known else "<id>"


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise MaskError(f"{pattern!r} is no regular expression: {error}") from error
