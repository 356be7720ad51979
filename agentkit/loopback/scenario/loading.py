"""Finds scenario files and reads them."""

from pathlib import Path

from agentkit.errors import DefinitionError
from agentkit.loopback.scenario.fitting import scenario_in
from agentkit.loopback.scenario.forms import Scenario
from agentkit.loopback.scenario.reading import Written, read

SUFFIXES = frozenset({".yaml", ".yml"})


def find_scenarios(path: Path | str) -> list[Path]:
    """Return the scenario files in a folder and below it, in order; a file stands for itself.

    Raises:
        DefinitionError: there is no such file or folder, or no scenario in it.
    """
    path = Path(path)
    if path.is_file():
        return [path]
    found = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    if not found:
        raise DefinitionError(f"there is no scenario in {path}")
    return found


def load_scenario(path: Path | str) -> Scenario:
    """Return the scenario in a file.

    Raises:
        ScenarioError: it is none; the message names line and place.
        DefinitionError: the library for YAML is not installed.
    """
    return read_scenario(path)[0]


def read_scenario(path: Path | str) -> tuple[Scenario, Written]:
    """Return the scenario in a file, and the lines of what stands in it.

    Raises:
        ScenarioError: as of `load_scenario`.
        DefinitionError: as of `load_scenario`.
    """
    written = read(Path(path))
    return scenario_in(written), written
