"""Run something in a thread of its own, so that whoever measures this one loses nothing.

When what a coroutine awaits swallows a cancellation, the coroutine goes on, and CPython 3.11 tells
tracers when it returns, but not that it was entered again. Coverage then takes the functions around
the loop for left, one for each such return, and sees no more of their lines. Task groups swallow
cancellations whenever an application ends. The functions of another thread are counted apart.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def apart(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in a thread and return what it returns."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work, *args, **kwargs).result()
