"""A call that hops between two server processes, on a store that they share."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability import servers

EXAMPLE = Path(__file__).parents[2] / "examples" / "two_processes.py"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("store", ["sqlite", "redis", "postgres"])
def test_a_call_hops_between_two_processes(store: str, tmp_path: Path) -> None:
    urls = {"redis": servers.redis_url, "postgres": servers.postgres_url}
    url = urls[store]() if store in urls else f"sqlite:///{tmp_path}/calls.db"
    command = [sys.executable, str(EXAMPLE), url]
    played = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    assert '"Your order: 2 of Darjeeling, 1 of Sencha, 3 of Assam."' in played.stdout
    assert played.stdout.count("   200") == 8
