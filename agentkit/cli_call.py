"""`agentkit call`: talk to an agent at the keyboard."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

from agentkit.agent import AgentBase
from agentkit.errors import AgentKitError
from agentkit.late import LateModule
from agentkit.loading import LoadingError, agents_of, keep_in_memory, load, telling
from agentkit.recorder import Recorder

_chat = LateModule("agentkit.cli_chat")
_screen = LateModule("agentkit.cli_screen")
_recording = LateModule("agentkit.cli_recording")
_call = LateModule("agentkit.loopback.call")
_agents = LateModule("agentkit.loopback.agents")
_playing = LateModule("agentkit.loopback.scenario.playing")
_model = LateModule("agentkit.loopback.brains.model")
_completions = LateModule("agentkit.loopback.brains.completions")

_EXAMPLES = """\b
Examples:
  agentkit call agent.py:agent
  agentkit call shop.agents:server --route /support --caller +12025550123
  agentkit call https://user:password@agents.example.com/support
  agentkit call agent.py --model gpt-4o-mini --record scenarios/refund.yaml
"""


@click.command(epilog=_EXAMPLES)
@click.argument("target", metavar="MODULE:AGENT|URL")
@click.option("--route", help="Which agent of a server, by its route.")
@click.option("--caller", help="The number, or the SIP address, that calls.")
@click.option("--to", "called", help="What is called.")
@click.option("--model", help="A model that thinks for the agent, at OPENAI_BASE_URL.")
@click.option("--script", type=click.Path(path_type=Path), help="Play a scenario instead.")
@click.option("--record", type=click.Path(path_type=Path), help="Write it down: .yaml or .jsonl.")
@click.option("--auth", envvar="AGENTKIT_CALL_AUTH", help="USER:PASSWORD for a URL without them.")
@click.option("--signing-key", envvar="SIGNALWIRE_SIGNING_KEY", help="Sign as the platform does.")
@click.option("--keep-state", is_flag=True, help="Use the agent's own store, not the memory.")
def call(target: str, **options: Any) -> None:
    """Call an agent and talk to it by typing.

    What it says is shown, and each function with its arguments and its answer, actions, steps and
    state. Without a model a set of rules picks functions by your words. /help lists what you can
    do; Ctrl-D hangs up. Where there is no terminal, lines are read and written plainly.
    """
    try:
        passed = _called(target, options)
    except AgentKitError as error:
        raise click.ClickException(_chat.shortly(error)) from error
    raise SystemExit(0 if passed else 1)


class _Target(NamedTuple):
    """Who is called: what carries requests there, and the agent if it is in this process."""

    app: object
    url: str | None
    auth: tuple[str, str] | None = None
    agent: AgentBase | None = None
    base_url: str | None = None


def _called(target: str, options: dict[str, Any]) -> bool:
    record = _recording.checked_record(options["record"])
    to = _found(target, options["route"], keep_state=options["keep_state"])
    recorder = None
    if record is not None and record.suffix == ".jsonl":
        recorder = _journalled(to, record)
        to = to._replace(app=recorder)
    try:
        return _played(to, options) if options["script"] else _talked(target, to, options)
    finally:
        if recorder is not None:
            recorder.close()


def _talked(target: str, to: _Target, options: dict[str, Any]) -> bool:
    record = options["record"]
    chat = _chat.Chat(_call.Call(to.app, **_options(to, options)), _screen.screen(), to.agent)
    try:
        with chat.call:
            chat.run()
    finally:
        chat.call.close()  # also when the application did not start
        if chat.call.document and record is not None and record.suffix != ".jsonl":
            said = {name: options[name] for name in ("caller", "called") if options[name]}
            said |= {"url": to.url} if options["route"] else {}
            _recording.write_scenario(record, target, said, chat)
    return True


def _played(to: _Target, options: dict[str, Any]) -> bool:
    """Play a scenario with this agent, showing what happens."""
    screen = _screen.Plain()
    result = _playing.run_scenario(
        options["script"],
        agent=to.app,
        listen=_chat.Printer(screen).show,
        **_options(to, options),
    )
    if not result.passed:
        screen.show("error", _chat.shortly(result.message))
    return bool(result.passed)


def _options(to: _Target, options: dict[str, Any]) -> dict[str, Any]:
    """Return what a call is made with; a scenario's own settings stand where nothing is given."""
    given = {name: options[name] for name in ("caller", "called", "signing_key")}
    given |= {"url": to.url, "auth": to.auth or _pair(options["auth"]), "base_url": to.base_url}
    if to.agent is None or options["keep_state"]:  # a store that remembers must see another call
        given["seed"] = secrets.token_hex(8)
    if options["model"]:
        given["brain"] = _model.ModelBrain(_completions.Endpoint(options["model"]))
    return {name: value for name, value in given.items() if value is not None}


def _pair(auth: str | None) -> tuple[str, str] | None:
    if auth is None:
        return None
    user, _, password = auth.partition(":")
    return user, password


def _found(target: str, route: str | None, *, keep_state: bool) -> _Target:
    """Return who is called.

    Raises:
        AgentKitError: there is nobody.
    """
    if "://" in target:
        return _Target(target, None)
    try:
        app = load(target).app
    except LoadingError as error:
        return _other(target, error)
    if not keep_state:
        keep_in_memory(app)
    agents = agents_of(app)
    if route is None and len(agents) == 1:
        route = next(iter(agents))
    agent = agents.get(route or "")
    if agent is None:
        raise LoadingError(f"--route must be one of {', '.join(agents) or 'none'}")
    agent.compiled()
    access = agent.spec.access
    base = access.public_url
    prefix, origin = ("", None) if base is None else (base.prefix, base.origin)
    served = _below(prefix, app) if prefix else app
    return _Target(served, f"{prefix}{agent.route}", access.auth.credentials[0], agent, origin)


def _other(target: str, error: LoadingError) -> _Target:
    """Return what can be called though it is no agent of agentkit, else say what is wrong."""
    try:
        with telling(target):
            found = _agents.loaded(target)
    except (LoadingError, ModuleNotFoundError):  # the first error tells it
        raise error from None
    if not callable(found) and not hasattr(found, "get_app"):
        raise error
    return _Target(found, None)


def _below(prefix: str, app: Callable[..., Any]) -> Callable[..., Any]:
    """Return an application as a server runs it behind a proxy that keeps a prefix."""

    async def mounted(scope: dict[str, Any], receive: object, send: object) -> None:
        await app({**scope, "root_path": prefix}, receive, send)

    return mounted


def _journalled(to: _Target, file: Path) -> Recorder:
    if not callable(to.app):
        raise LoadingError("a journal is written of agents in this process; record a .yaml instead")
    return Recorder(to.app, sink=_recording.JournalFile(file), agents=[to.agent])
