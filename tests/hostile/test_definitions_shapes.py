"""Settings in the platform's own form that are wrong are refused with agent, path and line."""

from typing import Any

from tests.hostile.agents import table
from tests.hostile.misplaced import Misplaced, check

odd: Any = 5
NAME = "must be a text that is not empty, not {}"
SPANISH: dict[str, Any] = {"name": "S", "code": "es", "voice": "v"}
URL = "must be an absolute http(s) URL, not {}"

LANGUAGES = {
    "no list": Misplaced(
        lambda a: a.set_languages(odd), "ai.languages", "must be a list, not 5"
    ),
    "no dict": Misplaced(
        lambda a: a.set_languages([odd]), "ai.languages[0]", "must be a dict, not 5"
    ),
    "no voice": Misplaced(
        lambda a: a.set_languages([{"name": "S", "code": "es"}]),
        "ai.languages[0]",
        "needs 'voice'",
    ),
    "four codes": Misplaced(
        lambda a: a.set_languages([{**SPANISH, "code": ["a", "b", "c", "d"]}]),
        "ai.languages[0].code",
        "must be 1 to 3 language codes, not ['a', 'b', 'c', 'd']",
    ),
    "no codes": Misplaced(
        lambda a: a.set_languages([{**SPANISH, "code": []}]),
        "ai.languages[0].code",
        "must be 1 to 3 language codes, not []",
    ),
    "fillers by language": Misplaced(
        lambda a: a.set_languages([{**SPANISH, "fillers": {"es": ["Eh."]}}]),
        "ai.languages[0].fillers",
        "must be a list, not {'es': ['Eh.']}",
    ),
    "a voice's limit": Misplaced(
        lambda a: a.add_language("S", "es", "v", params={"speed": 3}),
        "ai.languages[0].params.speed",
        "must be a number from 0.5 to 2, not 3",
    ),
    "a voice's number": Misplaced(
        lambda a: a.add_language("S", "es", "v").set_language_params("es", {"vol": "loud"}),
        "ai.languages.params.vol",
        "must be a number from 0.1 to 1, not 'loud'",
    ),
    "a voice's emotion": Misplaced(
        lambda a: a.set_languages([{**SPANISH, "params": {"emotion": "bored"}}]),
        "ai.languages[0].params.emotion",
        "must be one of 'happy', 'sad', 'angry', 'fearful', 'disgusted', 'surprised', 'neutral', "
        "not 'bored'",
    ),
    "a pronunciation of a language": Misplaced(
        lambda a: a.set_languages([{**SPANISH, "pronounce": [{"replace": "API"}]}]),
        "ai.languages[0].pronounce[0]",
        "needs 'with'",
    ),
    "no languages to detect": Misplaced(
        lambda a: a.set_multilingual({"engine": "x"}), "ai.multilingual", "needs 'languages'"
    ),
    "a language to detect without its code": Misplaced(
        lambda a: a.set_multilingual({"languages": ["en", {"voice": "v"}]}),
        "ai.multilingual.languages[1]",
        "needs 'language'",
    ),
    "words to switch": Misplaced(
        lambda a: a.set_multilingual({"languages": ["en"], "min_switch_words": 0}),
        "ai.multilingual.min_switch_words",
        "must be a whole number from 1 to 2147483648, not 0",
    ),
    "fillers to detect": Misplaced(
        lambda a: a.set_multilingual({"languages": ["en"], "fillers": {"en": "Hm."}}),
        "ai.multilingual.fillers.en",
        "must be a list, not 'Hm.'",
    ),
    "turn fillers": Misplaced(
        lambda a: a.set_multilingual({"languages": ["en"], "turn_fillers": "Hm."}),
        "ai.multilingual.turn_fillers",
        "must be a list, not 'Hm.'",
    ),
    "a pronunciation": Misplaced(
        lambda a: a.set_pronunciations([{"replace": "", "with": "b"}]),
        "ai.pronounce[0].replace",
        NAME.format("''"),
    ),
    "a pronunciation's flag": Misplaced(
        lambda a: a.set_pronunciations([{"replace": "a", "with": "b", "ignore_case": 1}]),
        "ai.pronounce[0].ignore_case",
        "must be True or False, not 1",
    ),
}  # fmt: skip


@table(LANGUAGES)
def test_what_is_heard_and_said(case: Misplaced) -> None:
    check(case)


FUNCTIONS = {
    "an include nowhere": Misplaced(
        lambda a: a.add_function_include("javascript:x", ["f"]),
        "ai.SWAIG.includes[0].url",
        URL.format("'javascript:x'"),
    ),
    "an include whose password is not shown": Misplaced(
        lambda a: a.set_function_includes([{"url": "ftp://u:canary@x", "functions": []}]),
        "ai.SWAIG.includes[0].url",
        URL.format("'ftp://…@x'"),
    ),
    "an include without functions": Misplaced(
        lambda a: a.set_function_includes([{"url": "https://x.example"}]),
        "ai.SWAIG.includes[0]",
        "needs 'functions'",
    ),
    "a function of an include": Misplaced(
        lambda a: a.add_function_include("https://x.example", ["f", odd]),
        "ai.SWAIG.includes[0].functions[1]",
        NAME.format("5"),
    ),
    "data of an include": Misplaced(
        lambda a: a.add_function_include("https://x.example", ["f"], odd),
        "ai.SWAIG.includes[0].meta_data",
        "must be a dict, not 5",
    ),
    "an mcp server nowhere": Misplaced(
        lambda a: a.add_mcp_server("mcp.example"),
        "ai.SWAIG.mcp_servers[0].url",
        URL.format("'mcp.example'"),
    ),
    "an mcp server that is no text": Misplaced(
        lambda a: a.add_mcp_server(odd),
        "ai.SWAIG.mcp_servers[0].url",
        "must be a text, not 5",
    ),
    "no mcp server": Misplaced(
        lambda a: a.add_mcp_server(""), "ai.SWAIG.mcp_servers[0]", "needs 'url'"
    ),
    "a header of an mcp server": Misplaced(
        lambda a: a.add_mcp_server("https://x.example", {"X": odd}),
        "ai.SWAIG.mcp_servers[0].headers.X",
        "must be a text, not 5",
    ),
    "resources of an mcp server": Misplaced(
        lambda a: a.add_mcp_server("https://x.example", resources=odd),
        "ai.SWAIG.mcp_servers[0].resources",
        "must be True or False, not 5",
    ),
    "fillers of a native function": Misplaced(
        lambda a: a.set_internal_fillers({"next_step": {"en": "Hm."}}),
        "ai.SWAIG.internal_fillers.next_step.en",
        "must be a list, not 'Hm.'",
    ),
    "fillers of no language": Misplaced(
        lambda a: a.set_internal_fillers({"next_step": ["Hm."]}),  # type: ignore[dict-item]
        "ai.SWAIG.internal_fillers.next_step",
        "must be a dict, not ['Hm.']",
    ),
}


@table(FUNCTIONS)
def test_where_functions_come_from(case: Misplaced) -> None:
    check(case)
