"""What a journal leaves out: it is taken out before a line is written, so no file ever held it.

Left out are user and password of a URL, the values in its query and its fragment, Basic and Bearer
credentials, signed tokens, keys of well known forms, and whatever stands under a name that says
that it is secret: also in JSON inside of strings, which is how the platform passes arguments.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

from agentkit import _json
from agentkit.errors import DefinitionError, EncodingError

MASK: Final = "***"
"""What stands where something was left out."""

MAX_DEPTH = 128
"""How deep JSON may nest; what is deeper is handled as text."""

_SECRET_NAME = re.compile(
    r"(?:password|passwd|passphrase|passcode|secret|authorization|cookie|credentials?|signature|"
    r"(?:api|access|private|signing)_?key)$|"
    r"(?:^|_)(?:pass|pin|cvv|cvc|otp|ssn|token|auth)$"
)
_WORD_BEGINS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_APART = re.compile(r"""([\s"'<>]+)""")
_USER = re.compile(r"(://)[^/?#]*@")
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(Basic|Bearer|Digest)\s+[\w.~+/=:-]{6,}", re.IGNORECASE), rf"\1 {MASK}"),
    (re.compile(r"\b(\w*(?:token|secret|password|key)=)[^\s&\"'<>]+", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"(?<![\w-])eyJ[\w-]{8,}+\.[\w-]+(?:\.[\w-]*)?"), MASK),
    (re.compile(r"(?<![\w-])(?:sk|pk|rk|ghp|gho|xox[abprs]|PSK)[_-][\w-]{16,}"), MASK),
    (re.compile(r"\bAKIA[0-9A-Z]{16}\b"), MASK),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.|\n)*?(?:-----END [A-Z ]*-----|$)"), MASK),
)
_SUSPECT = re.compile(r"://|=|eyJ|AKIA|-----BEGIN|(?i:basic|bearer|digest)\s|[A-Za-z]{2,5}[_-]")
_SHORT = 2_048
_KEPT_QUERY = frozenset({"call_id", "conversation_id", "after"})
_KEPT_HEADERS = frozenset({"content-type", "accept", "user-agent", "retry-after", "location"})

Path = tuple[str, ...]


class Redaction:
    """Takes secrets out of what is journalled.

    Args:
        patterns: regular expressions; what they match in any string is left out as well.
        paths: places in any body, such as `argument.parsed.*.card`: `*` stands for one name or
            index, `**` for any number of them.
        names: further names of secrets, whole and in any case, such as `iban`.
        keep_query: parameters of a query whose values may stay; those that name the call or the
            place in a conversation (`call_id`, `conversation_id`, `after`) always do.

    Raises:
        DefinitionError: a pattern or a path is none.
    """

    def __init__(
        self,
        *,
        patterns: Iterable[str] = (),
        paths: Iterable[str] = (),
        names: Iterable[str] = (),
        keep_query: Iterable[str] = (),
    ) -> None:
        self._patterns = [_compiled(pattern) for pattern in patterns]
        self._paths = [_path(path) for path in paths]
        self._names = {_plain_name(name) for name in names}
        self._kept = {*_KEPT_QUERY, *keep_query}
        self._remembered = lru_cache(4096)(self._clean)  # a document says the same in every call

    def body(self, value: Any) -> Any:
        """Return plain data without its secrets; what holds none may be returned as it is."""
        return self._value(value, self._paths)

    def text(self, text: str) -> str:
        """Return text without the secrets in it."""
        return self._remembered(text) if len(text) <= _SHORT else self._clean(text)

    def _clean(self, text: str) -> str:
        if _SUSPECT.search(text):
            text = self._without_secrets_of_urls(text)
            for pattern, instead in _FORMS:
                text = pattern.sub(instead, text)
        for pattern in self._patterns:
            text = pattern.sub(MASK, text)
        return text

    def query(self, query: str) -> dict[str, str]:
        """Return the parameters of a query; only those that may stay have their values."""
        pairs = parse_qsl(query, keep_blank_values=True)
        return {
            self.text(name): self.text(value) if name in self._kept else MASK
            for name, value in pairs
        }

    def headers(self, fields: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Return the few header fields that help to read a journal."""
        return {
            name.lower(): self.text(value)
            for name, value in fields
            if name.lower() in _KEPT_HEADERS
        }

    def _without_secrets_of_urls(self, text: str) -> str:
        """Go through what stands between spaces and quotes once: patterns would look far ahead."""
        if "://" not in text:
            return text
        pieces = _APART.split(text)
        return "".join(self._url(piece) if "://" in piece else piece for piece in pieces)

    def _url(self, piece: str) -> str:
        """Return a URL, and whatever stands around it, without user, values and fragment."""
        before, apart, after = piece.partition("://")
        after, _, _ = after.partition("#")
        place, question, query = after.partition("?")
        clean = _USER.sub(rf"\1{MASK}@", f"{apart}{place}")
        if not question:
            return before + clean
        return f"{before}{clean}?" + "".join(map(self._parameter, re.split(r"([&;])", query)))

    def _parameter(self, part: str) -> str:
        name, equals, _ = part.partition("=")
        if part in {"&", ";", ""} or (equals and name in self._kept):
            return part
        return f"{name}={MASK}" if equals else MASK

    def _value(self, value: Any, paths: list[Path]) -> Any:
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, dict):
            return {self.text(key): self._member(key, item, paths) for key, item in value.items()}
        if isinstance(value, list):
            if not paths:
                return [self._value(item, paths) for item in value]
            return [self._at(str(place), item, paths) for place, item in enumerate(value)]
        return value

    def _member(self, key: str, item: Any, paths: list[Path]) -> Any:
        if item and not isinstance(item, bool | dict) and self._hides(key, item):
            return MASK
        return self._at(key, item, paths) if paths else self._value(item, paths)

    def _hides(self, key: str, item: Any) -> bool:
        """A number under `pin` is a secret, under `token` a count; of lists, those of texts are."""
        if isinstance(item, list) and not all(isinstance(each, str) for each in item):
            return False
        name = _plain_name(key)
        if name in self._names:
            return True
        return is_secret_name(name) and not (name.endswith("token") and not isinstance(item, str))

    def _at(self, key: str, item: Any, paths: list[Path]) -> Any:
        below: list[Path] = []
        for path in paths:
            below += _followed(path, key)
        return MASK if () in below or ("**",) in below else self._value(item, below)

    def _string(self, text: str) -> str:
        if text[:1] in {"{", "["} and len(text) > len("{}"):
            held = _json_in(text)
            if held is not None:
                clean = self._value(held, [])
                return text if clean == held else _json.encode(clean).decode()
        return self.text(text)


@lru_cache(4096)
def is_secret_name(name: str) -> bool:
    """Say whether a name, as of a field or a header, says that its value is secret."""
    return _SECRET_NAME.search(_plain_name(name)) is not None


@lru_cache(4096)
def _plain_name(name: str) -> str:
    return _WORD_BEGINS.sub("_", name[:256]).replace("-", "_").replace(".", "_").lower()


def _followed(path: Path, key: str) -> list[Path]:
    """Return what remains of a path below a name: nothing, when it leads elsewhere."""
    head, rest = path[0], path[1:]
    if head == "**":
        return [path, *(_followed(rest, key) if rest else ())]
    return [rest] if head in {"*", key} else []


def _json_in(text: str) -> Any:
    try:
        raw = text.encode()
        return None if _json.too_deep(raw, MAX_DEPTH) else _json.decode(raw)
    except ValueError:
        return None


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except (re.error, TypeError) as error:
        raise DefinitionError(f"patterns: {pattern!r} is no regular expression: {error}") from error


def _path(path: str) -> Path:
    parts = tuple(path.split(".")) if isinstance(path, str) else ()
    if not all(parts) or not parts or parts == ("**",):
        raise DefinitionError(f"paths: {path!r} is no path such as 'argument.parsed.*.card'")
    return parts


def readable(body: bytes, redaction: Redaction) -> Mapping[str, Any]:
    """Return what a journal says of a body: `body` is its JSON, `text` any other text.

    Never raises: what cannot be read is told as text.
    """
    if not body:
        return {}
    try:
        if not _json.too_deep(body, MAX_DEPTH):
            value = redaction.body(_json.decode(body))
            _json.encode(value)
            return {"body": value}
    except (ValueError, EncodingError):
        pass
    return {"text": redaction.text(body.decode("utf-8", "replace"))}
