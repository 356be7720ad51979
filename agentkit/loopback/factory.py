"""Makes calls for one test: all on one clock and one loop."""

from typing import Any, Self, Unpack, cast

from agentkit.loopback.call import Call, Runner
from agentkit.loopback.clock import Clock
from agentkit.loopback.dialling import fresh_seed
from agentkit.loopback.options import CallOptions
from agentkit.loopback.phone_call import PhoneCall
from agentkit.loopback.snapshots import Snapshots


class Loopback:
    """The phone platform for one test.

    Args:
        name: what ids depend on, such as the name of the test.
        options: what holds for every call, see `CallOptions`.

    Attributes:
        clock: the time of all calls.
        calls: those that were made, in order.
        snapshots: the kept transcripts of the test; None outside of pytest's fixtures.
    """

    def __init__(self, name: str = "call", **options: Unpack[CallOptions]) -> None:
        self._name = name
        self.clock = Clock()
        self.calls: list[Call | PhoneCall] = []
        self.snapshots: Snapshots | None = None
        self._options = options
        self._runner = Runner(self.clock)
        self._entered: list[Call] = []

    def call(self, agent: object, **options: Unpack[CallOptions]) -> Call:
        """Return a call for a plain test; the agent's application is started.

        Raises:
            DefinitionError: there is nothing that can be called.
            CallError: a loop runs here already, so the call must be awaited.
        """
        __tracebackhide__ = True
        self._leave_ended()
        call = Call(agent, clock=self.clock, runner=self._runner, **self._with(options))
        call.__enter__()
        self._entered.append(call)
        self._known(call)
        return call

    def phone_call(self, agent: object, **options: Unpack[CallOptions]) -> PhoneCall:
        """Return a call for an asynchronous test; `async with` starts the agent's application.

        Raises:
            DefinitionError: there is nothing that can be called.
        """
        call = PhoneCall(agent, clock=self.clock, **self._with(options))
        self._known(call)
        return call

    def close(self, error: BaseException | None = None) -> None:
        """End what goes on: after an error without another word, otherwise with a check.

        Raises:
            CallError: a turn that was not played yet fails.
        """
        __tracebackhide__ = True
        try:
            while self._entered:
                call = self._entered.pop()
                call.__exit__(type(error) if error else None, error, None)
        finally:
            self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """End what goes on."""
        __tracebackhide__ = True
        self.close(error)

    def _leave_ended(self) -> None:
        """Stop the applications of calls that are over: what they go on doing costs time."""
        over = [call for call in self._entered if call.ended is not None]
        self._entered = [call for call in self._entered if call not in over]
        for call in over:
            call.__exit__(None, None, None)

    def _known(self, call: Call | PhoneCall) -> None:
        call.snapshots = self.snapshots
        self.calls.append(call)

    def _with(self, options: CallOptions) -> CallOptions:
        merged: dict[str, Any] = {**self._options, **options}
        if "seed" not in merged:
            merged["seed"] = fresh_seed(self._name)
        return cast("CallOptions", merged)
