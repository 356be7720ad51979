"""The libraries of the extra are asked for when they are needed."""

import sys
from pathlib import Path

import pytest

from agentkit.errors import DefinitionError
from agentkit.loopback.extras import need


def test_a_library_that_is_there_is_returned() -> None:
    assert need("yaml", "a scenario") is sys.modules["yaml"]


def test_what_to_install_is_said() -> None:
    with pytest.raises(DefinitionError, match=r"a thing needs nowhere_at_all: pip install '.*loop"):
        need("nowhere_at_all", "a thing")


def test_a_library_that_misses_something_itself_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_library.py").write_text("import nowhere_at_all\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="nowhere_at_all"):
        need("broken_library", "a thing")
