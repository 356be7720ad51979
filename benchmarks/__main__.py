"""Measure everything and print one table: `python -m benchmarks [--quick] [--json FILE]`."""

import argparse
import os
import sys
import time
from pathlib import Path

from benchmarks import venvs
from benchmarks.figures import FULL, QUICK, SECTIONS
from benchmarks.report import Figure, machine, read_json, table, update, write_json


def main() -> None:
    """Print the table; exit with 0 also when a figure is over: the table says so."""
    asked = _arguments()
    known = [figure for file in asked.known or () for figure in read_json(file)]
    figures = known or _measured(asked)
    text = f"Measured on {machine()}.\n\n{table(figures)}"
    print(text)
    if asked.json:
        write_json(asked.json, figures)
    if asked.update:
        update(asked.update, text)


def _measured(asked: argparse.Namespace) -> list[Figure]:
    _keep_bytecode()
    vendor = None if asked.no_vendor else venvs.prepare()
    plan = QUICK if asked.quick else FULL
    figures = []
    for name in asked.sections or SECTIONS:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        began = time.monotonic()
        figures += SECTIONS[name](plan, vendor)
        print(f"  {time.monotonic() - began:.0f} s", file=sys.stderr)
    return figures


def _keep_bytecode() -> None:
    """Let all processes find compiled modules, as an installed package has them."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str((venvs.FOLDER / "bytecode").absolute())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"any of {', '.join(SECTIONS)}; else all")
    parser.add_argument("--quick", action="store_true", help="about 30 s, with more noise")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--update", type=Path, metavar="FILE", help="and into this Markdown file")
    told = "take the figures that --json wrote there; measure none"
    parser.add_argument("--from", type=Path, nargs="+", metavar="FILE", dest="known", help=told)
    parser.add_argument("--no-vendor", action="store_true", help="leave the vendor's SDK out")
    asked = parser.parse_args()
    if unknown := set(asked.sections) - set(SECTIONS):
        parser.error(f"there is no section {', '.join(sorted(unknown))}")
    return asked


if __name__ == "__main__":
    main()
