"""Messages pushed by four processes and read by two, while answers and replies get lost."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.reliability import inbox_work, servers
from tests.reliability.harness import Spec, in_processes, killed, pipe, size, start, stopwatch
from tests.reliability.inbox_work import AUTH, SECRET, Got
from tests.reliability.proxy import Fault, Proxy, proxied

pytestmark = pytest.mark.timeout(size(300, 3_600))

Record = Callable[..., None]
PRODUCERS = [f"p{number}" for number in range(4)]
CONVERSATIONS = [f"talk-{number}" for number in range(20)]
EACH = size(2_000, 50_000) // (len(PRODUCERS) * len(CONVERSATIONS))
CUT = 0.05
CUT_OF_STORE = 0.02


class Store(NamedTuple):
    """A store, and how it is reached when its replies get lost (not across a network: never)."""

    name: str
    direct: Spec
    behind: Callable[[int], Spec] | None = None
    port: int = 0


@pytest.fixture(params=["SQLite", "Redis", "PostgreSQL"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "Redis":
        redis = servers.shared_redis()
        redis.ask("FLUSHALL")
        return _remote("Redis", "agentkit.state.redis:RedisState", redis)
    if request.param == "PostgreSQL":
        postgres = servers.shared_postgres()
        postgres.ask("DROP TABLE IF EXISTS agentkit_state")
        postgres.ask("DROP TABLE IF EXISTS agentkit_state_schema")
        return _remote("PostgreSQL", "agentkit.state.postgres:PostgresState", postgres)
    path = str(tmp_path / "calls.db")
    return Store("SQLite", Spec("agentkit.state.sqlite:SQLiteState", (path,)))


def _remote(name: str, maker: str, server: servers.Server) -> Store:
    return Store(
        name,
        Spec(maker, (server.url,)),
        lambda port: Spec(maker, (server.url_at(port),)),
        server.port,
    )


class Delivered(NamedTuple):
    """What became of the messages: `lost`, `doubled` and `disordered` must be 0."""

    pushed: int
    lost: int
    doubled: int
    disordered: int
    again: int
    answers_cut: int
    replies_cut: int
    per_second: float


def test_messages_read_with_cursors_are_neither_lost_nor_doubled(
    store: Store, record: Record
) -> None:
    delivered = deliver(store, inbox_work.read_as_client, [CONVERSATIONS] * 2, CUT)
    record(f"inbox on {store.name}, read by two clients", delivered)
    assert (delivered.lost, delivered.doubled, delivered.disordered) == (0, 0, 0)
    assert delivered.answers_cut > 0


def test_messages_that_the_platform_polls_are_neither_lost_nor_doubled(
    store: Store, record: Record
) -> None:
    calls = [CONVERSATIONS[:10], CONVERSATIONS[10:]]
    delivered = deliver(store, inbox_work.read_as_platform, calls, CUT)
    record(f"inbox on {store.name}, polled in 20 calls", delivered)
    assert (delivered.lost, delivered.doubled, delivered.disordered) == (0, 0, 0)


def test_what_goes_wrong_is_counted() -> None:
    right = [Got("t", 1, "p0:0"), Got("t", 2, "p1:0"), Got("t", 3, "p0:1"), Got("t", 4, "p1:1")]
    sent = {("t", message.text) for message in right}
    assert judged(sent, [right, right[1:3]]) == (0, 0, 0, 2)
    assert judged(sent, [right[1:]]) == (1, 0, 0, 0)
    assert judged(sent, [[*right, Got("t", 5, "p0:1")]]) == (0, 1, 1, 0)
    assert judged(sent, [[*right, Got("t", 4, "p1:2")]]) == (0, 1, 1, 0)
    assert judged(sent, [[right[1], right[0], *right[2:]]]) == (0, 0, 1, 0)
    assert judged(sent, [[right[0], right[1], right[0], *right[2:]]]) == (0, 0, 0, 1)


def deliver(
    store: Store, reader: Callable[..., Any], conversations: list[list[str]], cut: float
) -> Delivered:
    """Push and read at once, and say what became of it."""
    with ExitStack() as stack:
        fronts = [stack.enter_context(_served(store.direct)) for _ in conversations]
        answers = [stack.enter_context(proxied(port, {Fault.CUT_REPLY: cut})) for port in fronts]
        behind, replies = _behind(store, stack)
        everyone: list[tuple[Callable[..., Any], Any]]
        everyone = [(inbox_work.produce, (behind, store.direct, name, CONVERSATIONS, EACH))
                    for name in PRODUCERS]  # fmt: skip
        for port, proxy, some in zip(fronts, answers, conversations, strict=True):
            asked = (AUTH, (port, proxy.port), store.direct, PRODUCERS, some)
            everyone.append((reader, asked))
        with stopwatch() as seconds:
            results = in_processes(_call, everyone)
            elapsed = seconds()
        sent = {(c, f"{p}:{n}") for c in CONVERSATIONS for p in PRODUCERS for n in range(EACH)}
        found = judged(sent, [got for got, _ in results[len(PRODUCERS) :]])
        return Delivered(
            len(sent),
            *found,
            sum(proxy.struck[Fault.CUT_REPLY] for proxy in answers),
            0 if replies is None else replies.struck[Fault.CUT_REPLY],
            len(sent) / elapsed,
        )


def _call(work: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    return work(*args)


def _behind(store: Store, stack: ExitStack) -> tuple[Spec, Proxy | None]:
    if store.behind is None:
        return store.direct, None
    proxy = stack.enter_context(proxied(store.port, {Fault.CUT_REPLY: CUT_OF_STORE}))
    return store.behind(proxy.port), proxy


@contextmanager
def _served(spec: Spec) -> Iterator[int]:
    receiver, sender = pipe()
    child = start(inbox_work.serve, sender, spec, AUTH, SECRET)
    try:
        yield receiver.recv()
    finally:
        killed(child)


def judged(sent: set[tuple[str, str]], readers: list[list[Got]]) -> tuple[int, int, int, int]:
    """Return how many messages were lost, came under two numbers, out of order, and again."""
    numbers: dict[tuple[str, str], set[int]] = defaultdict(set)
    texts: dict[tuple[str, int], set[str]] = defaultdict(set)
    for got in (message for reader in readers for message in reader):
        numbers[got.conversation, got.text].add(got.sequence)
        texts[got.conversation, got.sequence].add(got.text)
    doubled = sum(len(each) > 1 for each in numbers.values())
    mixed = sum(len(each) > 1 for each in texts.values())
    disordered = sum(_disordered(reader) for reader in readers)
    again = sum(len(reader) for reader in readers) - sum(len(each) for each in numbers.values())
    return len(sent - numbers.keys()), doubled + mixed, disordered, again


def _disordered(got: list[Got]) -> int:
    """Count what came for the first time after something later, of a conversation or a producer."""
    known: set[Got] = set()
    highest: Counter[tuple[str, str]] = Counter()
    wrong = 0
    for message in got:
        if message in known:
            continue
        known.add(message)
        producer, _, number = message.text.partition(":")
        places = {(message.conversation, ""): message.sequence,
                  (message.conversation, producer): int(number) + 1}  # fmt: skip
        wrong += any(highest[place] >= at for place, at in places.items())
        for place, at in places.items():
            highest[place] = max(highest[place], at)
    return wrong
