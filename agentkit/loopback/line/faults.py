"""What goes wrong between the platform and an agent, one word each, drawn from a seed.

* `duplicate`: the agent gets a request twice, at the same time; the platform sees the first answer.
* `lost_reply`: the agent handles it, then the connection is cut.
* `late`: it reaches the agent just when the platform has given up on it.
* `reorder`: it reaches the agent after the one that the platform has sent in its place.
* `restart`: the agent dies before or after it has handled it, and another takes its place.
* `5xx`: a proxy answers, which has passed it on and lost the answer (502, 504) or not (500, 503).

After every one but `duplicate` the platform sends a tool's request again (facts 7), so several
words hit one request in turn; the last sending always comes through, and the call goes on.
"""

import random
from collections.abc import Iterable
from functools import cached_property
from typing import get_args

from agentkit.loopback.errors import CallError
from agentkit.loopback.line.rules import RULES
from agentkit.loopback.webhook import WebhookKind

WORDS = ("duplicate", "lost_reply", "late", "reorder", "restart", "5xx")
"""Every fault that there is."""

_KINDS = frozenset(get_args(WebhookKind))

SENT_AGAIN: frozenset[WebhookKind] = frozenset(kind for kind in RULES if RULES[kind].tries > 1)
"""The kinds of requests that faults hit unless told otherwise: the platform sends them again."""


class Faults:
    """Draws which sendings go wrong, and how.

    Args:
        words: one fault each, or several in one text: `Faults("duplicate lost_reply")`.
        rate: how probable each word is for each request, from 0 to 1.
        seed: what the draws depend on.
        only: the kinds of requests that are hit. Others than tools are sent once: of these, every
            fault but `duplicate` and `late` may mean that the agent never hears.

    Raises:
        CallError: a word, a kind or a rate that there is not.
    """

    def __init__(
        self,
        *words: str,
        rate: float = 1.0,
        seed: int | str = 0,
        only: Iterable[WebhookKind] = SENT_AGAIN,
    ) -> None:
        self.words = tuple(
            _known(word) for each in words for word in each.replace(",", " ").split()
        )
        self._only = frozenset(only)
        if unknown := self._only - _KINDS:
            raise CallError(f"no kinds of requests: {', '.join(sorted(unknown))}")
        if not 0 <= rate <= 1:
            raise CallError(f"the rate of faults is from 0 to 1, not {rate}")
        self._rate = rate
        self._seed = seed

    @cached_property
    def _random(self) -> random.Random:
        """Where draws come from: to seed it takes longer than a line without faults lives."""
        return random.Random(self._seed)  # noqa: S311 - the same ones are wanted

    def plan(self, kind: WebhookKind) -> list[str]:
        """Return the words that hit the sendings of the next request, one after the other."""
        if not self.words or kind not in self._only:
            return []
        tries = RULES[kind].tries
        drawn = [word for word in self.words if self._random.random() < self._rate]
        if tries == 1:
            return self._some([word for word in drawn if word != "reorder"], 1)
        failing = self._some([word for word in drawn if word != "duplicate"], tries - 1)
        return [*failing, "duplicate"] if "duplicate" in drawn else failing

    def proxy_status(self) -> int:
        """Return the status of a proxy's answer."""
        return self._random.choice((500, 502, 503, 504))

    def before(self) -> bool:
        """Say whether the agent dies before it has handled the request."""
        return self._random.random() < 0.5  # noqa: PLR2004 - either is as probable

    def _some(self, words: list[str], most: int) -> list[str]:
        chosen = self._random.sample(range(len(words)), min(most, len(words)))
        return [words[index] for index in sorted(chosen)]


def _known(word: str) -> str:
    if word not in WORDS:
        raise CallError(f"no fault {word!r}; there are: {', '.join(WORDS)}")
    return word
