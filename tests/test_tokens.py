"""Tokens: made for one purpose, agent, function and call, and good for nothing else."""

import random
import re
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.errors import DefinitionError
from agentkit.tokens import SKEW_SECONDS, Keys, Seal, Signer, bound_to, load_keys

KEYS = Keys(["a secret of the tests"])


def signer_for(keys: Keys, purpose: str, agent: str, function: str = "") -> Signer:
    return Seal(keys, (purpose,), agent, function).signer(purpose)


SIGNER = signer_for(KEYS, "swaig", "tea\n/tea", "brew")
CALL = "f6af412f-f629-4610-a2b5-4dfdb15f3580"
EXPIRES = 1_900_000_000
NOW = float(EXPIRES - 3_600)
TOKEN = SIGNER.mint(bound_to(CALL, EXPIRES)).decode()
OTHER = SIGNER.mint(bound_to("another call", EXPIRES + 5)).decode()
FREE = SIGNER.mint(bound_to(None, EXPIRES)).decode()
MUTATIONS = 100_000
LETTERS = "0123456789abcdefABCDEF.vx-+_ \n\u0660é="

FIELDS = st.text(alphabet="ab:.1\né", max_size=4)
CALLS = st.text(alphabet="ab:.1\né", min_size=1, max_size=4) | st.text(min_size=1)


def accepts(token: str, call_id: str | None = CALL, now: float = NOW) -> bool:
    return SIGNER.accepts(token, call_id, now)


def test_a_token_is_good_for_the_call_it_was_made_for() -> None:
    assert accepts(TOKEN)
    assert not accepts(OTHER)
    assert accepts(OTHER, "another call")


def test_a_remembered_token_is_good_for_no_more_than_it_was() -> None:
    for _ in range(2):
        assert accepts(TOKEN)
        assert not accepts(TOKEN, "another call")
        assert not accepts(TOKEN, None)
        assert accepts(TOKEN, now=EXPIRES + SKEW_SECONDS)
        assert not accepts(TOKEN, now=EXPIRES + SKEW_SECONDS + 1)
        assert not signer_for(KEYS, "swaig", "tea\n/tea", "pour").accepts(TOKEN, CALL, NOW)
        assert accepts(FREE, "another call")
        assert accepts(FREE, CALL)


class CountingSeal(Seal):
    """Counts the signatures that were made to check a token."""

    checked = 0

    def signed_under(self, head: str, message: bytes) -> str | None:
        self.checked += 1
        return super().signed_under(head, message)


def test_the_latest_tokens_are_not_signed_again() -> None:
    seal = CountingSeal(KEYS, ("swaig",), "tea\n/tea", "brew")
    signer = seal.signer("swaig")
    made = {f"call {n}": signer.mint(bound_to(f"call {n}", EXPIRES)).decode() for n in range(300)}
    assert all(signer.accepts(token, call_id, NOW) for call_id, token in made.items())
    assert seal.checked == 300
    assert signer.accepts(made["call 299"], "call 299", NOW)
    assert seal.checked == 300
    assert signer.accepts(made["call 0"], "call 0", NOW)  # forgotten, and genuine all the same
    assert seal.checked == 301


def replaced(chance: random.Random, token: str) -> str:
    at = chance.randrange(len(token))
    return token[:at] + chance.choice(LETTERS) + token[at + 1 :]


def inserted(chance: random.Random, token: str) -> str:
    at = chance.randrange(len(token) + 1)
    return token[:at] + chance.choice(LETTERS) + token[at:]


def removed(chance: random.Random, token: str) -> str:
    at = chance.randrange(len(token))
    return token[:at] + token[at + chance.randrange(1, 5) :]


def swapped(chance: random.Random, token: str) -> str:
    one, two = sorted(chance.sample(range(len(token)), 2))
    return token[:one] + token[two] + token[one + 1 : two] + token[one] + token[two + 1 :]


def truncated(chance: random.Random, token: str) -> str:
    return token[: chance.randrange(len(token))]


def spliced(chance: random.Random, token: str) -> str:
    at = chance.randrange(len(token))
    return token[:at] + chance.choice([OTHER, FREE])[at:]


def exchanged(chance: random.Random, token: str) -> str:
    """Take some parts of one token and some of another."""
    parts = zip(token.split("."), chance.choice([OTHER, FREE]).split("."), strict=False)
    return ".".join(chance.choice(pair) for pair in parts)


def louder(chance: random.Random, token: str) -> str:
    at = chance.randrange(len(token))
    return token[:at] + token[at:].upper()


WAYS: list[Callable[[random.Random, str], str]] = [
    replaced, inserted, removed, swapped, truncated, spliced, exchanged, louder,
]  # fmt: skip


def test_of_100_000_mutated_tokens_none_is_accepted() -> None:
    chance = random.Random(100_000)
    genuine = {TOKEN, FREE}
    tried = 0
    while tried < MUTATIONS:
        mutated = TOKEN
        for _ in range(chance.randrange(1, 3)):
            mutated = chance.choice(WAYS)(chance, mutated if len(mutated) > 1 else TOKEN)
        if mutated not in genuine:
            assert not accepts(mutated), mutated
            tried += 1


def test_every_change_of_one_character_is_refused() -> None:
    for at, known in enumerate(TOKEN):
        for letter in map(chr, range(256)):
            if letter != known:
                assert not accepts(f"{TOKEN[:at]}{letter}{TOKEN[at + 1 :]}")


@given(st.text(max_size=200) | st.from_regex(r"v1\.[0-9a-f]{8}\.[0-9a-f]{8}\.[ac]\.[0-9a-f]{64}"))
def test_random_text_is_never_a_token(token: str) -> None:
    assert not accepts(token)
    assert not accepts(f"v1.{KEYS.newest}.{token}")


@pytest.mark.parametrize(
    "token",
    [
        "", ".", "....", "v1", "v1....", f"{TOKEN}.", f".{TOKEN}", f"{TOKEN}.x", f" {TOKEN}",
        f"{TOKEN}\n", f"{TOKEN}\x00", TOKEN.replace("v1", "v2"), TOKEN.replace("v1", "V1"),
        TOKEN.upper(), TOKEN * 2, TOKEN + "0" * 100_000, "v1." * 100_000, "é" * 80,
        TOKEN.replace("0", "\u0660"), "\ud800", "v1.\udcff.0.c.0",
        f"v1.{KEYS.newest}.zz.c.{'0' * 64}",
        f"v1.{KEYS.newest}.-1.a.{'0' * 64}", f"v1.{KEYS.newest}..c.",
    ],
)  # fmt: skip
def test_odd_text_is_refused(token: str) -> None:
    assert not accepts(token)


def test_a_token_is_taken_until_a_minute_after_its_end() -> None:
    end = EXPIRES + SKEW_SECONDS
    assert SKEW_SECONDS == 60
    assert accepts(TOKEN, now=end - 1)
    assert accepts(TOKEN, now=float(end))
    assert not accepts(TOKEN, now=end + 0.001)
    assert not accepts(TOKEN, now=end + 1e9)
    assert accepts(TOKEN, now=0.0)


@pytest.mark.parametrize("end", [1, EXPIRES - 1, EXPIRES + 1, EXPIRES + 10**9])
def test_the_end_of_a_token_cannot_be_moved(end: int) -> None:
    moved = TOKEN.replace(f"{EXPIRES:x}", f"{end:x}")
    assert moved != TOKEN
    assert not accepts(moved)


@pytest.mark.parametrize(
    "spelling", [f"0{EXPIRES:x}", f"0x{EXPIRES:x}", f"{EXPIRES:X}", f"+{EXPIRES:x}"]
)
def test_the_end_of_a_token_has_one_spelling(spelling: str) -> None:
    assert int(spelling, 16) == EXPIRES
    assert accepts(TOKEN.replace(f"{EXPIRES:x}", spelling)) is (spelling == f"{EXPIRES:x}")


def test_a_token_without_a_call_is_good_for_every_call_of_the_agent() -> None:
    assert accepts(FREE, None)
    assert accepts(FREE, CALL)
    assert accepts(FREE, "any")


def test_a_token_of_a_call_is_not_good_without_one() -> None:
    assert not accepts(TOKEN, None)
    assert not accepts(TOKEN, "")


def test_the_scope_of_a_token_cannot_be_widened_or_narrowed() -> None:
    assert TOKEN.count(".c.") == FREE.count(".a.") == 1
    for call in (CALL, None, "", "a", "c"):
        assert not accepts(TOKEN.replace(".c.", ".a."), call)
        assert not accepts(FREE.replace(".a.", ".c."), call)
        assert not accepts(TOKEN.replace(".c.", ".b."), call)
        assert not accepts(TOKEN.replace(".c.", ".."), call)


@pytest.mark.parametrize(
    "other",
    [
        signer_for(KEYS, "post_prompt", "tea\n/tea", "brew"),
        signer_for(KEYS, "swaig", "coffee\n/tea", "brew"),
        signer_for(KEYS, "swaig", "tea\n/coffee", "brew"),
        signer_for(KEYS, "swaig", "tea\n/tea", "pour"),
        signer_for(KEYS, "swaig", "tea\n/tea"),
        signer_for(KEYS, "swai", "gtea\n/tea", "brew"),
        signer_for(KEYS, "swaig", "tea\n/teabrew", ""),
        signer_for(Keys(["another secret of the tests"]), "swaig", "tea\n/tea", "brew"),
    ],
)
def test_a_token_of_another_purpose_agent_function_or_key_is_refused(other: Signer) -> None:
    for call in (CALL, None):
        foreign = other.mint(bound_to(call, EXPIRES)).decode()
        assert other.accepts(foreign, CALL, NOW)
        assert not accepts(foreign)
        same_key_id = f"v1.{KEYS.newest}.{foreign.split('.', 2)[2]}"
        assert not accepts(same_key_id)


@given(st.tuples(FIELDS, FIELDS, FIELDS, CALLS), st.tuples(FIELDS, FIELDS, FIELDS, CALLS))
def test_what_a_token_is_bound_to_cannot_be_told_in_two_ways(
    one: tuple[str, str, str, str], other: tuple[str, str, str, str]
) -> None:
    token = signer_for(KEYS, *one[:3]).mint(bound_to(one[3], EXPIRES)).decode()
    assert signer_for(KEYS, *one[:3]).accepts(token, one[3], NOW)
    assert signer_for(KEYS, *other[:3]).accepts(token, other[3], NOW) is (one == other)


@given(CALLS, CALLS, st.integers(0, 2**40))
def test_call_ids_may_be_any_text(one: str, other: str, expires: int) -> None:
    token = SIGNER.mint(bound_to(one, expires)).decode()
    assert SIGNER.accepts(token, one, 0.0)
    assert SIGNER.accepts(token, other, 0.0) is (one == other)


def test_a_call_id_that_is_no_unicode_is_signed_too() -> None:
    token = SIGNER.mint(bound_to("\ud800", EXPIRES)).decode()
    assert accepts(token, "\ud800")
    assert not accepts(token, "\udfff")


PAIR = Seal(KEYS, ("swaig", "post_prompt"), "tea\n/tea")


def test_two_purposes_of_one_seal_have_tokens_of_their_own() -> None:
    calls, summaries = PAIR.signer("swaig"), PAIR.signer("post_prompt")
    one, other = (each.mint(bound_to(CALL, EXPIRES)).decode() for each in (calls, summaries))
    assert calls.accepts(one, CALL, NOW)
    assert summaries.accepts(other, CALL, NOW)
    assert not calls.accepts(other, CALL, NOW)
    assert not summaries.accepts(one, CALL, NOW)
    for token in (one, other):
        assert re.fullmatch(rf"v1\.[0-9a-f]{{8}}\.{EXPIRES:x}\.c\.[0-9a-f]{{64}}", token)
        assert not signer_for(KEYS, "swaig", "tea\n/tea").accepts(token, CALL, NOW)
    halves = {token.rpartition(".")[2][at : at + 8] for token in (one, other) for at in range(57)}
    assert len(halves) == 2 * 57  # no part of one stands in the other


@pytest.mark.parametrize(
    "other",
    [
        Seal(KEYS, ("post_prompt", "swaig"), "tea\n/tea"),
        Seal(KEYS, ("swaig",), "post_prompt", "tea\n/tea"),
        Seal(KEYS, ("swaig",), "tea\n/tea"),
        Seal(KEYS, ("swaig", "post_prompt"), "tea\n/te", "a"),
        Seal(KEYS, ("swaig", "debug_events"), "tea\n/tea"),
    ],
)
def test_what_a_seal_is_for_is_signed(other: Seal) -> None:
    token = other.signer("swaig").mint(bound_to(CALL, EXPIRES)).decode()
    assert other.signer("swaig").accepts(token, CALL, NOW)
    assert not PAIR.signer("swaig").accepts(token, CALL, NOW)
    assert not PAIR.signer("post_prompt").accepts(token, CALL, NOW)


def test_a_token_tells_nothing_about_what_it_is_bound_to() -> None:
    assert re.fullmatch(rf"v1\.[0-9a-f]{{8}}\.{EXPIRES:x}\.c\.[0-9a-f]{{64}}", TOKEN)
    assert re.fullmatch(rf"v1\.[0-9a-f]{{8}}\.{EXPIRES:x}\.a\.[0-9a-f]{{64}}", FREE)
    for said in (CALL, CALL[:8], "brew", "tea", "swaig", "secret"):
        assert said not in TOKEN
        assert said.encode().hex() not in TOKEN


def test_the_same_document_gets_the_same_token() -> None:
    again = signer_for(Keys(["a secret of the tests"]), "swaig", "tea\n/tea", "brew")
    assert again.mint(bound_to(CALL, EXPIRES)).decode() == TOKEN


# Keys.

OLD, NEW, NEWER = "the oldest secret", "the newer secret", "the newest secret"


def signer(*texts: str) -> Signer:
    return signer_for(Keys(texts), "swaig", "tea")


def test_the_first_key_signs_and_all_verify() -> None:
    old, new = signer(OLD).mint(bound_to(CALL, EXPIRES)), signer(NEW).mint(bound_to(CALL, EXPIRES))
    both = signer(NEW, OLD)
    assert both.mint(bound_to(CALL, EXPIRES)) == new != old
    assert both.accepts(old.decode(), CALL, NOW)
    assert both.accepts(new.decode(), CALL, NOW)
    assert not signer(NEW).accepts(old.decode(), CALL, NOW)
    assert not signer(NEWER, NEW).accepts(old.decode(), CALL, NOW)


def test_a_token_under_one_key_is_not_good_under_the_id_of_another() -> None:
    both = Keys([NEW, OLD])
    new_id, old_id = both.by_id
    token = signer(NEW, OLD).mint(bound_to(CALL, EXPIRES)).decode()
    assert not signer(NEW, OLD).accepts(token.replace(new_id, old_id), CALL, NOW)


def test_key_ids_tell_nothing_of_the_secret() -> None:
    (key_id,) = Keys([OLD]).by_id
    assert re.fullmatch(r"[0-9a-f]{8}", key_id)
    assert key_id not in Keys([OLD]).by_id[key_id].hex()


def test_a_secret_needs_16_characters() -> None:
    Keys(["x" * 16])
    for texts in (["x" * 15], ["x" * 16, "short"], [""]):
        with pytest.raises(DefinitionError, match="at least 16 characters; make one with: python"):
            Keys(texts)
    with pytest.raises(DefinitionError, match="the secret is empty"):
        Keys([])


def test_a_secret_of_the_environment_may_be_any_bytes() -> None:
    assert Keys(["\udcff" * 16]).newest != Keys(["\udcfe" * 16]).newest


def test_the_argument_wins_over_the_environment_and_that_over_the_file(private_home: Path) -> None:
    environ = {"AGENTKIT_SECRET": NEW, "AGENTKIT_HOME": str(private_home)}
    assert load_keys(OLD, environ).newest == Keys([OLD]).newest
    assert load_keys(None, environ).newest == Keys([NEW]).newest
    assert load_keys("", environ).newest == Keys([NEW]).newest
    assert not private_home.exists()
    load_keys(None, {**environ, "AGENTKIT_SECRET": ""})
    assert private_home.exists()


def test_several_secrets_are_separated_by_commas_the_newest_first() -> None:
    keys = load_keys(f" {NEWER} ,, {'o' * 16}\n", {})
    assert list(keys.by_id) == list(Keys([NEWER, "o" * 16]).by_id)


@pytest.mark.parametrize("blank", [",", " ", " , ,\n"])
def test_a_blank_secret_is_an_error_and_no_file_is_made(blank: str, private_home: Path) -> None:
    with pytest.raises(DefinitionError, match="the secret is empty"):
        load_keys(blank)
    with pytest.raises(DefinitionError, match="the secret is empty"):
        load_keys(None, {"AGENTKIT_SECRET": blank, "AGENTKIT_HOME": str(private_home)})
    assert not private_home.exists()


def test_without_a_secret_the_host_keeps_one_in_a_private_file(private_home: Path) -> None:
    keys = load_keys()
    path = private_home / "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert re.fullmatch(rb"[0-9a-f]{64}", path.read_bytes())
    assert load_keys().by_id == keys.by_id == Keys([path.read_text("ascii")]).by_id


def test_threads_that_race_sign_with_one_secret() -> None:
    start = Barrier(8)

    def race(_: int) -> str:
        start.wait()
        return load_keys().newest

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(race, range(8)))) == 1


def test_the_file_may_be_edited_by_hand_to_rotate(private_home: Path) -> None:
    private_home.mkdir()
    (private_home / "secret").write_bytes(f"{NEWER},{'o' * 16}\n".encode())
    assert list(load_keys().by_id) == list(Keys([NEWER, "o" * 16]).by_id)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\x00" * 64, b"\xff" * 64, b"0" * 32 + b"\x00" * 32], ids=repr
)
def test_a_damaged_file_is_an_error_and_never_a_key(private_home: Path, content: bytes) -> None:
    private_home.mkdir()
    path = private_home / "secret"
    path.write_bytes(content)
    with pytest.raises(DefinitionError) as refused:
        load_keys()
    assert str(refused.value) == f"{path} is damaged; delete it for a new secret"


def test_where_no_file_can_be_kept_the_error_says_what_to_set(private_home: Path) -> None:
    private_home.write_bytes(b"")
    with pytest.raises(DefinitionError, match="set AGENTKIT_SECRET"):
        load_keys()
