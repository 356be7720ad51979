"""What belongs to one AI session: the parts that its rules read and change.

The rules themselves are functions of other modules, which take the room first: `moves`, `actions`,
`natives`, `calling`, `polls`, `ending` and so on.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from agentkit.loopback.ai import pace, pom, prompting
from agentkit.loopback.ai.conversation import Conversation
from agentkit.loopback.ai.debug import Debug
from agentkit.loopback.ai.hearing import Hints
from agentkit.loopback.ai.languages import Languages
from agentkit.loopback.ai.logs import Logs
from agentkit.loopback.ai.params import Params
from agentkit.loopback.ai.reading import Reader
from agentkit.loopback.ai.remembering import remembered
from agentkit.loopback.ai.steps import Context, Gather, Step, read_contexts
from agentkit.loopback.ai.store import Store
from agentkit.loopback.ai.toolset import Function, Toolset
from agentkit.loopback.clock import Clock
from agentkit.loopback.ids import Ids
from agentkit.loopback.trace import Trace
from agentkit.loopback.webhook import Wire

JSON = dict[str, Any]
Swml = Callable[[JSON | str, bool], Awaitable[None]]

SIDECAR = "ai_sidecar"
"""The verb that is a copilot; its prompt has a form of its own."""

DEFAULT_MODEL = "gpt-4o-mini"

CARRIED = "ai_agents_global_data"
"""The variable of the script in which `global_data` goes from one `ai` verb to the next."""


class Around(Struct):
    """What the call around a session gives to it.

    Attributes:
        call: the call, as in the request for the document.
        script_vars: the variables of the script.
        wire: carries what is posted to the agent.
        outside: carries requests of data maps and to MCP servers.
    """

    call: JSON
    script_vars: JSON
    wire: Wire
    outside: Wire
    clock: Clock
    trace: Trace
    ids: Ids


class Tuning(Struct):
    """What actions switch for the rest of the session.

    Attributes:
        settings: sampling parameters, by their hyphenated names.
        waits_for_user: a boolean, a number of seconds, or `answer_first`.
        plays: the file in the background, "" for none.
        back_to_back: whether functions may follow each other without a word: a boolean or
            `forever`.
        on_speaker_timeout: whether functions may be called when the caller is silent.
        extensive_data: whether the model gets long answers whole.
    """

    settings: JSON = {}
    waits_for_user: bool | int | str = False
    plays: str = ""
    back_to_back: bool | str = False
    on_speaker_timeout: bool = False
    extensive_data: bool = False


class Gathering(Struct):
    """How far the questions of a step are."""

    plan: Gather
    number: int = 0
    attempt: int = 0
    answers: JSON = {}


class Hold(Struct, frozen=True):
    """The caller waits: until when, and where it goes on."""

    until_us: int
    step: str = ""
    timeout_step: str = ""


class Timers(Struct):
    """What happens after a while; times are microseconds, those of days since 1970.

    Attributes:
        polled_us: when `check_for_input` was last called.
        silent_since_us: since when nobody speaks.
        poll_us: how far polls are apart.
        attention_us: the silence after which the model asks whether anybody is there; 0 for never.
        inactivity_us: the silence that ends the session; 0 for none.
        stops_us: when the hard stop comes, None for never.
        attended: whether the silence was noticed since somebody spoke.
        stopped: whether the hard stop has come.
    """

    started_us: int = 0
    polled_us: int = 0
    silent_since_us: int = 0
    poll_us: int = 0
    attention_us: int = 0
    inactivity_us: int = 0
    stops_us: int | None = None
    attended: bool = False
    stopped: bool = False


class Room:
    """One session.

    Attributes:
        ai: the body of the verb.
        call_id: the id of the call.
        identity: the project and space, as far as they are known.
        swaig: its functions and what belongs to them.
        main_prompt: the text of the main prompt, before values are put in.
        verb: `ai`, `amazon_bedrock` or `ai_sidecar`.
        context, step: where the session stands; None outside of contexts.
        allowed: the functions that the step offers; None for all.
        moved: whether a step was entered whose text the model was not told yet.
        changed_context: whether its context was entered with it.
        gathering: the questions that are being asked.
        asked: how often the model has called each function with each text.
        deferred: actions that wait until the model has spoken (`post_process`).
        replaces: what stands for the function's call and answer (`replace_in_history`).
        ended: what ended the session, None while it runs.
        moves_to: where a transfer leads: a document, or the name or URL of one.
        user_input: texts that functions put into the caller's mouth.
        takes_turn: whether the model goes on without a word of the caller.
        open: whether the caller's channel is there.
        closed: whether the session was ended for good.
        failed: whether a fatal error of the model ended it.
        dates: moments of the call, in microseconds since 1970.
    """

    context: Context | None = None
    step: Step | None = None
    allowed: frozenset[str] | None = None
    moved = False
    changed_context = False
    gathering: Gathering | None = None
    hold: Hold | None = None
    ended: str | None = None
    moves_to: JSON | str | None = None
    replaces: str | bool = False
    takes_turn = False
    open = True
    closed = False
    failed = False
    swml: Swml | None = None

    def __init__(self, ai: JSON, verb: str, around: Around) -> None:
        self.ai, self.verb, self.around = ai, verb, around
        self.clock, self.trace, self.ids = around.clock, around.trace, around.ids
        self.reader = Reader(around.trace.warn)
        self.swaig = self.reader.mapping_of(ai, "SWAIG", "ai")
        self.params = Params(self.reader.mapping_of(ai, "params", "ai"), self.reader)
        self.session_id = around.ids.uuid()
        self.tag = around.ids.hex32()
        self.caller = _caller(around.call, self.reader)
        self.call_id = self.reader.text_of(around.call, "call_id", "call")
        known = ("project_id", "space_id")
        self.identity = {key: around.call[key] for key in known if key in around.call}
        self.languages = Languages(ai, self.reader)
        self.hints = Hints(ai.get("hints"), self.reader)
        self.logs = Logs(self.clock, around.ids, self.languages.code)
        self.variables = self._variables()
        self.store = Store(self._initial_data(), self.caller)
        self.tools = Toolset(self.reader)
        self.tuning = Tuning()
        self.timers = Timers()
        self.debug = Debug(self.params, self._call_info(), around.wire, around.trace)
        self.form = self.params.text("pom_format", "markdown")
        self.main_prompt = self._main_prompt()
        self.contexts = self._contexts()
        self.conversation = Conversation("")
        self.asked: Counter[tuple[str, str]] = Counter()
        self.deferred: list[tuple[Function, list[JSON]]] = []
        self.user_input: list[str] = []
        self.dates: dict[str, int] = {}

    def model(self) -> str:
        """Return the name of the model."""
        return self.params.text("ai_model", DEFAULT_MODEL)

    def post_prompt_url(self) -> str:
        """Return the URL of the post prompt, "" for none."""
        return self.reader.text_of(self.ai, "post_prompt_url", "ai")

    def conversation_id(self) -> JSON:
        """Return the `conversation_id` if there is one."""
        found = self.params.text("conversation_id")
        return {"conversation_id": found} if found else {}

    def rendered(self, sections: object, path: str) -> str:
        """Return the text of sections in the form that the document asks for."""
        return pom.rendered(sections, self.form, self.reader, path)

    def expanded(self, text: str) -> str:
        """Return a text of the document with the values of the call put in."""
        return self.variables.expanded(text, self.store.global_data)

    def speak(self, text: str, *, waits: bool = True) -> None:
        """Let the platform say something by itself; without `waits` things go on meanwhile."""
        started, seconds = self.clock.us, pace.spoken_seconds(text)
        self.trace.add("platform", text)
        if waits:
            self.clock.advance(seconds)
        self.logs.manual(text, started, started + round(seconds * 1_000_000))

    def _main_prompt(self) -> str:
        if self.verb == SIDECAR:
            return ""
        given = self.ai.get("prompt")
        if isinstance(given, dict):  # without the contexts, which are read by themselves
            given = {key: given[key] for key in ("text", "pom") if key in given}
        return remembered(prompting.told, given, self.form, self.reader, "ai.prompt")

    def _contexts(self) -> dict[str, Context]:
        prompt = self.ai.get("prompt")
        if self.verb != "ai":
            return {}
        given = prompt.get("contexts") if isinstance(prompt, dict) else None
        path = "ai.prompt.contexts"
        return remembered(read_contexts, given, self.form, self.reader, path)

    def _variables(self) -> prompting.Variables:
        made = prompting.Variables(self.around.call, self.caller, self.params, self.clock)
        made.languages = tuple(each.name for each in self.languages.known)
        made.default_language = self.languages.current.name
        return made

    def _initial_data(self) -> JSON:
        given = self.reader.mapping_of(self.ai, "global_data", "ai")
        carried = self.around.script_vars.get(CARRIED)
        if isinstance(carried, dict) and self.params.flag("persist_global_data", default=True):
            return {**given, **carried}
        return given

    def _call_info(self) -> JSON:
        return {
            "call_id": self.call_id,
            "content_type": "text/json",
            "content_disposition": "post_data",
            "conversation_type": "voice",
            **self.identity,
        }


def _caller(call: JSON, reader: Reader) -> JSON:
    number = reader.text_of(call, "from", "call")
    if not number:
        return {}
    default = "" if call.get("type") == "webrtc" else number
    name = reader.text_of(call, "caller_id_name", "call", default)
    return {"caller_id_name": name, "caller_id_number": number}
