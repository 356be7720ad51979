"""The bytes of a record file: a header that tells damage, and a record that tells whose it is.

    4  "akst"
    2  the format: this is 1
    2  nothing, zero
    8  how long the record is, in bytes
    16 BLAKE2b of the 16 bytes before and of the record
    …  the record: key, row and clocks, as MessagePack

The header is the same in every format, so that a record of a newer one is told from a damaged one.
The record repeats its key: a file that was moved to another name is found out, and is never taken
for the state of another call.
"""

import hashlib
import struct

import msgspec

from agentkit.errors import StateCorrupt, StateSchema
from agentkit.state.row import Row
from agentkit.state.steps import Reading

FORMAT = 1
"""The format that is written, and the newest that can be read."""

_MAGIC = b"akst"
_HEAD = struct.Struct(">4sHHQ")
_DIGEST_BYTES = 16
_START = _HEAD.size + _DIGEST_BYTES


class Stored(msgspec.Struct, frozen=True):
    """What a record file holds.

    Attributes:
        key: whose row it is.
        row: the row.
        written: what the clocks said when it was written.
    """

    key: str
    row: Row
    written: Reading


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Stored).decode


def name_of(key: str) -> str:
    """Return the file name of a key: a hash, so no key is a path and no two keys share a name."""
    return hashlib.sha256(key.encode()).hexdigest()


def encode(stored: Stored, file_format: int = FORMAT) -> bytes:
    """Return the bytes of a record file."""
    record = _encode(stored)
    head = _HEAD.pack(_MAGIC, file_format, 0, len(record))
    return head + _digest(head, record) + record


def decode(name: str, data: bytes) -> Stored:
    """Return what a record file of this name holds.

    Raises:
        StateCorrupt: it is damaged, or holds the record of another key.
        StateSchema: a newer version of agentkit wrote it.
    """
    head, digest, record = data[: _HEAD.size], data[_HEAD.size : _START], data[_START:]
    if not data:
        raise StateCorrupt(f"the record {name} is damaged: see the quarantine for what it was")
    if _digest(head, record) != digest or not head.startswith(_MAGIC):
        raise StateCorrupt(f"the record {name} is damaged")
    _, file_format, _, length = _HEAD.unpack(head)
    if file_format > FORMAT:
        raise StateSchema(f"the record {name} has format {file_format}: update agentkit")
    return _checked(name, record, length)


def _checked(name: str, record: bytes, length: int) -> Stored:
    try:
        stored = _decode(record)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise StateCorrupt(f"the record {name} is no record: {error}") from error
    if len(record) != length:
        raise StateCorrupt(f"the record {name} is not as long as it says")
    if name_of(stored.key) != name:
        raise StateCorrupt(f"the record {name} belongs to another key")
    return stored


def _digest(head: bytes, record: bytes) -> bytes:
    digest = hashlib.blake2b(head, digest_size=_DIGEST_BYTES)
    digest.update(record)
    return digest.digest()
