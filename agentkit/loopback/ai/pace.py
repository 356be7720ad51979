"""How long things take in a call that nobody hears: the same every time, and near to real ones.

The figures lie within those of three real calls (facts of the wire, 7, observed latency).
"""

from functools import cache
from typing import Any

JSON = dict[str, Any]

RINGING_SECONDS = 0.64
"""From the beginning of a call to its being answered."""

OPENING_SECONDS = 0.13
"""From the verb of a session to its beginning."""

FIRST_TOKEN_MS = 600
"""From the end of the caller's words to the first token of the model."""

UTTERANCE_MS = 850
"""From there to the first sentence."""

AUDIO_MS = 1500
"""From there to the first sound of it."""

END_OF_SPEECH_MS = 880
"""From the end of the caller's words to the platform knowing that they ended."""

TURN_DETECTION_MS = 600
"""The part of `END_OF_SPEECH_MS` that passes before the turn is detected."""

_WORD_SECONDS = 0.3
_TOKEN_SECONDS = 0.02
_CHARACTERS_OF_A_TOKEN = 4


def spoken_seconds(text: str) -> float:
    """Return how long a text takes to say."""
    return (text.count(" ") + 1) * _WORD_SECONDS if text else 0.0


def tokens_of(text: str) -> int:
    """Return about how many tokens a text has."""
    return len(text) // _CHARACTERS_OF_A_TOKEN + 1


def generation(response: str, tokens: int) -> JSON:
    """Return the timing of one generation of the model, an item of `times` (facts 4.1)."""
    return {"response": response, "response_word_count": len(response.split()), **_times(tokens)}


@cache
def _times(tokens: int) -> JSON:
    token_time = round(tokens * _TOKEN_SECONDS, 3)
    answer_time = round(FIRST_TOKEN_MS / 1000 + token_time, 3)
    return {
        "answer_time": answer_time,
        "token_time": token_time,
        "tokens": tokens,
        "avg_tps": round(tokens / answer_time, 6),
        "tps": round(tokens / token_time, 6),
    }
