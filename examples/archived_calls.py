"""An agent whose summaries end in an archive: each one once, also when the archive is away."""

import os
import sqlite3
from contextlib import closing
from typing import Any

from agentkit import AgentBase, Summary
from agentkit.debug_events import DebugEvent

ARCHIVE = os.environ.get("ARCHIVE", "archive.db")


class TeaDesk(AgentBase):
    """Sells tea and remembers how each call went."""

    def __init__(self, **options: Any) -> None:
        super().__init__("tea-desk", "/tea", **options)
        self.set_prompt_text("You sell tea.")
        self.set_post_prompt('Answer with JSON: {"teas": number, "mood": text}.')
        self.enable_debug_events()
        self.on_debug_event(self.listen)

    def on_summary(
        self, summary: Any, raw_data: dict[str, Any] | None = None, report: Summary | None = None
    ) -> None:
        """Archive a call. When this raises, the summary is kept and comes again."""
        assert report is not None
        wait = report.latencies.get("audio_latency")
        row = (
            report.call_id,
            str(summary),
            len(report.turns),
            ", ".join(report.tools_used),
            report.ai_seconds,
            wait.p95 if wait else None,
        )
        with closing(sqlite3.connect(ARCHIVE)) as archive, archive:
            archive.execute("INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?)", row)

    def listen(self, event: DebugEvent) -> None:
        """Tell the log when a webhook of ours did not answer as the platform wants."""
        if event.name == "webhook_fail":
            self.log.warning("webhook_fail", code=event.number("http_code"))


agent = TeaDesk()


@agent.tool
def add_tea(tea: str) -> str:
    """Add a tea to the order."""
    return f"Added {tea}."


if __name__ == "__main__":
    agent.run()
