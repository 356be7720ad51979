"""Transcripts that are kept beside tests, and compared."""

import difflib
import hashlib
import re
from pathlib import Path

from agentkit.loopback.errors import CallError

UPDATE = "--loopback-update"
"""The option with which pytest writes transcripts anew."""

FOLDER = "transcripts"

_LONGEST_NAME = 120
_ODD = re.compile(r"[^\w.-]+")


class Snapshots:
    """The kept transcripts of one test.

    Args:
        file: the file of the test.
        name: the name of the test.
        update: whether transcripts are written in place of being compared.

    Attributes:
        written: those that were written.
    """

    def __init__(self, file: Path, name: str, *, update: bool) -> None:
        self.written: list[Path] = []
        self._file = file
        self._name = name
        self._update = update

    def path(self, name: str = "") -> Path:
        """Return where a transcript is kept: `transcripts/test_file.test_name.name.txt`."""
        parts = [self._file.stem, self._name, *([name] if name else [])]
        plain = _ODD.sub("-", ".".join(parts)).strip("-")
        if len(plain) > _LONGEST_NAME:
            told = hashlib.sha256(plain.encode()).hexdigest()[:12]
            plain = f"{plain[:_LONGEST_NAME]}-{told}"
        return self._file.parent / FOLDER / f"{plain}.txt"

    def check(self, transcript: str, name: str = "") -> None:
        """Compare a transcript with the one that is kept, or keep it.

        Raises:
            CallError: it differs, or none is kept.
        """
        __tracebackhide__ = True
        path = self.path(name)
        kept = path.read_text("utf-8") if path.is_file() else None
        if kept == transcript:
            return
        if self._update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(transcript, "utf-8", newline="\n")
            self.written.append(path)
            return
        if kept is None:
            shown = f"the transcript is:\n{transcript}"
            raise CallError(f"no transcript is kept in {path}: run pytest {UPDATE}\n\n{shown}")
        raise CallError(
            f"the call is not as it is kept in {path}:\n\n{_difference(kept, transcript)}\n"
            f"if that is right, run pytest {UPDATE}\n\nthe call so far:\n{transcript}"
        )


def _difference(kept: str, transcript: str) -> str:
    lines = difflib.unified_diff(
        kept.splitlines(), transcript.splitlines(), "kept", "now", n=2, lineterm=""
    )
    return "\n".join(lines)
