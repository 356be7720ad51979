"""How records are laid out in Redis, and the scripts that change them in one step.

Theory. A record is two strings, so that Redis itself lets each part go on time:

    agentkit:{2a}:d:<key>   the value; it expires with the record
    agentkit:{2a}:m:<key>   everything else; it expires with the record, or, if the record is final,
                            when its tombstone does

so a value that is there is a live record, and without a value the rest tells whether it ended. The
rest is a line, ended by a line feed,

    <incarnation> <number> <created> <updated> <expires> <final>

with times in microseconds of the server's clock, the marks of the last writes, newest last, and
for each lane that wrote (see `witness`) its name, its last mark, and the number of that write. The
part in braces is a bucket of the key (one of 64): Redis Cluster keeps all keys of a bucket on one
server, so a script may touch a record and the two indexes of its bucket:

    agentkit:{2a}:names     its keys in their order, for scans
    agentkit:{2a}:due       when each is surely gone, in milliseconds, for purging

The place in `due` is renewed by the first write of a record in each slice of time, a thousandth of
its time to live, and is late by a slice, so the other writes leave it alone. What has expired
without a purge leaves only its place in the indexes; whoever renews one clears up to eight of
those. The indexes expire together, later than any record in them, when nothing is written for long.

A delete leaves its own mark behind: in the tombstone, or for `MARKER_SECONDS` in a remnant that
counts as nothing. So a delete whose reply was lost can be repeated and says the same.
"""

import hashlib
import zlib
from typing import NamedTuple

from agentkit.errors import StateCorrupt
from agentkit.state.base import TOMBSTONE_SECONDS
from agentkit.state.witness import LANE_BYTES, LANES_KEPT, MARK_BYTES, MARKS_KEPT

BUCKETS = 64
"""How many parts the keys are divided into; each stays on one server of a cluster."""

MARKER_SECONDS = 60
"""How long a delete that leaves no tombstone is recognised when it is repeated."""

_SLICES = 1000
"""Into how many slices of time a time to live is cut: the place in `due` is renewed in each."""

_MICRO = 1e6


class Layout:
    """The keys in Redis under one prefix."""

    def __init__(self, prefix: str) -> None:
        self._buckets = [f"{prefix}{{{bucket:02x}}}:" for bucket in range(BUCKETS)]

    def record(self, key: str) -> list[str]:
        """Return the two keys of a record: the rest and the value."""
        bucket = self._buckets[bucket_of(key)]
        return [f"{bucket}m:{key}", f"{bucket}d:{key}"]

    def indexes(self, bucket: int) -> list[str]:
        """Return the two keys of the indexes of a bucket: the names and when they are gone."""
        return [f"{self._buckets[bucket]}names", f"{self._buckets[bucket]}due"]

    def probe(self) -> list[str]:
        """Return a key in the first bucket, for a write that tells nobody anything."""
        return [f"{self._buckets[0]}probe"]


def bucket_of(key: str) -> int:
    """Return the number of the bucket of a key."""
    return zlib.crc32(key.encode()) % BUCKETS


class Rest(NamedTuple):
    """What is stored of a record beside its value, in the order of `Record`."""

    version: str
    created_at: float
    updated_at: float
    expires_at: float
    final: bool


def rest_of(key: str, stored: bytes) -> Rest:
    """Read what is stored of a record beside its value.

    Raises:
        StateCorrupt: it cannot be read.
    """
    try:
        line = stored.partition(b"\n")[0].decode("ascii")
        incarnation, number, *times, final = line.split(" ")
        created, updated, expires = (int(time) / _MICRO for time in times)
        return Rest(f"{incarnation}.{int(number)}", created, updated, expires, final == "1")
    except ValueError:
        raise StateCorrupt(f"the record of {key!r} is damaged") from None


class Script(NamedTuple):
    """A script and the name that the server knows it by."""

    text: str
    digest: str


_DIGITS = 12
_NUMBERS = {
    "@KEPT": MARKS_KEPT,
    "@LONG": MARK_BYTES,
    "@LANES": LANES_KEPT,
    "@LANE": LANE_BYTES,
    "@ENTRY": LANE_BYTES + MARK_BYTES + _DIGITS,
    "@DIGITS": _DIGITS,
    "@SLICES": _SLICES,
}
"""What the scripts say instead of numbers; none is the beginning of a later one."""


def _script(text: str) -> Script:
    for word, number in _NUMBERS.items():
        text = text.replace(word, str(number))
    text = text.replace("@TOMBSTONE", str(int(TOMBSTONE_SECONDS * 1000)))
    text = text.replace("@MARKER", str(MARKER_SECONDS * 1000))
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function whole(number) return string.format('%.0f', number) end
"""

_COLLECT = """
local function collect(names, due, limit)
  local gone = redis.call('ZRANGEBYSCORE', due, '-inf', whole(now / 1000), 'LIMIT', 0, limit)
  if #gone > 0 then
    redis.call('ZREM', names, unpack(gone))
    redis.call('ZREM', due, unpack(gone))
  end
  return #gone
end
"""

PUT = _script(
    _NOW
    + _COLLECT
    + """
local meta, data, names, due = unpack(KEYS)
local key, value, kind, version, ttl, final, mark, lane, incarnation = unpack(ARGV)
local known = redis.call('GET', meta)
local live = known and redis.call('EXISTS', data) == 1
local number, found, ring, lanes, at = 0, '', 1, 1, 1
local created, updated, expires, ending

if live then
  incarnation, number, created, updated, expires, ending, ring =
    string.match(known, '^(%S+) (%d+) (%d+) (%d+) (%d+) ([01])\\n()')
  if not ring then return redis.error_reply('CORRUPT record') end
  found = incarnation .. '.' .. number
  lanes = ring + math.min(number, @KEPT) * @LONG
  at = ring - 1
  repeat at = string.find(known, mark, at + 1, true)
  until not at or at >= lanes or (at - ring) % @LONG == 0
  if at and at < lanes then
    return 'made ' .. incarnation .. '.' .. whole(number - (lanes - at - @LONG) / @LONG)
  end
  at = lanes - 1
  repeat at = string.find(known, lane, at + 1, true) until not at or (at - lanes) % @ENTRY == 0
  if at and string.sub(known, at + @LANE, at + @LANE + @LONG - 1) == mark then
    local made = tonumber(string.sub(known, at + @LANE + @LONG, at + @ENTRY - 1))
    if not made then return redis.error_reply('CORRUPT record') end
    return 'made ' .. incarnation .. '.' .. whole(made)
  end
elseif known and string.match(known, '^%S+ %d+ %d+ %d+ %d+ 1\\n') then
  return 'ended '
else
  known = ''
end

local full = #known - lanes + 1 >= @LANES * @ENTRY
if (kind == 'absent' and live) or (kind == 'version' and (not live or found ~= version)) then
  return {'conflict ' .. found, full and 0 or 1, known, live and redis.call('GET', data)}
end

if not at then at = full and lanes or #known + 1 end
if lanes - ring == @KEPT * @LONG then ring = ring + @LONG end
number = string.format('%d', number + 1)
local written = time[1] .. string.sub('00000' .. time[2], -6)
local stays = final == '1' and whole(ttl + @TOMBSTONE) or ttl
redis.call('SET', data, value, 'PX', ttl)
redis.call('SET', meta, incarnation .. ' ' .. number .. ' ' .. (created or written) .. ' '
  .. written .. ' ' .. whole(now + ttl * 1000) .. ' ' .. final .. '\\n'
  .. string.sub(known, ring, lanes - 1) .. mark
  .. string.sub(known, lanes, at - 1) .. string.sub(known, at + @ENTRY)
  .. lane .. mark .. string.format('%0@DIGITSd', number), 'PX', stays)

local slice = ttl * 1000 / @SLICES
if not live or final ~= ending or expires - updated ~= ttl * 1000
  or math.floor(now / slice) ~= math.floor(updated / slice) then
  local place = stays + slice / 1000
  redis.call('ZADD', names, 0, key)
  redis.call('ZADD', due, whole(now / 1000 + place), key)
  if redis.call('PTTL', due) < place or redis.call('PTTL', names) < place then
    redis.call('PEXPIRE', due, whole(place + @TOMBSTONE))
    redis.call('PEXPIRE', names, whole(place + @TOMBSTONE))
  end
  collect(names, due, 8)
end
return 'made ' .. incarnation .. '.' .. number
"""
)
"""Write a record.

Answers what became of it and the version that was made or is there, with a space between; after a
conflict also the record that is there.
"""

DELETE = _script(
    _NOW
    + """
local meta, data, names, due = unpack(KEYS)
local key, kind, version, final, mark = unpack(ARGV)
local known = redis.call('GET', meta)
if not known or redis.call('EXISTS', data) == 0 then
  local repeated = known and string.match(known, '^[^\\n]*\\n(.*)$') == mark
  return {repeated and 'deleted' or 'absent', ''}
end

local incarnation, number, created = string.match(known, '^(%S+) (%d+) (%d+) ')
local found = (incarnation or '0') .. '.' .. (number or '0')
if kind == 'absent' or (kind == 'version' and found ~= version) then
  return {'conflict', found}
end

local stays = final == '1' and @TOMBSTONE or @MARKER
local ended, until_ = whole(now), whole(now + stays * 1000)
local rest = {incarnation or '0', number or '0', created or ended, ended, until_, final}
redis.call('DEL', data)
redis.call('SET', meta, table.concat(rest, ' ') .. '\\n' .. mark, 'PX', stays)
redis.call('ZREM', names, key)
if final == '1' then
  redis.call('ZADD', due, whole(now / 1000 + stays), key)
else
  redis.call('ZREM', due, key)
end
return {'deleted', found}
"""
)
"""Delete a record. Answers what became of it, and the version that is there or was deleted."""

SIZES = _script(
    """
local found = {}
for place = 1, #KEYS, 2 do
  found[#found + 1] = {redis.call('GET', KEYS[place]), redis.call('STRLEN', KEYS[place + 1])}
end
return found
"""
)
"""Tell what is known of records, and the lengths of their values."""

PURGE = _script(
    _NOW
    + _COLLECT
    + """
local names, due = unpack(KEYS)
return collect(names, due, ARGV[1])
"""
)
"""Clear the indexes of a bucket of what is gone. Answers how many there were."""

PROBE = _script(
    """
redis.call('SET', KEYS[1], ARGV[1], 'PX', 1000)
return redis.call('GET', KEYS[1])
"""
)
"""Write and read."""
