"""Settings that an agent of the vendor's SDK may be made with and that mean nothing, or less, here.

So an agent that moves keeps its constructor. Each says why it has no effect.
"""

from typing import TypedDict

from agentkit.errors import DefinitionError


class VendorOptions(TypedDict, total=False):
    """Keyword arguments of the vendor's `AgentBase` beside those of agentkit's.

    Attributes:
        swaig_secret: what tokens are signed with: `secret` here.
        agent_id: never leaves the process there either.
        schema_path: documents are checked in tests and by `SWML.parse`, not while they are served.
        schema_validation: the same.
        suppress_logs: agentkit logs through `logging` alone, which is silent by default.
        enable_post_prompt_override: has no effect there either.
        check_for_input_override: has no effect there either.
        trust_proxy_for_signature: the signed URL is made of `public_url` or `trusted_proxies`.
        config_file: refused: settings are arguments, or come from the environment.
    """

    swaig_secret: str | None
    agent_id: str | None
    schema_path: str | None
    schema_validation: bool
    suppress_logs: bool
    enable_post_prompt_override: bool
    check_for_input_override: bool
    trust_proxy_for_signature: bool
    config_file: str | None


def secret_of(secret: str | None, options: VendorOptions) -> str | None:
    """Return the secret, which the vendor calls by another name, and check the other options.

    Raises:
        TypeError: there is no such option.
        DefinitionError: it cannot be taken.
    """
    if unknown := options.keys() - VendorOptions.__annotations__.keys():
        raise TypeError(f"an agent has no setting {', '.join(sorted(unknown))}")
    if options.get("config_file"):
        raise DefinitionError("config_file is not read; pass its settings, or set the environment")
    return secret or options.get("swaig_secret")
