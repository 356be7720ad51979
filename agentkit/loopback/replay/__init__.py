"""Yesterday's calls against today's code: read a journal, play it, tell what has changed."""

from agentkit.loopback.replay.comparing import Changed, Comparison, compared
from agentkit.loopback.replay.http import HttpFromJournal
from agentkit.loopback.replay.importing import call_in
from agentkit.loopback.replay.journal import Exchange, Journal, ReplayError, Reply
from agentkit.loopback.replay.masks import MaskError
from agentkit.loopback.replay.playing import Place, Replayed, play
from agentkit.loopback.replay.report import as_json, as_text, summed_up
from agentkit.loopback.replay.values import Difference
from agentkit.loopback.replay.writing import Subject, as_test

__all__ = [
    "Changed",
    "Comparison",
    "Difference",
    "Exchange",
    "HttpFromJournal",
    "Journal",
    "MaskError",
    "Place",
    "ReplayError",
    "Replayed",
    "Reply",
    "Subject",
    "as_json",
    "as_test",
    "as_text",
    "call_in",
    "compared",
    "play",
    "summed_up",
]
