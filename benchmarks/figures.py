"""What is measured against which target: one function a section of the table."""

import asyncio
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import calls as played
from benchmarks import counts, flows, inproc, many, served, start, venvs
from benchmarks import routing as sip_routing
from benchmarks import state as call_state
from benchmarks.cases import CASES
from benchmarks.report import Figure, at_least, at_most, no_target, not_measured
from benchmarks.requests import in_process_of
from benchmarks.sides import application

OF_RAW = {
    "document": 1.3,
    "document by GET": 1.3,
    "async tool call": 1.6,
    "401, no header": 1.5,
    "401, wrong header": 1.5,
    "1 MB body, one string": 1.5,
    "1 MB body, many objects": 1.5,
}
"""At most so many times the CPU of the raw side."""

OF_VENDOR = {"document": 60.0, "document by GET": 60.0, "async tool call": 50.0}
"""At least so many times less CPU than the vendor's."""

OF_VENDOR_CONTEXTS = {"document": 50.0}
"""The same for documents with many contexts."""

THOUSAND_INSTRUCTIONS = {"document": 220, "async tool call": 150, "401, no header": 60}
RATE, IMPORT, START, START_OF_VENDOR, SIZE = 0.85, 1.2, 1.4, 4.0, 3.0
REGISTER_MS, REGISTER_KIB, AS_FAST = 0.4, 40, 1.25
GROWTH, FOUND_AS_FAST = 2.5, 1.2
CALLS_A_SECOND, CALL_OVER_BARE, PLUGIN_MS = 300.0, 4.0, 2.0


class Plan(NamedTuple):
    """How thoroughly to measure."""

    requests: inproc.Effort
    vendor_requests: inproc.Effort
    rate_rounds: int
    rate_seconds: float
    import_rounds: int
    start_rounds: int
    agents: int
    vendor_agents: int
    instructions: bool = True
    state: call_state.Effort = call_state.FULL
    calls: played.Effort = played.Effort(9, 200)


FULL = Plan(inproc.Effort(25, 0.06), inproc.Effort(7, 0.15), 7, 1.5, 21, 25, 1_000, 100)
QUICK = Plan(
    inproc.Effort(5, 0.02),
    inproc.Effort(3, 0.03),
    rate_rounds=2,
    rate_seconds=0.5,
    import_rounds=5,
    start_rounds=2,
    agents=200,
    vendor_agents=20,
    instructions=False,
    state=call_state.QUICK,
    calls=played.Effort(3, 60),
)

Pythons = Mapping[str, Path | str]


def requests(plan: Plan, vendor: Path | None) -> list[Figure]:
    """CPU a request, in process."""
    sides = {side: partial(application, side) for side in counts.SIDES}
    measured = inproc.measure(CASES, sides, plan.requests)
    found = [_of_raw(case, rounds) for case, rounds in measured.items()]
    cost = {case: median(rounds["kit"]) for case, rounds in measured.items()}
    size = cost["document, 1,000 tools"] / cost["document"]
    found.append(at_most("CPU, 1,000 tools over 10 tools", size, SIZE, "x"))
    if vendor is None:
        return [
            *found,
            not_measured("CPU, the vendor over agentkit", "left out, or it cannot be installed"),
        ]
    theirs = in_process_of(vendor, "vendor", plan.vendor_requests)
    return [*found, *(_of_vendor(case, theirs[case], cost[case]) for case in cost)]


def _of_raw(case: str, rounds: inproc.Rounds) -> Figure:
    ratio = inproc.ratio(rounds, "kit", "raw")
    detail = f"{median(rounds['kit']):,.1f} us, raw {median(rounds['raw']):,.1f} us"
    name = f"CPU, {case}: agentkit over raw"
    if case in OF_RAW:
        return at_most(name, ratio, OF_RAW[case], "x", detail)
    return no_target(name, f"{ratio:.2f}x ({detail})")


def _of_vendor(case: str, theirs: float, ours: float) -> Figure:
    name, detail = f"CPU, {case}: vendor over agentkit", f"vendor {theirs:,.0f} us"
    if case in OF_VENDOR:
        return at_least(name, theirs / ours, OF_VENDOR[case], "x", detail)
    return no_target(name, f"{theirs / ours:,.1f}x ({detail})")


def rates(plan: Plan, vendor: Path | None) -> list[Figure]:
    """Requests a second through uvicorn."""
    measured = served.rates(_pythons(vendor, _plain()), plan.rate_rounds, plan.rate_seconds)
    found = []
    for case in served.CASES:
        rounds = {side: each for (name, side), each in measured.items() if name == case.name}
        rate = {
            side: f"{side} {median(o.rate for o in all_):,.0f}" for side, all_ in rounds.items()
        }
        cpu = [f"{side} {median(o.cpu for o in all_):,.0f} us" for side, all_ in rounds.items()]
        pairs = zip(rounds["kit"], rounds["raw"], strict=True)
        ratio = median(kit.rate / raw.rate for kit, raw in pairs)
        name = f"requests a second, {case.name}: agentkit over raw"
        found.append(at_least(name, ratio, RATE, "x", ", ".join(rate.values())))
        found.append(no_target(f"CPU of the server, {case.name}", ", ".join(cpu)))
    return found


def starts(plan: Plan, vendor: Path | None) -> list[Figure]:
    """Imports, and the way to the first document."""
    python = _plain()
    rounds = start.imports(python, plan.import_rounds)
    spent = {name: start.middle(each) for name, each in rounds.items()}
    bare = spent["bare"].cpu
    ours, parts = spent["agentkit"].cpu - bare, spent["parts"].cpu - bare
    there = start.modules(python, start.AGENTKIT)
    late = [name for name in start.LATE if name in there]
    modules = f"{len(there)} modules, the parts {len(start.modules(python, start.PARTS))}"
    detail = f"{ours:.0f} ms, the parts {parts:.0f} ms, the interpreter {bare:.0f} ms"
    pythons = _pythons(vendor, python)
    return [
        at_most("import agentkit over its parts, CPU", ours / parts, IMPORT, "x", detail),
        no_target("modules after import agentkit", modules),
        at_most(f"of {', '.join(start.LATE)} imported", len(late), 0, ""),
        *_first("served by uvicorn", start.first_served(pythons, plan.start_rounds)),
        *_first("in process", start.first_documents(pythons, plan.start_rounds)),
        _cold(plan, vendor, python),
    ]


def _cold(plan: Plan, vendor: Path | None, python: Path | str) -> Figure:
    name = "cold start on Lambda (import, first document): vendor over agentkit"
    if vendor is None:
        return not_measured(name, "left out, or it cannot be installed")
    sides = {"kit": python, "vendor": vendor}
    rounds = start.cold_lambdas(sides, plan.start_rounds)
    ours, theirs = start.middle(rounds["kit"]), start.middle(rounds["vendor"])
    detail = f"{ours.wall:.0f} ms, vendor {theirs.wall:.0f} ms"
    times = start.wall_ratio(rounds, "vendor", "kit")
    return at_least(name, times, START_OF_VENDOR, "x", detail)


def _first(how: str, rounds: start.Rounds) -> list[Figure]:
    name = f"start to first document, {how}"
    spent = {side: start.middle(each) for side, each in rounds.items()}
    ours, raw = spent["kit"], spent["raw"]
    detail = f"{ours.wall:.0f} ms, raw {raw.wall:.0f} ms, CPU {ours.cpu:.0f} ms"
    ratio = start.wall_ratio(rounds, "kit", "raw")
    found = [at_most(f"{name}: agentkit over raw", ratio, START, "x", detail)]
    if "vendor" in spent:
        times = start.wall_ratio(rounds, "vendor", "kit")
        theirs = f"vendor {spent['vendor'].wall:.0f} ms"
        found.append(at_least(f"{name}: vendor over agentkit", times, START_OF_VENDOR, "x", theirs))
    return found


def agents(plan: Plan, vendor: Path | None) -> list[Figure]:
    """Many agents on one server."""
    ours = many.run(sys.executable, "kit", plan.agents)
    of = f"{plan.agents:,} agents"
    first_kib = ours["served_bytes"] / 1024
    found = [
        at_most(f"{of}, register one", ours["register_seconds"] * 1e3, REGISTER_MS, " ms"),
        at_most(f"{of}, memory each", ours["register_bytes"] / 1024, REGISTER_KIB, " KiB"),
        no_target(f"{of}, first document", f"{ours['first_document_seconds'] * 1e3:.2f} ms"),
        at_most(f"{of}, memory each after it", first_kib, REGISTER_KIB, " KiB"),
    ]
    for what in ("refusal", "document"):
        first, last = ours[f"{what}_first"], ours[f"{what}_last"]
        detail = f"{last:.1f} us, first {first:.1f} us"
        found.append(at_most(f"{of}, {what}: last over first", last / first, AS_FAST, "x", detail))
    others = {"raw": sys.executable, "kit-functions": sys.executable, "vendor": vendor}
    count = {"vendor": plan.vendor_agents}
    for side, python in others.items():
        if python is not None:
            number = count.get(side, plan.agents)
            found.append(_others(side, number, many.run(python, side, number)))
    return found


def _others(side: str, number: int, told: Mapping[str, float]) -> Figure:
    each = f"{told['register_seconds'] * 1e3:.2f} ms, {told['register_bytes'] / 1024:,.1f} KiB"
    served_kib = f"{told['served_bytes'] / 1024:,.1f} KiB after a document"
    last = f"401 to the last {told['refusal_last']:,.1f} us"
    name = "agentkit, each tool a function" if side == "kit-functions" else side
    return no_target(f"{number:,} agents, {name}", f"{each}, {served_kib}, {last}")


def work(plan: Plan, vendor: Path | None) -> list[Figure]:
    """Function calls and instructions a request; they do not depend on the machine's load."""
    found = []
    for name, limit in counts.CALLS.items():
        case = counts.case_named(name)
        made = {side: asyncio.run(counts.calls(application(side), case)) for side in counts.SIDES}
        detail = f"raw {made['raw']:.0f}"
        found.append(at_most(f"function calls, {name}", made["kit"], limit, "", detail))
    if not plan.instructions:
        return [*found, not_measured("instructions", "not with --quick")]
    instructions = counts.instructions()
    if instructions is None:
        return [*found, not_measured("instructions", "there is no valgrind")]
    for name, limit in THOUSAND_INSTRUCTIONS.items():
        spent = {side: each / 1_000 for side, each in instructions[name].items()}
        detail = f"raw {spent['raw']:.0f} k"
        found.append(at_most(f"instructions, {name}", spent["kit"], limit, " k", detail))
    return found


def routing(plan: Plan, vendor: Path | None) -> list[Figure]:
    """Addresses twice as long, and SIP calls to one of many agents."""
    grown = sip_routing.growth(plan.import_rounds)
    slowest = max(grown, key=grown.__getitem__)
    counts_of_agents = (1, plan.agents)
    told = sip_routing.dispatch(counts_of_agents, plan.requests.rounds, plan.requests.seconds)
    one, many_agents = (median(told[count]) for count in counts_of_agents)
    over = sip_routing.ratio(told, plan.agents, 1)
    detail = f"{many_agents:.1f} us, one agent {one:.1f} us"
    name = f"SIP call, {plan.agents:,} agents over one: CPU"
    return [
        at_most("SIP address, twice as long: time", grown[slowest], GROWTH, "x", slowest),
        at_most(name, over, FOUND_AS_FAST, "x", detail),
    ]


def contexts(plan: Plan, vendor: Path | None) -> list[Figure]:
    """CPU a document with many contexts and tools."""
    name = f"{flows.CONTEXTS} contexts of {flows.STEPS} steps, {flows.TOOLS} tools"
    ours = flows.in_process_of(sys.executable, "kit", plan.vendor_requests)
    told = f"{ours['document']:,.0f} us, configured per call {ours['configured']:,.0f} us"
    found = [no_target(f"CPU, {name}", f"{told}, built in {ours['built'] / 1e3:,.0f} ms")]
    if vendor is None:
        return [*found, not_measured(f"CPU, {name}: vendor over agentkit", "left out")]
    theirs = flows.in_process_of(vendor, "vendor", plan.vendor_requests)
    if any(ours[part] != theirs[part] for part in ("steps", "functions")):
        raise RuntimeError(f"the documents differ: {ours} and {theirs}")
    for part, title in (("document", ""), ("configured", ", configured per call")):
        detail, times = f"vendor {theirs[part]:,.0f} us", theirs[part] / ours[part]
        full = f"CPU, {name}{title}: vendor over agentkit"
        least = OF_VENDOR_CONTEXTS.get(part)
        found.append(
            no_target(full, f"{times:,.1f}x ({detail})")
            if least is None
            else at_least(full, times, least, "x", detail)
        )
    return found


def state_updates(plan: Plan, vendor: Path | None) -> list[Figure]:
    """Updates of call state a second."""
    peer = None if vendor is None else venvs.peer()
    return call_state.figures(plan.state, peer)


def whole_calls(plan: Plan, vendor: Path | None) -> list[Figure]:
    """Whole calls played by the loopback."""
    rates = played.measure(plan.calls)
    awaited, plain, bare = (median(each) for each in rates)
    name = f"whole calls, {played.TURNS} turns, {played.TOOLS} tools"
    detail = f"{awaited * 1e3:.2f} ms, their requests bare {bare * 1e3:.2f} ms"
    loading = played.loading(plan.import_rounds) * 1e3
    return [
        at_least(f"{name}: a second on one core", 1 / awaited, CALLS_A_SECOND, ""),
        at_most(f"{name}: over their requests bare", rates.ratio(), CALL_OVER_BARE, "x", detail),
        no_target(f"{name}: a second, without await", f"{1 / plain:,.0f}"),
        at_most("pytest plugin, unused, CPU", loading, PLUGIN_MS, " ms"),
    ]


SECTIONS = {
    "requests": requests,
    "rates": rates,
    "starts": starts,
    "agents": agents,
    "work": work,
    "routing": routing,
    "contexts": contexts,
    "state": state_updates,
    "calls": whole_calls,
}


def _pythons(vendor: Path | None, ours: Path | str = sys.executable) -> Pythons:
    pythons: Pythons = {"raw": ours, "kit": ours}
    return {**pythons, "vendor": vendor} if vendor is not None else pythons


def _plain() -> Path | str:
    """Return the Python that starts are measured with: that of users, where it can be had."""
    return venvs.plain() or sys.executable
