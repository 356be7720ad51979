"""What can be called."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agentkit.errors import DefinitionError
from agentkit.loopback.agents import found, loaded, reloaded
from agentkit.testing.client import ASGITransport
from tests.loopback.shops import AUTH, shop


def test_an_agent_tells_its_route_and_credentials() -> None:
    agent = shop()
    called = found(agent)
    assert (called.target, called.url, called.auth) == (agent, "/shop", AUTH)
    called = found(agent, "/shop?lang=es", ("a", "b"))
    assert (called.url, called.auth) == ("/shop?lang=es", ("a", "b"))


def test_an_agent_that_is_no_application_makes_one() -> None:
    app = shop()
    agent = SimpleNamespace(
        get_app=lambda: app, route="/x", get_basic_auth_credentials=lambda: ("a", "b", "c")
    )
    called = found(agent)
    assert (called.target, called.url, called.auth) == (app, "/x", ("a", "b"))


@pytest.mark.parametrize("tells", [None, "secret", lambda: None, lambda: ("a",)])
def test_whoever_tells_no_credentials_has_none(tells: Any) -> None:
    def app(scope: Any, receive: Any, send: Any) -> None: ...

    app.get_basic_auth_credentials = tells  # type: ignore[attr-defined]  # as agents have it
    app.route = "no path"  # type: ignore[attr-defined]
    called = found(app)
    assert (called.url, called.auth) == ("/", None)


def test_a_transport_is_called_as_it_is() -> None:
    transport = ASGITransport(shop())
    assert found(transport).target is transport


def test_a_server_is_called_by_its_url() -> None:
    called = found("https://user:password@example.com:8000/shop?x=1")
    assert called.target == "https://example.com:8000"
    assert called.url == "https://user:password@example.com:8000/shop?x=1"
    assert found("http://example.com/a", "/b").url == "/b"


@pytest.mark.parametrize("agent", [None, 5, {}, object()])
def test_what_cannot_be_called_is_told(agent: object) -> None:
    with pytest.raises(DefinitionError, match=f"a {type(agent).__name__} cannot be called"):
        found(agent)


def test_what_is_no_url_is_told() -> None:
    with pytest.raises(DefinitionError, match=r"'http://\[::1' is no URL"):
        found("http://user:password@[::1")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tea_shop.py").write_text(
        "import tea_prices\nagent = tea_prices.AGENT\nclass inner:\n    agent = 'inner'\n", "utf-8"
    )
    (tmp_path / "tea_prices.py").write_text("def AGENT(): ...\n", "utf-8")
    (tmp_path / "tea_broken.py").write_text("import nowhere_at_all\n", "utf-8")
    for name in ("tea_shop", "tea_prices", "tea_broken"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def test_an_agent_is_found_by_module_or_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = loaded("tea_shop", folder)
    assert loaded("tea_shop:agent", folder) is agent
    assert loaded("tea_shop.py:agent", folder) is agent
    assert loaded("tea_shop.py:inner.agent", folder) == "inner"
    assert str(folder) not in sys.path
    monkeypatch.chdir(folder)
    assert found("tea_shop").target is agent
    assert loaded("tests.loopback.shops:shop", folder) is shop


NOWHERE = [
    ("tea_nothing", "there is no module 'tea_nothing', and none in"),
    ("tea.nothing:agent", "there is no module 'tea.nothing'"),
    ("tea_nothing.py", "there is no file .*tea_nothing.py"),
    ("", "'' is the name of neither a module nor a file"),
    (":agent", "'' is the name of neither"),
    ("..tea_shop", "'..tea_shop' is the name of neither"),
    ("tea shop:agent", "'tea shop' is the name of neither"),
    ("tea_shop:agent:more", "tea_shop has no 'agent:more'"),
    ("tea\0shop:agent", "is the name of neither"),
    ("/nowhere/tea_shop.py", "there is no file /nowhere/tea_shop.py"),
    ("tea_shop:nobody", "tea_shop has no 'nobody'"),
    ("tea_shop:agent.nobody", "tea_shop has no 'agent.nobody'"),
]


@pytest.mark.parametrize(("name", "message"), NOWHERE)
def test_what_is_not_there_is_told(folder: Path, name: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        loaded(name, folder)


def test_a_module_that_fails_says_why_itself(folder: Path) -> None:
    for name in ("tea_broken", "tea_broken.py:agent"):
        with pytest.raises(ModuleNotFoundError, match="nowhere_at_all"):
            loaded(name, folder)
    assert "tea_broken" not in sys.modules


def test_an_agent_is_made_anew_where_its_name_is_known(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(shop()).restart() is None
    monkeypatch.chdir(folder)
    called = found("tea_shop:agent")
    assert called.restart() is called.target  # of a module that the other imports, which stays
    (folder / "tea_shop.py").write_text("def agent(): ...\n", "utf-8")
    assert called.restart() is not called.target
    assert reloaded("tea_shop.py:agent", folder) is not loaded("tea_prices:AGENT", folder)


def test_an_installed_module_that_misses_something_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = folder / "installed" / "tea_package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("import nowhere_at_all\n", "utf-8")
    monkeypatch.syspath_prepend(folder / "installed")
    with pytest.raises(ModuleNotFoundError, match="nowhere_at_all"):
        loaded("tea_package:agent", folder)
