"""What came of scenarios, as JUnit XML: what CI systems read."""

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

from agentkit.cli_suite import Played

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENTS = {"failed": "failure", "broken": "error"}


def junit(played: list[Played], seconds: float) -> bytes:
    """Return the report of a run that took so many seconds."""
    counts = Counter(each.status for each in played)
    about = {
        "name": "agentkit test",
        "tests": str(len(played)),
        "failures": str(counts["failed"]),
        "errors": str(counts["broken"]),
        "time": f"{seconds:.3f}",
    }
    suites = ET.Element("testsuites", about)
    suite = ET.SubElement(suites, "testsuite", about)
    for each in played:
        _case(suite, each)
    ET.indent(suites)
    return bytes(ET.tostring(suites, encoding="utf-8", xml_declaration=True))


def _case(suite: ET.Element, each: Played) -> None:
    path = Path(each.path)
    case = ET.SubElement(
        suite,
        "testcase",
        {
            "classname": _clean(".".join(path.with_suffix("").parts)),
            "name": _clean(each.title),
            "file": _clean(each.path),
            "time": f"{each.seconds:.3f}",
        },
    )
    if each.status != "passed":
        first = each.message.partition("\n")[0]
        found = ET.SubElement(case, _ELEMENTS[each.status], {"message": _clean(first)})
        found.text = _clean(each.message)
        if output := f"{each.transcript}{each.printed}":
            ET.SubElement(case, "system-out").text = _clean(output)


def _clean(text: str) -> str:
    """XML has no way to write control characters."""
    return _NOT_XML.sub("\ufffd", text)
