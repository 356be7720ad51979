"""The same scenario tells the same call, byte for byte."""

import pytest

from agentkit.loopback import Call, Faults, render
from agentkit.loopback.line import WORDS
from tests.loopback.shops import shop
from tests.reliability.harness import size

RUNS = size(ci=50, long=1_000)


def played(faults: Faults) -> str:
    call = Call(shop(), seed=7, faults=faults, restart=shop)
    call.start()
    call.say("I want to order two packs of the tea Assam")
    call.say("And Sencha").uses("order", tea="Sencha").answers("Both are ordered.")
    call.pass_time(20)
    call.say("Bye").uses("act", actions=[{"say": "One moment."}, {"hangup": True}])
    call.settle()
    call.close()
    times = [moment.at_us for moment in call.moments]
    return f"{render(call.moments, everything=True)}{times}"


@pytest.mark.timeout(600)
def test_a_call_that_is_played_again_is_the_same_to_the_byte() -> None:
    told = {played(Faults()) for _ in range(RUNS)}
    assert len(told) == 1
    assert 'order(tea="Assam", packs=2)' in told.pop()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("word", sorted(set(WORDS) - {"restart"}))
def test_a_call_with_a_fault_is_the_same_too(word: str) -> None:
    assert len({played(Faults(word, seed=3)) for _ in range(3)}) == 1
