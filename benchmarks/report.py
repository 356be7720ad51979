"""Figures and the one table they are printed in."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"


class Figure(NamedTuple):
    """One line of the table; `reached` is None for what has no target."""

    name: str
    measured: str
    target: str = ""
    reached: bool | None = None


def at_most(name: str, value: float, limit: float, unit: str, detail: str = "") -> Figure:
    """Return a figure that should not be more than limit."""
    return Figure(name, _shown(value, unit, detail), f"<= {limit:,g}{unit}", value <= limit)


def at_least(name: str, value: float, limit: float, unit: str, detail: str = "") -> Figure:
    """Return a figure that should not be less than limit."""
    return Figure(name, _shown(value, unit, detail), f">= {limit:,g}{unit}", value >= limit)


def no_target(name: str, measured: str) -> Figure:
    """Return a figure that is only told."""
    return Figure(name, measured)


def not_measured(name: str, why: str) -> Figure:
    """Return a figure that could not be measured here."""
    return Figure(name, f"not measured: {why}")


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as a table in Markdown."""
    rows = [("figure", "measured", "target", ""), *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def machine() -> str:
    """Return what the figures were measured on."""
    cores, python = os.cpu_count(), platform.python_version()
    return f"CPython {python}, {platform.system()} {platform.machine()}, {cores} cores"


def write_json(path: Path, figures: Sequence[Figure]) -> None:
    """Write the figures to a file."""
    told = {"machine": machine(), "figures": [figure._asdict() for figure in figures]}
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def read_json(path: Path) -> list[Figure]:
    """Return the figures that `write_json` wrote."""
    told = json.loads(path.read_text(encoding="utf-8"))
    return [Figure(**figure) for figure in told["figures"]]


def update(path: Path, text: str) -> None:
    """Put a text between the two marks of a Markdown file."""
    before, _, rest = path.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    path.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{after}", encoding="utf-8")


def _shown(value: float, unit: str, detail: str) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}{unit}" + (f" ({detail})" if detail else "")


def _row(figure: Figure) -> tuple[str, str, str, str]:
    verdict = "" if figure.reached is None else "ok" if figure.reached else "OVER"
    return figure.name, figure.measured, figure.target, verdict


def _line(row: tuple[str, ...], widths: Sequence[int]) -> str:
    return (
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
    )
