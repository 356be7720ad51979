"""The manifest and the tests agree."""

import re
from pathlib import Path

from tests.interaction.manifest import MANIFEST


def _named() -> set[str]:
    folder = Path(__file__).parent
    files = [*folder.glob("test_*.py"), *(folder.parent / "hosts").glob("test_*.py")]
    texts = [file.read_text("utf-8") for file in files]
    return {name for text in texts for name in re.findall(r"behaviour\(\"([\w.]+)\"\)", text)}


def test_every_behaviour_has_a_test_and_every_test_names_one() -> None:
    assert _named() == {behaviour.id for behaviour in MANIFEST}


def test_no_behaviour_stands_twice() -> None:
    assert len({behaviour.id for behaviour in MANIFEST}) == len(MANIFEST)
