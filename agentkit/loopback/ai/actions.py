"""The 29 actions that a function's answer may ask for (facts 3.4): a table from name to effect.

Three gates in `params` take power from functions: `swaig_allow_swml`, `swaig_allow_settings` and
`swaig_set_global_data`. An action that the platform does not know is noted and does nothing.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct

from agentkit import _json
from agentkit.loopback.ai import moves, waiting
from agentkit.loopback.ai.reading import excerpt
from agentkit.loopback.ai.room import JSON, SIDECAR, Room
from agentkit.loopback.ai.steps import Reset
from agentkit.loopback.ai.toolset import Function
from agentkit.loopback.trace import Concern

_SETTINGS = frozenset({
    "frequency-penalty", "presence-penalty", "max-tokens", "top-p", "confidence",
    "barge-confidence", "temperature",
})  # fmt: skip
_GATES = {
    "SWML": "swaig_allow_swml",
    "settings": "swaig_allow_settings",
    "set_global_data": "swaig_set_global_data",
    "unset_global_data": "swaig_set_global_data",
}


class Act(Struct, frozen=True):
    """One action.

    Attributes:
        function: whose answer asks for it.
        name: the action.
        value: what stands beside its name.
        whole: the object in which it stands.
    """

    room: Room
    function: Function
    name: str
    value: Any
    whole: JSON

    @property
    def path(self) -> str:
        """Where it stands, for warnings."""
        return f"{self.function.name}: {self.name}"


async def apply(room: Room, function: Function, actions: Sequence[JSON]) -> None:
    """Do what actions say, in order."""
    for action in actions:
        names = [name for name in action if not (name == "transfer" and "SWML" in action)]
        if len(names) != 1:
            room.reader.warn(
                Concern.UNREAD, f"{function.name}: an action has one key, not {excerpt(action)}"
            )
        for name in names:
            await _apply(Act(room, function, name, action[name], action))


async def _apply(act: Act) -> None:
    room, name = act.room, act.name
    gate = _GATES.get(name)
    room.trace.add("action", name, act.value)
    if gate is not None and not room.params.flag(gate, default=True):
        room.reader.warn(Concern.FORBIDDEN, f"{act.path}: params.{gate} forbids it")
        return
    room.debug.note("process_action", act.whole)
    known = ACTIONS.get(name)
    if known is not None:
        known(act)
    elif name == "SWML":
        await _swml(act)
    else:
        room.reader.warn(Concern.ABSENT, f"{act.path}: there is no such action")


async def _swml(act: Act) -> None:
    """Run a document in the call, or move the call to it."""
    document = act.value
    if isinstance(document, str):
        with suppress(ValueError):  # else it is YAML, and whoever runs it reads it
            document = _json.decode(document)
    if not isinstance(document, dict | str):
        act.room.reader.warn(
            Concern.MISFIT, f"{act.path}: a document belongs here, not {excerpt(document)}"
        )
    elif act.room.reader.flag_of(act.whole, "transfer", act.path):
        _end(act.room, "transfer", document)
    elif act.room.swml is None:
        act.room.reader.warn(
            Concern.OUT_OF_REACH, f"{act.path}: there is no call in which the document could run"
        )
    else:
        await act.room.swml(document, False)


def _transfer(act: Act) -> None:
    given = act.value
    fields = given if isinstance(given, dict) else {"dest": given}
    dest = act.room.reader.text_of(fields, "dest", act.path)
    if not dest:
        act.room.reader.warn(Concern.INCOMPLETE, f"{act.path}: a destination belongs here")
        return
    if act.room.reader.flag_of(fields, "summarize", act.path):
        act.room.params.given["transfer_summary"] = True
    _end(act.room, "transfer", dest)


def _say(act: Act) -> None:
    text = act.room.reader.text(act.value, act.path)
    if text and act.room.verb == SIDECAR:
        act.room.trace.add("event", "say", text)  # reported, not spoken (facts 1.5)
    elif text:
        act.room.speak(text)
        act.room.logs.event("manual_say", text, {"text": text})


def _stop(act: Act) -> None:
    if act.value and act.value != "false":
        _end(act.room, "stop", None)


def _hangup(act: Act) -> None:
    if act.value and act.value != "false":
        _end(act.room, "hangup", None)


def _hold(act: Act) -> None:
    waiting.hold(act.room, act.value)


def _wait_for_user(act: Act) -> None:
    given = act.value
    is_known = isinstance(given, bool | int) or given == "answer_first"
    act.room.tuning.waits_for_user = (
        given if is_known else act.room.reader.flag(given, act.path, default=True)
    )


def _playback_bg(act: Act) -> None:
    fields = act.value if isinstance(act.value, dict) else {"file": act.value}
    file = act.room.reader.text_of(fields, "file", act.path)
    if file:
        act.room.tuning.plays = file


def _stop_playback_bg(act: Act) -> None:
    if act.value is not False:
        act.room.tuning.plays = ""


def _user_input(act: Act) -> None:
    text = act.room.reader.text(act.value, act.path)
    if text:
        act.room.user_input.append(text)


def _change_step(act: Act) -> None:
    name = act.room.reader.text(act.value, act.path)
    moves.to_step(act.room, name, moves.BY_WEBHOOK)


def _change_context(act: Act) -> None:
    name = act.room.reader.text(act.value, act.path)
    moves.to_context(act.room, name, moves.BY_WEBHOOK)


def _context_switch(act: Act) -> None:
    room, given, path = act.room, act.value, act.path
    fields = (
        {"system_prompt": given} if isinstance(given, str) else room.reader.mapping(given, path)
    )
    what = Reset(
        _prompt(room, fields, "system", path),
        _prompt(room, fields, "user", path),
        room.reader.flag_of(fields, "consolidate", path),
        room.reader.flag_of(fields, "full_reset", path),
    )
    moves.reset(room, what)
    room.debug.note("context_switch_data", {"data_root": fields, "info": {}})


def _prompt(room: Room, fields: JSON, who: str, path: str) -> str:
    if f"{who}_pom" in fields:
        return room.rendered(fields[f"{who}_pom"], f"{path}.{who}_pom")
    return room.reader.text(fields.get(f"{who}_prompt"), f"{path}.{who}_prompt")


def _set_global_data(act: Act) -> None:
    values = act.room.reader.mapping(act.value, act.path)
    act.room.store.set_global(values)
    act.room.trace.add("state", "global_data", values)


def _unset_global_data(act: Act) -> None:
    names = _names(act, act.room.store.global_data)
    act.room.store.unset_global(names)
    act.room.trace.add("state", "global_data", dict.fromkeys(names))


def _set_meta_data(act: Act) -> None:
    values = act.room.reader.mapping(act.value, act.path)
    act.room.store.set_meta(act.function.token, values)
    act.room.trace.add("state", "meta_data", values)


def _unset_meta_data(act: Act) -> None:
    names = _names(act, act.room.store.meta_data(act.function.token))
    act.room.store.unset_meta(act.function.token, names)
    act.room.trace.add("state", "meta_data", dict.fromkeys(names))


def _names(act: Act, held: JSON) -> tuple[str, ...]:
    """Return which keys are removed; an empty object stands for all."""
    return tuple(held) if act.value == {} else act.room.reader.names(act.value, act.path)


def _toggle_functions(act: Act) -> None:
    given = [act.value] if isinstance(act.value, dict) else act.value
    for path, item in act.room.reader.objects(given, act.path):
        if "function" not in item:
            act.room.reader.warn(Concern.INCOMPLETE, f"{path}.function: a name belongs here")
        names = act.room.reader.names_of(item, "function", path)
        act.room.tools.toggle(act.function.token, names, item.get("active", True), path)


def _add_dynamic_hints(act: Act) -> None:
    act.room.hints.add(act.value)


def _clear_dynamic_hints(act: Act) -> None:
    act.room.hints.clear()


def _settings(act: Act) -> None:
    for name, value in act.room.reader.mapping(act.value, act.path).items():
        path = f"{act.path}.{name}"
        if name not in _SETTINGS:
            act.room.reader.warn(Concern.ABSENT, f"{path}: there is no such setting")
        elif name != "barge-confidence":  # taken and never applied (facts 1.4)
            act.room.tuning.settings[name] = act.room.reader.number(value, path)


def _timeout(act: Act) -> None:
    milliseconds = act.room.reader.number(act.value, act.path)
    if milliseconds > 0:
        act.room.params.given[act.name] = int(milliseconds)
    else:
        act.room.reader.warn(Concern.MISFIT, f"{act.path}: milliseconds above 0 belong here")


def _change_voice(act: Act) -> None:
    act.room.languages.voice = act.room.reader.text(act.value, act.path, act.room.languages.voice)


def _replace_in_history(act: Act) -> None:
    if act.value is True or isinstance(act.value, str):
        act.room.replaces = act.value
    elif act.value is not False:
        act.room.reader.warn(Concern.MISFIT, f"{act.path}: a text or true belongs here")


def _back_to_back_functions(act: Act) -> None:
    forever = act.value == "forever"
    value = "forever" if forever else act.room.reader.flag(act.value, act.path)
    act.room.tuning.back_to_back = value


def _functions_on_speaker_timeout(act: Act) -> None:
    act.room.tuning.on_speaker_timeout = act.room.reader.flag(act.value, act.path)


def _extensive_data(act: Act) -> None:
    act.room.tuning.extensive_data = act.room.reader.flag(act.value, act.path)


def _user_event(act: Act) -> None:
    fields = act.room.reader.mapping(act.value, act.path)
    act.room.trace.add("event", "calling.user_event", fields)


def _end(room: Room, how: str, where: JSON | str | None) -> None:
    if room.ended is None:
        room.ended, room.moves_to = how, where


ACTIONS: dict[str, Callable[[Act], None]] = {
    "transfer": _transfer,
    "say": _say,
    "stop": _stop,
    "hangup": _hangup,
    "hold": _hold,
    "wait_for_user": _wait_for_user,
    "playback_bg": _playback_bg,
    "stop_playback_bg": _stop_playback_bg,
    "user_input": _user_input,
    "change_step": _change_step,
    "change_context": _change_context,
    "context_switch": _context_switch,
    "set_global_data": _set_global_data,
    "unset_global_data": _unset_global_data,
    "set_meta_data": _set_meta_data,
    "unset_meta_data": _unset_meta_data,
    "toggle_functions": _toggle_functions,
    "add_dynamic_hints": _add_dynamic_hints,
    "clear_dynamic_hints": _clear_dynamic_hints,
    "settings": _settings,
    "end_of_speech_timeout": _timeout,
    "speech_event_timeout": _timeout,
    "change_voice": _change_voice,
    "replace_in_history": _replace_in_history,
    "back_to_back_functions": _back_to_back_functions,
    "functions_on_speaker_timeout": _functions_on_speaker_timeout,
    "extensive_data": _extensive_data,
    "user_event": _user_event,
}
"""The actions by name; `SWML`, the 29th, is the only one that waits."""

NAMES = frozenset({*ACTIONS, "SWML"})
"""All actions that the platform knows."""
