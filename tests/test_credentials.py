"""HTTP Basic authentication: only what RFC 7617 writes is taken."""

import base64
import logging
import stat
import string
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import credentials
from agentkit.credentials import BasicAuth, parse, resolve
from agentkit.errors import DefinitionError

USER, PASSWORD = "user", "pässword: ~secret?>"
AUTH = BasicAuth([(USER, PASSWORD)])
TOKEN = base64.b64encode(f"{USER}:{PASSWORD}".encode())
HEADER = b"Basic " + TOKEN
DECOMPOSED = PASSWORD.replace("ä", "a\u0308")


def basic(pair: str | bytes) -> bytes:
    raw = pair.encode() if isinstance(pair, str) else pair
    return b"Basic " + base64.b64encode(raw)


def case_variants() -> Iterator[bytes]:
    """Every way to write the scheme with small and large letters."""
    for bits in range(32):
        letters = (
            letter.upper() if bits >> place & 1 else letter for place, letter in enumerate("basic")
        )
        yield "".join(letters).encode()


RIGHT = [scheme + b" " * spaces + TOKEN for scheme in case_variants() for spaces in (1, 2, 7)]

BETWEEN = [
    b"\t",
    b" \t",
    b"\t ",
    b"\xa0",
    b"\x0b",
    b"\n ",
    b"\r\n ",
    b"\x00",
    b":",
    b": ",
    b"=",
    b"",
]
SCHEMES = [
    b"", b"Bearer", b"Digest", b"Negotiate", b"Basi", b"Basics", b"Basic:", b" Basic", b"\tBasic",
    b"\x00Basic", b"B\xc3\xa4sic", b'"Basic"', b"Basic Basic", b"Basic,Basic", b"Basic\x00",
    b"\xef\xbb\xbfBasic", "\u0412asic".encode(), b"asic", b"Basic realm=x",
]  # fmt: skip
TAILS = [
    b" ", b"\t", b"\r", b"\n", b"\r\n", b"\x00", b",", b", Basic x", b";", b"=", b"==", b"===",
    b"A", b"AAAA", b" AAAA", b"\xff", b"%", b"#", b'"', b"'", b"-", b"_", b" x", b" realm=x",
]  # fmt: skip
PAIRS = [
    "", ":", "user", "user:", f":{PASSWORD}", PASSWORD, f"{PASSWORD}:user", f"USER:{PASSWORD}",
    f"user:{PASSWORD} ", f"user: {PASSWORD}", f" user:{PASSWORD}", f"user :{PASSWORD}",
    f"user::{PASSWORD}", f":user:{PASSWORD}", f"user:{PASSWORD}:", f"user;{PASSWORD}",
    f"user\uff1a{PASSWORD}", f"user:{PASSWORD}\x00", f"\x00user:{PASSWORD}", f"user\x00:{PASSWORD}",
    f"user:{PASSWORD}\n", f"user:{PASSWORD}\r\nX: y", f"user:\x7f{PASSWORD}", f"user\t:{PASSWORD}",
    f"user:{PASSWORD.upper()}", f"user:{PASSWORD[:-1]}", f"user:{PASSWORD}{PASSWORD}",
    f"user:{PASSWORD.replace('ä', 'a')}", f"user:{DECOMPOSED}",
    f"\ufeffuser:{PASSWORD}", f"user:\ufeff{PASSWORD}", "admin:admin", "user:user",
    f"user:{PASSWORD}" + "x" * 10, f"{USER}:{PASSWORD}," * 2, "user:*", "%75ser:" + PASSWORD,
]  # fmt: skip
ENCODINGS = ["latin-1", "utf-16", "utf-16-le", "utf-7", "utf-8-sig", "cp437"]


def byte_flips() -> Iterator[bytes]:
    """The right header with one byte changed to each other, but not the case of the scheme."""
    for place in range(len(HEADER)):
        for flipped in range(1, 256):
            changed = bytearray(HEADER)
            changed[place] ^= flipped
            if bytes(changed[:5]).lower() != b"basic" or changed[5:] != HEADER[5:]:
                yield bytes(changed)


def wrong_headers() -> Iterator[bytes]:
    yield from (b"Basic" + between + TOKEN for between in BETWEEN)
    yield from (scheme + b" " + TOKEN for scheme in SCHEMES)
    yield from (HEADER + tail for tail in TAILS)
    yield from (b"Basic " + head + TOKEN for head in TAILS if head != b" ")
    yield from map(basic, PAIRS)
    yield from (basic(f"{USER}:{PASSWORD}".encode(name)) for name in ENCODINGS)
    yield from (HEADER[:end] for end in range(len(HEADER)))
    yield from (HEADER[:at] + b" " + HEADER[at:] for at in range(7, len(HEADER)))
    yield from (HEADER[:at] + b"\n" + HEADER[at:] for at in range(6, len(HEADER)))
    yield base64.b64encode(HEADER)
    yield b"Basic " + base64.b64encode(TOKEN)
    yield b"Basic " + base64.b32encode(f"{USER}:{PASSWORD}".encode())
    yield b"Basic " + f"{USER}:{PASSWORD}".encode().hex().encode()
    yield b"Basic " + f"{USER}:{PASSWORD}".encode()
    yield HEADER + b", " + HEADER
    yield b"Basic " + b"A" * 10_000_000
    yield b" " * 10_000 + HEADER
    yield b"Basic" + b" " * 10_000 + TOKEN
    yield from byte_flips()


WRONG = sorted(set(wrong_headers()))


@pytest.mark.parametrize("header", RIGHT)
def test_scheme_in_any_case_and_any_number_of_spaces_are_allowed(header: bytes) -> None:
    assert AUTH.accepts(header)
    assert parse(header) == (USER, PASSWORD)


def test_of_ten_thousand_wrong_headers_none_is_accepted() -> None:
    assert len(WRONG) >= 10_000
    assert [header for header in WRONG if AUTH.accepts(header)] == []
    parsed = [header.replace(b"Basic", b"BASIC", 1) for header in WRONG]  # the other way to judge
    assert [header for header in parsed if AUTH.accepts(header)] == []


def test_the_alphabet_for_urls_and_absent_padding_are_refused() -> None:
    auth = BasicAuth([("user", "~~~>>>???")])
    header = basic("user:~~~>>>???")
    url_safe = header.replace(b"+", b"-").replace(b"/", b"_")
    assert url_safe != header
    assert auth.accepts(header)
    assert not auth.accepts(url_safe)
    assert not AUTH.accepts(HEADER.rstrip(b"="))


@pytest.mark.parametrize("other", string.ascii_letters + string.digits + "+/")
def test_bits_that_base64_leaves_unused_must_be_zero(other: str) -> None:
    auth = BasicAuth([("u", "wxyz1")])
    header = basic("u:wxyz1")
    assert header.endswith(b"==")
    changed = header[:-3] + other.encode() + b"=="
    for scheme in (b"Basic", b"basic"):
        assert auth.accepts(changed.replace(b"Basic", scheme)) is (changed == header)


@pytest.mark.parametrize("control", "\x00\t\n\r\x1b\x1f\x7f")
def test_a_header_with_control_characters_carries_nothing(control: str) -> None:
    assert parse(basic(f"us{control}er:word")) is None
    assert parse(basic(f"user:{control}")) is None
    assert parse(basic("user:word")) == ("user", "word")


def test_no_header_is_no_proof() -> None:
    assert not AUTH.accepts(None)
    assert not AUTH.accepts(b"")


@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda raw: b"Basic " + raw))
def test_random_bytes_are_never_accepted(header: bytes) -> None:
    assert not AUTH.accepts(header)


@given(st.binary(max_size=60))
def test_random_pairs_are_parsed_as_they_are_or_not_at_all(raw: bytes) -> None:
    given_ = parse(basic(raw))
    assert given_ is None or ":".join(given_).encode() == raw
    assert not AUTH.accepts(basic(raw)) or raw == f"{USER}:{PASSWORD}".encode()


TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)


@given(TEXT.filter(lambda user: ":" not in user), TEXT)
def test_any_user_and_password_that_may_be_set_are_accepted(user: str, password: str) -> None:
    auth = BasicAuth([(user, password)])
    assert auth.accepts(basic(f"{user}:{password}"))
    assert auth.accepts(b"bASIC  " + basic(f"{user}:{password}")[6:])
    assert not auth.accepts(basic(f"{user}:{password}x"))
    assert not auth.accepts(basic(f"{user}x:{password}"))
    url = urlsplit(f"https://{auth.userinfo}@host/path")
    assert (url.hostname, url.path) == ("host", "/path")
    assert unquote(url.username or "") == user
    assert unquote(url.password or "") == password


def test_a_password_may_hold_colons_and_any_letters() -> None:
    auth = BasicAuth([("jürgen", "a:b::c ☃")])
    assert auth.accepts(basic("jürgen:a:b::c ☃"))
    assert auth.userinfo == "j%C3%BCrgen:a%3Ab%3A%3Ac%20%E2%98%83"


def test_of_several_pairs_each_is_accepted_and_none_is_mixed() -> None:
    auth = BasicAuth([("new", "n1"), ("old", "o1"), ("older", "n1")])
    assert auth.userinfo == "new:n1"
    for pair in ("new:n1", "old:o1", "older:n1"):
        assert auth.accepts(basic(pair))
        assert auth.accepts(basic(pair).replace(b"Basic", b"basic"))
    for pair in ("new:o1", "old:n1", "older:o1"):
        assert not auth.accepts(basic(pair))


@pytest.mark.parametrize("scheme", [b"BASIC", b"basic"])
def test_both_halves_of_every_pair_are_always_compared(
    scheme: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth = BasicAuth([("a", "1"), ("b", "2")])
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(credentials, "compare_digest", compare)
    assert not auth.accepts(scheme + basic("x:y")[5:])
    digests = [pair for pair in compared if len(pair[0]) == len(pair[1]) == 32]
    assert len(digests) == 4
    compared.clear()
    assert auth.accepts(b"BASIC" + basic("a:1")[5:])
    assert len([pair for pair in compared if len(pair[0]) == len(pair[1]) == 32]) == 4


def test_a_header_is_looked_at_up_to_its_limit() -> None:
    fits = "x" * 3_000
    assert len(basic(f"u:{fits}")) <= credentials.HEADER_LIMIT
    assert parse(basic(f"u:{fits}")) == ("u", fits)
    assert parse(basic("u:" + "x" * 3_100)) is None


# Where credentials come from.


@pytest.mark.parametrize("pair", [("a", "b"), ["a", "b"], [("a", "b")], (["a", "b"],)])
def test_one_pair_may_be_given_alone_or_in_a_list(pair: Any) -> None:
    assert resolve(pair).credentials == [("a", "b")]


def test_several_pairs_may_be_given() -> None:
    assert resolve([("a", "b"), ("c", "d")]).credentials == [("a", "b"), ("c", "d")]


@pytest.mark.parametrize(
    "given_",
    [(), [], "ab", ("a",), ("a", "b", "c"), [("a",)], [("a", "b"), "cd"], [("a", "b", "c")]],
)
def test_what_is_no_pair_is_refused(given_: Any) -> None:
    with pytest.raises(DefinitionError, match=r"basic_auth= takes \(user, password\) or a list"):
        resolve(given_)


@pytest.mark.parametrize(
    "pair",
    [
        ("", "b"), ("a", ""), ("a\n", "b"), ("a", "b\x00"), ("a", "\x7f"), ("a\udcff", "b"),
        [("a", 5)], [(None, "b")], [("a", "b"), ("a", "")],
    ],
    ids=ascii,
)  # fmt: skip
def test_a_half_that_is_empty_or_no_clean_text_is_refused(pair: Any) -> None:
    with pytest.raises(DefinitionError, match="user and password must be text, not empty"):
        resolve(pair)


def test_a_colon_in_the_user_name_is_refused() -> None:
    with pytest.raises(DefinitionError, match="must not contain a colon"):
        resolve(("a:b", "c"))


def test_what_is_given_wins_over_the_environment() -> None:
    environ = {"SWML_BASIC_AUTH_USER": "env", "SWML_BASIC_AUTH_PASSWORD": "word"}
    assert resolve(("a", "b"), environ).credentials == [("a", "b")]
    assert resolve(None, environ).credentials == [("env", "word")]


@pytest.mark.parametrize(
    "environ", [{"SWML_BASIC_AUTH_USER": "a"}, {"SWML_BASIC_AUTH_PASSWORD": "b"}]
)
def test_half_of_the_credentials_in_the_environment_is_an_error(environ: dict[str, str]) -> None:
    with pytest.raises(DefinitionError, match=r"set both .* or neither"):
        resolve(None, environ)
    other = (
        "SWML_BASIC_AUTH_PASSWORD" if "SWML_BASIC_AUTH_USER" in environ else "SWML_BASIC_AUTH_USER"
    )
    with pytest.raises(DefinitionError, match=r"set both .* or neither"):
        resolve(None, {**environ, other: ""})


def test_wrong_credentials_in_the_environment_are_an_error() -> None:
    with pytest.raises(DefinitionError, match="colon"):
        resolve(None, {"SWML_BASIC_AUTH_USER": "a:b", "SWML_BASIC_AUTH_PASSWORD": "c"})


def test_generated_credentials_are_kept_in_a_private_file(
    private_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "agentkit")
    ((user, password),) = resolve(None).credentials
    path = private_home / "credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert user == "agentkit"
    assert len(password) >= 32
    assert f"basic_auth_generated path={path}" in caplog.text
    assert password not in caplog.text
    assert resolve(None).credentials == [(user, password)]


def test_two_homes_have_two_passwords(tmp_path: Path) -> None:
    one, other = ({"AGENTKIT_HOME": str(tmp_path / name)} for name in "ab")
    assert resolve(None, one).credentials != resolve(None, other).credentials


def test_threads_that_race_get_the_same_credentials(private_home: Path) -> None:
    start = Barrier(8)

    def race(_: int) -> Sequence[tuple[str, str]]:
        start.wait()
        return resolve(None).credentials

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(race, range(8)))
    assert all(pairs == found[0] for pairs in found)
    assert [path.name for path in private_home.iterdir()] == ["credentials.json"]


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 60, b"{", b"[]", b'{"user":"a"}', b'{"user":1,"password":"b"}', b"\xff\xfe"],
)
def test_a_damaged_file_is_an_error_and_stays_as_it_is(private_home: Path, content: bytes) -> None:
    private_home.mkdir()
    path = private_home / "credentials.json"
    path.write_bytes(content)
    with pytest.raises(DefinitionError) as refused:
        resolve(None)
    assert str(refused.value) == f"{path} is damaged; delete it for new credentials"
    assert path.read_bytes() == content


def test_where_no_file_can_be_kept_the_error_says_what_to_set(private_home: Path) -> None:
    private_home.write_bytes(b"")
    with pytest.raises(DefinitionError, match="pass basic_auth=, or set SWML_BASIC_AUTH_USER"):
        resolve(None)


def test_base64_is_taken_in_its_canonical_form_only() -> None:
    auth = BasicAuth([("user", "pass1")])
    canonical = basic("user:pass1")
    assert canonical.endswith(b"MQ==")
    for scheme in (b"Basic ", b"basic ", b"Basic  "):
        assert auth.accepts(scheme + canonical[6:])
        assert not auth.accepts(scheme + canonical[6:].replace(b"MQ==", b"MR=="))
