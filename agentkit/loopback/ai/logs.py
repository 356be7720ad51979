"""The logs of a call: `call_log`, `raw_call_log`, `swaig_log` and `times` (facts 4.1).

Both call logs tell the same story. The raw one has no calls of tools and no times of playback, as
in real ones. An entry is a dict with its keys in the order of real ones, and is never changed once
it was added.
"""

from typing import Any

from agentkit.loopback.ai import pace
from agentkit.loopback.clock import Clock
from agentkit.loopback.ids import Ids

JSON = dict[str, Any]

HEARD = "Detected Speech"
RESULT_PREFIX = "Tool result below. Remain in the same language.\n"
_DEPRECATED = "fields utterance_latency, audio_latency deprecated in tool calls"


class Logs:
    """What was said and done.

    Attributes:
        call: the items of `call_log`.
        raw: the items of `raw_call_log`.
        swaig: the items of `swaig_log`.
        times: one item for every generation of the model.
        language: the code of the language that is spoken, such as `en-US`.
        standing: `context`, `step` and `step_index`, as far as the session stands in one.
    """

    def __init__(self, clock: Clock, ids: Ids, language: str) -> None:
        self.call: list[JSON] = []
        self.raw: list[JSON] = []
        self.swaig: list[JSON] = []
        self.times: list[JSON] = []
        self.language = language
        self.standing: JSON = {}
        self._clock = clock
        self._ids = ids

    def prompt(self, text: str) -> None:
        """Note the main prompt."""
        self._both({"role": "system", "content": text, "timestamp": self._clock.us})

    def instruction(self, text: str) -> None:
        """Note what the model is told when a step begins."""
        entry = {
            "role": "system",
            "content": text,
            "lang": self.language.partition("-")[0],
            "tokens": pace.tokens_of(text),
            "timestamp": self._clock.us,
            "visible_count": 1,
        }
        self._both(entry)

    def system(self, text: str) -> None:
        """Note what else the model is told."""
        self._both({"role": "system", "timestamp": self._clock.us, "content": text})

    def event(self, action: str, content: str, metadata: JSON, *, step: bool = True) -> None:
        """Note something that the platform did; the metadata begins with where it did it."""
        standing = self.standing
        if not step and "context" in standing:
            standing = {"context": standing["context"]}
        entry = {
            "role": "system-log",
            "lang": self.language,
            "action": action,
            "timestamp": self._clock.us,
            "tokens": 0,
            "content_type": HEARD,
            "metadata": {**standing, **metadata},
            "content": content,
        }
        self._both(entry)

    def user(self, text: str, start_us: int, end_us: int) -> None:
        """Note what the caller said."""
        entry = {
            "role": "user",
            "timestamp": self._clock.us,
            "confidence": 1,
            "content_type": HEARD,
            "start_timestamp": start_us,
            "end_timestamp": end_us,
            "speaking_to_turn_detection": pace.TURN_DETECTION_MS,
            "turn_detection_to_final_event": pace.END_OF_SPEECH_MS - pace.TURN_DETECTION_MS,
            "speaking_to_final_event": pace.END_OF_SPEECH_MS,
            "content": text,
        }
        self._both(entry)

    def assistant(self, text: str, start_us: int) -> None:
        """Note what the model said, and its generation."""
        now = self._clock.us
        times = {
            "latency": pace.FIRST_TOKEN_MS,
            "utterance_latency": pace.UTTERANCE_MS,
            "audio_latency": pace.AUDIO_MS,
        }
        said = {"role": "assistant", "timestamp": now, **times}
        self.call.append({**said, "start_timestamp": start_us, "end_timestamp": now,
                          "content": text})  # fmt: skip
        self.raw.append({**said, "content": text})
        self.thought(text)

    def manual(self, text: str, start_us: int, end_us: int) -> None:
        """Note what the platform said by itself: a filler, a greeting, `say`."""
        said = {"role": "assistant-manual", "timestamp": start_us}
        times = {"start_timestamp": start_us, "end_timestamp": end_us}
        self.call.append({**said, **times, "content": text})
        self.raw.append({**said, "content": text})

    def conclusion(self, text: str) -> None:
        """Note the model's answer to the post prompt."""
        self._both({"role": "assistant", "timestamp": self._clock.us, "content": text})

    def generated(self, arguments: str) -> None:
        """Note a generation of the model that said nothing and called a tool."""
        self.times.append(pace.generation("", pace.tokens_of(arguments)))

    def thought(self, text: str) -> None:
        """Note a generation of the model that is noted as something else."""
        self.times.append(pace.generation(text, pace.tokens_of(text)))

    def tool_call(self, name: str, arguments: str, *, ended: bool = True) -> str:
        """Note that the model called a tool and return the id of the call."""
        call_id = self._ids.uuid()
        called = {"name": name, "arguments": arguments}
        call = {"id": call_id, "type": "function", "function": called}
        times = {"end_timestamp": self._clock.us} if ended else {}
        self.call.append({"role": "assistant", "tool_calls": [call], **times, "content": ""})
        return call_id

    def tool_result(self, name: str, content: str, start_us: int, *, timed: bool = True) -> None:
        """Note what a tool answered; after the call there is nobody whose waiting is timed."""
        now = self._clock.us
        entry: JSON = {"role": "tool", "timestamp": now, "function_name": name}
        if timed:
            waited = pace.UTTERANCE_MS + (now - start_us) // 1000
            entry |= {
                "latency": pace.FIRST_TOKEN_MS,
                "utterance_latency": pace.UTTERANCE_MS,
                "function_latency": pace.UTTERANCE_MS,
                "audio_latency": waited,
                "execution_latency": waited,
            }
        entry |= {
            "deprecation_warning": _DEPRECATED,
            "start_timestamp": start_us,
            "end_timestamp": now,
            "content": f"{RESULT_PREFIX}{content}",
        }
        self._both(entry)

    def native(self, name: str, arguments: str) -> None:
        """Note a call of one of the platform's own functions."""
        entry = {
            "command_name": name,
            "command_arg": arguments,
            "epoch_time": self._clock.us // 1_000_000,
            "native": True,
        }
        self.swaig.append(entry)

    def command(
        self, name: str, arguments: str, uses: int | None, more: JSON, asked_us: int
    ) -> None:
        """Note a call of a function; `uses` is how many are left, None without a limit."""
        entry = {
            "command_name": name,
            "command_arg": arguments,
            "epoch_time": asked_us // 1_000_000,
            "active_count": "endless" if uses is None else uses,
        }
        self.swaig.append({**entry, **more})

    def timeline(self) -> list[JSON]:
        """Return `call_timeline`: what happened, flat and without what was said."""
        return [moment for entry in self.call if (moment := _moment(entry)) is not None]

    def _both(self, entry: JSON) -> None:
        self.call.append(entry)
        self.raw.append(entry)


_TYPES = {"user": "user_input", "assistant": "ai_response", "tool": "tool_result"}


def _moment(entry: JSON) -> JSON | None:
    role = entry["role"]
    if role == "system-log":
        return {"ts": entry["timestamp"], "type": entry["action"], **entry["metadata"]}
    if role not in _TYPES or (role == "assistant" and "latency" not in entry):
        return None
    moment: JSON = {"ts": entry["timestamp"], "type": _TYPES[role], **entry}
    del moment["role"], moment["timestamp"], moment["content"]
    if role == "assistant":
        del moment["start_timestamp"], moment["end_timestamp"]
    return moment
