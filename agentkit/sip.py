"""Who is called: one parser for every form of address that a request may name.

An address is read in the order of RFC 3261, 25.1: display name and angle brackets, scheme, user,
password, and whatever follows. Each step looks at every character at most once, so a hostile
address costs no more than its length. Of the result only the user counts, without the parameters
that may stand in it, percent-decoded once and case-folded. What cannot be read is nobody.
"""

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from agentkit.errors import DefinitionError

LONGEST_USERNAME = 64
"""Longest username that can be registered, in characters."""

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_SCHEMES = {"sip", "sips", "tel"}
_OTHER_SCHEMES = {"h323", "im", "mailto", "pres", "xmpp"}
"""Schemes whose addresses have an @ too, and which name no user of ours."""

_SEPARATORS = str.maketrans("", "", "-.() ")
_UNCLEAN = re.compile(r"[^a-z0-9_]")
_VOWELS = str.maketrans("", "", "aeiou")
_SHORTEST_VARIANT = 3
_UNUSABLE = re.compile(r'[\s"<>;:@\\]')
_PLACES = (
    ("call", "to"),
    ("call", "to_number"),
    ("params", "call", "to"),
    ("to",),
    ("params", "to"),
    ("call", "sip_data", "sip_req_user"),
    ("call", "sip_data", "sip_to_user"),
)
_ADDRESS_KEYS = ("uri", "address", "number", "username", "user")


def username(address: str) -> str | None:
    """Return the user that an address names, case-folded, None when it names none.

    Takes SIP and SIPS URIs bare, in angle brackets or after a display name, `tel:` URIs, numbers,
    `user@host`, plain names and paths such as `/public/name`. Without an `@` the host itself is
    what is called (RFC 3261, 19.1.1), so `sip:alex` names `alex`.
    """
    uri = _uri_in(address.strip())
    scheme, user = ("", _last_part(uri)) if uri.startswith("/") else _user_in(uri)
    found = _canonical(user)
    is_number = scheme == "tel" or found.startswith("+")
    return (found.translate(_SEPARATORS) if is_number else found) or None


def username_in(body: Any) -> str | None:
    """Return the user whom a request for a document is for, None when it names none.

    `call.to` counts first, then `call.to_number`, then a `to` inside `params` or of the body itself
    (where a query has it), then the SIP request that the platform repeats in `call.sip_data`.
    """
    for place in _PLACES:
        address = _address_in(_value_at(body, place))
        found = username(address) if address else None
        if found:
            return found
    return None


def checked_username(name: str) -> str:
    """Return a username as calls will name it.

    Raises:
        DefinitionError: no address could name it.
    """
    given = name.strip() if isinstance(name, str) else ""
    given = given.translate(_SEPARATORS) if given.startswith("+") else given
    found = None if _UNUSABLE.search(given) or given.startswith("/") else username(given)
    if not found or len(found) > LONGEST_USERNAME:
        raise DefinitionError(
            f"{name!r} is no SIP username and no number: it is what stands before the @, at most"
            f" {LONGEST_USERNAME} characters"
        )
    return found


def usernames_of(name: str, route: str) -> tuple[str, ...]:
    """Return the usernames that an agent has by itself.

    They are its cleaned name, its cleaned route, and the name without vowels when it is longer
    than three letters, which is shorter to dial.
    """
    cleaned = _cleaned(name)
    found = [cleaned, _cleaned(route)]
    if len(cleaned) > _SHORTEST_VARIANT:
        short = cleaned.translate(_VOWELS)
        found += [short] if len(short) >= _SHORTEST_VARIANT else []
    return tuple(dict.fromkeys(each[:LONGEST_USERNAME] for each in found if each))


def _cleaned(text: str) -> str:
    return _UNCLEAN.sub("", text.lower())


def _uri_in(address: str) -> str:
    """Take display name and angle brackets away; nothing is left when they are not closed."""
    if address.startswith('"'):
        quoted = _QUOTED.match(address)
        address = address[quoted.end() :].lstrip() if quoted else ""
        address = address if address.startswith("<") else ""
    _, bracket, rest = address.partition("<")
    inner, closed, _ = rest.partition(">")
    return (inner.strip() if closed else "") if bracket else address


def _user_in(uri: str) -> tuple[str, str]:
    """Return scheme and user; the user is empty when there is none."""
    scheme, colon, rest = uri.partition(":")
    scheme = scheme.rstrip().lower()
    if colon and scheme in _SCHEMES:
        return scheme, _user_of(rest.strip().removeprefix("//"))
    if colon and (scheme in _OTHER_SCHEMES or rest.startswith("//") or "@" not in uri):
        return "", ""
    return "", _user_of(uri)


def _user_of(address: str) -> str:
    """Return the user of `user;parameters:password@host`, or the host when there is no user."""
    userinfo, at, _ = address.partition("@")
    if not at:
        userinfo = "" if address.startswith("[") else address.partition("?")[0]
    return userinfo.partition(":")[0].partition(";")[0].strip()


def _last_part(path: str) -> str:
    return path.partition("?")[0].partition(";")[0].rstrip("/").rpartition("/")[2]


def _canonical(user: str) -> str:
    """Decode a user part once and fold its case; nothing is left of what nobody could be called."""
    try:
        decoded = unquote_to_bytes(user).decode()
    except UnicodeError:
        return ""
    return decoded.casefold() if decoded.isprintable() else ""


def _address_in(value: Any) -> str | None:
    """Return the address in a value; some senders wrap it in an object or a list of one."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = next((value[key] for key in _ADDRESS_KEYS if key in value), None)
    return value if isinstance(value, str) else None


def _value_at(body: Any, place: tuple[str, ...]) -> Any:
    for key in place:
        if not isinstance(body, dict):
            return None
        body = body.get(key)
    return body
