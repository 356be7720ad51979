"""A forked child of the tests that ends with a number."""

import os
import signal
import warnings
from collections.abc import Callable

CHILD_SECONDS = 50


def in_child(work: Callable[[], int]) -> int:
    """Call a function in a forked child and return what it returned, or 99 if it failed."""
    with warnings.catch_warnings(action="ignore"):  # that there are threads is the point
        child = os.fork()
    if child == 0:  # pragma: no cover - the child ends here, and nobody collects its coverage
        signal.alarm(CHILD_SECONDS)
        try:
            os._exit(work())
        finally:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
