"""Files of a folder beside the agents."""

from pathlib import Path

import pytest

from agentkit import AgentServer, DefinitionError
from agentkit.testing import AgentClient
from tests.test_server import named

NOT_FOUND = {"error": "there is nothing at this path"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "index.html": "<h1>Home</h1>",
        "page.txt": "Page.",
        "sub/index.html": "<h1>Sub</h1>",
        "sub/empty/.keep": "",
        ".env": "secret",
        ".git/config": "secret",
        "support/page.txt": "hidden by the agent",
        "with space.txt": "Space.",
        "ünïcode.txt": "Unicode.",
    }
    root = tmp_path / "www"
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (tmp_path / "outside.txt").write_text("outside", encoding="utf-8")
    (tmp_path / "www-twin").mkdir()
    (tmp_path / "www-twin" / "twin.txt").write_text("outside", encoding="utf-8")
    (root / "link.txt").symlink_to(tmp_path / "outside.txt")
    (root / "linked").symlink_to(tmp_path / "www-twin")
    (root / "sub" / "inside.txt").symlink_to(root / "page.txt")
    (root / "leads-out").mkdir()
    (root / "leads-out" / "index.html").symlink_to(tmp_path / "outside.txt")
    return root


@pytest.fixture
def anybody(folder: Path) -> AgentClient:
    server = AgentServer().register(named("/support"))
    assert server.serve_static_files(folder) is server
    return AgentClient(server)


FOUND = {
    "/": "<h1>Home</h1>",
    "/index.html": "<h1>Home</h1>",
    "/page.txt": "Page.",
    "/sub": "<h1>Sub</h1>",
    "/sub/": "<h1>Sub</h1>",
    "/sub/inside.txt": "Page.",
    "/with%20space.txt": "Space.",
    "/%C3%BCn%C3%AFcode.txt": "Unicode.",
    "/sub//index.html": "<h1>Sub</h1>",
}


@pytest.mark.parametrize(("path", "text"), FOUND.items())
async def test_files_are_served_to_anybody(anybody: AgentClient, path: str, text: str) -> None:
    answer = await anybody.get(path)
    assert (answer.status, answer.text) == (200, text)
    kind = "text/html" if text.startswith("<") else "text/plain"
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    head = await anybody.request("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(text.encode()))


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere.txt",
        "/sub/empty",
        "/.env",
        "/.git/config",
        "/sub/empty/.keep",
        "/../outside.txt",
        "/%2e%2e/outside.txt",
        "/..%2foutside.txt",
        "/sub/../../outside.txt",
        "/..%5coutside.txt",
        "/sub%5c..%5c..%5coutside.txt",
        "//outside.txt",
        "/link.txt",
        "/linked/twin.txt",
        "/leads-out",
        "/../www-twin/twin.txt",
        "/page.txt%00",
        "/page.txt/more",
        "/%ff.txt",
        f"/{'n' * 300}.txt",
        f"/{'n/' * 3000}",
    ],
)
async def test_nothing_hidden_or_outside_is_served(anybody: AgentClient, path: str) -> None:
    answer = await anybody.get(path)
    assert (answer.status, answer.json()) == (404, NOT_FOUND)
    head = await anybody.request("HEAD", path)
    assert (head.status, head.body) == (404, b"")


async def test_a_file_is_only_read(anybody: AgentClient) -> None:
    for method in ("POST", "PUT", "DELETE"):
        answer = await anybody.request(method, "/page.txt")
        assert (answer.status, answer.json()) == (404, NOT_FOUND)


async def test_agents_and_health_win_over_files(anybody: AgentClient, folder: Path) -> None:
    for name in ("health", "ready"):
        (folder / name).write_text("a file", encoding="utf-8")
    assert (await anybody.get("/health")).json() == {"status": "healthy"}
    assert (await anybody.get("/ready")).json() == {"status": "ready"}
    for path in ("/support", "/support/", "/support/page.txt", "/support/swaig"):
        assert (await anybody.get(path)).status == 401


@pytest.fixture
def with_root_agent(folder: Path) -> AgentClient:
    return AgentClient(AgentServer().register(named("/")).serve_static_files(folder))


async def test_files_stand_beside_the_endpoints_of_a_root_agent(
    with_root_agent: AgentClient,
) -> None:
    anybody = with_root_agent
    assert (await anybody.get("/page.txt")).text == "Page."
    for path in ("/", "/swaig", "/nowhere"):
        assert (await anybody.get(path)).status == 401


@pytest.fixture
def two_folders(folder: Path) -> AgentServer:
    server = AgentServer().serve_static_files(str(folder))
    return server.serve_static_files(folder.parent / "www-twin", "/files/")


async def test_a_folder_may_have_a_route_and_the_longest_route_counts(
    two_folders: AgentServer,
) -> None:
    anybody = AgentClient(two_folders)
    assert (await anybody.get("/files/twin.txt")).text == "outside"
    assert (await anybody.get("/page.txt")).text == "Page."
    for path in ("/files/page.txt", "/files", "/filestwin.txt"):
        assert (await anybody.get(path)).status == 404


@pytest.fixture
def one_folder(folder: Path) -> AgentServer:
    return AgentServer().register(named("/support")).serve_static_files(folder, "/files")


async def test_a_folder_at_a_route_is_nowhere_else(one_folder: AgentServer) -> None:
    anybody = AgentClient(one_folder)
    assert (await anybody.get("/files/page.txt")).text == "Page."
    for path in ("/page.txt", "/", "/filespage.txt"):
        assert (await anybody.get(path)).status == 404


async def test_files_are_found_below_a_mount(two_folders: AgentServer) -> None:
    anybody = AgentClient(two_folders, root_path="/v1")
    assert (await anybody.get("/v1/files/twin.txt")).text == "outside"


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="serve_static_files: there is no folder"):
        AgentServer().serve_static_files(tmp_path / "nowhere")
    with pytest.raises(DefinitionError, match="route 'files' is not a path"):
        AgentServer().serve_static_files(tmp_path, "files")
