"""The model's place in a call: a session takes it at a verb, and leaves it when it has ended."""

from functools import partial
from typing import Any

from agentkit.loopback.ai.session import AISession
from agentkit.loopback.errors import CallError
from agentkit.loopback.parts import Parts, Summary, end_session, session_of
from agentkit.loopback.script.machine import Machine
from agentkit.loopback.script.run import Pause

SESSIONS = frozenset({"ai", "amazon_bedrock", "ai_sidecar"})
"""The verbs in which a model takes part."""

CALLERS = frozenset({"prompt", "record", "pay", "sleep"})
"""The verbs that wait for the caller; others turn out as the test says, or as usual."""


class Seat:
    """Holds the session of the model.

    Attributes:
        session: the one that goes on, None between sessions.
        last: the last one that there was.
        pause: where it stands in the script, None between sessions.
        summary: what the model writes at the end, None to let the brain write it.
    """

    def __init__(self, parts: Parts) -> None:
        self.session: AISession | None = None
        self.last: AISession | None = None
        self.pause: Pause | None = None
        self.summary: Summary | None = None
        self._parts = parts

    @property
    def agent_first(self) -> bool:
        """Whether there is a session in which the model is to speak first."""
        return self.session is not None and self.session.agent_first

    def taken(self) -> AISession:
        """Return the session.

        Raises:
            CallError: there is none now.
        """
        if self.session is None:
            raise CallError("there is no conversation with a model now")
        return self.session

    async def take(self, pause: Pause, script: Machine) -> None:
        """Begin the session of a verb.

        Raises:
            CallError: the verb has no body that a session could begin with.
        """
        session = session_of(pause, script, self._parts)
        session.swml = partial(self._inline, script)
        self.session = self.last = session
        self.pause = pause
        await session.start()

    async def leave(self, how: str) -> None:
        """End the session, if there is one, and have its summary posted.

        Raises:
            CallError: the summary is not JSON.
        """
        session, self.session = self.session, None
        if session is not None:
            self.pause = None
            await end_session(session, how, self.summary, self._parts)
            session.swml = None  # it is of this seat, which could not be let go of at once

    async def _inline(
        self, script: Machine, document: dict[str, Any] | str, transfer: bool
    ) -> None:
        """Run the document of an action within the session."""
        session = self.session
        pause = await script.run_inline(document)
        while pause is not None and pause.kind not in CALLERS | SESSIONS:
            script.resume({})
            pause = await script.proceed()
        if session is not None and pause is not self.pause:
            if script.ended is not None:
                session.ended = session.ended or "hangup"
            elif pause is None or pause.kind in SESSIONS:
                session.ended = session.ended or "transfer"
