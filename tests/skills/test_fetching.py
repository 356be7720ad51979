"""Asking a real server: bounded in time and size, and nowhere else than was judged."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from agentkit.skills import fetching
from agentkit.skills.fetching import Fetch, FetchError, RefusedURL, Reply, send
from tests.skills.servers import Standing, standing

CERTIFICATES = Path(__file__).parents[1] / "certificates"


def test_a_request_is_sent_and_its_reply_read(service: Standing) -> None:
    service.answers["/a"] = (201, {"X-A": "b"}, b"\xff\xfe")
    headers = {"X-B": "c", "User-Agent": "skill"}
    fetch = Fetch(url=f"{service.url}/a?b=c", method="POST", headers=headers, body=b"{}")
    reply = send(fetch)
    assert (reply.status, reply.body, reply.headers["x-a"]) == (201, b"\xff\xfe", "b")
    assert reply.is_good
    asked = service.asked[0]
    assert (asked.method, asked.query, asked.body) == ("POST", {"b": ["c"]}, b"{}")
    assert asked.headers["x-b"] == "c"
    assert asked.headers["user-agent"] == "skill"
    assert asked.headers["accept-encoding"] == "identity"


def test_a_user_in_the_authors_url_becomes_a_header(service: Standing) -> None:
    service.answers["/"] = {}
    send(Fetch(url=service.url.replace("://", "://user:pass@")))
    assert service.asked[0].headers["authorization"] == "Basic dXNlcjpwYXNz"
    assert "user" not in service.asked[0].headers["host"]
    own = {"Authorization": "Bearer t"}
    send(Fetch(url=service.url.replace("://", "://user:pass@"), headers=own))
    assert service.asked[1].headers["authorization"] == "Bearer t"


def test_the_connection_goes_to_the_judged_address_whatever_the_name_means(
    service: Standing,
) -> None:
    service.answers["/"] = {"here": True}
    looked: list[str] = []

    def once(host: str, port: int) -> list[str]:
        looked.append(host)
        return ["127.0.0.1"]

    port = service.url.rpartition(":")[2]
    reply = send(Fetch(url=f"http://rebinding.example:{port}/"), once)
    assert reply.json() == {"here": True}
    assert looked == ["rebinding.example"]
    assert service.asked[0].headers["host"] == f"rebinding.example:{port}"


@pytest.mark.parametrize("limit", [10, 100_000])
def test_a_reply_that_is_too_long_is_not_read_to_its_end(service: Standing, limit: int) -> None:
    service.answers["/"] = b"x" * (limit + 1)
    with pytest.raises(FetchError, match=f"a reply of more than {limit} bytes"):
        send(Fetch(url=service.url, most_bytes=limit))
    service.answers["/"] = b"x" * limit
    assert len(send(Fetch(url=service.url, most_bytes=limit)).body) == limit


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    drip(handler, b"x")


def endless_head(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    drip(handler, b"y")


def silent(handler: BaseHTTPRequestHandler) -> None:
    handler.rfile.read(1)


def drip(handler: BaseHTTPRequestHandler, byte: bytes) -> None:
    pause = threading.Event()
    with suppress(OSError):  # the reader has left
        while True:
            handler.wfile.write(byte)
            handler.wfile.flush()
            pause.wait(0.02)


@pytest.mark.parametrize("slow", [endless, endless_head, silent])
def test_a_reply_that_drips_or_never_comes_is_cut(service: Standing, slow: Any) -> None:
    service.answers["/"] = slow
    with pytest.raises(FetchError, match="took too long"):
        send(Fetch(url=service.url, seconds=0.15))


def dropped(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def nonsense(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")


@pytest.mark.parametrize("broken", [dropped, nonsense])
def test_a_reply_that_is_none_is_told(service: Standing, broken: Any) -> None:
    service.answers["/"] = broken
    with pytest.raises(FetchError, match=r"no reply from 127\.0\.0\.1"):
        send(Fetch(url=service.url))


def test_a_compressed_reply_is_refused(service: Standing) -> None:
    service.answers["/"] = (200, {"Content-Encoding": "gzip"}, b"x")
    with pytest.raises(FetchError, match="compressed"):
        send(Fetch(url=service.url))


def test_a_header_that_would_be_two_is_refused(service: Standing) -> None:
    with pytest.raises(FetchError, match="ValueError"):
        send(Fetch(url=service.url, headers={"X": "a\r\nY: b"}))
    assert service.asked == []


def test_nothing_listens_there() -> None:
    with standing() as gone:
        url = gone.url
    with pytest.raises(FetchError, match="no reply from"):
        send(Fetch(url=url))


# Redirects -----------------------------------------------------------------------------------


@pytest.fixture
def development(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWML_ALLOW_PRIVATE_URLS", "1")


def test_a_service_is_not_followed_elsewhere(service: Standing) -> None:
    service.answers["/"] = (302, {"Location": "/other"}, b"")
    assert send(Fetch(url=service.url)).status == 302
    assert len(service.asked) == 1


@pytest.mark.usefixtures("development")
def test_a_page_is_followed_within_its_site_with_all_headers(service: Standing) -> None:
    service.answers["/"] = (302, {"Location": "/other?a=b"}, b"")
    service.answers["/other"] = b"found"
    fetch = Fetch(url=service.url, trusted=False, headers={"Authorization": "secret"})
    assert send(fetch) == Reply(
        status=200, body=b"found", url=f"{service.url}/other?a=b",
        headers=send(Fetch(url=f"{service.url}/other")).headers,
    )  # fmt: skip
    assert service.asked[1].headers["authorization"] == "secret"


@pytest.mark.usefixtures("development")
def test_another_site_gets_no_credentials(service: Standing) -> None:
    with standing() as other:
        service.answers["/"] = (307, {"Location": f"{other.url}/x"}, b"")
        other.answers["/x"] = b"other"
        headers = {"Authorization": "secret", "Cookie": "c", "X-Kept": "k"}
        assert send(Fetch(url=service.url, trusted=False, headers=headers)).body == b"other"
        told = other.asked[0].headers
    assert told["x-kept"] == "k"
    assert not told.keys() & {"authorization", "cookie"}


@pytest.mark.usefixtures("development")
def test_redirects_end(service: Standing) -> None:
    service.answers["/"] = (302, {"Location": "/"}, b"")
    with pytest.raises(FetchError, match="too many redirects"):
        send(Fetch(url=service.url, trusted=False))
    service.answers["/"] = (302, {}, b"")
    assert send(Fetch(url=service.url, trusted=False)).status == 302


# TLS -----------------------------------------------------------------------------------------


@pytest.fixture
def secure(service: Standing, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server behind TLS, with a certificate that the client believes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server.pem", CERTIFICATES / "server.key.pem")
    trust = ssl.create_default_context(cafile=str(CERTIFICATES / "server.pem"))
    monkeypatch.setattr(fetching, "_trust", lambda: trust)
    with standing(context) as found:
        found.answers["/"] = b"secret"
        found.answers["/away"] = (302, {"Location": f"{service.url}/"}, b"")
        yield int(found.url.rpartition(":")[2])


def local(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def test_tls_is_for_the_name_in_the_url(secure: int) -> None:
    reply = send(Fetch(url=f"https://localhost:{secure}/"), local)
    assert reply.body == b"secret"
    with pytest.raises(FetchError, match="SSLCertVerificationError"):
        send(Fetch(url=f"https://elsewhere.example:{secure}/"), local)


def test_a_page_that_redirects_into_the_private_network_is_not_followed(
    secure: int, service: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentkit.skills.addresses.is_public", lambda address: True)
    fetch = Fetch(url=f"https://localhost:{secure}/away", trusted=False)
    with pytest.raises(RefusedURL):
        send(fetch, local)
    assert service.asked == []


def test_the_system_says_whom_certificates_are_believed_from() -> None:
    assert fetching._trust().verify_mode is ssl.CERT_REQUIRED
    assert fetching._trust().check_hostname


# Replies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a":NaN}', b"1 2"])
def test_a_reply_that_is_no_json_is_told(body: bytes) -> None:
    with pytest.raises(FetchError, match="no JSON"):
        Reply(body=body).json()


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("", "tä".encode(), "tä"),
        ("text/html; charset=latin-1", b"t\xe4", "tä"),
        ('text/html; charset="UTF-8"; x=y', "tä".encode(), "tä"),
        ("text/html; charset=klingon", "tä".encode(), "tä"),
        ("text/html", b"\xff", "\ufffd"),
    ],
)
def test_text_is_read_in_the_charset_of_its_header(kind: str, body: bytes, text: str) -> None:
    assert Reply(body=body, headers={"content-type": kind}).text() == text
