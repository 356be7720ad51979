"""Redis and PostgreSQL under load, kills, lost replies and cancelled calls."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import anyio
import pytest

from agentkit.testing.state_contract import Place
from tests.reliability.harness import Spec, Storm, a_moment, count, opened, size, stopwatch, storm
from tests.reliability.histories import broken, check, history
from tests.reliability.kills import kill_writers
from tests.reliability.model import check_model
from tests.reliability.remote_checks import (
    count_through_cuts,
    crash_server,
    write_through_faults,
)
from tests.reliability.servers import (
    PostgresServer,
    RedisServer,
    Server,
    running,
    shared_postgres,
    shared_redis,
)
from tests.state.remote_places import PostgresPlace, RedisPlace

pytestmark = pytest.mark.timeout(size(900, 3_600))

Record = Callable[..., None]


class Kind(NamedTuple):
    """One kind of store, and how to get a server for it."""

    name: str
    store: str
    server: type[Server]
    shared: Callable[[], Server]
    place: Callable[[], Place]

    def spec(self, url: str) -> Spec:
        return Spec(self.store, (url,))

    def behind(self, port: int) -> Spec:
        return self.spec(self.server.url_at(port))


KINDS = [
    Kind("Redis", "agentkit.state.redis:RedisState", RedisServer, shared_redis, RedisPlace),
    Kind(
        "PostgreSQL",
        "agentkit.state.postgres:PostgresState",
        PostgresServer,
        shared_postgres,
        PostgresPlace,
    ),
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def server(kind: Kind) -> Server:
    """Give the shared server with no calls in it."""
    server = kind.shared()
    empty = {"Redis": ("FLUSHALL",), "PostgreSQL": ("DROP TABLE IF EXISTS agentkit_state",)}
    schema = {"Redis": ("PING",), "PostgreSQL": ("DROP TABLE IF EXISTS agentkit_state_schema",)}
    server.ask(*empty[kind.name])
    server.ask(*schema[kind.name])
    return server


@pytest.fixture
def spec(kind: Kind, server: Server) -> Spec:
    """Name an empty store."""
    return kind.spec(server.url)


@pytest.fixture
def own_server(kind: Kind) -> Iterator[Server]:
    with running(partial(kind.server, on_disk=True)) as server:
        yield server


def test_a_counter_of_many_processes_is_exact(kind: Kind, spec: Spec, record: Record) -> None:
    counted = count(spec, total=size(1_600, 256_000))
    record(f"counter on {kind.name}", counted)
    assert counted.wanted == counted.found == counted.writes


def test_killed_writers_lose_nothing_that_was_acknowledged(
    kind: Kind, server: Server, spec: Spec, record: Record
) -> None:
    killed = kill_writers(spec, rounds=size(50, 500), settle=partial(settled, server))
    record(f"kill -9 of writers on {kind.name}", killed)
    assert (killed.lost, killed.doubled, killed.unreadable) == (0, 0, 0)


def test_a_killed_server_loses_nothing_that_was_acknowledged(
    kind: Kind, own_server: Server, record: Record
) -> None:
    crashed = crash_server(kind.spec(own_server.url), own_server, kills=size(5, 50))
    record(f"kill -9 of {kind.name} itself", crashed)
    assert (crashed.lost, crashed.doubled) == (0, 0)


def test_a_counter_is_exact_while_replies_are_lost(
    kind: Kind, server: Server, spec: Spec, record: Record
) -> None:
    cut = count_through_cuts(kind.behind, server.port, total=size(2_000, 50_000))
    record(f"replies of {kind.name} cut at 5 %", cut)
    assert cut.wanted == cut.found == cut.writes
    assert cut.cut > cut.wanted / 20


def test_each_write_is_made_once_whatever_happens_to_connections(
    kind: Kind, server: Server, spec: Spec, record: Record
) -> None:
    result = write_through_faults(kind.behind, server.port, writes=size(200, 5_000))
    record(f"faults of all kinds before {kind.name}", result)
    assert (result.lost, result.doubled) == (0, 0)


def test_a_history_could_have_happened_one_by_one(kind: Kind, spec: Spec, record: Record) -> None:
    checked, wrong = check(history(spec, calls=size(5_000, 200_000)))
    record(f"linearizability of {kind.name}", checked)
    assert wrong == []


def test_a_store_that_swaps_in_two_steps_is_caught(kind: Kind, spec: Spec, record: Record) -> None:
    checked, _ = check(history(broken(spec), calls=1_000))
    record(f"linearizability of {kind.name} swapped in two steps", checked)
    assert checked.violations > 10


def test_a_store_on_a_server_does_what_a_dict_would(kind: Kind, record: Record) -> None:
    record(f"model, {kind.name}", check_model(kind.place))


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_cancelled_calls_leave_no_answers_and_no_connections_behind(
    kind: Kind, server: Server, spec: Spec, library: str, record: Record
) -> None:
    async def run() -> Storm:
        async with opened(spec) as store:
            return await storm(store, calls=size(10_000, 200_000) // 2)

    # Of other tests, whose clients this process still has.
    before = settled(server, most_seconds=5.0)
    result = anyio.run(run, backend=library)
    left = max(0, settled(server, before) - before)
    record(f"cancellation storm on {kind.name}, {library}", result, connections_left=left)
    assert (result.wrong, left) == (0, 0)
    assert result.cancelled > result.completed / 20


def settled(server: Server, others: int = 0, most_seconds: float = 60.0) -> int:
    """Return how many connections a server still has when it has noticed which are closed."""
    with stopwatch() as seconds:
        while server.connections() > others and seconds() < most_seconds:
            a_moment(0.01)
    return server.connections()
