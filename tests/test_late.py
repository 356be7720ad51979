"""What is imported when it is used, and not before."""

import re
import subprocess
import sys
from importlib import import_module
from typing import Self

import pytest

from agentkit.late import Late, LateModule, exports, kept, method, pattern

SHOWN = """
import sys, agentkit
result = agentkit.FunctionResult("x")
before = set(sys.modules)
result.{call}
print(*sorted(name for name in set(sys.modules) - before if name.startswith("agentkit")))
"""


def loaded_by(call: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SHOWN.format(call=call)],
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("call", "modules"),
    [
        ("hangup()", []),
        ("change_voice('a.b')", ["agentkit.swaig.settings"]),
        ("tap('rtp://x')", ["agentkit.swaig.telephony"]),
        ("rpc_ai_unhold('c')", ["agentkit.swaig.rpc"]),
        ("create_payment_parameter('a', 'b')", ["agentkit.swaig.payments"]),
    ],
)
def test_a_family_of_actions_is_loaded_by_its_first_use(call: str, modules: list[str]) -> None:
    assert loaded_by(call) == modules


def test_a_module_that_stands_for_another_has_no_special_names() -> None:
    with pytest.raises(AttributeError, match="__path__"):
        _ = LateModule("agentkit.escape").__path__


def test_what_stands_for_a_function_calls_it() -> None:
    escape = LateModule("agentkit.escape").escape
    assert isinstance(escape, Late)
    assert escape("${x}") == "$ {x}"


def test_what_is_taken_from_a_module_that_has_been_loaded_is_the_thing_itself() -> None:
    late = LateModule("agentkit.escape")
    late.escape("")
    assert late.escape is import_module("agentkit.escape").escape


def test_a_module_takes_the_place_of_what_stands_for_it() -> None:
    holder: dict[str, object] = {"other": LateModule("agentkit.escape")}
    holder["late"] = late = LateModule("agentkit.escape", holder)
    late.escape("")
    assert holder["late"] is import_module("agentkit.escape")
    assert isinstance(holder["other"], LateModule)


FIRST = """
import asyncio, sys
from contextlib import nullcontext
from benchmarks import content
from benchmarks.sides import application
from benchmarks.wire import fetch, request
from agentkit.operations import looking

looking.QUIET_SECONDS = 3600  # after a second it loads what calls need

async def main():
    agent = application("kit")
    app = {app}
    asked = request("GET", content.ROUTE, "call_id=" + content.CALL_ID)
    async with {around}:
        status, _ = await fetch(app, asked)
        print(status, *sys.modules)

asyncio.run(main())
"""


STORES = ("agentkit.state.manager", "agentkit.state.base", "agentkit.stores", "agentkit.traffic")
SERVER = "__import__('agentkit').AgentServer()"


@pytest.mark.parametrize(
    ("app", "around", "late"),
    [
        ("agent", "nullcontext()", (*STORES, "agentkit.operations.calls", "anyio")),
        ("agent", "app.lifespan()", (*STORES, "agentkit.operations.calls", "anyio")),
        (f"{SERVER}; app.register(agent)", "app.lifespan()", STORES),
    ],
    ids=["agent", "living agent", "living server"],
)
def test_a_document_needs_no_store(app: str, around: str, late: tuple[str, ...]) -> None:
    code = FIRST.format(app=app, around=around)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8"
    )
    status, *loaded = done.stdout.split()
    assert status == "200"
    assert [name for name in loaded if name.startswith(late)] == []


LIVE = """
import sys
import anyio
from agentkit import AgentBase
from agentkit.operations import looking

async def main():
    agent = AgentBase("shop", basic_auth=("user", "a password"), secret="s" * 32)
    print("agentkit.operations.calls" in sys.modules)
    with anyio.fail_after(30):
        async with agent.lifespan():
            while not {{"agentkit.operations.calls", "agentkit.traffic"}} <= sys.modules.keys():
                await anyio.lowlevel.checkpoint()
    print(agent.shared.is_idle)

looking.QUIET_SECONDS = 0
anyio.run(main, backend="{library}")
"""


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_a_live_application_loads_by_itself_what_calls_need(library: str) -> None:
    code = LIVE.format(library=library)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8"
    )
    assert done.stdout.split() == ["False", "True"]


class Till:
    """Counts what is in it, once."""

    counted = 0

    @kept
    def sum(self) -> int:
        """The sum."""
        self.counted += 1
        return 7


def test_a_kept_attribute_is_asked_for_once() -> None:
    till = Till()
    assert (till.sum, till.sum, till.counted) == (7, 7, 1)
    assert vars(Till)["sum"].__doc__ == "The sum."
    assert Till.sum is vars(Till)["sum"]


def test_a_package_finds_its_names_in_their_modules_and_no_others() -> None:
    find = exports("shop", {"escape": "agentkit.escape"})
    assert find("escape")("${x}") == "$ {x}"
    with pytest.raises(AttributeError, match="module 'shop' has no attribute 'price'"):
        find("price")


def loud(text: str) -> str:
    """Say it loud."""
    return text.upper()


class Box:
    """Takes what is built."""

    def __init__(self) -> None:
        self.inside: list[str] = []

    def _put(self, item: str) -> Self:
        self.inside.append(item)
        return self

    put = method(loud, _put)


def test_a_method_hands_on_what_is_built() -> None:
    box = Box()
    assert box.put("a").put("b") is box
    assert box.inside == ["A", "B"]


def test_importing_agentkit_loads_no_verb_and_no_family_of_actions() -> None:
    shown = "import sys, agentkit; print(*(name for name in sys.modules if 'agentkit' in name))"
    done = subprocess.run(
        [sys.executable, "-c", shown], capture_output=True, check=True, encoding="utf-8"
    )
    late = ("body", "verb", "builder", "ai_params", "service", "verbs", "bedrock", "telephony")
    loaded = {name.rpartition(".")[2] for name in done.stdout.split()} - {"verbs"}
    assert not loaded & set(late)
    assert "agentkit.verbs" not in done.stdout.split()


def test_a_verb_loads_its_family_alone() -> None:
    shown = (
        "import sys, agentkit; agentkit.SWML().hangup().verb('answer', {'max_duration': 5});"
        "print(*(name for name in sys.modules if name.startswith('agentkit.swml.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", shown], capture_output=True, check=True, encoding="utf-8"
    )
    loaded = {name.rpartition(".")[2] for name in done.stdout.split()}
    assert "calls" in loaded
    assert not loaded & {"ai", "ai_params", "media", "flow", "connecting", "sidecar", "functions"}


def test_a_skill_loads_its_own_module_alone() -> None:
    shown = (
        "import sys, agentkit; agent = agentkit.AgentBase('desk');"
        "print(*(name for name in sys.modules if name.startswith('agentkit')));"
        "agent.add_skill('math');"
        "print(*(name for name in sys.modules if name.startswith('agentkit.skills.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", shown], capture_output=True, check=True, encoding="utf-8"
    )
    plain, skilled = done.stdout.splitlines()
    assert not {name for name in plain.split() if "skills" in name or "prefabs" in name}
    loaded = {name.rpartition(".")[2] for name in skilled.split()}
    assert "arithmetic" in loaded
    assert not loaded & {"date_time", "joke", "fetching", "markup", "spider"}


def test_a_pattern_is_compiled_by_its_first_use_and_only_then() -> None:
    wrong = pattern("(")  # nobody sees it before
    with pytest.raises(re.error):
        wrong.search("x")
    digits = pattern(r"\d+")
    assert digits.sub("n", "a1b22") == "anbn"
    assert vars(digits)["sub"] == digits.sub  # found at once from then on
    assert pattern(rb"\d+", re.ASCII).fullmatch(b"12")
