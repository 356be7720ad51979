"""Which URLs are asked: nothing private, nothing without TLS, unless the author set it."""

import pytest

from agentkit.skills.addresses import (
    FetchError,
    RefusedURL,
    Target,
    is_public,
    resolved,
    target_of,
)

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1",
    "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::1", "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe", "", "localhost", "1", "0x7f.1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_of_the_public_internet_is_private(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_public_internet_is_public(address: str) -> None:
    assert is_public(address)


def asked(url: str, *addresses: str, trusted: bool = False) -> Target:
    return target_of(url, trusted=trusted, resolve=lambda host, port: list(addresses))


def test_a_public_url_is_asked_at_the_address_that_was_judged() -> None:
    target = asked("https://Example.com/a/b?c=d#e", "8.8.8.8", "1.1.1.1")
    assert target == Target("https", "example.com", 443, "/a/b?c=d", "8.8.8.8", "")
    assert asked("https://example.com:8443", "8.8.8.8").port == 8443
    assert asked("https://[2606:4700:4700::1111]/", "2606:4700:4700::1111").path == "/"


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_means_a_private_address_is_refused(address: str) -> None:
    with pytest.raises(RefusedURL):
        asked("https://example.com/", address)
    with pytest.raises(RefusedURL):  # one of several is enough
        asked("https://example.com/", "8.8.8.8", address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/",
        "javascript:alert(1)", "data:text/html,x", "//example.com/", "example.com", "", "https://",
        "https://user@example.com/", "https://user:pw@example.com/", "https://@example.com/",
        "https://example.com:0/", "https://example.com:99999/", "https://example.com:x/",
        "https://exa mple.com/", "https://example.com/\r\nX: y", "https://example.com\\@evil.com/",
        "https://ex\u00e4mple.com/", "https://[::1/", "https://[1.2.3.4]x/", "https://-a.com/",
        "https://example.com/" + "a" * 2048, "HTTPS ://example.com", "https:///path",
    ],
)  # fmt: skip
def test_what_is_no_https_url_is_refused(url: str) -> None:
    with pytest.raises(RefusedURL):
        asked(url, "8.8.8.8")


def test_an_author_may_lead_into_a_private_network_and_there_without_tls() -> None:
    target = asked("http://u%40x:p%3A@search.internal:8001/find", "10.0.0.7", trusted=True)
    assert target == Target("http", "search.internal", 8001, "/find", "10.0.0.7", "u@x:p:")
    assert asked("https://u@example.com", "8.8.8.8", trusted=True).userinfo == "u:"
    with pytest.raises(RefusedURL, match=r"example\.com is public, so it needs https"):
        asked("http://example.com/", "8.8.8.8", trusted=True)


def test_development_allows_what_is_private(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWML_ALLOW_PRIVATE_URLS", "1")
    assert asked("http://localhost:3000/", "127.0.0.1").port == 3000
    with pytest.raises(RefusedURL):
        asked("file:///etc/passwd", "127.0.0.1")
    monkeypatch.setenv("SWML_ALLOW_PRIVATE_URLS", "0")
    with pytest.raises(RefusedURL):
        asked("http://localhost:3000/", "127.0.0.1")


def unknown(host: str, port: int) -> list[str]:
    raise OSError("no such host")


def test_a_host_without_an_address_is_told() -> None:
    with pytest.raises(FetchError, match=r"no address of nowhere\.example"):
        target_of("https://nowhere.example/", trusted=False, resolve=unknown)
    with pytest.raises(FetchError, match=r"no address of example\.com"):
        asked("https://example.com/")


def test_names_are_resolved_by_the_system() -> None:
    assert "127.0.0.1" in resolved("localhost", 80) + resolved("127.0.0.1", 80)
