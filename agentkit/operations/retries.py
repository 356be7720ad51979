"""Try again what could not be handed over, when its time has come.

Three drive this: a task inside the application's lifespan, where there is one; each summary that
comes in, for hosts without a lifespan (one letter, before its own answer, as nothing runs after it
there and nobody on a call waits for it); and whoever calls `retry_summaries`, such as
`agentkit state retry`. The store sees to it that one letter is tried by one of them at a time.
"""

import anyio

from agentkit._log import log
from agentkit.errors import AgentKitError, StateCorrupt
from agentkit.operations import watching
from agentkit.operations.agents import Agent
from agentkit.operations.looking import BATCH, LOOK_SECONDS, listens
from agentkit.operations.telling import attempt, digest_of, exchange_of, outbox_of, report
from agentkit.outbox import Outbox, Stage, Taken

AT_ONCE = 4
"""How many of them at the same time."""


async def look(agent: Agent, most: int = BATCH) -> int:
    """Do what `run_due` does; whatever fails is told in the log and ends no application."""
    try:
        return await run_due(agent, most)
    except AgentKitError as error:
        log.warning("outbox_not_read", agent=agent.name, reason=str(error))
    except Exception as error:  # noqa: BLE001 - the boundary of a task that nobody waits for
        log.exception("outbox_failed", error, agent=agent.name)
    return 0


async def look_if_it_is_time(agent: Agent) -> None:
    """Try one letter, unless this process has looked a short while ago."""
    if agent.clock() >= agent.shared.watch.next_look.get(digest_of(agent), 0.0):
        await look(agent, most=1)


async def run_due(agent: Agent, most: int = BATCH) -> int:
    """Try the letters to an agent whose time has come, at most so many, and return how many.

    Raises:
        StateError: the store failed.
        DefinitionError: the agent is not set up right.
    """
    outbox, now = outbox_of(agent), agent.clock()
    agent.shared.watch.next_look[outbox.agent] = now + LOOK_SECONDS
    mark = await outbox.may_hold_letters() if listens(agent, agent.compiled()) else None
    if mark is None:
        return 0
    due, seen = await _due(agent, outbox, most)
    if not seen:
        await outbox.holds_none(mark)
    await _try_all(agent, outbox, due)
    return len(due)


async def _due(agent: Agent, outbox: Outbox, most: int) -> tuple[list[str], bool]:
    """Return the letters that are due, as far as is known, and whether there are any letters."""
    now, free_at, known = agent.clock(), agent.shared.watch.free_at, dict[str, float]()
    due: list[str] = []
    seen = False
    async for letter_id in outbox.ids():
        seen = True
        if free_at.get(letter_id, 0.0) <= now:
            due.append(letter_id)
        else:
            known[letter_id] = free_at[letter_id]
        if len(due) == most:
            return due, seen
    agent.shared.watch.free_at = known  # forget those that are gone
    return due, seen


async def _try_all(agent: Agent, outbox: Outbox, due: list[str]) -> None:
    limit = anyio.Semaphore(AT_ONCE)

    async def try_one(letter_id: str) -> None:
        async with limit:
            await _retry(agent, outbox, letter_id)

    async with anyio.create_task_group() as group:
        for letter_id in due:
            group.start_soon(try_one, letter_id)


async def _retry(agent: Agent, outbox: Outbox, letter_id: str) -> None:
    """Try one letter; what fails here keeps no other from being tried."""
    try:
        taken = await outbox.take(letter_id)
        if taken.version is None:
            await _pass_over(agent, outbox, taken)
        else:
            await _hand_over(agent, outbox, taken)
    except AgentKitError as error:
        log.warning("summary_not_retried", id=letter_id, reason=str(error))


async def _hand_over(agent: Agent, outbox: Outbox, taken: Taken) -> None:
    try:
        letter = await outbox.letter(taken.id)
    except StateCorrupt as error:
        log.error("summary_damaged", id=taken.id, reason=str(error))
        letter = None
    if letter is None:
        await outbox.lost(taken)
        return
    exchange, compiled, began = exchange_of(letter), agent.compiled(), watching.clock()
    progress = await attempt(agent, compiled, exchange, outbox, taken, letter)
    await report(compiled.spec, letter.head.call_id, progress, began, repeated=False)
    log.info("summary_retried", id=taken.id, stage=progress.stage.value)


async def _pass_over(agent: Agent, outbox: Outbox, taken: Taken) -> None:
    """Remember when a letter is free, or remove it when its delivery is over."""
    free_at = taken.progress.free_at()
    if taken.progress.stage in {Stage.DONE, Stage.DEAD} or free_at is None:
        await outbox.forget(taken.id)
    else:
        agent.shared.watch.note(taken.id, free_at, agent.clock())
