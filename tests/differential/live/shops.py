"""Agents that are written by their authors: tools, steps, questions, configuration, summaries."""

from typing import Any, Literal

from tests.differential.live.telling import tell
from tests.differential.sdk import AgentBase, DataMap, FunctionResult

USER = ("user", "pass")
_TEA = {"tea": {"type": "string", "description": "Which tea."}}
_PACKS = {"packs": {"type": "integer", "description": "How many packs."}}


def _agent(name: str, **options: Any) -> AgentBase:
    agent = AgentBase(name, route=f"/{name}", basic_auth=USER, **options)
    agent.prompt_add_section("Role", f"You are {name}.")
    return agent


class Shop(AgentBase):
    """Takes orders, and keeps what is summed up."""

    def on_summary(self, summary: Any, raw_data: Any = None) -> None:
        tell(self.name, raw_data["call_id"], summary=summary, log=len(raw_data["call_log"]))


def shop(name: str = "shop", **options: Any) -> AgentBase:
    agent = Shop(name, route=f"/{name}", basic_auth=USER, **options)
    agent.prompt_add_section("Role", "You sell tea.")
    agent.add_language("English", "en-US", "rime.spore", function_fillers=["One moment."])
    agent.set_global_data({"orders": 0})
    agent.define_tool("order", "Order tea.", {**_TEA, **_PACKS}, _order, required=["tea"])
    agent.define_tool("count", "Count the teas.", {}, _count)
    agent.define_tool("write", "Write to the caller.", {}, _write)
    agent.define_tool(
        "leave", "Say goodbye.", {}, lambda args, raw: FunctionResult("Bye.").hangup()
    )
    agent.define_tool("note", "Note a wish.", _TEA, _note, meta_data_token="wishes")
    agent.define_tool("fail", "Fail.", {}, _fail)
    agent.set_post_prompt("Sum the call up as JSON.")
    return agent


def _order(args: dict[str, Any], raw_data: dict[str, Any]) -> FunctionResult:
    orders = raw_data["global_data"]["orders"] + 1
    result = FunctionResult(f"Ordered {args.get('packs', 1)} of {args['tea']}.")
    return result.update_global_data({"orders": orders, "tea": args["tea"]}).say("Thank you.")


async def _count(args: dict[str, Any], raw_data: dict[str, Any]) -> str:
    return "There are 12 teas."


def _write(args: dict[str, Any], raw_data: dict[str, Any]) -> FunctionResult:
    return FunctionResult("Sent.").send_sms(
        to_number=raw_data["caller_id_num"], from_number="+12025550100", body="Your tea comes."
    )


def _leave(args: dict[str, Any], raw_data: dict[str, Any]) -> FunctionResult:
    return FunctionResult("Bye.").hangup()


def _note(args: dict[str, Any], raw_data: dict[str, Any]) -> FunctionResult:
    before = raw_data["meta_data"].get("tea", "nothing")
    return FunctionResult(f"After {before}, {args['tea']}.").set_metadata({"tea": args["tea"]})


def _fail(args: dict[str, Any], raw_data: dict[str, Any]) -> str:
    raise RuntimeError("password=123")


class Remembering(AgentBase):
    """Begins where the conversation ended before, which the vendor's SDK leaves to its users."""

    kept = ""

    def on_summary(self, summary: Any, raw_data: Any = None) -> Any:
        if raw_data["action"] == "fetch_conversation":
            return {"conversation_summary": self.kept}
        type(self).kept = raw_data["conversation_summary"]
        return None


def remembering() -> AgentBase:
    agent = Remembering("remembering", route="/remembering", basic_auth=USER)
    agent.prompt_add_section("Role", "You remember.")
    agent.set_post_prompt("Sum up.")
    agent.set_params({"conversation_id": "robin", "save_conversation": True})
    return agent


def elsewhere() -> AgentBase:
    agent = _agent("elsewhere")
    agent.define_tool("ask", "Ask elsewhere.", _TEA, lambda args, raw: "never",
                      webhook_url="https://tools.example.com/ask", secure=False)  # fmt: skip
    agent.add_function_include("https://tools.example.com/all", ["find"], {"shop": 7})
    return agent


def typed() -> AgentBase:
    agent = _agent("typed")

    @agent.tool()
    def pack(tea: str, packs: int, size: Literal["small", "large"] = "small") -> str:
        """Pack tea.

        Args:
            tea: Which tea.
            packs: How many packs.
            size: How large they are.
        """
        return f"Packed {packs + 1} {size} of {tea}."

    @agent.tool()
    async def weigh(grams: list[float], raw_data: dict[str, Any]) -> FunctionResult:
        """Weigh tea."""
        return FunctionResult(f"{sum(grams)} g for {raw_data['caller_id_num']}.")

    @agent.tool()
    def wrap(paper: int | None = None) -> str:
        """Wrap tea."""
        return f"Wrapped in {paper!r}."

    return agent


def table() -> AgentBase:
    agent = _agent("table")
    agent.define_tool("seats", "Say how many seats.", {}, _seats)
    agent.define_tool("book", "Book the table.", {}, lambda args, raw: "Booked.")
    contexts = agent.define_contexts()
    default = contexts.add_context("default")
    ask = default.add_step("ask").set_text("Ask how many.").set_functions(["seats"])
    ask.set_valid_steps(["confirm"]).set_valid_contexts(["complaints"])
    confirm = default.add_step("confirm").set_text("Confirm it.").set_functions(["book"])
    confirm.set_valid_steps(["done"])
    default.add_step("done").set_text("Say goodbye.").set_functions("none").set_end(True)
    complaints = contexts.add_context("complaints").set_system_prompt("Be sorry.")
    complaints.set_enter_fillers({"default": ["Oh dear."]})
    complaints.add_step("hear").add_section("Task", "Hear the complaint.")
    return agent


def _seats(args: dict[str, Any], raw_data: dict[str, Any]) -> FunctionResult:
    return FunctionResult("Two seats.").swml_change_step("confirm").update_global_data({"seats": 2})


def intake() -> AgentBase:
    agent = _agent("intake")
    agent.define_tool("check", "Check a name.", {}, lambda args, raw: "It is a name.")
    default = agent.define_contexts().add_context("default")
    ask = default.add_step("ask").set_text("Ask.")
    ask.set_gather_info(output_key="who", completion_action="done", prompt="Ask one by one.")
    ask.add_gather_question("name", "What is your name?", functions=["check"])
    ask.add_gather_question("packs", "How many packs?", type="integer", confirm=True)
    default.add_step("done").set_text("Say goodbye.").set_functions(["check"])
    return agent


def maps() -> AgentBase:
    agent = _agent("maps")
    weather = DataMap("weather").description("Tell the weather.")
    weather.parameter("city", "string", "Which city.", required=True)
    weather.expression("${args.city}", "^home$", FunctionResult("You are at home."))
    weather.webhook("GET", "https://api.example.com/weather?q=${enc:args.city}")
    sunny = FunctionResult("It is ${sky} in ${input.args.city}.")
    weather.output(sunny.update_global_data({"sky": "${sky}"}))
    weather.fallback_output(FunctionResult("Nobody knows.")).error_keys(["error"])
    agent.register_swaig_function(weather.to_swaig_function())
    return agent


def skilled() -> AgentBase:
    agent = _agent("skilled")
    agent.add_skill("datetime", {"default_timezone": "UTC"})
    agent.add_skill("math")
    agent.add_skill("swml_transfer", {"transfers": {
        "/sales/i": {"address": "+12025550111", "message": "To sales.", "return_message": "Back."}
    }})  # fmt: skip
    return agent


def forgetful() -> AgentBase:
    agent = _agent("forgetful")
    agent.add_skill("math")
    agent.remove_skill("math")
    return agent


def configured() -> AgentBase:
    agent = _agent("configured")

    def configure(query: Any, body: Any, headers: Any, one: Any) -> None:
        tier = query.get("tier", "none")
        one.set_global_data({"tier": tier})
        one.add_swaig_query_params({"tier": tier})
        one.define_tool("discount", "Give a discount.", {}, lambda args, raw: f"For {tier}.")
        if tier == "broken":
            raise LookupError(tier)

    agent.set_dynamic_config_callback(configure)
    return agent


def hooked() -> AgentBase:
    agent = _agent("hooked")
    agent.on_call_start(_began)
    agent.on_call_end(_ended)
    agent.enable_debug_events()
    agent.on_debug_event(_noted)
    return agent


def _began(raw_data: dict[str, Any]) -> FunctionResult:
    tell("hooked", raw_data["call_id"], began=True)
    return FunctionResult("The caller is known.").update_global_data({"known": True})


def _ended(turns: list[dict[str, Any]], raw_data: dict[str, Any]) -> None:
    said = [turn["content"] for turn in turns if turn["role"] == "user"]
    tell("hooked", raw_data["call_id"], ended=said)


def _noted(event: str, data: dict[str, Any]) -> None:
    tell("hooked", data["call_info"]["call_id"], event=event)


def staged() -> AgentBase:
    agent = _agent("staged", record_call=True, record_format="wav")
    agent.add_pre_answer_verb("play", {"urls": ["ring:us"], "auto_answer": False})
    agent.add_post_answer_verb("play", {"url": "say:Welcome."})
    agent.add_post_ai_verb("play", {"url": "say:That was it."})
    agent.add_post_ai_verb("hangup", {})
    agent.define_tool("stop", "Stop.", {}, lambda args, raw: FunctionResult("Stopped.").stop())
    return agent


def guide(port: int) -> AgentBase:
    agent = _agent("guide")
    there = f"http://{USER[0]}:{USER[1]}@localhost:{port}/shop"

    def move(args: dict[str, Any], raw_data: dict[str, Any]) -> FunctionResult:
        return FunctionResult("To the shop.").swml_transfer(there, "Welcome back.", final=True)

    agent.define_tool("move", "Go to the shop.", {}, move)
    return agent


def tools_server() -> AgentBase:
    agent = _agent("tools")
    agent.define_tool("brew", "Brew tea.", _TEA, lambda args, raw: f"Brewed {args['tea']}.")
    agent.enable_mcp_server()
    return agent


def tools_client(port: int) -> AgentBase:
    agent = _agent("drinker")
    agent.add_mcp_server(f"http://{USER[0]}:{USER[1]}@localhost:{port}/tools/mcp")
    return agent
