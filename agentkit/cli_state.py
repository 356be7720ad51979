"""`agentkit state …`: look at stored state and clean it up, for operators.

Values may be personal: they are printed only by `show --values`.
"""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import anyio
import click

from agentkit import _json
from agentkit.errors import AgentKitError
from agentkit.state.base import Entry
from agentkit.state.manager import StateManager
from agentkit.state.opening import check_there, default_url, open_url
from agentkit.state.operations import CALL_SCOPE, Operation
from agentkit.state.outbox import DEAD, OUTBOX, read, unpack

P = ParamSpec("P")

_PAGE = 200


store_option = click.option(
    "--state", "url", help="The store's URL; else AGENTKIT_STATE, else this host's."
)


def states_at(url: str | None, scope: str = CALL_SCOPE) -> StateManager:
    """Return the states of a scope in the store at a URL, or in the one that is usual here.

    Raises:
        DefinitionError: the URL names no store, or one of this host that is not there.
    """
    chosen = url or os.environ.get("AGENTKIT_STATE")
    store = open_url(chosen or default_url())
    if chosen:
        check_there(chosen)  # a mistyped path is no empty store
    return StateManager(store, scope=scope)


def plainly(command: Callable[P, None]) -> Callable[P, None]:
    """Say what is wrong in one line."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except AgentKitError as error:
            raise click.ClickException(str(error)) from error

    return guarded


def _with_states(command: Callable[Concatenate[StateManager, P], None]) -> Callable[..., None]:
    """Open the store that the options name."""

    @store_option
    @click.option("--scope", default=CALL_SCOPE, show_default=True, help="call, caller, agent, …")
    @wraps(command)
    @plainly
    def opened(url: str | None, scope: str, *args: P.args, **kwargs: P.kwargs) -> None:
        command(states_at(url, scope), *args, **kwargs)

    return opened


_EXAMPLES = """\b
agentkit state list --state sqlite:///calls.db
agentkit state show CALL_ID --values
"""


@click.group(epilog=_EXAMPLES)
def state() -> None:
    """Look at stored state and clean it up."""


@state.command(name="list")
@_with_states
@click.option("--limit", default=100, show_default=True, help="How many at most.")
def list_(states: StateManager, limit: int) -> None:
    """List the ids with their versions, sizes and times; no values."""
    for entry, _ in zip(_entries(states), range(limit), strict=False):
        click.echo(_line(entry))


@state.command()
@_with_states
@click.argument("call_id")
@click.option("--values", is_flag=True, help="Print the values, which may be personal.")
def show(states: StateManager, call_id: str, values: bool) -> None:
    """Show the state, or the letter, under one id."""
    if states.operations.scope in {DEAD, OUTBOX}:
        _show_letter(states, call_id, values=values)
        return
    found = _run(states, states.operations.snapshot(call_id))
    if found.version is None:
        raise click.ClickException(f"there is no state of {call_id!r}")
    data = found.data or {}
    shown = data if values else {key: type(value).__name__ for key, value in data.items()}
    click.echo(f"version {found.version}")
    click.echo(_json.indented(shown))


@state.command()
@_with_states
@click.argument("call_id")
def delete(states: StateManager, call_id: str) -> None:
    """Delete the state under one id; of a call, late writes are refused for an hour."""
    if not _run(states, states.operations.delete_state(call_id)):
        raise click.ClickException(f"there is no state of {call_id!r}")
    click.echo("deleted")


@state.command()
@_with_states
def purge(states: StateManager) -> None:
    """Collect everything that has expired."""
    click.echo(f"{_run(states, states.operations.purge())} collected")


@state.command()
@_with_states
def health(states: StateManager) -> None:
    """Say whether the store can be read and written, and what it promises."""
    _run(states, states.operations.ping())
    reach = ", ".join(states.capabilities.reach) or "nothing outlives this process"
    click.echo(f"healthy; {reach}")


def _show_letter(states: StateManager, letter_id: str, *, values: bool) -> None:
    packed: bytes | None = _run(states, read(states.operations.scope, letter_id))
    if packed is None:
        raise click.ClickException(f"there is no letter {letter_id!r}")
    letter = unpack(packed)
    click.echo(_json.indented(letter.head))
    data = _json.decode(letter.body)
    shown = data if values else {key: type(value).__name__ for key, value in data.items()}
    click.echo(_json.indented(shown))


def _entries(states: StateManager) -> Iterator[Entry]:
    after = ""
    while page := _run(states, states.operations.scan(after, _PAGE)):
        yield from page
        after = page[-1].key


def _run(states: StateManager, operation: Operation[Any]) -> Any:
    async def once() -> Any:
        try:
            return await states.run(operation)
        finally:
            await states.close()

    return anyio.run(once)


def _line(entry: Entry) -> str:
    times = (time_of(entry.updated_at), time_of(entry.expires_at))
    ended = "  ended" if entry.final else ""
    call_id = entry.key.partition(":")[2]
    return f"{call_id}  {entry.size_bytes} bytes  written {times[0]}  until {times[1]}{ended}"


def time_of(seconds: float) -> str:
    """Return a time for people to read."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
