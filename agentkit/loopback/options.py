"""What a test may say about a call before it begins."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from agentkit.loopback.brains.base import Brain
from agentkit.loopback.dialling import Seed
from agentkit.loopback.line import Faults, Handler, Restart, Target


class CallOptions(TypedDict, total=False):
    """The settings of a call; each can be left out.

    Attributes:
        url: what the phone number is set to: a path or a URL; by default the agent's route.
        caller: the number, SIP address or browser's address that calls.
        called: a number, a SIP address, or a path such as `/public/support` for a browser's call.
        headers: SIP headers.
        vars: the script's variables at the start, such as `userVariables` of a browser's call.
        envs: variables of the account.
        auth: user and password; by default those that the agent tells.
        base_url: where the agent seems to be served, `http://testserver` by default.
        signing_key: the project's; with it, requests are signed as the platform signs them.
        outside: who answers for other hosts: tools elsewhere, data maps, MCP servers.
        faults: what goes wrong on the line: words such as "duplicate lost_reply", or `Faults`.
        restart: makes the agent anew for the fault `restart`; without it an agent that was named by
            its module is loaded again, and any other goes on as one whose memory survived.
        brain: who thinks for the model; a `RuleBrain` by default.
        summary: what the model writes at the end.
        seed: what ids, and what faults draw, depend on; without one each call has new ids.
    """

    url: str
    caller: str
    called: str
    headers: Mapping[str, str]
    vars: Mapping[str, Any]
    envs: Mapping[str, Any]
    auth: tuple[str, str] | None
    base_url: str
    signing_key: str
    outside: Mapping[str, Target | Handler]
    faults: str | Sequence[str] | Faults
    restart: Restart
    brain: Brain
    summary: dict[str, Any] | str
    seed: str | int | Seed
