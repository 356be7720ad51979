"""Python in the pages under docs/ is whole lines of an example that tests run."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
SOURCES = {
    str(file.relative_to(ROOT)): "\n" + file.read_text(encoding="utf-8")
    for file in sorted((ROOT / "examples").rglob("*.py"))
}
BLOCKS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(
        re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    )
]


@pytest.mark.parametrize("block", BLOCKS)
def test_python_in_a_page_is_a_run_of_lines_of_an_example(block: str) -> None:
    assert [name for name, source in SOURCES.items() if f"\n{block}" in source], block
