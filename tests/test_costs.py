"""What a request costs in function calls: unlike time, they do not depend on the load."""

import json
import re
import subprocess
import sys

import pytest

from benchmarks import content, counts, flows, kit, raw
from benchmarks.cases import document_get
from benchmarks.wire import App, fetch


@pytest.mark.parametrize(("name", "limit"), counts.CALLS.items())
async def test_a_request_spends_no_more_function_calls_than_it_may(name: str, limit: int) -> None:
    assert 0 < await counts.calls(kit.agent(), counts.case_named(name)) <= limit


async def test_a_document_of_a_thousand_tools_spends_no_more_calls_than_one_of_ten() -> None:
    case = counts.case_named("document")
    few = await counts.calls(kit.agent(10), case)
    assert await counts.calls(kit.agent(1_000), case) == few


async def test_the_benchmark_compares_agents_that_serve_the_same_document() -> None:
    assert await _served_by(raw.Agent()) == await _served_by(kit.agent())


def test_the_benchmark_can_be_asked_for_its_sections() -> None:
    command = [sys.executable, "-m", "benchmarks", "--help"]
    told = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=30)
    assert all(section in told.stdout for section in ("requests", "rates", "starts", "agents"))


async def _served_by(app: App) -> object:
    status, body = await fetch(app, document_get({}))
    assert status == 200
    document = re.sub(r'__token=[^"]+', "__token=", body.decode())
    assert document.count(f"@agents.example.com{content.ROUTE}/") == 2
    return json.loads(document)


async def test_a_document_of_many_contexts_spends_no_more_calls_than_one_without() -> None:
    flowing = flows.agent("kit")
    assert await flows.holdings(flowing) == {"steps": 200, "functions": 100}
    case = counts.case_named("document")
    plain = await counts.calls(kit.agent(), case)
    assert await counts.calls(flowing, case) == plain
    flowing.set_dynamic_config_callback(flows.configure)
    assert (await flows.holdings(flowing))["steps"] == 200
