"""An agent whose model is Amazon Bedrock: the verb `amazon_bedrock` in the place of `ai`.

The platform's own model, its hints, languages and contexts are not part of it; what an author sets
of them is left out of the document (facts of the wire, 1.6).
"""

from typing import Any, Literal, Self

from agentkit.agent import AgentBase
from agentkit.errors import DefinitionError

Voice = Literal["tiffany", "matthew", "amy", "lupe", "carlos"]
VOICES = ("tiffany", "matthew", "amy", "lupe", "carlos")


class BedrockAgent(AgentBase):
    """An agent that Amazon Bedrock speaks for.

    Args:
        name: what the agent is called.
        route: the path that it answers at.
        system_prompt: what the model is told; else as of `AgentBase`.
        voice_id: who speaks.
        temperature: 0 to 1.5.
        top_p: 0 to 1.
        max_tokens: length of an answer.
        **options: settings of `AgentBase`.

    Raises:
        DefinitionError: a setting is wrong.
    """

    def __init__(
        self,
        name: str = "bedrock_agent",
        route: str = "/bedrock",
        system_prompt: str | None = None,
        voice_id: Voice = "matthew",
        temperature: float = 0.7,
        top_p: float = 0.9,
        max_tokens: int = 1024,
        **options: Any,
    ) -> None:
        super().__init__(name, route, **options)
        self._spec = self._spec.changed(bedrock={})
        self.set_voice(voice_id).set_inference_params(temperature, top_p, max_tokens)
        if system_prompt is not None:
            self.set_prompt_text(system_prompt)

    def set_voice(self, voice_id: Voice) -> Self:
        """Choose who speaks.

        Raises:
            DefinitionError: Bedrock has no such voice.
        """
        if voice_id not in VOICES:
            raise DefinitionError(f"voice_id must be one of {VOICES}, not {voice_id!r}")
        self._spec = self._spec.merging("bedrock", {"voice_id": voice_id})
        return self

    def set_inference_params(
        self,
        temperature: float | None = None,
        top_p: float | None = None,
        max_tokens: int | None = None,
    ) -> Self:
        """Set how the model answers; what is not given stays.

        Raises:
            DefinitionError: a value is not within its limits (0 to 1.5, 0 to 1, 0 to 4,096).
        """
        given = {"temperature": temperature, "top_p": top_p, "max_tokens": max_tokens}
        chosen = {key: value for key, value in given.items() if value is not None}
        for key, value in chosen.items():
            if not isinstance(value, int | float) or not 0 <= value <= _MOST[key]:
                raise DefinitionError(f"{key} must be 0 to {_MOST[key]}, not {value!r}")
        return self.set_prompt_llm_params(**chosen)

    def set_llm_temperature(self, temperature: float) -> Self:
        """Set the temperature, 0 to 1.5."""
        return self.set_inference_params(temperature)

    def set_llm_model(self, model: str) -> Self:
        """Do nothing but note it in the log: Bedrock has one model here."""
        self.log.warning("bedrock_has_one_model", asked=model)
        return self


_MOST = {"temperature": 1.5, "top_p": 1, "max_tokens": 4096}
