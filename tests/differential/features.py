"""Which agents of the comparison use each feature of the vendor's SDK.

The rows are those of the tables that list its surface, by section and by the beginning of their
first cell. A value names agents, or, for what no document shows, the tests of agentkit that prove
it; `absent:` begins the reason why agentkit has no such thing, which docs/differences.md tells.
Sections without a table are one row.
"""

RESULTS = "results"
"""Methods of a result: `result_cases` calls each with every class of arguments."""

ABSENT = "absent: "
LONGEST = 44
"""How much of a row's first cell names it, in characters."""

ROWS: dict[str, dict[str, str]] = {
    "1.1": {
        "`name` (required)": "calls.named prompts.minimal",
        '`route` (`"/"`)': "settings.at_the_root settings.deep_route",
        "`host` (`0.0.0.0`), `port` (0.1: 3000; later": "settings.vendor_options",
        "`basic_auth=(user, pass)`": "settings.at_the_root settings.deep_route",
        "`use_pom` (True)": "prompts.minimal_without_pom prompts.sections_as_text",
        "`enable_state_tracking` (False)": "calls.state_of_calls",
        "`state_manager`": "tests/test_agent_state.py",
        "`token_expiry_secs` (3600)": "settings.vendor_options",
        "`auto_answer` (True)": "settings.without_answer settings.recorded_otherwise",
        "`record_call` (False), `record_format` (mp4)": "settings.recorded "
        "settings.recorded_otherwise",
        "`default_webhook_url`": "settings.webhook_elsewhere_from_the_start",
        "`agent_id`": "settings.vendor_options",
        "`native_functions` (list)": "settings.native_functions",
        "`schema_path`": "calls.no_other_schema",
        "`suppress_logs` (False)": "settings.vendor_options",
        "`enable_post_prompt_override`, `check_for_in": "settings.vendor_options",
        "`config_file`": "calls.settings_of_a_file",
        "`schema_validation` (True)": "settings.vendor_options",
        "`signing_key` / env `SIGNALWIRE_SIGNING_KEY`": "calls.unsigned",
        "`trust_proxy_for_signature` (False)": "settings.vendor_options",
        "`swaig_secret` / env `SIGNALWIRE_SWAIG_SECRE": "settings.vendor_options",
    },
    "1.2": {
        "`host`, `port` (3000), `log_level` (info)": "calls.one_of_a_server",
        "`register(agent, route=None)`": "requests.on_a_server calls.taken_twice_by_a_server",
        "`unregister(route)`": "calls.taken_from_a_server",
        "`get_agents()`, `get_agent(route)`": "calls.one_of_a_server",
        '`setup_sip_routing(route="/sip", auto_map=Tr': "requests.central_sip",
        "`register_sip_username(username, route)`": "calls.sip_name_of_a_server",
        "`register_global_routing_callback(fn, path)`": "calls.routed_on_every_agent",
        '`serve_static_files(directory, route="/")`': "calls.files_of_a_server",
        "`/health`, `/ready`": "calls.health_of_a_server calls.readiness_of_an_agent",
        "`run(event, context, host, port)`": "tests/test_serve.py",
        "Security headers middleware": "tests/test_server_static.py",
        "TLS": "tests/test_serve.py",
    },
    "1.3": {
        "`set_prompt_text(text)`": "prompts.text",
        "`prompt_add_section(title, body, bullets, nu": "prompts.sections "
        "prompts.sections_with_subsections",
        "`prompt_add_subsection(parent, title, body, ": "prompts.subsections_added",
        "`prompt_add_to_section(title, body, bullet, ": "prompts.added_to_sections",
        "`prompt_has_section(title)`": "prompts.sections_asked_for",
        "`set_prompt_pom(list)`": "prompts.pom_at_once",
        "`set_post_prompt(text)`": "prompts.post_prompt",
        "`set_prompt_llm_params(**kw)`, `set_post_pro": "prompts.sampling",
        "`get_prompt()`, `get_post_prompt()` overrida": "prompts.prompt_told_by_a_method "
        "prompts.sections_told_by_a_method",
        "Text and sections mixed": "prompts.text_and_sections",
        "POM library": ABSENT + "a library of its own; agentkit renders what documents need",
    },
    "1.4": {
        "`add_hint`, `add_hints`": "speech.hints",
        "`add_pattern_hint(hint, pattern, replace, ig": "speech.pattern_hints",
        "`add_language(name, code, voice, speech_fill": "speech.languages speech.fillers "
        "speech.voice_params",
        "`set_languages(list)`": "speech.languages_set",
        "`set_language_params`, `get_language_params`": "speech.voice_params_later",
        "`set_multilingual(dict)`": "speech.multilingual",
        "`add_pronunciation(replace, with_text, ignor": "speech.pronunciations "
        "speech.pronunciations_set",
        "`set_param`, `set_params`": "settings.params",
        "`set_global_data`": "settings.global_data",
        "`update_global_data`": "settings.global_data",
        "`set_native_functions`": "settings.native_functions_set",
        "`set_internal_fillers`, `add_internal_filler": "settings.internal_fillers",
        "`add_function_include(url, functions, meta_d": "settings.includes settings.includes_set",
        "`add_mcp_server(url, headers, resources, res": "settings.mcp_servers",
        "`enable_mcp_server()`": "settings.mcp_endpoint calls.tools_for_mcp_clients",
        "`set_semantic_gates(enabled, timeout_ms 500-": "settings.semantic_gates",
        "`enable_debug_events(level)` / `on_debug_eve": "settings.debug_events "
        "calls.debug_event_without_a_token",
    },
    "1.5": {
        "`define_tool(name, description, parameters, ": "tools.defined tools.without_parameters",
        "`@AgentBase.tool(...)` on methods, `@agent.t": "tools.decorated_methods "
        "tools.decorated_on_the_agent calls.answered_by_a_method",
        "Duplicate name": "tools.duplicate_names",
        "Parameters as bare property map": "tools.defined",
        "Parameters as full JSON schema": "tools.whole_schema",
        "Type inference from hints (`Optional`, `List": "tools.read_from_signatures",
        "Argument validation before the handler": "calls.argument_of_the_wrong_kind",
        "`secure` (default True)": "tools.open_tool calls.without_a_token",
        "Token enforcement on POST `/swaig`": "calls.without_a_token",
        "`webhook_url`": "tools.answered_elsewhere calls.function_answered_elsewhere",
        "`fillers` {language: [phrases]}": "tools.with_fillers",
        "`wait_file`, `wait_file_loops`": "tools.with_wait_file",
        "`meta_data`, `meta_data_token`, `web_hook_au": "tools.with_further_fields",
        "`gates=[SemanticGate(question, threshold, on": "tools.gated tools.gated_by_a_dict "
        "tools.too_many_gates",
        "`register_swaig_function(dict)`": "tools.registered",
        "`async def` handlers": "calls.answered_later",
        "Sync handlers": "calls.answered_with_a_text calls.answered_with_a_result",
        "`on_function_call(name, args, raw_data)`": "calls.answered_by_the_dispatcher",
        "`on_call_start(fn)` / `on_call_end(fn)`": "settings.hooks_of_a_call "
        "settings.hooks_without_the_talk",
        "Tools on a plain `SWMLService`": "tests/test_service.py",
        "`set_web_hook_url(url)`": "settings.webhook_elsewhere settings.secure_webhook_elsewhere",
        "`set_post_prompt_url(url)`": "settings.post_prompt_elsewhere",
        "`add_swaig_query_params(dict)`, `clear_swaig": "settings.query_params "
        "settings.query_params_cleared",
    },
    "1.6": dict.fromkeys(
        (
            "`add_action(name, data)` / `add_actions(list",
            "`set_response(text)`",
            "`set_tool_response(tool_result, tool_prompt)",
            "`set_post_process(bool)`",
            "`connect(dest, final=True, from_addr)`",
            "`swml_transfer(dest, ai_response, final=True",
            "`execute_swml(dict/str/obj, transfer=False)`",
            "`update_global_data(d)`",
            "`remove_global_data(key or list)`",
            "`set_metadata(d)` / `remove_metadata(k)`",
            "`set_semantic_state(d)`",
            "`swml_user_event(d)`",
            "`swml_change_step(name)` / `swml_change_cont",
            "`switch_context(system_prompt)`",
            "`switch_context(system, user, consolidate, f",
            "`hangup()`",
            "`hold(timeout=300)`",
            "`hold(prompt, timeout, step, timeout_step)`",
            "`wait_for_user(enabled / timeout / answer_fi",
            "`stop()`",
            "`say(text)`",
            "`simulate_user_input(text)`",
            "`play_background_file(f, wait)`",
            "`stop_background_file()`",
            "`add_dynamic_hints(list)` / `clear_dynamic_h",
            "`set_end_of_speech_timeout(ms)` / `set_speec",
            "`change_voice(v)`",
            "`toggle_functions([{function,active}])`",
            "`enable_functions_on_timeout(b)`",
            "`enable_extensive_data(b)`",
            "`replace_in_history(True or text)`",
            "`update_settings(d)`",
            "`send_sms(to, from, body, media, tags, regio",
            "`pay(connector_url, ...)`",
            "`create_payment_prompt/action/parameter`",
            "`record_call(...)`",
            "`stop_record_call(id)`",
            "`join_room(name)`",
            "`join_conference(name, ...)`",
            "`sip_refer(uri)`",
            "`tap(uri, control_id, direction, codec, rtp_",
            "`stop_tap(id)`",
            "`execute_rpc(method, params, call_id, node_i",
            "`rpc_dial(to, from, dest_swml, device_type)`",
            "`rpc_ai_message(call_id, text, role, global_",
            "`rpc_ai_global_data(call_id, d)`",
            "`rpc_ai_unhold(call_id)`",
        ),
        RESULTS,
    ),
    "1.7": {
        "DataMap (all three unless noted)": "data_maps.one_webhook data_maps.described "
        "data_maps.webhook_with_everything data_maps.posted_body data_maps.several_webhooks "
        "data_maps.webhook_with_expressions data_maps.expressions data_maps.output_alone "
        "data_maps.errors_of_all_webhooks data_maps.gated data_maps.simple_api_tool "
        "data_maps.posting_api_tool data_maps.expression_tool",
    },
    "1.8": {
        "`prompt.contexts.<name>`": "talks.context_settings talks.context_fillers "
        "talks.context_sections talks.context_system_sections talks.histories",
        "step": "talks.simple talks.steps_with_sections talks.steps_that_lead "
        "talks.resetting_steps",
        "`gather_info`": "talks.questions talks.nothing_after_the_last_step",
        "question": "talks.questions talks.isolated_questions",
        "Builder": "talks.steps_added_at_once talks.moved_and_removed talks.reset "
        "talks.sections_cleared talks.contexts_by_the_property",
        "Validation (at render)": "talks.dangling_step talks.dangling_function "
        "talks.question_asked_twice talks.tool_with_a_name_of_the_platform talks.lone_context",
    },
    "1.9": {
        "`add_skill(name, params)`, `remove_skill`, `": "skills.of_ones_own skills.removed "
        "skills.asked_for skills.two_instances",
        "`get_parameter_schema` (obligatory), `swaig_": "skills.of_ones_own "
        "skills.fields_for_tools skills.not_in_the_prompt",
        "Discovery: built-in folder (all); `register_": "skills.of_ones_own skills.of_a_folder "
        "skills.of_a_folder_that_is_missing skills.unknown",
        "Built-in count": "skills.date_and_time skills.calculator skills.jokes skills.weather "
        "skills.trivia skills.background_files skills.transfers skills.questions "
        "skills.datasphere skills.datasphere_on_the_platform skills.search skills.wikipedia "
        "skills.maps skills.spider skills.texts skills.document_search skills.mcp_gateway",
    },
    "1.10": {
        "`InfoGathererAgent(questions)`": "prefabs.info_gatherer "
        "prefabs.info_gatherer_with_a_callback",
        "`FAQBotAgent(faqs, suggest_related, persona)": "prefabs.faq_bot "
        "prefabs.faq_bot_with_a_persona",
        "`ConciergeAgent(venue_name, services, amenit": "prefabs.concierge "
        "prefabs.concierge_with_everything",
        "`SurveyAgent(survey_name, questions, ...)`": "prefabs.survey "
        "prefabs.survey_with_everything",
        "`ReceptionistAgent(departments, greeting, vo": "prefabs.receptionist "
        "prefabs.receptionist_with_everything",
        "`BedrockAgent` (1.1, 3.7)": "surroundings.bedrock surroundings.bedrock_with_everything "
        "surroundings.bedrock_set_later",
    },
    "1.11": {
        "`set_dynamic_config_callback(fn(query, body,": "requests.configured_by_query "
        "requests.configured_by_body",
        "`add_per_call_config(fn)`": "requests.configured_in_turns",
        "Applied on": "requests.configured_by_query tests/interaction/test_documents.py",
        "Callback raises": "calls.configuration_that_raises",
        "`on_swml_request(request_data, callback_path": "requests.global_data_from_the_hook "
        "requests.params_from_the_hook requests.sections_from_the_hook",
        "`on_request`": "services.document_of_one_request",
        "`add_pre_answer_verb`, `add_answer_verb`, `a": "surroundings.before_the_answer "
        "surroundings.another_answer surroundings.after_the_answer surroundings.after_the_model "
        "surroundings.cleared",
        "`capabilities` helpers (`user_variables`, `d": "requests.configured_by_"
        "what_the_client_can",
        "`handle_request(method, url, headers, body)`": ABSENT + "an agent is an ASGI application",
    },
    "1.12": {
        "Post prompt": "prompts.post_prompt calls.summary_without_a_token tests/test_summaries.py",
    },
    "1.13": {
        "Routing": "requests.routed_to_nobody requests.routed_elsewhere tests/test_sip.py",
    },
    "1.14": {
        "`serve()`, `run()` (auto-detects CGI, Lambda": "calls.by_its_router tests/test_serve.py",
        "`mount(app_or_router, prefix, name)` on the ": "calls.beside_another_application",
        "Lambda / CGI / GCF / Azure request handling ": "tests/hosts/test_matrix.py",
        "`setup_graceful_shutdown()`": "calls.ready_to_end",
        "`WebService` (static files, auth, extension ": ABSENT + "a server of files beside agents",
        "`SWMLBuilder`, `SWMLService` auto-generated ": "services.verbs_by_methods services.built",
        "`livewire` (LiveKit-agents look-alike API)": ABSENT + "the API of another product",
        "`ai_chat.ChatGateway` (browser chat proxy: p": ABSENT + "a product beside agents",
        "REST client; RELAY client; search index buil": ABSENT + "clients of the platform",
        "MCP gateway service (Flask, separate process": ABSENT + "a service of its own",
    },
    "1.15": {"Command line tools": "tests/test_cli.py"},
    "1.16": {"Logging": "tests/test_log.py"},
    "1.17": {"Configuration": "calls.settings_of_a_file tests/test_access.py"},
}
