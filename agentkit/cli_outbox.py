"""`agentkit state dead` and `retry`: the summaries that nobody could take."""

import anyio
import click

from agentkit import dead_letters
from agentkit.agent import AgentBase
from agentkit.cli_state import plainly, state, states_at, store_option, time_of
from agentkit.dead_letters import Found
from agentkit.loading import agents_of, load
from agentkit.state.manager import StateManager
from agentkit.state.outbox import DEAD, OUTBOX

__all__ = ["state"]

_EXAMPLES = """\b
agentkit state dead --state sqlite:///calls.db
agentkit state show --scope dead ID --values
agentkit state retry --all --app shop.py:agent
agentkit state delete --scope dead ID
"""


@state.command(epilog=_EXAMPLES)
@store_option
@click.option("--pending", is_flag=True, help="Those that will be tried again as well.")
@plainly
def dead(url: str | None, pending: bool) -> None:
    """List the summaries that were given up; no values."""
    scopes = (DEAD, OUTBOX) if pending else (DEAD,)
    for scope in scopes:
        for each in anyio.run(_all, states_at(url), scope):
            click.echo(_line(each))


@state.command(epilog=_EXAMPLES)
@store_option
@click.argument("letter_id", metavar="ID", required=False)
@click.option("--all", "every", is_flag=True, help="Every dead letter.")
@click.option("--app", metavar="MODULE:AGENT", help="Hand over here and now what is due.")
@plainly
def retry(url: str | None, letter_id: str | None, every: bool, app: str | None) -> None:
    """Give dead letters another chance.

    A process that serves the agent tries them within a minute or so. Where none runs, `--app` loads
    the agent and tries everything that is due here, in the store of the agent.
    """
    if letter_id is None and not every and app is None:
        raise click.UsageError("name an ID, or --all, or --app to try what is due")
    if letter_id is not None or every:
        revived = anyio.run(_revived, states_at(url), letter_id, every)
        click.echo(f"{revived} due now")
    if app is not None:
        agents = [*agents_of(load(app).app).values()]
        click.echo(f"{anyio.run(_tried, agents)} tried")


async def _all(states: StateManager, scope: str) -> list[Found]:
    try:
        return [each async for each in dead_letters.found(states, scope)]
    finally:
        await states.close()


async def _revived(states: StateManager, letter_id: str | None, every: bool) -> int:
    try:
        if letter_id is not None:
            return await _revived_one(states, letter_id)
        names = [each.id async for each in dead_letters.found(states, DEAD)] if every else []
        return sum([await dead_letters.revive(states, name) for name in names])
    finally:
        await states.close()


async def _revived_one(states: StateManager, letter_id: str) -> int:
    if not await dead_letters.revive(states, letter_id):
        raise click.ClickException(f"there is no letter {letter_id!r}")
    return 1


async def _tried(agents: list[AgentBase]) -> int:
    return sum([await _tried_by(agent) for agent in agents])


async def _tried_by(agent: AgentBase) -> int:
    tried = 0
    try:
        while now := await agent.retry_summaries():
            tried += now
    finally:
        await agent.states.close()
    return tried


def _line(each: Found) -> str:
    head, progress = each.letter.head, each.progress
    told = "" if progress is None else f"  {progress.stage.value}, {progress.attempts} attempts"
    failed = "" if progress is None or not progress.error_id else f"  {progress.error_id}"
    about = f"{head.agent} {head.route}  call {head.call_id or '-'}"
    times = f"received {time_of(head.received_at)}  until {time_of(each.entry.expires_at)}"
    return f"{each.id}  {about}{told}{failed}  {each.entry.size_bytes} bytes  {times}"
