"""Verbs that answer and end calls, look at them, and put them into queues."""

from typing import Any, ClassVar, Literal

from agentkit.swml.values import Bool, Int, NotNegative, NotNegativeInt, Positive
from agentkit.swml.verb import Verb


class Answer(Verb, frozen=True):
    """Answer the call; many verbs answer by themselves.

    Attributes:
        max_duration: longest call, in seconds (14,400).
        codecs: codecs to offer, apart by commas.
        username: for SIP authentication.
        password: for SIP authentication.
    """

    verb: ClassVar[str] = "answer"

    max_duration: Int | None = None
    codecs: str | None = None
    username: str | None = None
    password: str | None = None


class Hangup(Verb, frozen=True):
    """End the call.

    Attributes:
        reason: what the other side is told.
    """

    verb: ClassVar[str] = "hangup"

    reason: Literal["hangup", "busy", "decline"] | None = None


class SendDigits(Verb, frozen=True):
    """Send key presses.

    Attributes:
        digits: `0-9`, `*`, `#`, `A-D`; `w` waits half a second, `W` a second.
    """

    verb: ClassVar[str] = "send_digits"

    digits: str


class DetectMachine(Verb, frozen=True):
    """Find out whether a person, a machine or a fax answered.

    Sets `detect_result`, `detect_machine_beep`, `detect_ms`.

    Attributes:
        detect_message_end: wait until the machine has spoken (false).
        detectors: what to look for, apart by commas (`amd,fax`).
        end_silence_timeout: seconds of silence that end a voice (1).
        initial_timeout: seconds to wait for a voice (4.5).
        machine_ready_timeout: seconds of silence until the machine is ready.
        machine_voice_threshold: seconds of voice that make it a machine (1.25).
        machine_words_threshold: words that make it a machine (6).
        status_url: told what was found.
        timeout: seconds in all (30).
        tone: the fax tone to look for (`CED`).
        wait: wait for the result before the next verb (true).
    """

    verb: ClassVar[str] = "detect_machine"

    detect_message_end: Bool | None = None
    detectors: str | None = None
    end_silence_timeout: NotNegative | None = None
    initial_timeout: NotNegative | None = None
    machine_ready_timeout: NotNegative | None = None
    machine_voice_threshold: NotNegative | None = None
    machine_words_threshold: NotNegativeInt | None = None
    status_url: str | None = None
    timeout: NotNegative | None = None
    tone: Literal["CED", "CNG"] | None = None
    wait: Bool | None = None


class EnterQueue(Verb, frozen=True):
    """Put the caller into a queue.

    Sets `queue_result`, `wait_time`, `entry_position`, `entry_size`.

    Attributes:
        queue_name: the queue.
        transfer_after_bridge: where the caller goes after the bridge: a section or URL.
        status_url: told how it goes.
        wait_url: what the caller hears meanwhile.
        wait_time: longest wait, in seconds (3,600).
    """

    verb: ClassVar[str] = "enter_queue"

    queue_name: str
    transfer_after_bridge: str
    status_url: str | None = None
    wait_url: str | None = None
    wait_time: Positive | None = None


class ExecuteRpc(Verb, frozen=True):
    """Reach another call by a remote procedure of the platform.

    Not in the platform's schema; the vendor's SDK sends it.

    Attributes:
        method: such as `dial`, `ai_message` or `ai_unhold`.
        params: its parameters.
        call_id: the call that it is for.
        node_id: the node of that call.
    """

    verb: ClassVar[str] = "execute_rpc"
    schema_knows: ClassVar[bool] = False

    method: str
    params: dict[str, Any] | None = None
    call_id: str | None = None
    node_id: str | None = None
