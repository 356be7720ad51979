"""What the caller hears that no model said: play, and the verbs that play something first."""

import re
from collections.abc import Mapping
from typing import Any

from agentkit.loopback.ai.pace import spoken_seconds
from agentkit.loopback.script.coercing import boolean, number
from agentkit.loopback.script.programs import Step
from agentkit.loopback.script.run import Run
from agentkit.loopback.script.templates import text_of

_RING = re.compile(r"ring:(?:(\d+(?:\.\d+)?):)?(\w+)\Z")


async def play(run: Run, step: Step) -> None:
    """Play one URL or several, answering the call first unless told not to."""
    # An address alone, or several, is a shorthand that the platform takes: facts 1.2
    fields = step.body if isinstance(step.body, dict) else {"urls": step.body}
    if boolean(fields.get("auto_answer"), default=True):
        run.answer()
    play_all(run, fields.get("urls", fields.get("url")), fields)


def play_all(run: Run, urls: Any, fields: Mapping[str, Any]) -> None:
    """Play what a field names: a play URL or an array of them."""
    played = urls if isinstance(urls, list) else [urls]
    if not played or played == [None]:
        run.report_failed("has nothing to play")
        return
    for url in played:
        _play(run, text_of(url), fields)


def _play(run: Run, url: str, fields: Mapping[str, Any]) -> None:
    if url.startswith("say:"):
        voice = {key: fields[key] for key in ("say_voice", "say_language") if key in fields}
        run.trace.add("platform", url[4:], voice or None)
        run.spend(spoken_seconds(url[4:]))
    elif url.startswith("silence:"):
        seconds = number(url[8:])
        run.trace.add("platform", f"[silence {seconds:g} s]", {"silence": seconds})
        run.spend(seconds)
    elif ring := _RING.match(url):
        run.trace.add("platform", f"[rings {ring[2]}]", {"ring": ring[2]})
        run.spend(number(ring[1]))
    elif url.startswith(("http://", "https://")):
        run.trace.add("platform", f"[plays {url}]", {"url": url})
    else:
        run.report_failed(f"cannot play {url[:200]!r}")
