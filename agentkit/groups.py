"""Errors out of task groups, as whoever raised them meant them."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ungrouped() -> Iterator[None]:
    """Raise the first error of a task group as it is: the group wraps what is raised within it."""
    try:
        yield
    except BaseExceptionGroup as errors:
        error = errors.exceptions[0]
        raise error from error.__cause__
