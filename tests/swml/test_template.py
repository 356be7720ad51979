"""A template is filled with the same result as putting the values in and encoding."""

import secrets
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from agentkit import _json
from agentkit.swml.template import Template, Value, hole
from agentkit.tokens import Keys, Seal, Signer, bound_to

KEYS = Keys(["a secret of the tests"])
PAIR = Seal(KEYS, ("swaig", "post_prompt"), "tea")
CALL, EXPIRES = "call-1", 1_900_000_000


def signer(name: str) -> Signer:
    """Of some names it is one of a pair, of others it is alone."""
    if name in {"swaig", "post_prompt"}:
        return PAIR.signer(name)
    return Seal(KEYS, ("swaig",), "tea", name).signer("swaig")


NAMES = ["base", "swaig", "post_prompt", "swaig.look-up_2", "", "a.b.c"]
AUTHORS = ["hole", "hole-", "hole-base;", f"hole-{'0' * 24}-base;", ";", "-base;", '"', "\\", "\n",
           "é", "☃\u2028", "${x}", "\x00", "https://h/?a=b&c", "plain"]  # fmt: skip

TEXT = st.lists(
    st.sampled_from(AUTHORS)
    | st.sampled_from([hole(name) for name in NAMES])
    | st.text(max_size=3),
    max_size=5,
).map("".join)
DOCUMENTS = st.recursive(
    TEXT
    | st.integers()
    | st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
SAFE = st.text(alphabet="abcXYZ019:/?#[]@!$&'()*+,;=-._~%", max_size=12)
VALUES = st.fixed_dictionaries({name: st.tuples(SAFE, st.booleans()) for name in NAMES}).map(
    lambda made: {
        name: Value(text, signer(name) if signed else None) for name, (text, signed) in made.items()
    }
)


def written(value: Value, call_id: str | None = CALL) -> str:
    token = value.signer.mint(bound_to(call_id, EXPIRES)).decode() if value.signer else ""
    return f"{value.text}{token}"


def put_in(data: Any, values: dict[str, Value]) -> Any:
    if isinstance(data, str):
        for name, value in values.items():
            data = data.replace(hole(name), written(value))
        return data
    if isinstance(data, dict):
        return {put_in(key, values): put_in(item, values) for key, item in data.items()}
    return [put_in(item, values) for item in data] if isinstance(data, list) else data


@given(DOCUMENTS, VALUES)
@example({"a": ["x", 1], hole("base"): hole("swaig")}, {name: Value("v") for name in NAMES})
def test_filling_is_putting_the_values_in_and_encoding(
    document: object, values: dict[str, Value]
) -> None:
    filled = Template(document).bind(values.__getitem__).fill(CALL, EXPIRES)
    assert _json.decode(filled) == put_in(document, values)
    assert hole("")[:29] not in filled.decode()


@given(DOCUMENTS)
def test_a_document_without_holes_is_only_encoded(document: object) -> None:
    plain = put_in(document, {name: Value("") for name in NAMES})
    assert Template(plain).bind(Value).fill(CALL, EXPIRES) == _json.encode(plain)


@given(st.text(max_size=200))
def test_no_author_can_write_a_hole(text: str) -> None:
    filled = Template({text: text}).bind(lambda _: Value("WRONG")).fill(CALL, EXPIRES)
    assert _json.decode(filled) == {text: text}


def test_what_looks_like_a_hole_stays_as_the_author_wrote_it() -> None:
    document = {text: [text] for text in AUTHORS}
    filled = Template(document).bind(lambda _: Value("WRONG")).fill(CALL, EXPIRES)
    assert _json.decode(filled) == document


def test_a_hole_cannot_be_guessed() -> None:
    marker = hole("x")
    assert marker == hole("x") != hole("y")
    assert len(marker) >= len("hole--x;") + 24
    assert marker != marker.replace(marker[5:29], secrets.token_hex(12))


def test_each_call_gets_its_own_tokens_and_one_bound_template_serves_them_all() -> None:
    signer = PAIR.signer("swaig")
    url = "https://h/swaig/?__token="
    template = Template([hole("swaig"), hole("base"), hole("swaig")])
    bound = template.bind(
        lambda name: Value(url, signer) if name == "swaig" else Value("https://h")
    )
    seen = set()
    for call_id in ("one", "two", None):
        first, middle, last = _json.decode(bound.fill(call_id, EXPIRES))
        assert middle == "https://h"
        assert first == last == f"{url}{signer.mint(bound_to(call_id, EXPIRES)).decode()}"
        seen.add(first)
    assert len(seen) == 3
    assert _json.decode(bound.fill("one", EXPIRES)) != _json.decode(bound.fill("one", EXPIRES + 1))


def test_a_template_may_be_bound_to_many_addresses() -> None:
    template = Template({"a": f"{hole('base')}/x", "b": hole("base")})
    for address in ("https://one", "https://two/p", ""):
        filled = template.bind(lambda _, address=address: Value(address)).fill(None, 0)  # type: ignore[misc]
        assert _json.decode(filled) == {"a": f"{address}/x", "b": address}
