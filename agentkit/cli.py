"""The command line: serve an agent, look at what it says, try its tools.

Everything but `run` goes through the agent's ASGI application, as the platform would.
"""

import re
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import anyio
import click

from agentkit import __version__, _json
from agentkit.agent import AgentBase
from agentkit.cli_call import call
from agentkit.cli_datamap import answered
from agentkit.cli_doctor import doctor
from agentkit.cli_outbox import state
from agentkit.cli_replay import replay
from agentkit.cli_test import test
from agentkit.errors import AgentKitError
from agentkit.loading import agents_of, load
from agentkit.serve import run_server, serve_options
from agentkit.server import AgentServer
from agentkit.testing import AgentClient, SimulatedCall
from agentkit.urls import Base
from agentkit.workers import check_workers

P = ParamSpec("P")
T = TypeVar("T")

_SECRETS = re.compile(r"(?<=://)[^@/\"]+(?=@)|(?<=__token=)[\w.-]+")
_target = click.argument("target", metavar="MODULE:AGENT")
_route = click.option("--route", help="Which agent of a server, by its route.")
_call_id = click.option("--call-id", help="The call that asks; a random one by default.")


def _plainly(command: Callable[P, T]) -> Callable[P, T]:
    """Show what went wrong in one line, without a traceback."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except AgentKitError as error:
            raise click.ClickException(str(error)) from error

    return guarded


def _examples(*lines: str) -> str:
    """Return lines that click leaves as they are, below a command's options."""
    return "\b\n" + "\n".join(("Examples:", *(f"  {line}" for line in lines)))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="agentkit")
def commands() -> None:
    """Voice agents on the SignalWire platform.

    MODULE:AGENT names an agent or a server: `shop.agents:agent`, `agent.py:agent`, or just
    `agent.py` when there is one.
    """


@commands.command(
    epilog=_examples(
        "agentkit run agent.py:agent", "agentkit run shop.agents:server --port 8080 --workers 4"
    )
)
@_target
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on; 0 finds a free one.")
@click.option("--workers", type=int, default=1, show_default=True, help="Number of processes.")
@click.option("--reload", is_flag=True, help="Start again when a source file changes.")
@click.option("--ssl-certfile", help="Certificate chain in PEM.")
@click.option("--ssl-keyfile", help="Private key in PEM.")
@click.option("--log-level", help="Such as info; a server's own by default.")
@_plainly
def run(target: str, host: str | None, port: int | None, **options: Any) -> None:
    """Serve an agent or a server until Ctrl-C or SIGTERM."""
    app, import_name, recorder = load(target)
    _check(app, options["workers"])
    own = {"log_level": app.log_level} if isinstance(app, AgentServer) else {}
    given = {key: value for key, value in options.items() if value is not None}
    chosen = serve_options(host or app.host, port, app.port, {**own, **given, "app": import_name})
    run_server(recorder or app, chosen)


@commands.command(
    epilog=_examples(
        "agentkit swml agent.py:agent",
        "agentkit swml shop.agents:server --route /support --call-id c-1",
    )
)
@_target
@_route
@_call_id
@click.option("--compact", is_flag=True, help="On one line.")
@click.option("--show-secrets", is_flag=True, help="Print passwords and tokens, too.")
@_plainly
def swml(target: str, route: str | None, call_id: str | None, **options: bool) -> None:
    """Print the document that a call would get."""
    document = anyio.run(_document, _agent(target, route), call_id or str(uuid.uuid4()))
    shown = _json.encode(document).decode() if options["compact"] else _json.indented(document)
    click.echo(shown if options["show_secrets"] else _SECRETS.sub("***", shown))


@commands.command(epilog=_examples("agentkit tools agent.py:agent"))
@_target
@_route
@_plainly
def tools(target: str, route: str | None) -> None:
    """List the tools with their parameters."""
    for tool in _agent(target, route).spec.tools.values():
        where = "" if tool.handler else "  (answered elsewhere)"
        click.echo(f"{tool.name}{where}\n    {tool.entry.get('description', '')}")
        schema = tool.entry.get("parameters") or {}
        for name, parameter in schema.get("properties", {}).items():
            must = "" if name in schema.get("required", ()) else ", optional"
            said = parameter.get("description", "")
            click.echo(f"    {name}: {_kind(parameter)}{must}{f' - {said}' if said else ''}")


@commands.command(
    name="exec",
    epilog=_examples('agentkit exec agent.py:agent book --arg guests=2 --arg name="Alex Rivera"'),
)
@_target
@click.argument("function")
@click.option("--arg", "-a", "given", multiple=True, metavar="NAME=VALUE", help="An argument.")
@_route
@_call_id
@_plainly
def execute(target: str, function: str, given: tuple[str, ...], **options: str | None) -> None:
    """Run one tool, as a call would.

    The tool is called at the document's own URL, with its token. A data map is answered here as
    the platform would, and its web request is sent. Values are read as JSON where the parameter
    is not text.
    """
    agent = _agent(target, options["route"])
    tool = agent.spec.tools.get(function)
    if tool is None:
        known = ", ".join(agent.spec.tools) or "none"
        raise click.ClickException(f"there is no tool {function!r}; there are: {known}")
    schema = (tool.entry.get("parameters") or {}).get("properties", {})
    arguments = dict(_argument(text, schema) for text in given)
    if "data_map" in tool.entry:
        answer = anyio.run(
            answered, tool.entry, arguments, agent.spec.global_data, options["call_id"]
        )
    else:
        answer = anyio.run(_executed, agent, options["call_id"], function, arguments)
    click.echo(_json.indented(answer))


def _check(app: AgentBase | AgentServer, workers: int) -> None:
    """Refuse what the application's own `run` refuses."""
    if isinstance(app, AgentServer):
        app.check(workers)
    else:
        app.compiled()
        check_workers(app, workers)


def _agent(target: str, route: str | None) -> AgentBase:
    agents = agents_of(load(target).app)
    if route is None and len(agents) == 1:
        return next(iter(agents.values()))
    found = agents.get(route or "")
    if found is None:
        raise click.ClickException(f"--route must be one of {', '.join(agents) or 'none'}")
    return found


async def _document(agent: AgentBase, call_id: str) -> Any:
    client, path = _client(agent)
    answer = await client.post(path, json={"call": {"call_id": call_id}})
    if answer.status != 200:  # noqa: PLR2004 - OK
        raise click.ClickException(f"the agent answered {answer.status}: {answer.text}")
    return answer.json()


async def _executed(
    agent: AgentBase, call_id: str | None, function: str, arguments: dict[str, Any]
) -> Any:
    client, path = _client(agent)
    call = SimulatedCall(client, url=path, call_id=call_id)
    await call.start()
    return (await call.tool(function, **arguments)).raw


def _client(agent: AgentBase) -> tuple[AgentClient, str]:
    """Return a client as from the public URL, so that the document's URLs lead back, and a path.

    Raises:
        DefinitionError: the agent is wrong; a request would only be answered that it is.
    """
    agent.compiled()
    access = agent.spec.access
    base = access.public_url or Base("http://localhost:3000", "")
    auth = access.auth.credentials[0]
    client = AgentClient(agent, base_url=base.origin, auth=auth, root_path=base.prefix)
    return client, f"{base.prefix}{agent.route}"


def _argument(text: str, schema: dict[str, Any]) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.ClickException(f"--arg {text!r}: write NAME=VALUE")
    if schema.get(name, {}).get("type") == "string":
        return name, value
    try:
        return name, _json.decode(value)
    except ValueError:
        return name, value


def _kind(parameter: dict[str, Any]) -> str:
    choices = parameter.get("enum")
    kind = str(parameter.get("type", "any"))
    return f"{kind} of {', '.join(map(str, choices))}" if choices else kind


commands.add_command(call)
commands.add_command(doctor)
commands.add_command(replay)
commands.add_command(test)
commands.add_command(state)
