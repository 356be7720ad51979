"""What every test gets: a private home, a clean environment, and no blocking of the event loop."""

import gc
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from shutil import rmtree

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from coverage import Coverage
from hypothesis import HealthCheck, settings

from agentkit.operations import health, watching
from agentkit.state import writing
from tests.deadlines import LONG

# A loaded machine is not a fault, and what one run passes the next one shall not fail by chance:
# the long tests look for what nobody has seen yet.
explores = bool(os.environ.get("AGENTKIT_LONG"))
settings.register_profile(
    "agentkit",
    deadline=None,
    derandomize=not explores,
    suppress_health_check=[HealthCheck.too_slow],  # it measures the machine, as deadlines do
)
settings.load_profile("agentkit")

OURS = ("AGENTKIT_", "SWML_", "SIGNALWIRE_", "PORT")


@pytest.fixture(autouse=True, scope="session")
def patience() -> Iterator[None]:
    """Stretch what is usually a second or two: a machine may stand still for as long."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(health, "PING_SECONDS", LONG)
        patched.setattr(watching, "OBSERVER_SECONDS", LONG)
        patched.setattr(writing, "RETRY_SECONDS", LONG)
        yield


@pytest.fixture(autouse=True, scope="module")
def light_heap() -> None:
    """Let the collector pass over what pytest keeps of the thousands of tests before."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Name one folder after the other; `tmp_path` reads all that there are for each of its own."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in count())


@pytest.fixture(autouse=True)
def private_home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Keep generated secrets out of the developer's home, and settings out of the tests."""
    for name in {name for name in os.environ if name.startswith(OURS)} | {"PORT"}:
        monkeypatch.delenv(name, raising=False)
    home = next(homes)
    monkeypatch.setenv("AGENTKIT_HOME", str(home))
    yield home
    rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def guard() -> Iterator[BlockBuster]:
    """Watch for what blocks an event loop; setting up takes as long as a usual test."""
    with blockbuster_ctx("agentkit") as guard:
        for blocking in guard.functions.values():  # an agent reads its secrets when it is made
            blocking.can_block_in("agentkit/agent.py", "__init__")
            blocking.can_block_in("agentkit/worker.py", {"_boot", "_namespace"})  # of the kernel
            # Places alter what is stored in the midst of a case, while its event loop waits.
            blocking.can_block_in("tests/state/remote_places.py", {"script", "execute"})
        # The simulator's loop waits where other loops ask the system to wait.
        guard.functions["time.sleep"].can_block_in("agentkit/loopback/line/loop.py", "_look")
        spare_coverage(guard)
        yield guard


@pytest.fixture(autouse=True)
def no_blocking(guard: BlockBuster) -> Iterator[BlockBuster]:
    """Fail a test whose code blocks the event loop, unless it deactivates this."""
    yield guard
    guard.activate()


def spare_coverage(guard: BlockBuster) -> None:
    """Leave alone the lock that coverage takes, in whatever frame it measures then."""
    running = Coverage.current()
    own = running and running._collector and running._collector.data_lock
    for name in ("threading.Lock.acquire", "threading.Lock.acquire_lock"):
        blocking = guard.functions[name].deactivate()
        blocking.can_block_predicate = either(own, blocking.can_block_predicate)
        blocking.activate()


def either(own: object, may_block: Callable[..., bool]) -> Callable[..., bool]:
    return lambda lock, *args, **kwargs: lock is own or may_block(lock, *args, **kwargs)
