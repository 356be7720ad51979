"""Documents written verb by verb: `SWML().answer().play("say:Hello.").hangup()`.

Every verb is a method with the parameters of its Struct; a Struct's family is loaded by its first
use. `verb` takes what the tables do not know, `parse` reads what others wrote.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

import msgspec

from agentkit import _json
from agentkit.errors import DefinitionError
from agentkit.late import LateModule, method
from agentkit.swml.body import Mode, plain
from agentkit.swml.document import VERSION
from agentkit.swml.script import Script
from agentkit.swml.verb import Verb

if TYPE_CHECKING:
    from agentkit.swml import (
        ai,
        bedrock,
        calls,
        conference,
        connecting,
        flow,
        media,
        payment,
        recording,
        sidecar,
    )
else:
    ai = LateModule("agentkit.swml.ai")
    bedrock = LateModule("agentkit.swml.bedrock")
    calls = LateModule("agentkit.swml.calls")
    conference = LateModule("agentkit.swml.conference")
    connecting = LateModule("agentkit.swml.connecting")
    flow = LateModule("agentkit.swml.flow")
    media = LateModule("agentkit.swml.media")
    payment = LateModule("agentkit.swml.payment")
    recording = LateModule("agentkit.swml.recording")
    sidecar = LateModule("agentkit.swml.sidecar")

JSON = dict[str, Any]
MAIN = "main"
V = TypeVar("V", bound=Verb)


class Document(Generic[V]):
    """Sections of verbs. Verbs go to the end of the section that was named last, at first `main`.

    Raises:
        DefinitionError: here and in every method, something does not fit; the message says where.
    """

    script: ClassVar[Any] = Script
    """What reads a whole document."""

    def __init__(self) -> None:
        self.version: str | None = VERSION
        self.extra: JSON = {}
        self._sections: dict[str, list[V]] = {MAIN: []}
        self._current = MAIN
        self._changed: Callable[[], object] = int  # told of every change; int does nothing

    @classmethod
    def parse(cls, document: Mapping[str, Any] | str | bytes, *, strict: bool = False) -> Self:
        """Return a document that was written elsewhere, as JSON or as a dict.

        Nothing of it is lost: verbs and keys that no Struct fits are kept as they are.

        Args:
            document: the document.
            strict: refuse what the platform's schema refuses. The platform itself takes more.

        Raises:
            DefinitionError: it is no document, or strict found a fault; the message has its path.
        """
        value = _decoded(document) if isinstance(document, str | bytes) else document
        read = cls.script.read(value, Mode.STRICT if strict else Mode.KEEP, "")
        made = cls()
        made.version, made.extra = read.version, read.extra
        made._sections = read.sections
        return made

    @property
    def sections(self) -> dict[str, list[V]]:
        """The verbs by section, in fresh containers."""
        return {name: [*verbs] for name, verbs in self._sections.items()}

    def __iter__(self) -> Iterator[V]:
        """Go through the verbs of `main`."""
        return iter(self._sections.get(MAIN, ()))

    def section(self, name: str) -> Self:
        """Go on with a section, which is made when it is missing."""
        if not isinstance(name, str) or not name:
            raise DefinitionError(f"a section needs a name, not {name!r}")
        self._current = name
        if name not in self._sections:
            self._sections[name] = []
            self._changed()
        return self

    def reset(self) -> Self:
        """Forget all sections and begin with an empty `main`."""
        self._sections, self._current = {MAIN: []}, MAIN
        self._changed()
        return self

    def add(self, verb: V) -> Self:
        """Add a verb that was made before."""
        if not isinstance(verb, Verb):
            raise DefinitionError(f"add takes a verb, not {verb!r}")
        self._sections[self._current].append(verb)
        self._changed()
        return self

    def verb(self, name: str, body: Any = None) -> Self:
        """Add a verb by its name; one that agentkit does not know is kept as it is.

        Args:
            name: the verb's name.
            body: what stands behind it; by default an empty object.
        """
        if not isinstance(name, str) or not name:
            raise DefinitionError(f"a verb needs a name, not {name!r}")
        item = {name: {} if body is None else body}
        return self.add(self.script.verb_kind.reader(item, Mode.CHECK, ""))

    def to_dict(self) -> JSON:
        """Return the document as plain data, in fresh containers."""
        version = {} if self.version is None else {"version": self.version}
        return {**version, "sections": plain(self._sections), **plain(self.extra)}

    def to_json(self) -> bytes:
        """Return the document as JSON.

        Raises:
            EncodingError: something in it is no JSON.
        """
        return _json.encode(self.to_dict())


class SWML(Document[Verb]):
    """A document of a call: `SWML().answer().play("say:Hello.").hangup()`."""

    def _add(self, verb: Verb) -> Self:
        return self.add(verb)

    answer = method(calls.Answer, _add)
    hangup = method(calls.Hangup, _add)
    send_digits = method(calls.SendDigits, _add)
    detect_machine = method(calls.DetectMachine, _add)
    enter_queue = method(calls.EnterQueue, _add)
    execute_rpc = method(calls.ExecuteRpc, _add)

    connect = method(connecting.Connect, _add)
    transfer = method(connecting.Transfer, _add)
    sip_refer = method(connecting.SipRefer, _add)
    join_room = method(conference.JoinRoom, _add)
    join_conference = method(conference.JoinConference, _add)

    play = method(media.Play, _add)
    prompt = method(media.Prompt, _add)
    denoise = method(media.Denoise, _add)
    stop_denoise = method(media.StopDenoise, _add)
    tap = method(media.Tap, _add)
    stop_tap = method(media.StopTap, _add)
    stream = method(media.Stream, _add)
    stop_stream = method(media.StopStream, _add)
    receive_fax = method(media.ReceiveFax, _add)
    send_fax = method(media.SendFax, _add)
    send_sms = method(media.SendSms, _add)
    user_event = method(media.UserEvent, _add)

    record = method(recording.Record, _add)
    record_call = method(recording.RecordCall, _add)
    stop_record_call = method(recording.StopRecordCall, _add)
    transcribe = method(recording.Transcribe, _add)
    transcribe_stop = method(recording.TranscribeStop, _add)
    live_transcribe = method(recording.LiveTranscribe, _add)
    live_translate = method(recording.LiveTranslate, _add)

    cond = method(flow.Cond, _add)
    switch = method(flow.Switch, _add)
    execute = method(flow.Execute, _add)
    goto = method(flow.Goto, _add)
    label = method(flow.Label, _add)
    return_ = method(flow.Return, _add)
    set = method(flow.variables, _add)
    unset = method(flow.Unset, _add)
    sleep = method(flow.Sleep, _add)
    request = method(flow.Request, _add)

    pay = method(payment.Pay, _add)
    ai = method(ai.Ai, _add)
    ai_sidecar = method(sidecar.AiSidecar, _add)
    amazon_bedrock = method(bedrock.AmazonBedrock, _add)

    def say(
        self,
        text: str,
        voice: str | None = None,
        language: str | None = None,
        gender: str | None = None,
        volume: float | None = None,
    ) -> Self:
        """Speak a text: the verb `play` with `say:`."""
        if not isinstance(text, str):
            raise DefinitionError(f"say takes a text, not {text!r}")
        return self.play(
            f"say:{text}", volume=volume, say_voice=voice, say_language=language, say_gender=gender
        )


def _decoded(text: str | bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise DefinitionError(f"the document is not JSON: {error}") from error
