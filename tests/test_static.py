"""Files of a folder: nothing hidden, nothing outside, and no path that breaks the search."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import FileResponse

from agentkit.errors import DefinitionError
from agentkit.static import StaticFolder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder to be served, in a folder that is not."""
    files = {
        "outside.txt": "secret",
        "site/index.html": "home",
        "site/page.txt": "page",
        "site/a b&é.txt": "odd",
        "site/docs/index.html": "docs",
        "site/docs/deep/file.css": "css",
        "site/empty/keep.txt": "",
        "site/.env": "secret",
        "site/.git/config": "secret",
        "site/docs/.hidden": "secret",
        "site-other/file.txt": "secret",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    site = tmp_path / "site"
    (site / "link.txt").symlink_to(tmp_path / "outside.txt")
    (site / "up").symlink_to(tmp_path)
    (site / "other").symlink_to(tmp_path / "site-other")
    (site / "inside.txt").symlink_to(site / "page.txt")
    (site / "loop").symlink_to(site / "loop")
    (site / "broken").symlink_to(site / "nowhere")
    (site / "linked").mkdir()
    (site / "linked" / "index.html").symlink_to(tmp_path / "outside.txt")
    return site


def content(root: Path, path: str, method: str = "GET") -> str | None:
    found = StaticFolder(root).response(path, {"type": "http", "method": method})
    if found is None:
        return None
    assert isinstance(found, FileResponse)
    assert found.headers["x-content-type-options"] == "nosniff"
    return Path(found.path).read_text("utf-8")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/page.txt", "page"),
        ("page.txt", "page"),
        ("//page.txt", "page"),
        ("/page.txt/", "page"),
        ("/a b&é.txt", "odd"),
        ("", "home"),
        ("/", "home"),
        ("/docs", "docs"),
        ("/docs/", "docs"),
        ("/docs/deep/file.css", "css"),
        ("/inside.txt", "page"),
    ],
)
def test_a_file_is_found_and_a_folder_by_its_index(root: Path, path: str, text: str) -> None:
    assert content(root, path) == text
    assert content(root, path, "HEAD") == text


OUTSIDE = [
    "/../outside.txt", "/docs/../../outside.txt", "..", "/..", "/../site-other/file.txt", "/.",
    "/./page.txt",
    "/docs/./index.html", "/link.txt", "/up/outside.txt", "/up/site/page.txt/../../../outside.txt",
    "/up",
    "/other/file.txt", "/linked", "/linked/", "/linked/index.html", "/.env", "/.git/config",
    "/docs/.hidden",
    "/.git", "/...", "/..\\outside.txt", "\\..\\outside.txt", "/docs\\index.html", "/C:\\x",
    "/\\\\host\\share",
    "/page.txt\x00", "/page.txt\x00.html", "/\x00", "/missing.txt", "/docs/missing",
    "/page.txt/more",
    "/empty", "/docs/deep", "/loop", "/loop/x", "/broken", "/" + "a" * 300, "/" + "a/" * 5_000,
    "/%2e%2e/outside.txt", "/PAGE.TXT ", "/page.txt ", "/\ud800", "/~root", "/etc/passwd",
    "//etc/passwd",
]  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: ascii(path)[:40])
def test_what_is_hidden_outside_or_absent_is_not_there(root: Path, path: str) -> None:
    assert content(root, path) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get", ""])
def test_files_are_only_read(root: Path, method: str) -> None:
    assert content(root, "/page.txt", method) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["..", ".", "up", "other", "docs", "page.txt", "outside.txt", "site",
        "link.txt",
                         "\\", "\x00", "", ".env", "loop", "a" * 300]),
        max_size=6,
    )
)  # fmt: skip
def test_no_path_reaches_a_secret_or_breaks_the_search(root: Path, parts: list[str]) -> None:
    assert content(root, "/".join(parts)) != "secret"


def test_pipes_and_devices_are_no_files(root: Path) -> None:
    os.mkfifo(root / "pipe")
    assert content(root, "/pipe") is None


def test_a_folder_reached_by_a_link_is_served(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root)
    assert content(tmp_path / "alias", "/page.txt") == "page"


@pytest.mark.parametrize("name", ["missing", "site/page.txt", "site/loop"])
def test_a_folder_that_is_none_is_refused(root: Path, tmp_path: Path, name: str) -> None:
    folder: Any = tmp_path / name
    with pytest.raises(DefinitionError) as refused:
        StaticFolder(folder)
    assert str(refused.value) == f"serve_static_files: there is no folder {str(folder)!r}"
    StaticFolder(root)
