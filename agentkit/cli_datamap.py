"""`agentkit exec` of a data map: answered here as the platform would, its request really sent."""

from collections.abc import Mapping
from typing import Any

import click

from agentkit.datamap.evaluation import Evaluation, evaluate
from agentkit.datamap.http import send

JSON = dict[str, Any]


async def answered(
    definition: Mapping[str, Any], arguments: JSON, global_data: JSON, call_id: str | None
) -> JSON:
    """Return the answer of a data map, and say on standard error how it came about."""
    details = {"call_id": call_id} if call_id else {}
    data = {"global_data": global_data, **details}
    outcome = await evaluate(definition, arguments, send, data=data)
    for line in told(outcome):
        click.echo(line, err=True)
    return outcome.output


def told(outcome: Evaluation) -> list[str]:
    """Return what a developer wants to know of an answer."""
    request = outcome.request
    sent = [f"sent: {request.method} {request.url.partition('?')[0]}"] if request else []
    failed = [f"failed: the reply has {outcome.failure}"] if outcome.failure else []
    lost = [f"not found: {path}" for path in dict.fromkeys(outcome.unresolved)]
    wrong = [f"wrong: {outcome.problem}"] if outcome.problem else []
    return [*sent, *failed, *lost, *wrong, f"answered by: {outcome.source or 'the platform'}"]
