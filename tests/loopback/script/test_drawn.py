"""Drawn documents: whatever they say, a call comes to an end that can be told."""

from typing import Any

import pytest

from agentkit import _json
from agentkit.loopback.clock import Clock
from agentkit.loopback.ids import Ids
from agentkit.loopback.script.machine import Machine
from agentkit.loopback.trace import Trace
from tests.loopback.script.drawing import STRANGE, URL, Drawing
from tests.loopback.script.scripts import CALL

RESULTS: tuple[dict[str, Any], ...] = (
    {}, {"prompt_value": "12#"}, {"connect_result": "connected"}, {"queue_result": "connected"},
)  # fmt: skip


async def act(machine: Machine, drawing: Drawing) -> None:
    """Do what a call might do while the script waits."""
    match drawing.random.randrange(5):
        case 0:
            await machine.run_inline(drawing.document(3))
        case 1:
            machine.move_to(drawing.random.choice(("s", URL, drawing.document(3), *STRANGE)))
        case _:
            machine.resume(drawing.random.choice(RESULTS))


@pytest.mark.parametrize("seed", range(40))
async def test_a_drawn_document_comes_to_an_end(seed: int) -> None:
    drawing = Drawing(seed)
    for _ in range(10):
        clock = Clock()
        trace = Trace(clock)
        machine = Machine(drawing.document(), call=CALL, vars={"a": 1}, wire=drawing, clock=clock,
                          trace=trace, ids=Ids(seed))  # fmt: skip
        while await machine.proceed() is not None:
            await act(machine, drawing)
        assert machine.ended in {"finished", "hangup", "error", "max_duration"}
        assert _json.encode(machine.vars)
        assert _json.encode([moment.data for moment in trace.moments])


async def test_a_drawn_call_is_the_same_every_time() -> None:
    played = []
    for _ in range(2):
        drawing, clock = Drawing(7), Clock()
        trace = Trace(clock)
        for _ in range(20):
            machine = Machine(drawing.document(), call=CALL, wire=drawing, clock=clock,
                              trace=trace, ids=Ids(1))  # fmt: skip
            while await machine.proceed() is not None:
                await act(machine, drawing)
        played.append(_json.encode([[m.at_us, m.kind, m.text, m.data] for m in trace.moments]))
    assert played[0] == played[1]
