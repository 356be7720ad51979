"""Agents with skills: the built-in ones, and one that an author writes."""

from pathlib import Path
from typing import Any

from tests.differential.asking import USER
from tests.differential.gateway import gateway
from tests.differential.sdk import (
    AgentBase,
    FunctionResult,
    SkillBase,
    add_skill_directory,
    register_skill,
)


def _agent() -> AgentBase:
    agent = AgentBase("desk", basic_auth=USER)
    agent.prompt_add_section("Role", "Help the caller.")
    return agent


def _with(skill: str, **params: Any) -> AgentBase:
    agent = _agent()
    agent.add_skill(skill, params)
    return agent


class _Counting(SkillBase):
    SKILL_NAME = "counting"
    SKILL_DESCRIPTION = "Count."
    SUPPORTS_MULTIPLE_INSTANCES = True

    @classmethod
    def get_parameter_schema(cls) -> dict[str, Any]:
        return {**super().get_parameter_schema(), "step": {"type": "integer", "default": 1}}

    def setup(self) -> bool:
        self.step = self.params.get("step", 1)
        return True

    def register_tools(self) -> None:
        self.define_tool(
            name=self.params.get("tool_name", "count"),
            description="Count up.",
            parameters={"what": {"type": "string", "description": "What is counted."}},
            handler=self._count,
        )

    def _count(self, args: dict[str, Any], raw_data: dict[str, Any]) -> FunctionResult:
        known = self.get_skill_data(raw_data)
        result = FunctionResult("Counted.")
        self.update_skill_data(result, {"count": known.get("count", 0) + self.step})
        return result

    def get_hints(self) -> list[str]:
        return ["count", "one more"]

    def get_global_data(self) -> dict[str, Any]:
        return {self._get_skill_namespace(): {"count": 0}}

    def get_prompt_sections(self) -> list[dict[str, Any]]:
        return [{"title": "Counting", "body": "You can count.", "bullets": ["Never guess."]}]


def date_and_time() -> AgentBase:
    return _with("datetime")


def date_and_time_without_parameters() -> AgentBase:
    agent = _agent()
    agent.add_skill("datetime")
    return agent


def calculator() -> AgentBase:
    return _with("math")


def jokes() -> AgentBase:
    return _with("joke", api_key="key-1")


def jokes_by_another_name() -> AgentBase:
    return _with("joke", api_key="key-1", tool_name="amuse")


def several() -> AgentBase:
    agent = _with("datetime")
    agent.add_skill("math")
    agent.add_skill("joke", {"api_key": "key-1"})
    return agent


def fields_for_tools() -> AgentBase:
    fields = {"fillers": {"en-US": ["Let me see."]}, "meta_data": {"a": 1}}
    return _with("math", swaig_fields=fields)


def fields_for_a_data_map() -> AgentBase:
    return _with("joke", api_key="key-1", swaig_fields={"meta_data": {"a": 1}})


def not_in_the_prompt() -> AgentBase:
    return _with("math", skip_prompt=True)


def of_ones_own() -> AgentBase:
    register_skill(_Counting)
    return _with("counting", step=2)


def two_instances() -> AgentBase:
    register_skill(_Counting)
    agent = _with("counting", tool_name="count_apples")
    agent.add_skill("counting", {"tool_name": "count_pears", "prefix": "pears"})
    return agent


def the_same_twice() -> AgentBase:
    agent = _with("math")
    agent.add_skill("math")
    return agent


def the_same_instance_twice() -> AgentBase:
    register_skill(_Counting)
    agent = _with("counting", tool_name="count_apples")
    agent.add_skill("counting", {"tool_name": "count_apples"})
    return agent


def removed() -> AgentBase:
    agent = _with("math")
    agent.remove_skill("math")
    return agent


def removed_without_being_there() -> AgentBase:
    agent = _agent()
    agent.remove_skill("math")
    return agent


def unknown() -> AgentBase:
    return _with("no_such_skill")


def without_its_key() -> AgentBase:
    return _with("joke")


def weather() -> AgentBase:
    return _with("weather_api", api_key="key-1")


def weather_in_celsius() -> AgentBase:
    return _with("weather_api", api_key="key-1", tool_name="forecast", temperature_unit="celsius")


def trivia() -> AgentBase:
    return _with("api_ninjas_trivia", api_key="key-1")


def trivia_twice() -> AgentBase:
    agent = _with("api_ninjas_trivia", api_key="key-1", tool_name="quiz_me", categories=["music"])
    agent.add_skill(
        "api_ninjas_trivia",
        {"api_key": "key-2", "swaig_fields": {"fillers": {"en-US": ["Hm."]}}},
    )
    return agent


def trivia_of_an_unknown_category() -> AgentBase:
    return _with("api_ninjas_trivia", api_key="key-1", categories=["cars"])


_FILES: list[dict[str, Any]] = [
    {"key": "rain", "description": "The sound of rain", "url": "https://example.com/rain.mp3"},
    {"key": "tour", "description": "A tour", "url": "https://example.com/a.mp4", "wait": True},
]


def background_files() -> AgentBase:
    return _with("play_background_file", files=_FILES)


def background_files_by_another_name() -> AgentBase:
    return _with("play_background_file", tool_name="play_sound", files=_FILES[:1])


def background_files_of_an_odd_key() -> AgentBase:
    return _with("play_background_file", files=[{**_FILES[0], "key": "a b"}])


def no_background_files() -> AgentBase:
    return _with("play_background_file", files=[])


def transfers() -> AgentBase:
    return _with(
        "swml_transfer",
        transfers={
            "/sales|orders/i": {"url": "https://example.com/sales"},
            "support": {
                "address": "+15551230000",
                "message": "One moment.",
                "return_message": "Back again.",
                "post_process": False,
                "final": False,
                "from_addr": "+15550001111",
            },
            "/^billing$/": {"address": "sip:billing@example.com"},
            ".*else.*": {"url": "https://example.com/else"},
        },
    )


def transfers_with_everything() -> AgentBase:
    return _with(
        "swml_transfer",
        tool_name="hand_over",
        description="Hand the caller over.",
        parameter_name="to",
        parameter_description="Whom to.",
        default_message="Nobody is called that.",
        default_post_process=True,
        required_fields={"name": "The caller's name", "reason": "Why they call"},
        transfers={
            "/desk/i": {"url": "https://example.com/desk", "final": False, "return_message": "Hi."}
        },
    )


def transfers_to_two_places_at_once() -> AgentBase:
    return _with("swml_transfer", transfers={"a": {"url": "https://e.com", "address": "+1555"}})


def no_transfers() -> AgentBase:
    return _with("swml_transfer", transfers={})


_QUESTIONS = [
    {"key_name": "name", "question_text": "What is your name?"},
    {"key_name": "mail", "question_text": "Your mail?", "confirm": True, "prompt_add": "Spell."},
]


def questions() -> AgentBase:
    return _with("info_gatherer", questions=_QUESTIONS)


def questions_twice() -> AgentBase:
    agent = _with("info_gatherer", prefix="intake", questions=_QUESTIONS[:1])
    agent.add_skill(
        "info_gatherer",
        {"prefix": "after", "questions": _QUESTIONS[1:], "completion_message": "Thanks."},
    )
    return agent


def questions_without_a_prompt() -> AgentBase:
    return _with("info_gatherer", questions=_QUESTIONS, skip_prompt=True)


def no_questions() -> AgentBase:
    return _with("info_gatherer", questions=[])


_SPACE = {"space_name": "acme", "project_id": "p-1", "token": "t-1", "document_id": "d-1"}
_SEARCH: dict[str, Any] = {
    **_SPACE, "tool_name": "search_docs", "count": 3, "distance": 2.5, "tags": ["a", "b"],
    "language": "en", "pos_to_expand": ["NOUN", "VERB"], "max_synonyms": 4,
    "no_results_message": "Nothing on {query}.",
}  # fmt: skip


def datasphere() -> AgentBase:
    return _with("datasphere", **_SPACE)


def datasphere_with_everything() -> AgentBase:
    return _with("datasphere", **_SEARCH)


def datasphere_on_the_platform() -> AgentBase:
    return _with("datasphere_serverless", **_SPACE)


def datasphere_on_the_platform_with_everything() -> AgentBase:
    return _with("datasphere_serverless", **_SEARCH)


def datasphere_without_a_token() -> AgentBase:
    return _with("datasphere", space_name="acme", project_id="p-1", document_id="d-1")


def search() -> AgentBase:
    return _with("web_search", api_key="key-1", search_engine_id="e-1")


def searches_of_two_engines() -> AgentBase:
    agent = _with("web_search", api_key="key-1", search_engine_id="e-1", num_results=5)
    agent.add_skill(
        "web_search",
        {"api_key": "key-1", "search_engine_id": "e-2", "tool_name": "search_news"},
    )
    return agent


def search_without_an_engine() -> AgentBase:
    return _with("web_search", api_key="key-1")


def wikipedia() -> AgentBase:
    return _with("wikipedia_search")


def wikipedia_with_more_articles() -> AgentBase:
    return _with("wikipedia_search", num_results=3, no_results_message="Nothing on {query}.")


def wikipedia_with_too_many_articles() -> AgentBase:
    return _with("wikipedia_search", num_results=99)


def maps() -> AgentBase:
    return _with("google_maps", api_key="key-1")


def maps_by_other_names() -> AgentBase:
    return _with("google_maps", api_key="k", lookup_tool_name="find", route_tool_name="way")


def spider() -> AgentBase:
    return _with("spider")


def spider_by_another_name() -> AgentBase:
    return _with(
        "spider", tool_name="docs", max_pages=5, max_depth=2, extract_type="markdown",
        selectors={"title": "h1", "lead": "//p"}, follow_patterns=["/docs/"], headers={"X-A": "b"},
    )  # fmt: skip


_HERE = Path(__file__).parents[1]


def texts() -> AgentBase:
    return _with("claude_skills", skills_path=str(_HERE / "texts"))


def texts_with_everything() -> AgentBase:
    return _with(
        "claude_skills", skills_path=str(_HERE / "texts"), tool_prefix="", include=["brew*"],
        exclude=["cake*"], response_prefix="Listen.", response_postfix="Done.",
        skill_descriptions={"brew-tea": "Make tea."}, allow_script_execution=True,
    )  # fmt: skip


def texts_that_are_hidden() -> AgentBase:
    return _with("claude_skills", skills_path=str(_HERE / "hidden_texts"), include=["rules"])


def texts_that_are_only_told() -> AgentBase:
    return _with("claude_skills", skills_path=str(_HERE / "hidden_texts"), include=["told"])


def texts_that_are_not_hidden() -> AgentBase:
    return _with(
        "claude_skills", skills_path=str(_HERE / "hidden_texts"), include=["rules"],
        ignore_invocation_control=True,
    )  # fmt: skip


def texts_of_no_folder() -> AgentBase:
    return _with("claude_skills", skills_path=str(_HERE / "nothing"))


def document_search() -> AgentBase:
    with gateway() as url:
        return _with("native_vector_search", remote_url=url)


def document_search_with_everything() -> AgentBase:
    with gateway() as url:
        return _with(
            "native_vector_search", remote_url=url, tool_name="search_manual", index_name="manual",
            count=2, similarity_threshold=0.4, tags=["tea"], description="Search the manual.",
            hints=["manual"], response_prefix="Found:",
        )  # fmt: skip


def document_search_without_a_server() -> AgentBase:
    return _with("native_vector_search", remote_url="http://127.0.0.1:9")


def document_search_in_a_file() -> AgentBase:
    return _with("native_vector_search", index_file="manual.swsearch")


def mcp_gateway() -> AgentBase:
    with gateway() as url:
        return _with("mcp_gateway", gateway_url=url, auth_token="token-1")


def mcp_gateway_with_chosen_tools() -> AgentBase:
    services = [{"name": "todo", "tools": ["add_item"]}, {"name": "stock", "tools": "*"}]
    with gateway() as url:
        return _with(
            "mcp_gateway", gateway_url=url, auth_user="u", auth_password="p", services=services,
            tool_prefix="x_",
        )  # fmt: skip


def mcp_gateway_without_credentials() -> AgentBase:
    with gateway() as url:
        return _with("mcp_gateway", gateway_url=url)


def mcp_gateway_that_is_away() -> AgentBase:
    return _with("mcp_gateway", gateway_url="http://127.0.0.1:9", auth_token="token-1")


def of_a_folder() -> AgentBase:
    add_skill_directory(str(_HERE / "skill_folders"))
    return _with("greeting")


def of_a_folder_that_is_missing() -> AgentBase:
    add_skill_directory(str(_HERE / "no_such_folder"))
    return _agent()


def asked_for() -> AgentBase:
    agent = _with("math")
    if agent.has_skill("math") and not agent.has_skill("joke"):
        agent.prompt_add_section("Skills", bullets=agent.list_skills())
    return agent
