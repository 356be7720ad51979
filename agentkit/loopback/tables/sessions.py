"""The verbs that bring a model into the call (facts 1.4 to 1.6)."""

from agentkit.loopback.tables.ai_params import AI_PARAMS, BEDROCK_PARAMS, SIDECAR_PARAMS
from agentkit.loopback.tables.kinds import (
    FLAG,
    OBJECT,
    TEXT,
    TEXTS,
    Items,
    Kind,
    either,
    fields,
    words,
)  # fmt: skip
from agentkit.loopback.tables.media import PARTY
from agentkit.loopback.tables.prompting import (
    HINTS,
    LANGUAGES,
    MULTILINGUAL,
    POM,
    POST_PROMPT,
    PROMPT,
    PRONOUNCE,
    SAMPLING,
)  # fmt: skip
from agentkit.loopback.tables.swaig import BEDROCK_SWAIG, SIDECAR_SWAIG, SWAIG

_SUMMARY_AUTH = ("post_prompt_auth_user", "post_prompt_auth_password")

SESSIONS: dict[str, Kind] = {
    "ai": fields(
        {
            "global_data": OBJECT,
            "hints": HINTS,
            "languages": LANGUAGES,
            "multilingual": MULTILINGUAL,
            "params": AI_PARAMS,
            "post_prompt": POST_PROMPT,
            "post_prompt_url": TEXT,
            "pronounce": PRONOUNCE,
            "prompt": PROMPT,
            "SWAIG": SWAIG,
            **dict.fromkeys(_SUMMARY_AUTH, TEXT),
        },
        "prompt",
    ),
    "ai_sidecar": fields(
        {
            "prompt": either(
                TEXT,
                fields({"text": TEXT, "pom": POM, "file": TEXT}, one_of=("text", "pom", "file")),
            ),
            "lang": TEXT,
            "model": TEXT,
            "direction": Items(PARTY),
            "customer_role": PARTY,
            "url": TEXT,
            "SWAIG": SIDECAR_SWAIG,
            "permissions": fields(
                {
                    "swaig_allow_swml": FLAG,
                    "swaig_allow_settings": FLAG,
                    "swaig_set_global_data": FLAG,
                }
            ),
            "global_data": OBJECT,
            "hints": TEXTS,
            "params": SIDECAR_PARAMS,
            "action": fields({"summarize": fields({"webhook": TEXT, "prompt": TEXT})}, "summarize"),
        },
        "lang",
    ),
    "amazon_bedrock": fields(
        {
            "global_data": OBJECT,
            "params": BEDROCK_PARAMS,
            "post_prompt": POST_PROMPT,
            "post_prompt_url": TEXT,
            "prompt": fields(
                {
                    **SAMPLING,
                    "text": TEXT,
                    "pom": POM,
                    "voice_id": words("tiffany", "matthew", "amy", "lupe", "carlos"),
                },
                one_of=("text", "pom"),
            ),
            "SWAIG": BEDROCK_SWAIG,
        },
        "prompt",
    ),
}
