"""The conversation as the model sees it.

The main prompt stays on top. What a step says replaces what the step before it said. What is hidden
comes back when the session leaves what hid it; what is reset does not (facts 1.4).
"""

from typing import Any

from agentkit.loopback.ai.values import Message

JSON = dict[str, Any]


class Conversation:
    """The messages of a session.

    Attributes:
        prompt: the main prompt.
        previous: what was said before each reset, as in `previous_contexts` (facts 4.1).
    """

    def __init__(self, prompt: str) -> None:
        self.prompt = prompt
        self.previous: list[list[JSON]] = []
        self._history: list[Message] = []
        self._instruction: Message | None = None
        self._context_from = 0
        self._visible_from = 0

    def messages(self) -> list[Message]:
        """Return what the model sees now."""
        top = [Message("system", self.prompt)] if self.prompt else []
        return [*top, *self._history[self._visible_from :]]

    def add(self, message: Message) -> None:
        """Add a message at the end."""
        self._history.append(message)

    def system(self, text: str) -> None:
        """Tell the model something."""
        self._history.append(Message("system", text))

    def user(self, text: str) -> None:
        """Let the caller have said something."""
        self._history.append(Message("user", text))

    def instruct(self, text: str) -> None:
        """Tell the model what to do in this step, instead of what it was told in the last one."""
        self._release()
        if text:
            self._instruction = Message("system", text)
            self._history.append(self._instruction)

    def enter_context(self, *, hide: bool) -> None:
        """Hide what was said before this context, or show it again."""
        self._context_from = len(self._history) if hide else 0
        self._visible_from = self._context_from

    def veil(self, *, hide: bool) -> None:
        """Hide what was said so far, or show as much as the context shows."""
        self._visible_from = len(self._history) if hide else self._context_from

    def show(self) -> None:
        """Show everything, also what other contexts said."""
        self._visible_from = 0

    def reset(self, *, keep: str = "") -> None:
        """Forget what was said; `keep` is a summary of it that stays."""
        self.previous.append([_entry(each) for each in self._history if each.content])
        self._history = [Message("system", keep)] if keep else []
        self._context_from = 0
        self._visible_from = 0
        self._instruction = None

    def summed_up(self) -> str:
        """Return what was said, as a text that can stand for it."""
        spoken = (each for each in self._history if each.role in {"user", "assistant"})
        lines = [f"{each.role}: {each.content.strip()}" for each in spoken if each.content]
        return "\n".join(["The conversation so far:", *lines]) if lines else ""

    def replace_exchange(self, call_id: str, text: str) -> None:
        """Take a tool's call and answer out, or put a text in their place."""
        kept: list[Message] = []
        for message in self._history:
            if not _belongs(message, call_id):
                kept.append(message)
            elif text and message.role == "tool":
                kept.append(Message("assistant", text))
        self._history = kept

    def _release(self) -> None:
        if self._instruction is not None:
            place = self._place(self._instruction)
            del self._history[place]
            self._context_from -= place < self._context_from
            self._visible_from -= place < self._visible_from
            self._instruction = None

    def _place(self, wanted: Message) -> int:
        backwards = range(len(self._history) - 1, -1, -1)
        return next(at for at in backwards if self._history[at] is wanted)


def _belongs(message: Message, call_id: str) -> bool:
    asked = any(call.id == call_id for call in message.tool_calls)
    return asked or message.tool_call_id == call_id


def _entry(message: Message) -> JSON:
    return {"role": message.role, "content": message.content}
