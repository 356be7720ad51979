"""What must never be seen: secrets of the hostile tests, and where each test looks for them.

Every reply that a door brings and every log record of agentkit, uvicorn and asyncio is kept, and
searched after each test. Credentials and tokens belong into documents and nowhere else; the
traceback of an author's own code belongs into the log and nowhere else.
"""

import base64
import json
import logging
import re
from collections.abc import Iterator
from urllib.parse import quote

from agentkit import DefinitionError

USER, PASSWORD = "canary-user", "canary/pass:wörd@#%"
AUTHORIZATION = f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"
SECRET = "canary-secret-0123456789abcdef"
SIGNING_KEY = "canary-signing-key"
CRASH = "canary-crash postgres://app:hunter2@db/prod"
"""Text of the exceptions that user code raises here."""

QUERY = "canary-query"
"""Stands in query strings."""

LOGGERS = ("agentkit", "uvicorn", "asyncio")
USER_CODE_EVENTS = {
    "tool_failed", "document_failed", "summary_failed", "check_for_input_failed",
    "debug_handler_failed",
}  # fmt: skip

_NEVER = [*map(re.escape, (SECRET, SIGNING_KEY, CRASH, "Traceback")), r'File \\?"']
_CREDENTIALS = [PASSWORD, quote(PASSWORD, safe=""), AUTHORIZATION.removeprefix("Basic ")]
_TOKEN = r"v1\.[0-9a-f]{8}\.[0-9a-f]+\.[ac]\.[0-9a-f]{64}"
_IN_DOCUMENTS_ONLY = [*map(re.escape, _CREDENTIALS), _TOKEN]
_ANYWHERE = re.compile("|".join(_NEVER))
_ELSEWHERE = re.compile("|".join([*_NEVER, *_IN_DOCUMENTS_ONLY]))
_LOGGED = re.compile("|".join([*_NEVER, *_IN_DOCUMENTS_ONLY, QUERY]))


class Ledger(logging.Handler):
    """Keeps what came out of the application during one test."""

    def __init__(self) -> None:
        super().__init__()
        self.replies: list[str] = []
        self.documents: list[str] = []
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)

    def reply(self, status: int, fields: list[tuple[str, str]], body: bytes) -> None:
        """Keep a reply."""
        text = f"{status} {fields} {body.decode('utf-8', 'replace')}"
        (self.documents if status == 200 and _is_document(body) else self.replies).append(text)

    def clear(self) -> None:
        """Forget everything."""
        self.__init__()  # type: ignore[misc]

    def leaks(self) -> Iterator[str]:
        """What was seen where it must not be."""
        for text in self.documents:
            yield from (f"a document: {hit[0]}" for hit in _ANYWHERE.finditer(text))
        for text in self.replies:
            yield from (f"a reply: {hit[0]}" for hit in _ELSEWHERE.finditer(text))
        for record in self.records:
            yield from (f"the log: {hit[0]}" for hit in _LOGGED.finditer(_written(record)))
            if record.exc_info and not _is_the_authors(record):
                yield f"the log: a traceback of no user code, {record.getMessage()}"


def _is_the_authors(record: logging.LogRecord) -> bool:
    """Whether a traceback is about the author's own code or settings."""
    error = record.exc_info[1] if record.exc_info else None
    event = getattr(record, "event", None)
    return event in USER_CODE_EVENTS or isinstance(error, DefinitionError)


def _is_document(body: bytes) -> bool:
    try:
        data = json.loads(body)
    except ValueError:
        return False
    return isinstance(data, dict) and bool({"sections", "functions"} & data.keys())


def _written(record: logging.LogRecord) -> str:
    return f"{record.getMessage()} {getattr(record, 'fields', '')}"


LEDGER = Ledger()
