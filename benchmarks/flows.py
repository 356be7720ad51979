"""CPU a document of an agent with many contexts: `python -m benchmarks.flows kit 7 0.15`.

The same code builds the contexts on both sides, for the names are the same; each side runs in a
process of its own, by the same driver.
"""

import asyncio
import json
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import content
from benchmarks.cases import document_get
from benchmarks.inproc import Effort
from benchmarks.wire import App, fetch, repeat

CONTEXTS, STEPS, TOOLS = 20, 10, 100


def agent(side: str) -> Any:
    """Return a side's agent with its tools and contexts."""
    made = import_module(f"benchmarks.{side}").agent(TOOLS)
    build(made)
    return made


def build(made: Any) -> None:
    """Add contexts whose steps lead to each other and offer tools."""
    names = content.tool_names(TOOLS)
    contexts = made.define_contexts()
    for number in range(CONTEXTS):
        context = contexts.add_context("default" if number == 0 else f"context_{number}")
        for position in range(STEPS):
            step = context.add_step(f"step_{position}")
            step.add_section("Task", f"Do part {position} of {number}.")
            step.add_bullets("Process", ["Ask for one thing.", "Repeat it.", "Go on."])
            step.set_step_criteria("The caller has agreed.")
            step.set_functions(names[position * 3 : position * 3 + 3])
            step.set_valid_steps([f"step_{(position + 1) % STEPS}"])
        context.set_enter_fillers({"en-US": ["One moment."]})
        context.set_valid_contexts(["default"])


def configure(query: Any, body: Any, headers: Any, made: Any) -> None:
    """Change one step for one call."""
    step = made.contexts.get_context("default").get_step("step_0")
    step.set_step_criteria("The caller has agreed twice.")


def application(made: Any, side: str) -> App:
    """Return the ASGI application of an agent."""
    app: App = made.get_app() if side == "vendor" else made
    return app


def costs(side: str, effort: Effort) -> dict[str, float]:
    """Return microseconds of CPU by what was done, and what the document holds."""
    began = time.process_time()
    made = agent(side)
    built = time.process_time() - began
    plain = asyncio.run(_measured(application(made, side), effort))
    configured = agent(side)
    configured.set_dynamic_config_callback(configure)
    each = asyncio.run(_measured(application(configured, side), effort))
    return {
        "built": built * 1e6,
        "document": plain,
        "configured": each,
        **asyncio.run(holdings(application(made, side))),
    }


async def holdings(app: App) -> dict[str, float]:
    """Return how many steps and functions a document has."""
    status, body = await fetch(app, document_get({}))
    if status != 200:
        raise RuntimeError(f"the document was answered with {status}")
    main = json.loads(body)["sections"]["main"]
    ai = next(verb["ai"] for verb in main if "ai" in verb)
    contexts = ai["prompt"]["contexts"].values()
    steps = sum(len(context["steps"]) for context in contexts)
    return {"steps": steps, "functions": len(ai["SWAIG"]["functions"])}


def in_process_of(python: Path | str, side: str, effort: Effort) -> dict[str, float]:
    """Return the costs of a side, measured in the Python that has it."""
    arguments = [side, str(effort.rounds), str(effort.seconds)]
    command = [str(python), "-m", "benchmarks.flows", *arguments]
    told = subprocess.run(command, capture_output=True, check=True).stdout
    found: dict[str, float] = json.loads(told.splitlines()[-1])
    return found


async def _measured(app: App, effort: Effort) -> float:
    asked = document_get({})
    await repeat(app, asked, 3)
    rounds = []
    for _ in range(effort.rounds):
        times, began = 0, time.process_time()
        while times < 3 or time.process_time() - began < effort.seconds:
            await repeat(app, asked, 1)
            times += 1
        rounds.append((time.process_time() - began) / times * 1e6)
    return median(rounds)


if __name__ == "__main__":
    _side, _rounds, _seconds = sys.argv[1:]
    print(json.dumps(costs(_side, Effort(int(_rounds), float(_seconds)))))
