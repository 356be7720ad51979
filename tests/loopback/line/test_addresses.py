import pytest

from agentkit.loopback.errors import CallError
from agentkit.loopback.line.addresses import address

IDN = "xn--bcher-kva.example"


def test_a_url_is_taken_apart_as_a_request_needs_it() -> None:
    to = address(
        "https://us%40er:p%3Aw@Bot.example.com:8443/a b/é%2F?x=1&y=ä#part".replace(" ", "%20")
    )
    assert to.url == "https://Bot.example.com:8443/a%20b/é%2F?x=1&y=ä"
    assert to.shown == "https://Bot.example.com:8443/a%20b/é%2F"
    assert to.origin == ("https", "bot.example.com", 8443)
    assert to.authority == "bot.example.com:8443"
    assert to.target == "/a%20b/%C3%A9%2F?x=1&y=%C3%A4"
    assert to.authorization == "Basic dXNAZXI6cDp3"
    scope = to.scope
    assert (scope["path"], scope["raw_path"]) == ("/a b/é/", b"/a%20b/%C3%A9%2F")
    assert (scope["query_string"], scope["server"]) == (b"x=1&y=%C3%A4", ("bot.example.com", 8443))


@pytest.mark.parametrize(
    ("url", "origin", "authority", "target"),
    [
        ("http://bot.example", ("http", "bot.example", 80), "bot.example", "/"),
        ("HTTPS://bot.example?x", ("https", "bot.example", 443), "bot.example", "/?x"),
        ("http://[::1]:8000/", ("http", "::1", 8000), "[::1]:8000", "/"),
        ("http://[2001:db8::1]", ("http", "2001:db8::1", 80), "[2001:db8::1]", "/"),
        (
            "http://bücher.example/",
            ("http", "xn--bcher-kva.example", 80),
            "xn--bcher-kva.example",
            "/",
        ),
        ("http://bot.example:80/", ("http", "bot.example", 80), "bot.example:80", "/"),
        ("http://bot.example/%zz/%/%00", ("http", "bot.example", 80), "bot.example", "/%zz/%/%00"),
        ("http://bot.example//a//../b", ("http", "bot.example", 80), "bot.example", "//a//../b"),
    ],
)
def test_odd_urls_lead_somewhere(
    url: str, origin: tuple[str, str, int], authority: str, target: str
) -> None:
    to = address(url)
    assert (to.origin, to.authority, to.target) == (origin, authority, target)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "swaig",
        "//bot.example/x",
        "ftp://bot.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "mailto:a@bot.example",
        "http://",
        "http:///x",
        "http://:8000/",
        "http://user@/",
        "http://bot.example:99999/",
        "http://bot.example:port/",
        "http://[::1/",
        "http://[nonsense]/",
        "http://bot .example/",
        "http://bot.example/a b",
        "http://bot.example/\r\nx: y",
        "http://bot.example/\x00",
        "http://bot.example/\x7f",
        "http://" + "a" * 64 + ".example/",
        "http://a..example/",
        "http://${vars.host}:${port}/",
    ],
)
def test_what_is_no_url_is_refused_by_name(url: str) -> None:
    with pytest.raises(CallError, match="no http"):
        address(url)


def test_a_refusal_names_no_secret() -> None:
    with pytest.raises(CallError) as refused:
        address("ftp://user:secret@bot.example/?token=secret")
    assert str(refused.value) == (
        "the platform can send nothing to 'ftp://bot.example/': no http(s) URL"
    )
