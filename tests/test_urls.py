"""URLs are made and judged in one place; nothing hostile gets through it."""

import ipaddress
import re
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentkit import urls
from agentkit.errors import DefinitionError, RequestError
from agentkit.reply import redirect
from agentkit.urls import Base, clean_route, is_safe_path, is_safe_url, public_base, under

HERE = "https://agents.example.com/tea/callback"

HOSTS = [
    "h", "example.com", "agents.example.com:8443", "a-b.c_d.example", "127.0.0.1", "127.0.0.1:3000",
    "[::1]", "[::1]:3000", "[2001:db8::1]:1", "xn--caf-dma.example",
]  # fmt: skip
BAD_HOSTS = [
    "", " ", "a b", "a\r\nSet-Cookie: x", "a\n", "a\x00", "a/b", "a\\b", "a?b", "a#b", "a@b",
    "user:p@h",
    "a,b", "a;b", 'a"b', "a'b", "a<b", "a{b}", "${x}", "-a", "a-", ".a", "a.", "a:", "a:b", "a:-1",
    "a:123456", "a:1:2", "a:\u0661", "[::1", "::1", "[::1]x", "[g]", "[]", "[::1%25eth0]",
    "é.example",
    "\u212a.example", "a%00b", "a%2fb", "http://a", "//a", "a\u2028b", "a\xa0b",
]  # fmt: skip


# Routes.


@pytest.mark.parametrize(
    ("route", "cleaned"),
    [
        ("/", ""), ("//", ""), ("/a", "/a"), ("/a/", "/a"), ("/a//", "/a"), ("//a", "/a"),
        ("/a/b", "/a/b"), ("/a.b-c_d~e", "/a.b-c_d~e"), ("/...", "/..."), ("/a:b@c", "/a:b@c"),
    ],
)  # fmt: skip
def test_a_route_is_cleaned_of_its_trailing_slash(route: str, cleaned: str) -> None:
    assert clean_route(route) == cleaned
    assert clean_route(f"{cleaned}/") == cleaned


@pytest.mark.parametrize(
    "route",
    [
        "", "a", "a/b", " /a", "/a b", "/a\n", "/a\x00", "/a//b", "/.", "/..", "/../a", "/a/..",
        "/a/../b", "/a/./b", "/a?b", "/a#b", "/a\\b", "/é", "/{a}", "/a%20b", "/%2e%2e", "/a%2Fb",
        "/%",
        "https://a/b", "\\a", "/a\u2028", '/a"b', "/<a>",
    ],
)  # fmt: skip
def test_what_could_not_be_a_path_is_no_route(route: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        clean_route(route)
    assert str(refused.value) == f"route {route!r} is not a path such as '/support'"


# The public URL.


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["", "/", "//", "/a", "/a/b/", "/a%20b"])
def test_a_public_url_is_taken_apart(host: str, path: str) -> None:
    assert public_base(f"https://{host}{path}") == Base(f"https://{host}", path.rstrip("/"))
    assert public_base(f"http://{host}{path}").origin == f"http://{host}"
    assert public_base(f"HTTPS://{host}{path}").origin == f"https://{host}"


@pytest.mark.parametrize("host", [host for host in BAD_HOSTS if not set(host) & set("/?#\n")])
def test_a_public_url_with_a_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(DefinitionError, match="is not like"):
        public_base(f"https://{host}/a")


@pytest.mark.parametrize(
    "url",
    [
        "", "h", "example.com", "//h", "/a", "ftp://h", "ws://h", "javascript:x", "https:",
        "https:/h",
        "https://", "https:///a", "https://h:0", "https://h:65536", "https://user@h",
        "https://u:p@h",
        "https://h/a b", "https://h/a//b", "https://h/é", "https://h/a\\b", 'https://h/"',
        "https://[::1", "https://[v1.x]/", "https://h\uff0fx", "https://h/\x7f",
    ],
)  # fmt: skip
def test_what_is_no_public_url_is_refused(url: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        public_base(url)
    shown = "https://…@h" if "@" in url else url
    assert str(refused.value) == f"public URL {shown!r} is not like 'https://agents.example.com'"


@pytest.mark.parametrize("url", ["https://h?a=b", "https://h/a?b", "https://h#a", "https://h/#a"])
def test_a_public_url_has_no_query_and_no_fragment(url: str) -> None:
    with pytest.raises(DefinitionError, match="must not carry a query or a fragment"):
        public_base(url)


def test_user_and_password_stand_after_the_scheme_only() -> None:
    base = Base("https://h:1", "/p")
    assert base.with_user("u:p%40") == "https://u:p%40@h:1/p"
    assert Base("http://h", "").with_user("a://b") == "http://a://b@h"


# Mounts.


@pytest.mark.parametrize(
    ("prefix", "root_path", "together"),
    [
        ("", "", ""),
        ("/p", "", "/p"),
        ("", "/m", "/m"),
        ("/p", "/m", "/p/m"),
        ("/m", "/m", "/m"),
        ("/p/m", "/m", "/p/m"),
        ("/p", "/p/m", "/p/m"),
        ("/p/q", "/p/q/m/n", "/p/q/m/n"),
        ("/pm", "/m", "/pm/m"),
        ("/p", "/pm", "/p/pm"),
        ("/p-m", "/m", "/p-m/m"),
        ("/m/p", "/m", "/m/p/m"),
    ],
)
def test_a_mounts_prefix_is_said_once(prefix: str, root_path: str, together: str) -> None:
    assert under(Base("https://h", prefix), root_path) == Base("https://h", together)


SEGMENTS = st.lists(st.sampled_from(["a", "b", "ab"]), max_size=3).map(
    lambda parts: "".join(f"/{part}" for part in parts)
)


@given(SEGMENTS, SEGMENTS)
def test_the_public_path_ends_with_the_mount_and_keeps_what_was_configured(
    prefix: str, root_path: str
) -> None:
    together = under(Base("https://h", prefix), root_path).prefix
    assert together.endswith(root_path)
    assert together.startswith(prefix)
    assert len(together) <= len(prefix) + len(root_path)
    assert under(Base("https://h", together), root_path).prefix == together


BAD_PREFIXES = [
    "a", "/a/", "//", "/a//b", "/a b", '/a"b', "/a\\b", "/a\r\nb", "/é", "/a?b", "/a#b", "/{a}",
    "/\x00",
]  # fmt: skip


@pytest.mark.parametrize("root_path", BAD_PREFIXES)
def test_a_mounts_path_that_cannot_stand_in_a_url_is_refused(root_path: str) -> None:
    message = "the path prefix of this request cannot stand in a URL"
    with pytest.raises(RequestError, match=message) as refused:
        under(Base("https://h", "/p"), root_path)
    assert refused.value.status == 400
    with pytest.raises(RequestError, match=message) as refused:
        urls.request_base("https", "h", root_path)
    assert refused.value.status == 400


# The request's own address.


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_one_is_taken_as_it_is(host: str) -> None:
    assert urls.request_base("https", host, "/m") == Base(f"https://{host}", "/m")


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_a_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(RequestError) as refused:
        urls.request_base("https", host, "")
    assert (refused.value.status, refused.value.message) == (
        400,
        "the Host header is not a host name",
    )


@pytest.mark.parametrize("scheme", ["", "ftp", "javascript", "HTTP", "ws", "https:"])
def test_a_scheme_that_is_not_http_is_refused(scheme: str) -> None:
    with pytest.raises(RequestError) as refused:
        urls.request_base(scheme, "h", "")
    assert refused.value.status == 400


@given(st.text(max_size=30) | st.text(alphabet="ah.-_:[]19@/\\ \r\n", max_size=12))
@example("h:1")
@example("h/")
def test_no_host_can_make_a_url_of_something_else(host: str) -> None:
    try:
        base = urls.request_base("https", host, "")
    except RequestError:
        return
    parts = urlsplit(f"{base.with_user('u:p')}/r/swaig?x=1")
    assert (parts.scheme, parts.username, parts.path) == ("https", "u", "/r/swaig")
    assert parts.netloc == f"u:p@{host}"
    assert host.isascii()
    assert not set(host) & set(' \r\n"\\/?#@')


# What a trusted proxy says.


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, ("http", "own", "/m")),
        ({b"x-forwarded-proto": b"HTTPS"}, ("https", "own", "/m")),
        ({b"x-forwarded-proto": b"ftp, https"}, ("https", "own", "/m")),
        ({b"x-forwarded-host": b"evil.example, near.example"}, ("http", "near.example", "/m")),
        ({b"x-forwarded-host": b" near.example "}, ("http", "near.example", "/m")),
        ({b"x-forwarded-host": b""}, ("http", "own", "/m")),
        ({b"x-forwarded-host": b"evil.example,"}, ("http", "own", "/m")),
        ({b"x-forwarded-prefix": b"/p/"}, ("http", "own", "/p/m")),
        ({b"x-forwarded-prefix": b"/"}, ("http", "own", "/m")),
        ({b"x-forwarded-prefix": b"/evil, /p"}, ("http", "own", "/p/m")),
        ({b"x-forwarded-prefix": b"/p/m"}, ("http", "own", "/p/m")),
        ({b"x-forwarded-for": b"1.2.3.4", b"forwarded": b"host=evil"}, ("http", "own", "/m")),
        ({b"x-original-host": b"evil", b"x-forwarded-server": b"evil"}, ("http", "own", "/m")),
    ],
)
def test_of_a_forwarded_list_the_nearest_hop_counts(
    headers: dict[bytes, bytes], said: tuple[str, str, str]
) -> None:
    assert urls.forwarded(headers, "http", "own", "/m") == said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"x-forwarded-proto", b"javascript"),
        (b"x-forwarded-host", b"a/b"),
        (b"x-forwarded-host", b"a\xe9"),
        (b"x-forwarded-host", b"a, b c"),
        (b"x-forwarded-prefix", b"p"),
        (b"x-forwarded-prefix", b"//evil.example"),
        (b"x-forwarded-prefix", b"/a\xe9"),
        (b"x-forwarded-prefix", b"/a b"),
    ],
)
def test_nonsense_from_a_proxy_makes_no_url(name: bytes, value: bytes) -> None:
    with pytest.raises(RequestError) as refused:
        urls.request_base(*urls.forwarded({name: value}, "http", "own", "/m"))
    assert refused.value.status == 400


def test_proxies_are_trusted_by_address_or_network() -> None:
    trusted = urls.networks(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1"])
    for client in ("10.1.2.3", "192.0.2.7", "2001:db8::5", "::1", "::ffff:10.1.2.3"):
        assert urls.is_trusted(client, trusted), client
    for client in ("11.0.0.1", "192.0.2.8", "2001:db9::1", "::2", "::ffff:11.0.0.1", "::10.1.2.3"):
        assert not urls.is_trusted(client, trusted), client
    for nobody in ("", "testclient", "unix:", "10.1.2.3:80", "10.1", "10.01.2.3", "[::1]"):
        assert not urls.is_trusted(nobody, trusted), nobody
    assert not urls.is_trusted("10.1.2.3", ())


def test_an_address_alone_is_a_network_of_one() -> None:
    assert urls.networks("10.0.0.1, ::1") == urls.networks(["10.0.0.1", "::1"])
    assert urls.networks(["10.0.0.1"]) == (ipaddress.ip_network("10.0.0.1/32"),)


@pytest.mark.parametrize("entry", ["", "10.0.0.1/8", "10.0.0.0/33", "proxy.example", "*", "10.*"])
def test_what_is_no_network_is_refused(entry: str) -> None:
    with pytest.raises(DefinitionError, match="trusted_proxies: "):
        urls.networks(["10.0.0.0/8", entry])


def test_query_parameters_are_encoded_and_end_with_an_ampersand() -> None:
    assert urls.query_suffix({}) == ""
    assert urls.query_suffix({"a": "1", "b c": "x&y=z\"'é"}) == "a=1&b+c=x%26y%3Dz%22%27%C3%A9&"


# Where a redirect may lead.

SAFE_PATHS = [
    "/", "/a", "/a/", "/a/b", "/a.b", "/...", "/a..b", "/..a", "/a..", "/.", "/a/./b", "/a%41",
    "/a?b=c", "/a?b=//c", "/a?b=../c", "/a?b=%2F%2Fc", "/a?next=/b", "/a#b", "/~a", "/a%2Fb",
    "/%41", "/a%",
    "/%zz", "/a?b=%2541", "/a;b=c", "/a@b", "/a:b", "/:80", "/http:/a", "/a?b?c",
]  # fmt: skip
UNSAFE_PATHS = [
    # not a path of this host
    "", " ", "a", "a/b", "./a", "../a", "?a", "#a", "//", "//evil.example", "///evil.example",
    "////evil.example", "//evil.example/%2e%2e", "//user@evil.example", "/\\evil.example",
    "\\evil.example", "\\\\evil.example", "\\/evil.example", "/\\/evil.example", "/a\\b",
    "http://evil.example", "https:evil.example", "http:/evil.example", "javascript:alert(1)",
    "data:text/html,x", "mailto:a@b", "evil.example", "%2Fevil", "%2F%2Fevil.example", "%2f%2fevil",
    "%5Cevil", "%5C%5Cevil",
    # the same, hidden
    "/%2Fevil.example", "/%2fevil.example", "/%2F%2Fevil.example", "/%5Cevil.example", "/%5cevil",
    "/%5C/evil.example", "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "/ /evil",
    "/%09/evil.example", "/%0a/evil.example", "/%0D%0A/evil", "/%20/evil", "/\x00/evil", "/%00",
    "/.//evil.example", "/a//b", "/a/%2Fb", "/a%2F/b", "/a%2F%2Fb", "/%2F", "/a/.//b",
    # climbing
    "/..", "/../", "/../a", "/a/..", "/a/../b", "/a/../../b", "/%2e%2e", "/%2E%2E/", "/.%2e/a",
    "/%2e./a", "/a/%2e%2e/b", "/a%2F..%2Fb", "/a%2f%2e%2e%2fb", "/..%2fa", "/..;/a", "/a/..;x/b",
    "/..%3B/a", "/%2e%2e;/a", "/..?a", "/../?a",
    # a query that is none
    "/a%3F/../b", "/a%3f/%2e%2e/b", "/%3F//evil",
    # encoded more than once
    "/%252e%252e/", "/%252e%252e/a", "/%252E%252E", "/%25252e%25252e/", "/%252F%252Fevil",
    "/%255Cevil",
    "/%250d%250a", "/%2500", "/%252f", "/a%252e", "/%25%32%65", "/%2525",
    # headers, lines, controls
    "/a\r\nSet-Cookie: x=1", "/a\rb", "/a\nb", "/a\x0bb", "/a\x0cb", "/a\x1fb", "/a\x7fb", "/a\x00",
    "/a%0d%0aSet-Cookie:%20x=1", "/a%0A", "/a%0D", "/a%00", "/a%1f", "/a%7F", "/a%20b", "/a b",
    " /a",
    "/a ", "\t/a", "/a?b=\r\nX: y", "/a?b=%0d%0aX", "/a?b c", "/a?b=%20", "/a?b=%00", "/a?\\",
    # other alphabets
    "/é", "/%C3%A9", "/a\u2028b", "/a\u2029b", "/a\x85b", "/a\xa0b", "/\uff0fevil",
    "/\uff0e\uff0e/a",
    "/\u2024\u2024/a", "/\u2215evil", "/%u002e%u002e/\u202e", "/a\ud800", "/a\ufeff", "\ufeff/a",
    "/\U0001f600", "/%c0%ae%c0%ae/", "/%e0%80%ae", "/%ff",
]  # fmt: skip


def test_more_than_a_hundred_hostile_paths_are_tried() -> None:
    assert len(set(UNSAFE_PATHS)) >= 100


@pytest.mark.parametrize("path", SAFE_PATHS)
def test_a_harmless_path_may_be_followed(path: str) -> None:
    assert is_safe_path(path)
    assert redirect(path).headers == [(b"location", path.encode())]


@pytest.mark.parametrize("path", UNSAFE_PATHS, ids=ascii)
def test_a_hostile_path_may_not_be_followed(path: str) -> None:
    assert not is_safe_path(path)


ATTACKS = st.lists(
    st.sampled_from(
        ["/", "/", ".", "..", "%2e", "%2E", "%2f", "%5c", "\\", "%25", "25", "2e", "2f", "5c", "%",
         "?",
         "#", ";", "a", "%3f", "%3b", "%0d", "%0a", "%20", "\r", "\n", "\t", " ", "@", ":",
         "evil.example",
         "http:", "é", "%c3", "%00", "\x00", "&", "=", "%23"]
    ),
    max_size=8,
).map("".join)  # fmt: skip


@given(ATTACKS | ATTACKS.map(lambda rest: f"/{rest}") | st.text(max_size=20))
@example("/%2e%2e/")
@example("/a%3F/../b")
@example("/a?b=c")
def test_a_path_that_may_be_followed_stays_on_this_host_and_never_climbs(path: str) -> None:
    if not is_safe_path(path):
        return
    reached = urlsplit(urljoin(HERE, path))
    assert (reached.scheme, reached.netloc) == ("https", "agents.example.com")
    for reading in (path, unquote(path, "latin-1")):
        assert not re.search(r"[\x00-\x20\x7f\\]", reading)
    plain = path.partition("?")[0]
    once = unquote(plain, "latin-1")
    for reading in (plain, once, unquote(once, "latin-1")):
        assert reading.startswith("/")
        assert "//" not in reading
        assert ".." not in reading.split("/")
        assert not re.search(r"[\x00-\x20\x7f\\]", reading)
    assert redirect(path).headers == [(b"location", path.encode("ascii"))]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("rest", ["", "/", "/a?b=//c#d", "?a", "#a", "/../a", "/a%0d", "/a'\"<>"])
def test_an_absolute_url_may_be_followed(host: str, rest: str) -> None:
    assert is_safe_url(f"https://{host}{rest}")
    assert is_safe_url(f"http://user:p%40ss@{host}{rest}")


@pytest.mark.parametrize(
    "url",
    [
        *(f"https://{host}/" for host in BAD_HOSTS if not set(host) & set("/?#@")),
        "", "h", "/a", "//h", "http:/h", "http:h", "https:///a", "https://", "HTTP://h", "ftp://h/",
        "javascript://h/%0aalert(1)", "data:x", "file:///etc/passwd", " http://h", "http://h ",
        "\thttp://h",
        "ht\ntp://h", "http://h\r\nX: y", "http://h/\r\nX: y", "http://h/a b", "http://h/\x00",
        "http://h/é",
        "http://h\\@evil.example", "http:\\\\h", "http://h/\\", "http://h:0/", "http://h:65536/",
        "http://h:99999/", "http://h:x/", "http://[::1", "http://[::1]]/", "http://user@/",
        "http://@/",
        "http://user:p@ss@/", "http://h\u2028/", "http://\u2100.example/", "https://h/\ud800",
        "https:// h/",
        "http://?h", "http://#h", "http://%68/", "http://a%2fb/",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_absolute_url_may_not_be_followed(url: str) -> None:
    assert not is_safe_url(url)
    with pytest.raises(DefinitionError) as refused:
        urls.checked_url(url, "set_web_hook_url")
    shown = re.sub("//[^/?#]*@", "//…@", url)
    assert str(refused.value) == f"set_web_hook_url: {shown!r} is not an absolute http(s) URL"


@pytest.mark.parametrize("rest", ["h:0", "h b", "h/?", "h#x", "h/a?b", ""])
def test_no_error_shows_the_password_of_a_url(rest: str) -> None:
    url = f"https://user:canary@{rest}"
    for judge in (public_base, lambda url: urls.checked_url(f"{url} ", "x")):
        with pytest.raises(DefinitionError) as refused:
            judge(url)
        assert "https://…@" in str(refused.value)
        assert "canary" not in str(refused.value)


def test_a_checked_url_comes_back_as_it_was() -> None:
    assert urls.checked_url("https://u:p@h:1/a?b#c", "x") == "https://u:p@h:1/a?b#c"


@given(ATTACKS, ATTACKS)
@example("evil.example", "a")
@example("a b", "")
def test_a_url_that_may_be_followed_names_one_host_in_ascii(authority: str, rest: str) -> None:
    url = f"https://{authority}/{rest}"
    if is_safe_url(url):
        assert re.fullmatch(r"[!-\[\]-~]+", url)
        assert urlsplit(url).hostname
        assert urlsplit(urljoin(HERE, url)).netloc == urlsplit(url).netloc


ORACLES = {
    "host": (
        urls._is_host,
        r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?",
        "a-Z0._[]:1٣é/ ",
    ),
    "path": (urls._is_path, r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*", "/a.Z~%9 é\\?"),
    "visible": (urls._is_visible, r"[!-\[\]-~]*", "a~! \\\x7f\x1fé[]"),
}


@pytest.mark.parametrize("kind", ORACLES)
@given(data=st.data())
def test_what_may_stand_in_a_url_is_what_the_grammar_says(kind: str, data: st.DataObject) -> None:
    says, grammar, letters = ORACLES[kind]
    text = data.draw(st.text(st.sampled_from(letters), max_size=8) | st.text(max_size=8))
    assert says(text) == bool(re.fullmatch(grammar, text))
