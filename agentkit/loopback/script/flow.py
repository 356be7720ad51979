"""The verbs that say what comes next, and the variables they go by."""

from collections.abc import Mapping
from typing import Any

from agentkit.loopback.script.coercing import integer
from agentkit.loopback.script.documents import fetch, is_url
from agentkit.loopback.script.programs import Program, Step, Unusable
from agentkit.loopback.script.run import MAX_TRANSFERS, Pause, Run
from agentkit.loopback.script.stack import Frame
from agentkit.loopback.script.templates import text_of

MAX_JUMPS = 100
"""Jumps of one goto unless it says otherwise, and at most (facts 1.3)."""


async def label(run: Run, step: Step) -> None:
    """A label is a place and does nothing."""


async def goto(run: Run, step: Step) -> None:
    """Go on at a label, if the condition holds and it has not jumped too often."""
    body = step.body if isinstance(step.body, dict) else {"label": step.body}
    if "when" in body and not run.scopes.is_true(body["when"]):
        return
    jumps = run.stack.section.jumps
    place = id(run.step)
    made = jumps.get(place, 0)
    if made >= min(integer(body.get("max"), MAX_JUMPS), MAX_JUMPS):
        return
    jumps[place] = made + 1
    name = text_of(body.get("label"))
    if not run.stack.jump(name):
        run.fail("relay_script_label_undefined", f'Label "{name}" is not defined')
    else:
        run.scopes.params = run.stack.top.params


async def cond(run: Run, step: Step) -> None:
    """Go on with the verbs of the first condition that holds."""
    choose(run, step.body)


async def switch(run: Run, step: Step) -> None:
    """Go on with the verbs of the case that a variable's value names."""
    if not isinstance(step.body, dict) or "variable" not in step.body:
        run.report_failed("has no variable")
        return
    choose(run, step.body)


def choose(run: Run, result: Any, variable: str = "") -> None:
    """Go on with the verbs that a result names: an array of conditions, or a switch.

    Args:
        run: the script.
        result: the array or the object with `case`; anything else names none.
        variable: what a switch without a variable looks at.
    """
    verbs = None
    if isinstance(result, list):
        verbs = _of_conditions(run, result)
    elif isinstance(result, dict):
        verbs = _of_cases(run, result, variable)
    if verbs is not None:
        run.enter_block(verbs)


def _of_conditions(run: Run, items: list[Any]) -> Any:
    for item in items:
        if not isinstance(item, dict):
            continue
        if "when" not in item or run.scopes.is_true(item["when"]):
            return item.get("then", item.get("else"))
        if "else" in item:
            return item["else"]
    return None


def _of_cases(run: Run, body: Mapping[str, Any], variable: str) -> Any:
    name = text_of(body.get("variable") or variable)
    value = text_of(run.scopes.named(name))
    cases = body.get("case")
    found = cases.get(value) if isinstance(cases, dict) else None
    return body.get("default") if found is None else found


async def set_(run: Run, step: Step) -> None:
    """Write variables."""
    if isinstance(step.body, dict):
        run.scopes.assign(step.body)
    else:
        run.report_failed("wants an object")


async def unset(run: Run, step: Step) -> None:
    """Take variables away."""
    names = step.body if isinstance(step.body, list) else [step.body]
    for name in names:
        run.scopes.remove(text_of(name))


async def execute(run: Run, step: Step) -> None:
    """Run a section or another document, then go on here."""
    body = step.body if isinstance(step.body, dict) else {"dest": step.body}
    found = await _destination(run, body)
    if found is None:
        return
    program, section, params = found
    run.scopes.vars.pop("return_value", None)
    run.enter(Frame(program, section, program.section(section), params, after=body))


async def transfer(run: Run, step: Step) -> None:
    """Go on with a section or another document and do not come back."""
    body = step.body if isinstance(step.body, dict) else {"dest": step.body}
    await move(run, body)


async def move(run: Run, body: Mapping[str, Any]) -> None:
    """Transfer the call, at most 32 times (facts 1.1)."""
    run.transfers += 1
    if run.transfers > MAX_TRANSFERS:
        run.fail("relay_script_transfer_limit", f"more than {MAX_TRANSFERS} transfers")
        return
    found = await _destination(run, body)
    if found is not None:
        run.begin(*found)


async def _destination(
    run: Run, body: Mapping[str, Any]
) -> tuple[Program, str, Mapping[str, Any]] | None:
    """Return what execute or transfer goes to; without one the script fails."""
    dest, given = body.get("dest"), body.get("params")
    params = given if isinstance(given, dict) else {}
    here = run.stack.top.program
    if isinstance(dest, str) and here.has(dest):
        return here, dest, params
    try:
        program = await _document(run, dest, params)
    except Unusable as error:
        run.fail("relay_script_document_invalid", str(error))
        return None
    if program is None:
        run.fail("relay_script_section_undefined", f'Section "{text_of(dest)}" is not defined')
        return None
    return program, "main", params


async def _document(run: Run, dest: Any, params: Mapping[str, Any]) -> Program | None:
    if isinstance(dest, dict) or (isinstance(dest, str) and dest.lstrip().startswith("{")):
        return run.load(dest)
    if isinstance(dest, str) and is_url(dest):
        return run.load(await fetch(run, dest, params))
    return None


async def return_(run: Run, step: Step) -> None:
    """Leave the section with a value; at the outermost the script is over."""
    run.set(return_value=step.body)
    while run.stack.top.kind == "block":
        run.leave()
    run.stack.top.at = len(run.stack.top.steps)


def came_back(run: Run, after: Mapping[str, Any]) -> None:
    """Go on after an execute: with its `on_return`, then with what its `result` names."""
    if "on_return" in after:
        rest = {key: value for key, value in after.items() if key != "on_return"}
        run.enter_block(after["on_return"], rest)
    else:
        choose(run, after.get("result"), "return_value")


async def sleep(run: Run, step: Step) -> Pause | None:
    """Let milliseconds pass; -1 waits until the call ends."""
    given = step.body.get("duration") if isinstance(step.body, dict) else step.body
    milliseconds = integer(given)
    if milliseconds < 0:
        return run.pause("sleep", step.body)
    await run.wait(milliseconds / 1000)
    return None
