"""A record file is read as it was written, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.errors import StateCorrupt, StateSchema
from agentkit.state.file_format import FORMAT, Stored, _digest, decode, encode, name_of
from agentkit.state.row import Row
from agentkit.state.steps import Reading

STORED = Stored(
    "call:1",
    Row(b"\x01{}", "00ff.2", 1.0, 2.0, 3.0, write_ids=("a", "b")),
    Reading(2.0, "boot", 1.5),
)
NAME = "0af6315558b41599b4a0fbfa5d31d4431b2e5c819e51de30db9ff763349669fa"
GOLDEN = bytes.fromhex(
    "616b73740001000000000000000000ab9327d741bcf5a76611490fc93af8b27e83a36b6579a663616c6c3a31a3726f"
    "7787a464617461c403017b7da776657273696f6ea6303066662e32aa637265617465645f6174cb3ff0000000000000"
    "aa757064617465645f6174cb4000000000000000aa657870697265735f6174cb4008000000000000a566696e616cc2"
    "a977726974655f69647392a161a162a77772697474656e83a36e6f77cb4000000000000000a4626f6f74a4626f6f74"
    "a56168656164cb3ff8000000000000"
)
"""A file of format 1: what was once written must be read for ever."""

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
times = st.floats(allow_nan=False)
rows = st.builds(
    Row,
    data=st.none() | st.binary(max_size=50),
    version=texts,
    created_at=times,
    updated_at=times,
    expires_at=times,
    final=st.booleans(),
    write_ids=st.lists(texts, max_size=3).map(tuple),
)
readings = st.builds(Reading, now=times, boot=texts, ahead=times)


def sealed(record: bytes, *, length: int | None = None, magic: bytes = b"akst") -> bytes:
    """Return a file whose digest is right, whatever it holds."""
    size = len(record) if length is None else length
    head = magic + bytes([0, FORMAT, 0, 0]) + size.to_bytes(8, "big")
    return head + _digest(head, record) + record


def test_format_1_stays_what_it_is() -> None:
    assert FORMAT == 1
    assert name_of(STORED.key) == NAME
    assert encode(STORED) == GOLDEN
    assert decode(NAME, GOLDEN) == STORED


@given(key=texts, row=rows, written=readings)
def test_a_record_is_read_as_it_was_written(key: str, row: Row, written: Reading) -> None:
    stored = Stored(key, row, written)
    assert decode(name_of(key), encode(stored)) == stored


def test_a_record_of_a_newer_format_is_no_damage() -> None:
    with pytest.raises(StateSchema, match="format 2: update agentkit"):
        decode(NAME, encode(STORED, FORMAT + 1))


def test_a_record_under_another_name_is_refused() -> None:
    with pytest.raises(StateCorrupt, match="another key"):
        decode(name_of("call:2"), GOLDEN)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"akst",
        GOLDEN[:-1],
        GOLDEN + b"\0",
        b"AKST" + GOLDEN[4:],
        sealed(GOLDEN[32:], magic=b"tska"),
        sealed(GOLDEN[32:], length=1),
        sealed(GOLDEN[32:] + b"\0"),
        sealed(b""),
        sealed(b"\x80"),
        sealed(b"\x81\xa1x" + b"\x91" * 5000 + b"\xc0"),
    ],
)
def test_what_is_no_whole_record_is_refused(data: bytes) -> None:
    with pytest.raises(StateCorrupt, match=NAME):
        decode(NAME, data)


@pytest.mark.parametrize("data", [sealed(GOLDEN[32:])])
def test_what_is_sealed_rightly_is_read(data: bytes) -> None:
    assert decode(NAME, data) == STORED
