"""A bar on the terminal while scenarios are played."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from agentkit.loopback.extras import need


@contextmanager
def progress(total: int) -> Iterator[Callable[[Any], None]]:
    """Show a bar of so many steps; what comes out of the context takes one step.

    Raises:
        DefinitionError: rich is not installed.
    """
    bars = need("rich.progress", "the progress bar")
    columns = (
        bars.SpinnerColumn(),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TextColumn("{task.description}"),
    )
    console = need("rich.console", "the progress bar").Console(file=sys.stdout)
    own = {"console": console, "redirect_stdout": False, "redirect_stderr": False}
    with bars.Progress(*columns, transient=True, **own) as bar:  # while scenarios print elsewhere
        task = bar.add_task("", total=total)
        failed = 0

        def tell(each: Any) -> None:
            nonlocal failed
            failed += each.status != "passed"
            told = f"[red]{failed} not passed[/red]" if failed else ""
            bar.update(task, advance=1, description=told)

        yield tell
