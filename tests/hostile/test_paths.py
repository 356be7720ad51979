"""A path is answered by what is there or by nothing, never by a redirect (D1)."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from agentkit import AgentBase, AgentServer
from agentkit.testing.asgi import ASGIApp, Receive, Scope, Send
from tests.hostile.agents import AUTH, dial, plain, table
from tests.hostile.canaries import SECRET
from tests.hostile.doors import (
    UNAUTHORIZED,
    Door,
    InProcess,
    Stage,
    Told,
    ask,
    basic,
    get,
    post,
    refused,
)

NOTHING = refused(404, "there is nothing at this path")
LONG = 20_000

NOWHERE = {
    "the root": "/",
    "two slashes": "//",
    "two slashes before": "//agent",
    "two slashes after": "/agent//",
    "two slashes within": "/agent//swaig",
    "slashes after an endpoint": "/agent/swaig//",
    "a backslash": "/agent\\swaig",
    "an encoded backslash": "/agent%5Cswaig",
    "a dot": "/./agent",
    "a dot after": "/agent/.",
    "two dots": "/agent/../agent",
    "two dots after": "/agent/swaig/..",
    "two dots before": "/../agent",
    "encoded dots": "/agent/%2e%2e/agent",
    "half encoded dots": "/agent/.%2E/agent",
    "an encoded slash before": "/%2Fagent",
    "twice encoded": "/agent%252Fswaig",
    "capitals": "/AGENT",
    "a capital": "/Agent/swaig",
    "capitals of an endpoint": "/agent/SWAIG",
    "longer than the route": "/agents",
    "the route as a prefix": "/agentswaig",
    "shorter than the route": "/agen",
    "below an endpoint": "/agent/swaig/order",
    "below health": "/health/live",
    "health below the route": "/agent/health",
    "health in capitals": "/HEALTH",
    "another endpoint": "/agent/debug",
    "another endpoint outside": "/swaig",
    "a file": "/favicon.ico",
    "a NUL": "/agent%00",
    "a NUL within": "/agent%00/swaig",
    "a newline": "/agent%0A",
    "CR LF": "/agent%0d%0aX-Injected:%201",
    "a space": "/agent%20",
    "a tab": "/agent%09",
    "a path parameter": "/agent;x=1",
    "a colon": "/agent:80",
    "an encoded question mark": "/agent%3Fcall_id=c",
    "an encoded hash": "/agent%23",
    "letters beyond ASCII": "/%C3%A4gent",
    "a full-width letter": "/%EF%BD%81gent",
    "a combining mark": "/agent%CC%81",
    "no UTF-8": "/agent%FF",
    "overlong slash": "/agent%C0%AFswaig",
    "a broken escape": "/agent%",
    "a bad escape": "/agent%zz",
    "very long": "/" + "a" * LONG,
    "very long below the route": "/agent/" + "a" * LONG,
    "many slashes": "/" * LONG,
    "many parts": "/a" * LONG,
    "many dots": "/agent" + "/.." * LONG,
}


@table(NOWHERE)
async def test_nothing_is_at_another_path(case: str, door: Door) -> None:
    door.app = plain()

    assert await door.send(get(case)) == NOTHING
    assert await door.send(post(case, {})) == NOTHING


@table(NOWHERE)
async def test_a_stranger_is_not_told_what_there_is(case: str, door: Door) -> None:
    door.app = plain()

    assert await door.send(get(case, without=("authorization",))) == UNAUTHORIZED


SAME = {
    "a slash after": "/agent/",
    "encoded letters": "/%61gent",
    "an encoded slash after": "/agent%2F",
    "a query": "/agent?",
    "a query of nothing": "/agent?&&=&",
    "a query with a slash": "/agent?/../x",
    "a query with a broken escape": "/agent?a=%zz&b=%",
    "a query that is no UTF-8": "/agent?a=%ff",
    "a long query": "/agent?a=" + "a" * LONG,
    "many parameters": "/agent?" + "a=1&" * 5_000,
}


@table(SAME)
async def test_the_same_path_written_otherwise_is_the_agent(case: str, door: Door) -> None:
    door.app = plain()
    document = await door.send(get("/agent"))

    assert document.status == 200
    assert await door.send(get(case)) == document


SERVER, FOUND, NOT_FOUND = "refused by the server", 200, 404
TARGETS = {
    "another origin": ("http://evil.example/agent", FOUND, NOT_FOUND),
    "another origin, encoded": ("http:%2F%2Fevil.example/agent", SERVER, NOT_FOUND),
    "no slash": ("agent", SERVER, NOT_FOUND),
    "only a query": ("?call_id=c", SERVER, NOT_FOUND),
    "asterisk": ("*", NOT_FOUND, NOT_FOUND),
    "NUL": ("/agent\x00", SERVER, SERVER),
    "bytes of UTF-8": ("/\xc3\xa4gent", SERVER, SERVER),
    "a fragment": ("/agent#x", FOUND, NOT_FOUND),
}
"""What stands in the request line, and what httptools and h11 make of it."""


@table(TARGETS)
async def test_a_target_that_is_no_path_finds_the_agent_or_nothing(
    case: tuple[str, str | int, str | int], server: Stage
) -> None:
    target, by_httptools, by_h11 = case
    expected = by_httptools if server.name == "httptools" else by_h11
    server.app = plain()

    answer = await server.send(get(target))

    assert (SERVER if answer.by_server else answer.status) == expected
    assert answer.status != NOT_FOUND or answer == NOTHING
    assert b"evil.example" not in str(answer).encode()


def behind(app: ASGIApp, root_path: str, path: str) -> ASGIApp:
    """The application as a server calls it that is told a root path; the path is what it sees."""

    async def server(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "root_path": root_path, "path": path}, receive, send)

    return server


PREFIXES = {
    "none": ("", "/agent", ""),
    "one": ("/api", "/api/agent", "/api"),
    "one, left out by the server": ("/api", "/agent", "/api"),
    "two": ("/api/v1", "/api/v1/agent", "/api/v1"),
    "a slash after it": ("/api/", "/api//agent", "/api"),
    "a slash after it, said once": ("/api/", "/api/agent", "/api"),
    "only a slash": ("/", "//agent", ""),
    "only a slash, said once": ("/", "/agent", ""),
    "the route's own name": ("/agent", "/agent/agent", "/agent"),
    "a part of the route's name": ("/age", "/agent", "/age"),
}


@table(PREFIXES)
async def test_the_prefix_of_a_mount_is_cut_off_and_kept_in_urls(
    case: tuple[str, str, str], door: Door
) -> None:
    root_path, path, prefix = case
    agent = plain(token_scope="call")
    agent.define_tool("order", handler=lambda: "done")
    door.app = behind(agent, root_path, path)

    dialled = await dial(door)

    assert dialled.swaig.partition("?")[0] == f"{prefix}/agent/swaig/"


STRANGE_PREFIXES = {
    "a quote": '/a"b',
    "a space": "/a b",
    "a newline": "/a\nb",
    "angle brackets": "/<script>",
    "another origin": "//evil.example",
    "letters beyond ASCII": "/\u00e4",
    "a backslash": "/a\\b",
    "a query": "/a?b=",
    "a fragment": "/a#b",
}


@table(STRANGE_PREFIXES)
async def test_a_prefix_that_cannot_stand_in_a_url_is_refused(case: str, door: Door) -> None:
    agent = plain()
    agent.define_tool("order", handler=lambda: "done")
    door.app = behind(agent, case, f"{case}/agent")

    assert await door.send(get("/")) == refused(
        400, "the path prefix of this request cannot stand in a URL"
    )


OUTSIDE = {
    "another word": ("/api", "/apiary/agent"),
    "another word, the route inside": ("/api", "/api-agent"),
    "the prefix twice": ("/api", "/api/api/agent"),
    "the prefix in capitals": ("/api", "/API/agent"),
    "the prefix alone": ("/api", "/api"),
    "the prefix and a slash": ("/api", "/api/"),
    "nothing": ("", ""),
    "above the prefix": ("/api/v1", "/api/agent"),
}


@table(OUTSIDE)
async def test_a_prefix_does_not_reach_into_other_words(case: tuple[str, str], door: Door) -> None:
    door.app = behind(plain(), *case)

    assert await door.send(get("/")) == NOTHING


@pytest.mark.parametrize("path", ["/voice/", "/voice"])
async def test_an_agent_at_the_root_of_a_mount_answers_there(path: str, door: Door) -> None:
    agent = AgentBase("canary", basic_auth=AUTH, secret=SECRET)
    agent.define_tool("order", handler=lambda: "done")
    door.app = behind(agent, "/voice", path)

    assert (await dial(door)).swaig.partition("?")[0] == "/voice/swaig/"


async def test_two_mounts_of_words_that_begin_alike_keep_apart(door: Door) -> None:
    def named(name: str) -> AgentBase:
        return AgentBase(name, "/x", basic_auth=AUTH, secret=SECRET).set_prompt_text(name)

    mounts = [Mount("/app", app=named("one")), Mount("/apple", app=named("two"))]
    door.app = Starlette(routes=mounts)

    found = [(await dial(door, path=path)).ai["prompt"]["text"] for path in ("/app/x", "/apple/x")]

    assert found == ["one", "two"]


def two_agents() -> AgentServer:
    server = AgentServer()
    for name in ("sales", "sales/north"):
        server.register(AgentBase(name, f"/{name}", basic_auth=(name, name), secret=SECRET))
    return server


OF_NOBODY = {
    "the root": "/",
    "another word": "/salesman",
    "two slashes before": "//sales",
    "dots before": "/../sales",
    "outside": "/swaig",
    "capitals": "/SALES",
    "empty": "//",
    "very long": "/" + "a" * LONG,
    "many parts": "/a" * LONG,
}


@table(OF_NOBODY)
async def test_a_path_of_no_agent_is_404_for_everybody(case: str, door: Door) -> None:
    door.app = two_agents()

    assert await door.send(get(case, without=("authorization",))) == NOTHING
    assert await door.send(get(case)) == NOTHING


async def test_the_health_of_a_server_is_told_to_everybody(door: Door) -> None:
    door.app = two_agents()

    answers = [
        await door.send(ask(method, "/health", None, without=("authorization",)))
        for method in ("GET", "DELETE")
    ]

    not_allowed = refused(405, "DELETE is not allowed here", ("allow", "GET, HEAD, POST"))
    assert answers == [Told(200, {"status": "healthy"}), not_allowed]


OF_AN_AGENT = {
    "unknown below": "/sales/x",
    "two slashes": "/sales//north",
    "dots": "/sales/../sales/north",
    "encoded dots": "/sales/%2e%2e/x",
    "of the longer route": "/sales/north/x",
    "an encoded slash": "/sales%2Fnorth%2Fx",
}


@table(OF_AN_AGENT)
async def test_a_path_below_an_agent_is_behind_its_credentials(case: str, door: Door) -> None:
    door.app = two_agents()

    assert await door.send(get(case)) == UNAUTHORIZED


@pytest.mark.parametrize(
    "path", ["/sales", "/sales/swaig", "/sales/north", "/sales/north/post_prompt"]
)
async def test_an_agent_does_not_take_the_credentials_of_its_neighbour(
    path: str, door: Door
) -> None:
    door.app = two_agents()
    other = "sales" if "north" in path else "sales/north"

    assert await door.send(get(path, basic(other, other))) == UNAUTHORIZED


@pytest.mark.timeout(60)  # to look at all parts for each of them would take many minutes
async def test_a_path_of_very_many_parts_is_refused_as_fast_as_any_other() -> None:
    door = InProcess(two_agents())

    assert await door.send(get("/a" * 800_000, without=("authorization",))) == NOTHING


UNFIT_FILES = {
    "dots": "/files/../secret.txt",
    "encoded dots": "/files/%2e%2e/secret.txt",
    "a hidden file": "/files/.env",
    "a backslash": "/files/..%5Csecret.txt",
    "a NUL": "/files/page.html%00.txt",
    "no UTF-8": "/files/%FF.html",
    "a very long name": "/files/" + "a" * 300,
    "a very long path": "/files" + "/a" * 5_000,
    "not there": "/files/nothing.html",
}


@pytest.fixture
def with_files(tmp_path: Path) -> AgentServer:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "page.html").write_text("page", "utf-8")
    (folder / ".env").write_text(SECRET, "utf-8")
    (tmp_path / "secret.txt").write_text(SECRET, "utf-8")
    return two_agents().serve_static_files(folder, "/files")


@table(UNFIT_FILES)
async def test_a_file_that_cannot_be_is_404(case: str, door: Door, with_files: AgentServer) -> None:
    door.app = with_files

    assert await door.send(get(case, without=("authorization",))) == NOTHING
