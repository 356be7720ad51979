"""The house: a module imports only from lower levels, and there are no cycles."""

import ast
from pathlib import Path

import pytest

import agentkit

PACKAGE = Path(agentkit.__file__).parent

LEVELS: list[list[str]] = [
    ["digests", "groups", "late"],
    ["capabilities", "datamap.arithmetic", "datamap.encoding", "doctor.findings", "errors",
     "events", "hooks", "lenient", "loopback.ai.pace", "loopback.ai.values",
     "loopback.brains.words", "loopback.clock", "loopback.ids", "loopback.line.life",
     "loopback.line.threads", "loopback.replay.values", "loopback.scenario.forms",
     "loopback.script.sizes", "loopback.tables.kinds", "loops", "mounts", "signature",
     "skills.markup", "state.base", "state.limits", "state.merge", "state.recent",
     "state.redis_settings", "state.requests", "state.turns", "swaig.standard", "swaig.types",
     "swml.values", "testing.transcript", "threads", "worker"],
    ["_json", "adapters.extras", "bridge", "callbacks", "datamap.patterns", "datamap.phones",
     "debug_events", "docstrings", "escape", "loopback.ai.conversation", "loopback.ai.logs",
     "loopback.brains.arguments", "loopback.brains.base", "loopback.dialling", "loopback.errors",
     "loopback.extras", "loopback.replay.masks", "loopback.tables.ai_params",
     "loopback.tables.flow", "loopback.tables.media", "loopback.tables.presence",
     "loopback.tables.prompting", "loopback.trace", "place", "prompt", "sip",
     "skills.addresses", "slots", "speech", "state.batches", "state.connections", "state.disk",
     "state.folders", "state.gate", "state.group", "state.portal", "state.row", "state.seal",
     "state.sqlite_faults", "state.sweep", "swml.body", "swml.document", "testing.asgi",
     "testing.state_checks", "urls", "watch", "web"],
    ["_log", "adapters.places", "checked", "cli_progress", "cli_replay", "contexts.values",
     "datamap.functions", "datamap.templates", "datamap.transport", "doctor.links", "jobs",
     "loopback.ai.model_text", "loopback.ai.reading", "loopback.ai.store",
     "loopback.brains.completions", "loopback.line.addresses", "loopback.line.loop",
     "loopback.matching", "loopback.replay.journal", "loopback.scenario.reading",
     "loopback.script.javascript", "loopback.script.templates", "loopback.snapshots",
     "loopback.tables.dialling", "loopback.tables.swaig", "loopback.webhook", "parameters",
     "questions", "recorder.redaction", "reply", "skills.fetching", "state.locks", "state.memory",
     "state.remote", "state.steps", "state.values", "static", "swaig.annotations",
     "swaig.contents", "swaig.payload", "swaig.words", "swml.ai_params", "swml.patch",
     "swml.prompting", "swml.verb", "swml.verbs", "testing.messages", "testing.state_edges",
     "testing.state_life", "testing.state_swaps"],
    ["call_log", "cli_screen", "cli_test", "contexts.forms", "datamap.forms", "datamap.http",
     "datamap.webhooks", "drain", "gates", "jsonrpc", "loopback.agents", "loopback.ai.answers",
     "loopback.ai.hearing", "loopback.ai.languages", "loopback.ai.params", "loopback.ai.pom",
     "loopback.ai.remembering", "loopback.ai.toolset", "loopback.brains.script",
     "loopback.evidence", "loopback.line.rules", "loopback.mocks", "loopback.replay.http",
     "loopback.replay.importing", "loopback.replay.links", "loopback.replay.turns",
     "loopback.scenario.fitting", "loopback.script.scopes", "loopback.tables.sessions",
     "neighbours", "private_files", "recorder.format", "shapes", "skills.pages",
     "state.file_format", "state.postgres_wire", "state.sqlite_time", "state.witness",
     "state.writing", "swaig.coerce", "swaig.payments", "swaig.rpc", "swaig.schema",
     "swaig.settings", "swaig.telephony", "swml.calls", "swml.flow", "swml.media", "swml.payment",
     "swml.recording", "swml.script", "swml.sms", "testing.client", "testing.state_contract"],
    ["contexts.checking", "contexts.gather", "credentials", "datamap.builder",
     "datamap.evaluation", "loopback.ai.debug", "loopback.ai.prompting", "loopback.brains.rules",
     "loopback.line.faults", "loopback.line.parcel", "loopback.replay.playing",
     "loopback.scenario.loading", "loopback.tables.verbs", "loopback.transcript", "loopback.turn",
     "recorder.folder", "serve", "state.opening", "state.postgres_schema", "state.record_files",
     "state.redis_scripts", "state.schemas", "state.sqlite_format", "summary", "swaig.arguments",
     "swaig.result", "swml.actions", "swml.conference", "swml.connecting", "swml.written",
     "testing.wire", "tokens"],
    ["access", "cli_datamap", "contexts.collecting", "contexts.spec", "datamap.__init__",
     "loopback.ai.steps", "loopback.brains.model", "loopback.expect", "loopback.line.application",
     "loopback.line.others", "loopback.line.web", "loopback.replay.comparing",
     "loopback.script.coercing", "loopback.tables.check", "loopback.tables.passing",
     "operations.results", "recorder.writer", "state.directory", "state.operations",
     "state.postgres", "state.redis_wire", "state.sqlite_table", "swml.functions", "swml.template"],
    ["contexts.cells", "loopback.ai.room", "loopback.line.receivers", "loopback.replay.report",
     "loopback.replay.writing", "loopback.script.programs", "recorder.recording", "state.file",
     "state.journal", "state.mailbox", "state.outbox", "state.redis_cluster", "state.runner",
     "state.sqlite_file", "swml.ai", "swml.bedrock", "swml.sidecar"],
    ["contexts.step", "loopback.ai.bedrock", "loopback.ai.gather", "loopback.ai.includes",
     "loopback.ai.maps", "loopback.ai.mcp", "loopback.line.trouble", "loopback.replay.__init__",
     "loopback.script.stack", "recorder.http", "state.redis", "state.sqlite", "state.stage",
     "swml.builder", "verbs"],
    ["contexts.context", "loopback.ai.moves", "loopback.ai.requests", "loopback.line.line",
     "loopback.script.run", "state.manager", "swml.sms_builder"],
    ["claims", "cli_state", "contexts.builder", "inbox", "loopback.ai.conversations",
     "loopback.ai.natives", "loopback.ai.waiting", "loopback.line.__init__",
     "loopback.script.documents", "loopback.script.outcomes", "loopback.script.requests",
     "loopback.script.sound", "operations.conversations", "outbox", "state.file_manager",
     "state.view", "stores", "workers"],
    ["adapters.instances", "recorder.watching"],
    ["adapters.aws", "adapters.azure", "adapters.cgi", "adapters.gcf", "adapters.vercel",
     "context", "contexts.__init__", "dead_letters", "loopback.ai.actions", "loopback.ai.summary",
     "loopback.options", "loopback.script.flow", "recorder.app", "state.__init__"],
    ["deliveries", "loopback.ai.calling", "loopback.ai.sidecar", "loopback.script.settling",
     "operations.projection", "recorder.__init__", "tools"],
    ["loopback.ai.hooks", "loopback.script.performing", "methods.call_state", "spec", "toolbox",
     "traffic"],
    ["asked", "compile", "loopback.ai.ending", "loopback.ai.polls", "loopback.script.machine",
     "loopback.script.modelled", "methods.__init__", "methods.document", "methods.functions",
     "methods.params", "methods.prompting", "methods.skills", "methods.speech",
     "operations.watching", "otel", "prefabs.contents", "skills.contribution",
     "shared", "tracking", "usernames"],
    ["loopback.ai.opening", "loopback.ai.speech", "methods.addresses", "methods.serving",
     "operations.desks", "operations.polls", "options"],
    ["loopback.ai.talk", "operations.agents"],
    ["loopback.ai.session", "methods.routing", "operations.background", "operations.debug",
     "operations.health", "operations.inputs", "operations.invoking", "operations.looking",
     "operations.once", "operations.plain", "operations.telling"],
    ["loopback.ai.__init__", "loopback.parts", "loopback.thinking", "methods.events",
     "methods.hosting", "operations.calls", "operations.documents", "operations.retries",
     "roster", "testing.call"],
    ["loopback.seat", "switchboard"],
    ["asgi", "beside", "loopback.engine", "operations.mcp", "operations.summaries",
     "testing.__init__"],
    ["agent", "doctor.words", "loopback.face", "server"],
    ["bedrock", "doctor.settings", "doctor.store", "doctor.visits", "loading", "loopback.call",
     "loopback.phone_call", "prefabs.concierge", "prefabs.faq", "prefabs.info_gatherer",
     "prefabs.receptionist", "prefabs.survey", "service", "skills.base"],
    ["__init__", "cli_call", "cli_chat", "cli_outbox", "cli_replaying", "doctor.__init__",
     "loopback.factory", "prefabs.__init__", "skills.arithmetic", "skills.date_time",
     "skills.folders", "skills.parameters", "skills.searching", "skills.services"],
    ["cli_doctor", "cli_recording", "loopback.scenario.playing", "pytest_plugin",
     "skills.background_file", "skills.claude", "skills.datasphere", "skills.info_gatherer",
     "skills.joke", "skills.maps", "skills.mcp_gateway", "skills.registry", "skills.spider",
     "skills.transfer", "skills.trivia", "skills.vector_search", "skills.weather",
     "skills.web_search", "skills.wikipedia"],
    ["cli", "cli_suite", "loopback.__init__", "skills.__init__", "skills.adding"],
    ["__main__", "cli_junit", "plugin.agentkit_pytest"],
]  # fmt: skip

STARLETTE = {
    "beside",
    "neighbours",
    "mounts",
    "web",
    "context",
    "asgi",
    "agent",
    "methods.addresses",
    "methods.events",
    "methods.hosting",
    "methods.serving",
    "server",
    "static",
    "serve",
    "service",
    "prefabs.info_gatherer",  # an agent whose hook takes the request
    "recorder.app",
}
STARLETTE |= {f"adapters.{name}" for name in ("aws", "azure", "cgi", "gcf", "places", "vercel")}
SIMULATOR = ("testing.", "testing", "loopback.")
SIMULATOR_MAY = {"agentkit.errors", "agentkit._json", "agentkit.state.base"}
HIDDEN_ALLOWED = {
    "serve": "uvicorn",
    "state.redis_wire": "redis",
    "state.postgres_wire": "psycopg",
}


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(PACKAGE).with_suffix("").parts)


def sources() -> dict[str, ast.Module]:
    trees = {file: ast.parse(file.read_text("utf-8")) for file in PACKAGE.rglob("*.py")}
    return {module_name(file): tree for file, tree in trees.items() if len(tree.body) > 1}


def imported(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {resolved(node.module, alias.name) for alias in node.names}
    return found


def resolved(module: str, name: str) -> str:
    """`from agentkit.swaig import schema` imports a module, other names come out of one."""
    path = PACKAGE.parent.joinpath(*module.split("."), name)
    return f"{module}.{name}" if path.with_suffix(".py").is_file() else module


def own(tree: ast.AST) -> set[str]:
    cut = {name.removeprefix("agentkit.") for name in imported(tree) if "agentkit" in name}
    return {name if name in LEVEL else f"{name}.__init__".removeprefix("agentkit.") for name in cut}


SOURCES = sources()
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}


def test_every_module_has_a_level() -> None:
    assert SOURCES.keys() == LEVEL.keys()


@pytest.mark.parametrize("name", sorted(LEVEL))
def test_a_module_imports_only_from_lower_levels(name: str) -> None:
    assert {other for other in own(SOURCES[name]) if LEVEL[other] >= LEVEL[name]} == set()


@pytest.mark.parametrize("name", sorted(LEVEL))
def test_imports_stand_at_the_top(name: str) -> None:
    functions = [n for n in ast.walk(SOURCES[name])
                 if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]  # fmt: skip
    hidden = {target for function in functions for target in imported(function)}
    allowed = HIDDEN_ALLOWED.get(name)
    assert all(allowed is not None and target.startswith(allowed) for target in hidden)


@pytest.mark.parametrize("name", sorted(LEVEL))
def test_starlette_stays_at_the_front(name: str) -> None:
    uses = any(target.startswith("starlette") for target in imported(SOURCES[name]))
    assert not uses or name in STARLETTE


@pytest.mark.parametrize("name", sorted(n for n in LEVEL if n.startswith(SIMULATOR)))
def test_the_simulator_cannot_cheat(name: str) -> None:
    used = {t for t in imported(SOURCES[name]) if t.startswith("agentkit.")}
    core = {t for t in used if not t.removeprefix("agentkit.").startswith((*SIMULATOR, "datamap"))}
    assert core <= SIMULATOR_MAY
