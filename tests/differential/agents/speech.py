"""Agents of both SDKs: what the model hears and says."""

from tests.differential.sdk import AgentBase


def _agent() -> AgentBase:
    agent = AgentBase("Tea Shop", route="/tea", basic_auth=("u", "p"))
    agent.set_prompt_text("You sell tea.")
    return agent


def hints() -> AgentBase:
    agent = _agent()
    agent.add_hint("Assam")
    agent.add_hints(["Sencha", "Oolong"])
    agent.add_hints([])
    return agent


def pattern_hints() -> AgentBase:
    agent = _agent()
    agent.add_pattern_hint("swimmel", "swim+el", "SWML", ignore_case=True)
    agent.add_pattern_hint("tea", "t+", "tea")
    return agent


def languages() -> AgentBase:
    agent = _agent()
    agent.add_language("English", "en-US", "rime.spore")
    agent.add_language("German", "de-DE", "elevenlabs.josh:eleven_turbo_v2_5")
    agent.add_language("Spanish", "es", "josh", engine="elevenlabs", model="turbo")
    agent.add_language("French", "fr", "amy", engine="polly")
    agent.add_language("Dutch", "nl", "plain")
    return agent


def fillers() -> AgentBase:
    agent = _agent()
    agent.add_language("A", "en-US", "v", speech_fillers=["um"], function_fillers=["one moment"])
    agent.add_language("B", "en-GB", "v", speech_fillers=["er"])
    agent.add_language("C", "en-IN", "v", function_fillers=["hold on"])
    agent.add_language("D", "en-AU", "v", speech_fillers=[], function_fillers=[])
    return agent


def voice_params() -> AgentBase:
    agent = _agent()
    agent.add_language("A", "en-US", "v", params={"stability": 0.5, "speed": 1.1})
    return agent


def voice_params_later() -> AgentBase:
    agent = _agent()
    agent.add_language("A", "en-US", "v")
    agent.set_language_params("en-US", {"stability": 0.5})
    return agent


def languages_set() -> AgentBase:
    agent = _agent()
    agent.add_language("A", "en-US", "v")
    agent.set_languages([{"name": "B", "code": "de", "voice": "w", "auto_emotion": True}])
    return agent


def multilingual() -> AgentBase:
    agent = _agent()
    agent.set_multilingual({"languages": [{"language": "en"}], "start_language": "en"})
    return agent


def pronunciations() -> AgentBase:
    agent = _agent()
    agent.add_pronunciation("API", "A P I", ignore_case=True)
    agent.add_pronunciation("SIP", "sip")
    return agent


def pronunciations_set() -> AgentBase:
    agent = _agent()
    agent.add_pronunciation("API", "A P I")
    agent.set_pronunciations([{"replace": "tea", "with": "tee", "ignore_case": True}])
    return agent
