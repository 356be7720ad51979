"""2,000 hostile locations: none of them gets into a Location header, none breaks an answer (D7)."""

import itertools
import re
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from starlette.requests import Request

from agentkit import AgentBase, AgentServer
from tests.hostile.agents import AUTH
from tests.hostile.canaries import SECRET
from tests.hostile.doors import Door, Told, post

JSON = dict[str, Any]

TRICKS = (
    "\r\nSet-Cookie: a=b", "\r\n\r\n<html>", "\n", "\r", "%0d%0aX: 1", "%0D%0A", "%0a", "%0d",
    "%E5%98%8A%E5%98%8D", "\u560a\u560d", "\u2028", "\x00", "%00", "\x0b", "\x1b[31m", "\x7f",
    "%7f", "\t", "%09", " ", "%20", "+", "//evil.example", "///evil.example", "/\\evil.example",
    "\\\\evil.example", "\\/evil.example", "/%2Fevil.example", "/%2f%2fevil.example",
    "/%5Cevil.example", "/%5c%5cevil.example", "%2F%2Fevil.example", "/%252Fevil.example",
    "/%25%32%66evil.example", "/.//evil.example", "/;//evil.example", "/..//evil.example", "..",
    "/..", "/../x", "/..;/x", "/%2e%2e/x", "/.%2e/x", "/%2e./x", "/%252e%252e/x", "/..%2fx",
    "/..%5cx", "..\\x", "/\u2025/x", "/\uff0e\uff0e/x", "\uff0f\uff0fevil.example",
    "\u2215evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)",
    "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://evil.example", "blob:x",
    "ws://evil.example", "http:evil.example", "http:/evil.example", "https:///evil.example",
    "http:\\\\evil.example", "HTTP://evil.example", "https://", "https://:80", "https://@/",
    "https://evil.example:0", "https://evil.example:99999", "https://evil.example:x",
    "https://[::1", "https://[evil]/", "https://evil.example\\@ok.example/",
    "https://ok.example@evil.example\r\n", "https://\u0435vil.example", "https://ev%69l.example",
    "https://evil.example%00.ok", "https://evil example", "@evil.example", ":80", "?", "#",
    "?//evil.example", "#//evil.example", "?a=\r\nX: 1", "?a=%0d%0aX: 1", "?next=//evil", "\ud800",
    "\u00e4", "\U0001f600", "%ff", "%c0%af", "%c0%ae%c0%ae/", "%u002f", "%zz", "%", "%2", "${x}",
    "{{x}}", "<script>", '"', "'", "`", "|", "^", "~", "*", ";", ",", "/" * 300, "a" * 9_000,
)  # fmt: skip
BEFORE = ("", "/", "/agent", "/agent/desk", "/vip/7", "https://ok.example", "http://ok.example/x",
          "//", "\\", " ", "\t", "%2f", "/?", "/#", ".", "/.")  # fmt: skip
AFTER = ("", "/", "/x", "?a=b")

LOCATIONS = list(dict.fromkeys(map("".join, itertools.product(BEFORE, TRICKS, AFTER))))[::3]


def test_there_are_more_than_2000() -> None:
    assert len(LOCATIONS) >= 2_000


UNSAFE = (
    "//evil.example", "/\\evil.example", "/%2Fevil.example", "/%252Fevil.example", "/a/../b", "",
    "/a\r\nX: 1", "/%5cevil.example", "/a//b", "https://", "https://ev il", "javascript:x", "x",
    "/\u00e4", "/..;/x", "https://a\\@b/",
)  # fmt: skip
SAFE = ("/a", "/a?b=//c", "/a/b.c", "https://a.example/../x", "http://u:p@a.example:80/x", "/a#//b")


def test_the_judge_knows_the_difference() -> None:
    assert [each for each in UNSAFE if is_safe(each)] == []
    assert [each for each in SAFE if not is_safe(each)] == []


def seen_by_browsers(location: str) -> str:
    """What clients make of it: backslashes are slashes, line ends are left out, escapes decoded."""
    for _ in range(4):
        location = unquote(location, "latin-1")
    return re.sub(r"[\t\r\n]", "", location).replace("\\", "/")


def is_safe(location: str) -> bool:
    """Whether a Location leads to a path of this very host, or to a well-formed URL of the web."""
    if not re.fullmatch(r"[!-~]*", location) or "\\" in location:
        return False
    if re.match(r"https?://", location):
        host = urlsplit(location).netloc.rpartition("@")[2]
        return re.fullmatch(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9a-f:.]+\](:\d+)?", host) is not None
    path = seen_by_browsers(location.partition("?")[0].partition("#")[0])
    here = urlsplit(urljoin("https://here.example/a/b", seen_by_browsers(location)))
    climbs = "//" in path or ".." in path.replace(";", "/").split("/")
    return location.startswith("/") and not climbs and here.netloc == "here.example"


def application() -> AgentServer:
    """An agent that goes wherever the body says, beside another one."""
    agent = AgentBase("front", "/agent", basic_auth=AUTH, secret=SECRET)

    async def anywhere(request: Request, body: JSON) -> str:
        return LOCATIONS[body["number"]]

    agent.register_routing_callback(anywhere, "/desk")
    other = AgentBase("vip", "/vip/7", basic_auth=AUTH, secret=SECRET)
    return AgentServer().register(agent).register(other)


def verdict(answer: Told) -> str:
    """What became of a location."""
    if answer.status == 200:
        return "served"
    (name, location), = answer.more  # fmt: skip
    assert (answer.status, name) == (307, "location")
    return "safe" if is_safe(location) else f"unsafe {location!r}"


async def test_no_hostile_location_is_followed_or_breaks_an_answer(door: Door) -> None:
    door.app = application()
    step = 1 if door.name == "in process" else 8

    verdicts = [
        verdict(await door.send(post("/agent/desk", {"number": number})))
        for number in range(0, len(LOCATIONS), step)
    ]

    assert {each for each in verdicts if each not in {"served", "safe"}} == set()
    assert {"served", "safe"} == set(verdicts)
