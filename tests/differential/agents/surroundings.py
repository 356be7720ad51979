"""Agents of both SDKs: verbs around the model."""

from typing import Any

from tests.differential.sdk import AgentBase, BedrockAgent, FunctionResult


def _agent(**options: Any) -> AgentBase:
    agent = AgentBase("Tea Shop", route="/tea", basic_auth=("u", "p"), **options)
    agent.set_prompt_text("You sell tea.")
    return agent


def before_the_answer() -> AgentBase:
    agent = _agent()
    agent.add_pre_answer_verb("play", {"urls": ["ring:us"], "auto_answer": False})
    agent.add_pre_answer_verb("sleep", 500)
    return agent


def another_answer() -> AgentBase:
    agent = _agent()
    agent.add_answer_verb({"max_duration": 3600, "codecs": "OPUS"})
    return agent


def after_the_answer() -> AgentBase:
    agent = _agent(record_call=True)
    agent.add_post_answer_verb("play", {"url": "say:Welcome."})
    agent.add_post_answer_verb("set", {"a": 1})
    return agent


def after_the_model() -> AgentBase:
    agent = _agent()
    agent.add_post_ai_verb("play", {"url": "say:Goodbye."})
    agent.add_post_ai_verb("hangup", {})
    return agent


def everywhere() -> AgentBase:
    agent = _agent(record_call=True, record_format="wav")
    agent.add_pre_answer_verb("play", {"urls": ["ring:us"], "auto_answer": False})
    agent.add_post_answer_verb("denoise", {})
    agent.add_post_ai_verb("transfer", {"dest": "https://e.com/next"})
    return agent


def cleared() -> AgentBase:
    agent = _agent()
    agent.add_pre_answer_verb("sleep", 500)
    agent.add_post_answer_verb("denoise", {})
    agent.add_post_ai_verb("hangup", {})
    agent.clear_pre_answer_verbs()
    agent.clear_post_answer_verbs()
    agent.clear_post_ai_verbs()
    return agent


def _bedrock(**options: Any) -> BedrockAgent:
    return BedrockAgent(basic_auth=("u", "p"), **options)


def bedrock() -> BedrockAgent:
    return _bedrock(system_prompt="You sell tea.")


def bedrock_with_everything() -> BedrockAgent:
    agent = _bedrock(name="b", route="/b", voice_id="amy", temperature=0.2, top_p=0.5, max_tokens=9)
    agent.prompt_add_section("Role", "You sell tea.")
    agent.set_post_prompt("Sum up.")
    agent.add_hint("tea")
    agent.add_language("English", "en-US", "v")
    agent.set_params({"hard_stop_time": "5m", "x": 1})
    agent.set_global_data({"k": 1})
    agent.define_tool(
        "order", "Order.", {"tea": {"type": "string"}}, lambda args, raw: FunctionResult("x")
    )
    agent.add_post_ai_verb("hangup", {})
    return agent


def bedrock_set_later() -> BedrockAgent:
    agent = _bedrock(system_prompt="You sell tea.")
    agent.set_voice("lupe")
    agent.set_inference_params(temperature=0.1, max_tokens=5)
    agent.set_llm_temperature(0.3)
    agent.set_prompt_llm_params(top_p=0.4, model="dropped", barge_confidence=1)
    agent.set_llm_model("dropped")
    return agent


def bedrock_with_native_functions() -> BedrockAgent:
    agent = _bedrock(system_prompt="You sell tea.")
    agent.set_native_functions(["check_time"])
    return agent
