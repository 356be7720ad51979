"""What the model is told: texts, sections, values put in."""

from typing import Any

import pytest

from agentkit.loopback.ai import Message
from tests.loopback.ai.wires import CALL, JSON, Stage, started, verb

POM: list[JSON] = [
    {"title": "You", "body": "You are kind."},
    {"title": "Rules", "bullets": ["Be brief", "Be <nice>"], "numbered": True,
     "subsections": [{"title": "More", "body": "Well.", "numberedBullets": True,
                      "bullets": ["a", "b"]}]},
    {"body": "No title."},
]  # fmt: skip

MARKDOWN = """## You

You are kind.

## 2. Rules

- Be brief
- Be <nice>

### More

Well.

1. a
2. b

No title."""

XML = """<prompt>
  <section>
    <title>You</title>
    <body>You are kind.</body>
  </section>
  <section>
    <title>2. Rules</title>
    <bullets>
      <bullet>Be brief</bullet>
      <bullet>Be &lt;nice&gt;</bullet>
    </bullets>
    <subsections>
      <section>
        <title>More</title>
        <body>Well.</body>
        <bullets>
          <bullet id="1">a</bullet>
          <bullet id="2">b</bullet>
        </bullets>
      </section>
    </subsections>
  </section>
  <section>
    <body>No title.</body>
  </section>
</prompt>"""


async def prompt_of(prompt: Any, **fields: Any) -> tuple[str, Stage]:
    session, stage = await started({**verb(), "prompt": prompt, **fields})
    first = session.messages()[:1]
    return (first[0].content if first else ""), stage


@pytest.mark.parametrize(("form", "text"), [("markdown", MARKDOWN), ("xml", XML)])
async def test_sections_become_text(form: str, text: str) -> None:
    told, stage = await prompt_of({"pom": POM}, params={"pom_format": form})
    assert told == text
    assert stage.texts("warning") == []


async def test_sections_win_over_a_text() -> None:
    told, stage = await prompt_of({"text": "Other.", "pom": POM[:1]})
    assert told.startswith("## You")
    assert stage.texts("warning") == ["ai.prompt: `text` is not read, for there is a `pom`"]


async def test_a_section_without_words_is_noted() -> None:
    told, stage = await prompt_of({"pom": [{"title": "Empty"}]})
    assert told == "## Empty"
    assert stage.texts("warning") == ["ai.prompt.pom[0]: a section needs a body or bullets"]


async def test_a_plain_text_stands_for_itself() -> None:
    told, stage = await prompt_of("Be kind.")
    assert told == "Be kind."
    assert stage.texts("warning") == [
        "ai.prompt: an object with `text` or `pom` belongs here, not a text",
    ]


async def test_without_a_prompt_the_model_is_told_nothing() -> None:
    told, _ = await prompt_of({})
    assert told == ""


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("${global_data.name}", "Ada"),
        ("%{name}", "Ada"),
        ("${caller_id_number}", "+12025550123"),
        ("${caller_id_name}", "+12025550123"),
        ("${call_direction}", "inbound"),
        ("${spoken_date}", "Thursday, February 19, 2026"),
        ("${local_date}", "Thursday, February 19, 2026"),
        ("${local_time}", "04:13:23 PM -0600"),
        ("${time_of_day}", "afternoon"),
        ("${supported_languages}/${default_language}", "English, German/English"),
        ("${unknown}", ""),
        ("@{expr 1 + 2}", "3"),
        ("@{strftime_tz UTC %H:%M}", "22:13"),
    ],
)
async def test_prompts_read_the_call(template: str, text: str) -> None:
    languages = [{"name": name, "code": code, "voice": "v"}
                 for name, code in (("English", "en-US"), ("German", "de-DE"))]  # fmt: skip
    told, _ = await prompt_of(
        {"text": template}, global_data={"name": "Ada"}, languages=languages,
        params={"local_tz": "America/Chicago"})  # fmt: skip
    assert told == text


@pytest.mark.parametrize(
    ("zone", "part"),
    [("Asia/Tokyo", "morning"), ("Europe/Berlin", "evening"), ("America/Chicago", "afternoon"),
     ("nowhere", "evening")],
)  # fmt: skip
async def test_the_time_of_day_is_that_of_the_zone(zone: str, part: str) -> None:
    told, _ = await prompt_of({"text": "${time_of_day}"}, params={"local_tz": zone})
    assert told == part


async def test_data_of_the_startup_hook_is_in_the_prompt() -> None:
    ai = {**verb({"function": "startup_hook", "description": "Starts."}),
          "prompt": {"text": "Hello ${name}"}}  # fmt: skip
    session, _ = await started(ai, {"startup_hook": {"action": {"set_global_data": {"name": "A"}}}})
    assert session.messages()[0].content == "Hello A"


async def test_a_conversation_can_begin_with_what_was_said_before() -> None:
    convo: list[Any] = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"},
                        {"role": "alien", "content": "?"}]  # fmt: skip
    session, stage = await started(verb(params={"convo": convo}))
    assert [each.content for each in session.messages()[1:]] == ["Hi", "Yes?"]
    assert stage.texts("warning") == [
        "ai.params.convo[2].role: user, assistant or system belongs here"
    ]


async def test_a_static_greeting_is_said_by_the_platform() -> None:
    session, stage = await started(verb(params={"static_greeting": "Hello ${caller_id_number}"}))
    assert stage.texts("platform") == ["Hello +12025550123"]
    assert session.messages()[-1] == session.messages()[-1]
    assert session.messages()[-1].content == "Hello +12025550123"
    assert not session.agent_first


@pytest.mark.parametrize("param", ["wait_for_user", "start_paused", "speak_when_spoken_to"])
async def test_the_caller_speaks_first_when_the_document_says_so(param: str) -> None:
    session, _ = await started(verb(params={param: True}))
    assert not session.agent_first


async def test_the_session_sleeps_before_its_first_word() -> None:
    session, stage = await started(verb(params={"initial_sleep_ms": 2500}))
    assert stage.clock.us == session.room.dates["ai_start_date"] + 2_500_000


async def test_a_caller_without_a_number_has_no_caller_id() -> None:
    call = {key: value for key, value in CALL.items() if key != "from"}
    session, _ = await started(verb(), call=call)
    assert session.global_data == {}


def test_messages_are_told_apart_by_identity() -> None:
    assert Message("user", "Hi") != Message("user", "Hi")
