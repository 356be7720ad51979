"""What the platform remembers of a conversation from one call to the next (facts 4.2)."""

from typing import Any

from agentkit._log import log
from agentkit.errors import RequestError, StateEncoding, StateError, StateTooLarge
from agentkit.lenient import number_in
from agentkit.state.manager import StateManager
from agentkit.swaig.payload import PostPrompt, checked_id

JSON = dict[str, Any]

CONVERSATION_SECONDS = 30 * 86_400.0
"""How long the summary of a conversation is kept for the next call."""

_AS_OF = "as_of"


async def fetched(states: StateManager, post: PostPrompt) -> JSON:
    """Return the stored summary of the conversation that is asked for, {} when there is none.

    A call is about to begin: while the store is away it begins without what was said before.
    """
    conversation = conversation_of(post)
    if conversation is None:
        return {}
    kept = _kept(states)
    try:
        found = await kept.run(kept.operations.get_state(conversation)) or {}
    except StateError as error:
        log.error("conversation_not_read", reason=str(error))
        return {}
    return {key: value for key, value in found.items() if key != _AS_OF}


async def keep(states: StateManager, post: PostPrompt) -> None:
    """Keep what is to be remembered of a conversation, unless a later call has told more.

    What is too large to be kept must not cost the call its own summary.

    Raises:
        StateError: the store failed.
    """
    conversation, told = conversation_of(post), post.conversation_summary
    if conversation is None or not isinstance(told, str):
        return
    begun = number_in({_AS_OF: post.ai_start_date}, _AS_OF)
    news = {"conversation_summary": told} if begun is None else {
        "conversation_summary": told, _AS_OF: begun,
    }  # fmt: skip

    def latest(known: JSON | None) -> JSON:
        is_older = begun is not None and begun < (number_in(known or {}, _AS_OF) or 0.0)
        return known if known is not None and is_older else news

    kept = _kept(states)
    try:
        await kept.run(kept.operations.rewrite_state(conversation, latest))
    except (StateTooLarge, StateEncoding) as error:
        log.warning("conversation_not_kept", reason=str(error))


def conversation_of(post: PostPrompt) -> str | None:
    """Return the conversation's id; unlike that of a call, an odd one refuses nothing."""
    try:
        return checked_id(post.conversation_id, "conversation_id")
    except RequestError:
        return None


def _kept(states: StateManager) -> StateManager:
    return states.scoped("conversation", CONVERSATION_SECONDS)
