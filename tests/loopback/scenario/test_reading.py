"""What is read of a YAML file, and how mistakes in it are told."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from agentkit.errors import DefinitionError
from agentkit.loopback import ScenarioError, find_scenarios, load_scenario
from agentkit.loopback.scenario.reading import MAX_BYTES, read, shown_place


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "call.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


PLAIN: list[tuple[str, Any]] = [
    ("a: 1", {"a": 1}),
    ("a: -1.5e3", {"a": -1500.0}),
    ("a: yes", {"a": "yes"}),
    ("a: off", {"a": "off"}),
    ("a: True", {"a": "True"}),
    ("a: true", {"a": True}),
    ("a: false", {"a": False}),
    ("a: null", {"a": None}),
    ("a: ~", {"a": None}),
    ("a:", {"a": None}),
    ("a: 010", {"a": "010"}),
    ("a: 0x10", {"a": "0x10"}),
    ("a: 7:30", {"a": "7:30"}),
    ("a: +12025550123", {"a": "+12025550123"}),
    ("a: 2027-03-02", {"a": "2027-03-02"}),
    ("a: .inf", {"a": ".inf"}),
    ("a: 1_000", {"a": "1_000"}),
    (f"a: {'9' * 5000}", {"a": "9" * 5000}),
    ("a: 123456789012345678", {"a": 123456789012345678}),
    ("a: '1'", {"a": "1"}),
    ('a: "true"', {"a": "true"}),
    ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
    ("a: !!str 5", {"a": 5}),
    ("- 1\n- [2, {b: c}]", [1, [2, {"b": "c"}]]),
    ("on: 1\n1: 2", {"on": 1, "1": 2}),
    ("\ufeffa: ü", {"a": "ü"}),
    ("<<: {a: 1}", {"<<": {"a": 1}}),
]


@pytest.mark.parametrize(("text", "data"), PLAIN)
def test_words_are_texts_unless_json_has_them(tmp_path: Path, text: str, data: Any) -> None:
    assert read(written(tmp_path, text)).data == data


def test_everything_has_its_line(tmp_path: Path) -> None:
    found = read(written(tmp_path, "a: 1\n\nb:\n  - c: 2\n  -\n    d: 3\n"))
    assert found.lines == {
        (): 1,
        ("a",): 1,
        ("b",): 3,
        ("b", 0): 4,
        ("b", 0, "c"): 4,
        ("b", 1): 6,
        ("b", 1, "d"): 6,
    }
    assert found.error("x", ("b", 1, "e", 5)).line_number == 6
    assert shown_place(("b", 1, "e", 5)) == "b[1].e[5]"


BROKEN: list[tuple[str | bytes, int, str]] = [
    # no YAML, or YAML that no scenario needs
    ("", 0, "the file is empty"),
    ("# nothing\n", 0, "the file is empty"),
    ("a: [1", 1, "not YAML"),
    ("a: 1\n  b: 2", 2, "not YAML"),
    ("a: 'x", 1, "not YAML"),
    ("steps:\n\t- say: x", 2, "not YAML"),
    ("a: @x", 1, "not YAML"),
    ("title: x\n---\ntitle: y", 2, "not YAML: expected a single document"),
    (b"title: \xff", 1, "it is not UTF-8"),
    (b"title: x\nagent: \xc3(", 2, "it is not UTF-8"),
    (b"title: \x00", 0, "unacceptable character"),
    ("x" * (MAX_BYTES + 1), 0, "it is over 262,144 bytes"),
    ("[" * 3_000, 0, "it nests too deep"),
    ("vars: " + "{a: " * 40 + "}" * 40, 1, "it nests deeper than 32 levels"),
    ("a: &x 1\nb: *x", 2, "aliases are not used here"),
    ("a: &x [*x]", 1, "aliases are not used here"),
    ("a: *x", 1, "not YAML: found undefined alias"),
    ("a: !!python/object:os.system x", 1, "a: the tag 'tag:yaml.org,2002:python/"),
    ("a: !!binary aGk=", 1, "the tag 'tag:yaml.org,2002:binary' is not used here"),
    ("a: !mine x", 1, "the tag '!mine' is not used here"),
    ("a: !!set {x}", 1, "the tag 'tag:yaml.org,2002:set' is not used here"),
    ("? [a]\n: 1", 1, "a key must be a word"),
    ("title: x\ntitle: y", 2, "title: the key stands here twice"),
    # no scenario
    ("just words", 1, 'expected an object, not "just words"'),
    ("- say: x", 1, "expected an object, not"),
    ("5", 1, "expected an object, not 5"),
    ("title: x\nstep: []", 2, "step: there is no step here, but title, agent, url"),
    ("title: x\nstep: []", 2, "did you mean steps?"),
    ("title: 5", 1, "title: expected a text, not 5"),
    ("title: null", 1, "title: expected a text, not null"),
    ("agent: [a]", 1, 'agent: expected a text, not ["a"]'),
    ("caller: 12025550123", 1, "caller: expected a text, not 12025550123"),
    ("headers: {X-A: 1}", 1, "headers.X-A: expected a text, not 1"),
    ("vars: [1]", 1, "vars: expected an object, not [1]"),
    ("seed: 1.5", 1, "seed: expected a text or a whole number, not 1.5"),
    ("seed: true", 1, "seed: expected a text or a whole number, not true"),
    ("faults: 5", 1, "faults: expected a text or a list, not 5"),
    ("faults: [5]", 1, "faults[0]: expected a text, not 5"),
    ("brain: clever", 1, 'brain: expected "model" or "rules", not "clever"'),
    ("mocks:\n  book: x", 2, 'mocks.book: expected an object, not "x"'),
    ("mocks:\n  book:\n    respons: x", 3, "mocks.book.respons: there is no respons here"),
    ("mocks:\n  book: {actions: {a: 1}}", 2, "mocks.book.actions: expected a list"),
    ("mocks:\n  book: {delay_seconds: x}", 2, "delay_seconds: expected a number"),
    ("mocks:\n  book: {fails: 1}", 2, "mocks.book.fails: expected true or false, not 1"),
    ("outcomes: {connect: 5}", 1, "outcomes.connect: expected a text or an object"),
    ("persona: {goal: x}", 1, "persona: description is missing"),
    ("persona: {description: x, turns: 1.5}", 1, "turns: expected a whole number"),
    ("steps: {say: x}", 1, "steps: expected a list"),
    ("steps: [say]", 1, 'steps[0]: expected an object, not "say"'),
    ("steps:\n- {}", 2, "steps[0]: a step has one of say, press, wait, expect, hang_up"),
    ("steps:\n- answers: x", 2, "it has none"),
    ("steps:\n- say: a\n  wait: 1", 2, "it has say and wait"),
    ("steps:\n- say: a\n- says: b", 3, "steps[1].says: there is no says here"),
    ("steps:\n- say: true", 2, "steps[0].say: expected a text, not true"),
    ("steps:\n- press: 1", 2, "steps[0].press: expected a text, not 1"),
    ("steps:\n- wait: 1\n  uses: [x]", 2, "uses and answers belong to say or press"),
    ("steps:\n- hang_up: true\n  answers: x", 2, "uses and answers belong to say or press"),
    ("steps:\n- hang_up: false", 2, "steps[0].hang_up: expected true"),
    ("steps:\n- wait: -1", 2, "steps[0].wait: expected 0 to 86400 seconds"),
    ("steps:\n- wait: 1e9", 2, "steps[0].wait: expected 0 to 86400 seconds"),
    ("steps:\n- wait: 1e999", 2, "steps[0].wait: expected 0 to 86400 seconds"),
    (f"steps:\n- wait: {'9' * 5000}", 2, "steps[0].wait: expected a number"),
    ("steps:\n- say: a\n  uses: book", 3, 'steps[0].uses: expected a list, not "book"'),
    ("steps:\n- say: a\n  uses: [5]", 3, "uses[0]: expected a text or an object, not 5"),
    ("steps:\n- say: a\n  uses: [{a: {}, b: {}}]", 3, "uses[0]: a call has one name, not a, b"),
    ("steps:\n- say: a\n  uses: [{}]", 3, "uses[0]: a call has one name, not none"),
    ("steps:\n- say: a\n  uses:\n  - book: 2", 4, "uses[0].book: expected an object, not 2"),
    ("steps:\n- expect: book", 2, "steps[0].expect: expected an object or a list"),
    ("steps:\n- expect: {tol: x}", 2, "did you mean tool?"),
    ("steps:\n- expect: {tool: 5}", 2, "expect.tool: expected a text or an object, not 5"),
    ("steps:\n- expect: {tool: {args: {}}}", 2, "expect.tool: name is missing"),
    ("steps:\n- expect: {tool: {name: x, times: a}}", 2, "expected a whole number, not"),
    ("steps:\n- expect: {no_tool: false}", 2, "expected a text or true, not false"),
    ("steps:\n- expect: {state: 5}", 2, "state: expected an object, not 5"),
    ("steps:\n- expect: {said: {by: me, text: x}}", 2, 'by: expected "agent" or "caller" or'),
    ("steps:\n- expect: [{said: 5}]", 2, "steps[0].expect[0].said: expected"),
    ("steps:\n- expect: {ended: true}\n- expect: {ended: soon}", 3, "steps[1].expect.ended"),
    ("steps:\n- expect: {ended: 1}", 2, "expect.ended: expected"),
]


@pytest.mark.parametrize(("text", "line", "message"), BROKEN)
def test_a_mistake_is_told_with_file_line_and_place(
    tmp_path: Path, text: str | bytes, line: int, message: str
) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ScenarioError) as failed:
        load_scenario(file)
    at = f"{file}:{line}: " if line else f"{file}: "
    assert str(failed.value).startswith(at)
    assert message in str(failed.value)
    assert (failed.value.file, failed.value.line_number) == (file, line)


def test_enough_is_broken() -> None:
    assert len(BROKEN) >= 40


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="No such file"):
        load_scenario(tmp_path / "nothing.yaml")
    with pytest.raises(ScenarioError, match="Is a directory"):
        load_scenario(tmp_path)


def test_scenarios_are_found_in_folders(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/two.yml", "a.yaml", "notes.txt"):
        (tmp_path / name).write_text("title: x", "utf-8")
    (tmp_path / "folder.yaml").mkdir()
    assert find_scenarios(tmp_path) == [tmp_path / "a.yaml", tmp_path / "b" / "two.yml"]
    assert find_scenarios(str(tmp_path / "notes.txt")) == [tmp_path / "notes.txt"]
    for folder in (tmp_path / "b" / "nothing", tmp_path / "folder.yaml"):
        with pytest.raises(DefinitionError, match="there is no scenario in"):
            find_scenarios(folder)


def test_a_file_says_the_same_without_the_loader_in_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "call.yaml"
    file.write_text("title: 'no'\nsteps:\n- say: no\n- wait: 7\n", "utf-8")
    fast = read(file)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    slow = read(file)
    assert (fast.data, fast.lines) == (slow.data, slow.lines)
