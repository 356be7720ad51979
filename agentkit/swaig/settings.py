"""Actions that say how the talk goes on: hearing, voice, functions, history, sampling, its end.

Each function returns one action as it goes on the wire. Here and in the modules beside this one,
a wrong argument raises a `DefinitionError` that names the method and the argument.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from agentkit.errors import DefinitionError
from agentkit.swaig import contents

Object = Mapping[str, Any]
Action = dict[str, Any]


def add_dynamic_hints(hints: Iterable[str | Object]) -> Action:
    """Help speech recognition: words, or dicts of `pattern`, `replace`, `ignore_case`."""
    return {"add_dynamic_hints": contents.hints(hints)}


def clear_dynamic_hints() -> Action:
    """Drop the hints that `add_dynamic_hints` gave."""
    return {"clear_dynamic_hints": {}}


def set_end_of_speech_timeout(milliseconds: int) -> Action:
    """Set how long a silence, in milliseconds above 0, ends the caller's turn."""
    length = contents.milliseconds("set_end_of_speech_timeout", milliseconds)
    return {"end_of_speech_timeout": length}


def set_speech_event_timeout(milliseconds: int) -> Action:
    """Set how long, in milliseconds above 0, to wait for recognised speech."""
    length = contents.milliseconds("set_speech_event_timeout", milliseconds)
    return {"speech_event_timeout": length}


def change_voice(voice: str) -> Action:
    """Speak with another voice from now on, written `engine.voice` or `engine.voice:model`."""
    return {"change_voice": contents.name("change_voice", "voice", voice)}


def toggle_functions(function_toggles: Iterable[Object]) -> Action:
    """Turn functions that share a `meta_data_token` on or off: `function`, `active`.

    `function` is a name or a list of names; `active` is a boolean, or how often the function may
    still be used.
    """
    return {"toggle_functions": contents.toggles(function_toggles)}


def enable_functions_on_timeout(enabled: bool = True) -> Action:
    """Let the model call functions when the caller stays silent."""
    return {"functions_on_speaker_timeout": bool(enabled)}


def enable_extensive_data(enabled: bool = True) -> Action:
    """Set the action `extensive_data`: full data once, a short form afterwards."""
    return {"extensive_data": bool(enabled)}


def back_to_back_functions(enabled: bool | Literal["forever"] = True) -> Action:
    """Let the model call functions one after another without speaking; `"forever"` keeps it on."""
    if not isinstance(enabled, bool) and enabled != "forever":
        raise DefinitionError(
            f"back_to_back_functions: enabled must be a boolean or 'forever', not {enabled!r}"
        )
    return {"back_to_back_functions": enabled}


def replace_in_history(text: str | bool = True) -> Action:
    """Replace this call and its answer in the conversation by a text, or shorten it."""
    told = text if isinstance(text, bool) else contents.text("replace_in_history", "text", text)
    return {"replace_in_history": told}


def update_settings(settings: Object) -> Action:
    """Change the model's settings; keys as on the wire, such as `temperature`, `top-p`."""
    return {"settings": contents.mapping("update_settings", "settings", settings)}


def set_semantic_state(state: Object) -> Action:
    """Set what semantic gates know of the talk: `global_data.semantic_state`."""
    told = contents.mapping("set_semantic_state", "state", state)
    return {"set_global_data": {"semantic_state": told}}


def transfer(dest: str, summarize: bool | None = None) -> Action:
    """Move the call to a section or a SWML URL and end the AI session.

    With summarize, the next agent gets a summary of the talk.
    """
    to = contents.name("transfer", "dest", dest)
    told = to if summarize is None else {"dest": to, "summarize": bool(summarize)}
    return {"transfer": told}


def user_event(event_data: Object) -> Action:
    """Send an event to the caller's client, by the action `user_event` itself."""
    return {"user_event": contents.mapping("user_event", "event_data", event_data)}
