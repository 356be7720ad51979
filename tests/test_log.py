"""Log lines: events with fields, on the standard library's logging, that nobody can forge."""

import io
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentkit import _json, _log
from agentkit._log import FIELD_LIMIT, EventLogger, log, new_error_id, subject

BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


class Fields:
    """A source of fields that counts how often it was asked."""

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        self.asked = 0

    def log_fields(self) -> dict[str, object]:
        self.asked += 1
        return self.fields


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What a handler of the application's own gets to write."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("agentkit")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield written
    logger.removeHandler(handler)
    logger.setLevel(before)


def written_line(lines: io.StringIO, event: str, **fields: object) -> str:
    lines.seek(0)
    lines.truncate()
    log.info(event, **fields)
    text = lines.getvalue()
    assert text.endswith("\n")
    return text[:-1]


def test_each_level_writes_its_event_with_its_fields(lines: io.StringIO) -> None:
    log.debug("begun", n=1)
    log.info("order_placed", item="tea", price=2.5)
    log.warning("slow", seconds=None)
    log.error("lost", why=["a", "b c"])
    assert lines.getvalue().splitlines() == [
        "DEBUG begun n=1",
        "INFO order_placed item=tea price=2.5",
        "WARNING slow seconds=null",
        'ERROR lost why=["a","b c"]',
    ]


def test_a_failure_is_written_with_the_traceback_of_the_error_given(lines: io.StringIO) -> None:
    error = ValueError("bad tea")
    log.exception("tool_failed", error, error_id="E-1")
    assert lines.getvalue() == "ERROR tool_failed error_id=E-1\nValueError: bad tea\n"


def test_a_failure_is_written_with_the_traceback_of_the_one_being_handled(
    lines: io.StringIO,
) -> None:
    try:
        _ = dict[str, int]()["tea"]
    except KeyError:
        log.exception("tool_failed")
    first, *others = lines.getvalue().splitlines()
    assert first == "ERROR tool_failed"
    assert others[0].startswith("Traceback")
    assert others[-1] == "KeyError: 'tea'"


@pytest.mark.parametrize("place", ["event", "value", "nested", "key"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk=st.text(alphabet=f'{BREAKS}\x00\x1b\x7f\x9b\u202e\u2066\ud800a ="\\', max_size=12))
def test_nothing_said_can_forge_a_line_or_move_the_cursor(
    place: str, junk: str, lines: io.StringIO
) -> None:
    said: dict[str, dict[str, Any]] = {
        "event": {"event": f"e{junk}"},
        "value": {"event": "e", "v": junk},
        "nested": {"event": "e", "v": {"k": [junk]}},
        "key": {"event": "e", f"v{junk}": 1},
    }
    line = written_line(lines, **said[place])
    assert len(f"{line}.".splitlines()) == 1
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", line)
    line.encode()  # a handler that writes UTF-8 loses no line


@pytest.mark.parametrize("break_", BREAKS, ids=ascii)
def test_a_line_break_is_written_as_an_escape(break_: str, lines: io.StringIO) -> None:
    forged = f"hello{break_}INFO paid amount=1000"
    line = written_line(lines, "heard", text=forged)
    assert line.startswith('INFO heard text="hello\\')
    assert _json.decode(line.removeprefix("INFO heard text=")) == forged


def test_plain_words_need_no_quotes_and_all_others_get_them(lines: io.StringIO) -> None:
    for plain in ("tea", "a.b:c/d@e+f-g_1", "x" * 256):
        assert written_line(lines, "e", v=plain) == f"INFO e v={plain}"
    for other in ("", "two words", "a=b", "é", 'say "x"', "x" * 257, "a\n"):
        assert written_line(lines, "e", v=other).startswith('INFO e v="')


def test_a_value_is_capped_and_marked(lines: io.StringIO) -> None:
    assert written_line(lines, "e", v="x" * (FIELD_LIMIT - 2)) == f'INFO e v="{"x" * 2046}"'
    assert written_line(lines, "e", v="x" * (FIELD_LIMIT - 1)) == f'INFO e v="{"x" * 2047}…'
    capped = written_line(lines, "e", a=["y" * 10_000], b=1)
    assert capped == f'INFO e a=["{"y" * 2046}… b=1'


def test_what_json_cannot_carry_is_shown_as_python_shows_it(lines: io.StringIO) -> None:
    assert written_line(lines, "e", v={1j}) == 'INFO e v="{1j}"'
    assert written_line(lines, "e", v=["\ud800"]) == "INFO e v=\"['\\\\ud800']\""
    circle: list[object] = []
    circle.append(circle)
    assert written_line(lines, "e", v=circle) == 'INFO e v="[[...]]"'


def test_every_line_carries_the_fields_of_what_is_bound(lines: io.StringIO) -> None:
    call = Fields(call_id="c-1", agent="tea", function="brew")
    outer = subject.set(Fields(call_id="c-0"))
    inner = subject.set(call)
    assert written_line(lines, "e", n=1) == "INFO e call_id=c-1 agent=tea function=brew n=1"
    assert written_line(lines, "e", agent="mine") == ("INFO e call_id=c-1 agent=mine function=brew")
    subject.reset(inner)
    assert written_line(lines, "e") == "INFO e call_id=c-0"
    subject.reset(outer)
    assert written_line(lines, "e") == "INFO e"


def test_handlers_get_the_event_and_its_fields_as_they_are() -> None:
    records: list[logging.LogRecord] = []

    def keep(record: logging.LogRecord) -> bool:
        records.append(record)
        return True

    logging.getLogger("agentkit.test_records").addFilter(keep)
    EventLogger("agentkit.test_records").warning("100 %s {} %", given=[1])
    logging.getLogger("agentkit.test_records").removeFilter(keep)
    assert records[0].getMessage() == "100 %s {} % given=[1]"
    assert vars(records[0])["event"] == "100 %s {} %"
    assert vars(records[0])["fields"] == {"given": [1]}
    assert records[0].name == "agentkit.test_records"


class Costly:
    def __repr__(self) -> NoReturn:
        raise AssertionError("shown although nobody looks")


def test_nothing_is_worked_out_for_a_level_that_is_off() -> None:
    logger = logging.getLogger("agentkit.test_off")
    logger.setLevel(logging.ERROR)
    call = Fields(call_id="c-1")
    bound = subject.set(call)
    quiet = EventLogger("agentkit.test_off")
    quiet.debug("e", v=Costly())
    quiet.info("e", v=Costly())
    quiet.warning("e", v=Costly())
    subject.reset(bound)
    assert call.asked == 0
    with pytest.raises(AssertionError, match="shown"):
        quiet.error("e", v=Costly())


def test_an_application_that_asks_for_no_logs_gets_none() -> None:
    program = "from agentkit._log import log; log.error('e', secret='x'); log.exception('e')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_a_field_may_have_any_name(lines: io.StringIO) -> None:
    for write in (log.debug, log.info, log.warning, log.error, log.exception):
        write("e", event=1, self=2, error=3)
    assert lines.getvalue().count("e event=1 self=2 error=3\n") == 5


def test_error_ids_are_short_and_never_the_same() -> None:
    ids = {new_error_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch(r"E-[0-9a-f]{8}", error_id) for error_id in ids)


def test_the_logger_of_agentkit_has_a_handler_that_writes_nothing() -> None:
    handlers = logging.getLogger("agentkit").handlers
    assert any(isinstance(handler, logging.NullHandler) for handler in handlers)
    assert _log.log is log
