"""What a tool answers: a text for the model and actions for the platform.

The methods put the same JSON on the wire as the vendor's SDK (3.7) does, so an agent that moves
here keeps its answers. An action is one object in the list `action`; a document that the platform
runs is the action `SWML`, with the sibling `transfer` when the call leaves the AI session
(facts of the wire, 3.4).
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self

from agentkit.late import LateModule, method
from agentkit.swaig import contents

if TYPE_CHECKING:
    from agentkit.swaig import payments, rpc, settings, telephony
else:
    settings = LateModule("agentkit.swaig.settings")
    telephony = LateModule("agentkit.swaig.telephony")
    payments = LateModule("agentkit.swaig.payments")
    rpc = LateModule("agentkit.swaig.rpc")

EMPTY_ANSWER = "Action completed."
"""Response when there is neither text nor an action."""

Object = Mapping[str, Any]


class Built(Protocol):
    """What can be drawn as an action."""

    def to_action(self) -> dict[str, Any]:
        """Return the action."""
        ...


class SwaigFunctionResult:
    """The answer of a tool; every method returns the object itself, so calls can be chained.

    Args:
        response: what the model is told; a dict goes on the wire as it is.
        post_process: let the model speak once more before the actions run.
        tool_result: the bare outcome, instead of `response`.
        tool_prompt: what the model shall do with the outcome.

    Raises:
        DefinitionError: here and in every method, an argument is wrong; the message names both.
    """

    __slots__ = ("_actions", "post_process", "response")

    _actions: list[dict[str, Any]] | None

    def _add(self, action: dict[str, Any]) -> Self:
        if self._actions is None:
            self._actions = []
        self._actions.append(action)
        return self

    def _add_built(self, built: Built) -> Self:
        return self._add(built.to_action())

    def __init__(
        self,
        response: str | Object | None = "",
        post_process: bool = False,
        *,
        tool_result: str | None = None,
        tool_prompt: str | None = None,
    ) -> None:
        self.post_process = post_process
        self._actions = None
        self.response: Any = contents.response("SwaigFunctionResult", response)
        if tool_result is not None or tool_prompt is not None:
            self.set_tool_response(tool_result, tool_prompt)

    @property
    def action(self) -> list[dict[str, Any]]:
        """A copy of the actions so far."""
        return [contents.copied(action) for action in self._actions or ()]

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as the platform takes it, in fresh containers."""
        body: dict[str, Any] = {}
        if response := self.response:
            body["response"] = contents.copied(response) if type(response) is dict else response
        if self._actions:
            body["action"] = self.action
            if self.post_process:
                body["post_process"] = True  # it delays actions, so alone it says nothing
        return body or {"response": EMPTY_ANSWER}

    def set_response(self, response: str | Object) -> Self:
        """Replace what the model is told."""
        self.response = contents.response("set_response", response)
        return self

    def set_tool_response(
        self, tool_result: str | None = None, tool_prompt: str | None = None
    ) -> Self:
        """Tell the model an outcome and what to do with it, in place of one text."""
        self.response = contents.tool_response(tool_result, tool_prompt)
        return self

    def set_post_process(self, post_process: bool) -> Self:
        """Say whether the model speaks once more before the actions run."""
        self.post_process = bool(post_process)
        return self

    def add_action(self, name: str, data: Any) -> Self:
        """Add any action by its name on the wire."""
        action = contents.name("add_action", "name", name)
        return self._add({action: contents.plain("add_action", "data", data)})

    def add_actions(self, actions: Iterable[Object]) -> Self:
        """Add actions written as they go on the wire."""
        for action in contents.items("add_actions", "actions", actions):
            self._add(contents.mapping("add_actions", "actions", action))
        return self

    def connect(self, destination: str, final: bool = True, from_addr: str | None = None) -> Self:
        """Connect the caller to a number or SIP address; unless final, the agent comes back."""
        target = {"to": contents.name("connect", "destination", destination)}
        if from_addr:
            target["from"] = contents.name("connect", "from_addr", from_addr)
        return self._add(contents.run({"connect": target}, transfer=final))

    def swml_transfer(self, dest: str, ai_response: str, final: bool = True) -> Self:
        """Move the call to a SWML URL; ai_response is what the agent says if it comes back."""
        said = {"ai_response": contents.text("swml_transfer", "ai_response", ai_response)}
        target = {"dest": contents.name("swml_transfer", "dest", dest)}
        return self._add(contents.run({"set": said}, {"transfer": target}, transfer=final))

    def execute_swml(self, swml_content: object, transfer: bool = False) -> Self:
        """Run a document: a dict, a Struct, an object with `to_dict`, or JSON text.

        With transfer the call leaves the AI session for the document.
        """
        document = contents.document(swml_content)
        return self._add({"transfer": "true", "SWML": document} if transfer else {"SWML": document})

    def update_global_data(self, data: Object) -> Self:
        """Merge data into the call's global data."""
        return self._add({"set_global_data": contents.mapping("update_global_data", "data", data)})

    def remove_global_data(self, keys: str | Iterable[str]) -> Self:
        """Remove one key or several from the call's global data."""
        return self._add({"unset_global_data": contents.keys("remove_global_data", keys)})

    def set_metadata(self, data: Object) -> Self:
        """Merge data into the meta data that functions of one `meta_data_token` share."""
        return self._add({"set_meta_data": contents.mapping("set_metadata", "data", data)})

    def remove_metadata(self, keys: str | Iterable[str]) -> Self:
        """Remove one key or several from the meta data."""
        return self._add({"unset_meta_data": contents.keys("remove_metadata", keys)})

    def swml_user_event(self, event_data: Object) -> Self:
        """Send an event to the caller's browser client, by the verb `user_event`."""
        event = contents.mapping("swml_user_event", "event_data", event_data)
        return self._add(contents.run({"user_event": {"event": event}}))

    def swml_change_step(self, step_name: str) -> Self:
        """Go to a step of the current context; `next` is the one after this."""
        return self._add({"change_step": contents.name("swml_change_step", "step_name", step_name)})

    def swml_change_context(self, context_name: str) -> Self:
        """Go to another context."""
        name = contents.name("swml_change_context", "context_name", context_name)
        return self._add({"change_context": name})

    def switch_context(
        self,
        system_prompt: str | None = None,
        user_prompt: str | None = None,
        consolidate: bool = False,
        full_reset: bool = False,
        *,
        system_pom: Iterable[Object] | None = None,
        user_pom: Iterable[Object] | None = None,
    ) -> Self:
        """Give the model another system prompt, and a first user message when wanted.

        Args:
            system_prompt: the new prompt as text.
            user_prompt: the message that follows it, as though the caller had said it.
            consolidate: put a summary in the place of the talk so far.
            full_reset: forget the talk so far.
            system_pom: the new prompt as sections, instead of the text.
            user_pom: the message as sections, instead of the text.
        """
        prompts = {"system_prompt": system_prompt, "user_prompt": user_prompt}
        poms = {"system_pom": system_pom, "user_pom": user_pom}
        flags = {"consolidate": consolidate, "full_reset": full_reset}
        return self._add({"context_switch": contents.switch({**prompts, **poms}, flags)})

    def hangup(self) -> Self:
        """Hang up; for a goodbye, say it in the response and set `post_process`."""
        return self._add({"hangup": True})

    def hold(
        self,
        prompt: str | int | None = None,
        timeout: int = 300,
        step: str | None = None,
        timeout_step: str | None = None,
    ) -> Self:
        """Put the caller on hold for timeout seconds, brought into 0 to 900.

        A number in the first place is the timeout. A prompt tells the model what to say first;
        step is where the talk goes on after the hold, timeout_step when nobody ended it.
        """
        seconds = prompt if isinstance(prompt, int) else timeout
        held = contents.hold(seconds, step=step, timeout_step=timeout_step)
        if prompt is not None and seconds is not prompt:
            told = contents.text("hold", "prompt", prompt)
            self.set_tool_response("status: on hold", told).set_post_process(True)
        return self._add({"hold": held})

    def wait_for_user(
        self, enabled: bool | None = None, timeout: int | None = None, answer_first: bool = False
    ) -> Self:
        """Wait for the caller to speak: for timeout seconds, or after the agent has answered."""
        waits = contents.wait(enabled, timeout, answer_first)
        return self._add({"wait_for_user": waits})

    def stop(self) -> Self:
        """End the AI session; the document goes on after the `ai` verb."""
        return self._add({"stop": True})

    def say(self, text: str) -> Self:
        """Speak a text at once, word for word."""
        return self._add({"say": contents.text("say", "text", text)})

    def simulate_user_input(self, text: str) -> Self:
        """Give the model a text as though the caller had said it."""
        return self._add({"user_input": contents.text("simulate_user_input", "text", text)})

    def play_background_file(self, filename: str, wait: bool = False) -> Self:
        """Play a file behind the talk; with wait the agent does not speak until it ends."""
        file = contents.name("play_background_file", "filename", filename)
        return self._add({"playback_bg": {"file": file, "wait": True} if wait else file})

    def stop_background_file(self) -> Self:
        """Stop the file that plays behind the talk."""
        return self._add({"stop_playback_bg": True})

    # What the modules beside this one build: settings of the talk, verbs, payments, other calls.

    add_dynamic_hints = method(settings.add_dynamic_hints, _add)
    clear_dynamic_hints = method(settings.clear_dynamic_hints, _add)
    set_end_of_speech_timeout = method(settings.set_end_of_speech_timeout, _add)
    set_speech_event_timeout = method(settings.set_speech_event_timeout, _add)
    change_voice = method(settings.change_voice, _add)
    toggle_functions = method(settings.toggle_functions, _add)
    enable_functions_on_timeout = method(settings.enable_functions_on_timeout, _add)
    enable_extensive_data = method(settings.enable_extensive_data, _add)
    back_to_back_functions = method(settings.back_to_back_functions, _add)
    replace_in_history = method(settings.replace_in_history, _add)
    update_settings = method(settings.update_settings, _add)
    transfer = method(settings.transfer, _add)
    user_event = method(settings.user_event, _add)
    set_semantic_state = method(settings.set_semantic_state, _add)

    send_sms = method(telephony.send_sms, _add)
    record_call = method(telephony.RecordCall, _add_built)
    stop_record_call = method(telephony.stop_record_call, _add)
    join_room = method(telephony.join_room, _add)
    join_conference = method(telephony.JoinConference, _add_built)
    sip_refer = method(telephony.sip_refer, _add)
    tap = method(telephony.tap, _add)
    stop_tap = method(telephony.stop_tap, _add)

    pay = method(payments.Pay, _add_built)
    create_payment_prompt = staticmethod(payments.create_payment_prompt)
    create_payment_action = staticmethod(payments.create_payment_action)
    create_payment_parameter = staticmethod(payments.create_payment_parameter)

    execute_rpc = method(rpc.execute_rpc, _add)
    rpc_dial = method(rpc.rpc_dial, _add)
    rpc_ai_message = method(rpc.rpc_ai_message, _add)
    rpc_ai_global_data = method(rpc.rpc_ai_global_data, _add)
    rpc_ai_unhold = method(rpc.rpc_ai_unhold, _add)


FunctionResult = SwaigFunctionResult
"""The vendor's name for the same class."""
