"""Sealed bytes come back under their own key only, and only undamaged."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agentkit.errors import StateCorrupt
from agentkit.state.seal import SEAL_BYTES, seal, unseal


@given(st.text(), st.binary())
def test_what_is_sealed_comes_back(key: str, data: bytes) -> None:
    sealed = seal(key, data)
    assert unseal(key, sealed) == data
    assert len(sealed) == len(data) + SEAL_BYTES


@given(st.binary(), st.data())
def test_damage_is_seen(data: bytes, draw: st.DataObject) -> None:
    sealed = bytearray(seal("k", data))
    sealed[draw.draw(st.integers(0, len(sealed) - 1))] ^= draw.draw(st.integers(1, 255))
    with pytest.raises(StateCorrupt, match="'k' is damaged"):
        unseal("k", bytes(sealed))


@given(st.binary(max_size=20), st.data())
def test_a_part_is_seen(data: bytes, draw: st.DataObject) -> None:
    sealed = seal("k", data)
    with pytest.raises(StateCorrupt):
        unseal("k", sealed[: draw.draw(st.integers(0, len(sealed) - 1))])


@given(st.text(), st.text(), st.binary())
def test_the_record_of_another_key_is_seen(key: str, other: str, data: bytes) -> None:
    assume(key != other)
    with pytest.raises(StateCorrupt):
        unseal(other, seal(key, data))
