"""A mailbox does what a list would, whatever is pushed, read, covered, sent and left to expire."""

from contextlib import suppress
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from agentkit.errors import InboxFull, StateEncoding
from agentkit.state import MemoryState, StateManager
from agentkit.state.mailbox import KEPT_SECONDS, MAX_MESSAGES, Mailbox, Message
from tests.state.stores import Clock

TALK = "talk-1"
IDS = [f"m-{number}" for number in range(12)]


@dataclass
class Known:
    """A message as the model knows it."""

    id: str
    sequence: int
    expires_at: float


@dataclass
class Model:
    """What a mailbox must do, in the plainest form; times are short of what makes it forget."""

    waiting: list[Known] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    last: int = 0

    def push(self, message_id: str, now: float, ttl_seconds: float) -> tuple[int, bool]:
        if message_id in self.numbers:
            return self.numbers[message_id], True
        self.last += 1
        self.numbers[message_id] = self.last
        self.waiting.append(Known(message_id, self.last, now + ttl_seconds))
        return self.last, False

    def arrived(self, number: int) -> None:
        self.waiting = [each for each in self.waiting if each.sequence > number]

    def read(self, now: float) -> list[tuple[str, int]]:
        return [(each.id, each.sequence) for each in self.waiting if each.expires_at > now]


class Pair:
    """A mailbox in memory and its model, told the same."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.manager = StateManager(MemoryState(clock=self.clock)).scoped("inbox", KEPT_SECONDS)
        self.mailbox = Mailbox(self.manager.operations, self.clock)
        self.model = Model()
        self.cursors = [""]

    def push(self, message_id: str, ttl_seconds: int) -> None:
        pushed = self.mailbox.push(
            TALK, "text", role="user", message_id=message_id, ttl_seconds=ttl_seconds
        )
        receipt = self.manager.wait(pushed)
        expected = self.model.push(message_id, self.clock.now, ttl_seconds)
        assert (receipt.sequence, receipt.duplicate) == expected

    def read(self, place: int) -> None:
        cursor = self.cursors[place % len(self.cursors)]
        messages = self.manager.wait(self.mailbox.read(TALK, cursor))
        self.model.arrived(int(cursor.partition(".")[2] or 0))
        assert self._seen(messages) == self.model.read(self.clock.now)

    def send(self, place: int) -> None:
        cursor = self.cursors[place % len(self.cursors)]
        self.manager.wait(self.mailbox.went_out(TALK, cursor))
        self.model.arrived(int(cursor.partition(".")[2] or 0))

    def advance(self, seconds: int) -> None:
        self.clock.advance(seconds)

    def _seen(self, messages: list[Message]) -> list[tuple[str, int]]:
        self.cursors += [message.cursor for message in messages]
        return [(message.id, message.sequence) for message in messages]


STEPS = st.one_of(
    st.tuples(st.just("push"), st.sampled_from(IDS), st.sampled_from([10, 1_000])),
    st.tuples(st.just("read"), st.integers(0, 30)),
    st.tuples(st.just("send"), st.integers(0, 30)),
    st.tuples(st.just("advance"), st.sampled_from([1, 10])),
)


@settings(max_examples=150)
@given(st.lists(STEPS, max_size=40))
def test_a_mailbox_does_what_a_list_would(steps: list[tuple[str, int]]) -> None:
    pair = Pair()
    for name, *told in steps:
        getattr(pair, name)(*told)
    pair.read(0)


@settings(max_examples=50)
@given(st.lists(st.integers(1, 40_000), min_size=1, max_size=120))
def test_a_mailbox_holds_no_more_than_it_may_and_all_that_it_took(lengths: list[int]) -> None:
    manager = StateManager(MemoryState()).scoped("inbox", KEPT_SECONDS)
    mailbox = Mailbox(manager.operations, Clock())
    taken = []
    for number, length in enumerate(lengths):
        pushed = mailbox.push(
            TALK, "x" * length, role="user", message_id=f"{number}", ttl_seconds=10
        )
        try:
            manager.wait(pushed)
        except InboxFull:
            continue
        taken.append(length)
    messages = manager.wait(mailbox.read(TALK))
    assert [len(message.text) for message in messages] == taken
    assert taken[0] == lengths[0]
    assert sum(taken) < 65_536
    assert len(taken) <= MAX_MESSAGES


@given(st.text(max_size=40))
def test_a_text_that_is_no_cursor_takes_nothing_away(text: str) -> None:
    pair = Pair()
    pair.push("m-1", 10)
    with suppress(StateEncoding):
        pair.manager.wait(pair.mailbox.read(TALK, text))
    pair.read(0)
