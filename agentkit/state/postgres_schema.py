"""How records are laid out in PostgreSQL, and the statements that change them in one step.

Theory. A record is one row; a row without data is what a delete left: a tombstone if it is final,
else a remnant that counts as nothing and lets a repeated delete be recognised for a minute. All
times are seconds of the server's clock. A write decides and writes in one statement: it changes
one row or none, and if none, another statement tells why.

`marks` has those of the last writes, newest last, whose places tell the versions that they made;
then for each lane that wrote (see `witness`) its name, its last mark and the number of that write.

`due_at` is when a purge looks at a row: at its expiry or before. Renewing a row leaves it alone, so
that no index changes and the row can be rewritten in its page; a purge that comes too early moves
it on.

No statement needs anything that an earlier transaction has left, so a pooler may give each
another connection of the server.
"""

import re
from typing import NamedTuple

from agentkit.errors import DefinitionError
from agentkit.state.base import TOMBSTONE_SECONDS
from agentkit.state.witness import LANE_BYTES, LANES_KEPT, MARK_BYTES, MARKS_KEPT

MARKER_SECONDS = 60
"""How long a delete that leaves no tombstone is recognised when it is repeated."""

_NAME = re.compile(r"([a-z_][a-z0-9_]{0,47}\.)?([a-z_][a-z0-9_]{0,47})")

_ENTRY = LANE_BYTES + MARK_BYTES + 8
_WORDS = {
    "@version": "r.incarnation || '.' || r.number",
    "@live": "(r.data IS NOT NULL AND r.expires_at > @now)",
    "@ended": """(r.final AND CASE WHEN r.data IS NULL THEN r.expires_at > @now
        ELSE r.expires_at <= @now AND r.expires_at + @tombstone > @now END)""",
    "@marks": """(substring(@ring FROM greatest(1, @length + 1 - @kept)) || %(mark)s::bytea
        || substring(@others FROM CASE octet_length(@others) WHEN @most THEN @entry + 1 ELSE 1 END)
        || %(lane)s::bytea || %(mark)s::bytea || int8send(r.number + 1))""",
    "@unmade": "@place = 0 AND @in_lane = 0",
    "@made": """CASE
        WHEN @place > 0 THEN r.incarnation || '.' || r.number - (@length - @place) / @long
        WHEN @in_lane > 0 THEN r.incarnation || '.'
        || ('x' || encode(substring(@lanes FROM @in_lane + 16 FOR 8), 'hex'))::bit(64)::int8 END""",
    "@others": """CASE WHEN position(%(lane)s::bytea IN @lanes) %% @entry = 1 THEN
        overlay(@lanes PLACING ''::bytea FROM position(%(lane)s::bytea IN @lanes) FOR @entry)
        ELSE @lanes END""",
    "@place": "position(%(mark)s::bytea IN @ring)",
    "@in_lane": "position(%(lane)s::bytea || %(mark)s::bytea IN @lanes)",
    "@complete": "(octet_length(@lanes) < @most)",
    "@ring": "substring(r.marks FROM 1 FOR @length)",
    "@lanes": "substring(r.marks FROM @length + 1)",
    "@length": "(@long * least(r.number, @times)::int)",
    "@long": str(MARK_BYTES),
    "@times": str(MARKS_KEPT),
    "@entry": str(_ENTRY),
    "@most": str(_ENTRY * LANES_KEPT),
    "@now": "extract(epoch FROM now())::float8",
    "@tombstone": str(TOMBSTONE_SECONDS),
    "@kept": str(MARK_BYTES * (MARKS_KEPT - 1)),
}
"""What the statements say often, in an order in which each may use those after it."""

MIGRATIONS = (
    """
CREATE TABLE IF NOT EXISTS @table (
    key text COLLATE "C" PRIMARY KEY,
    data bytea,
    incarnation text NOT NULL,
    number bigint NOT NULL,
    created_at float8 NOT NULL,
    updated_at float8 NOT NULL,
    expires_at float8 NOT NULL,
    due_at float8 NOT NULL,
    final boolean NOT NULL,
    marks bytea NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS @name_due ON @table (due_at);
CREATE TABLE IF NOT EXISTS @table_schema (version integer PRIMARY KEY);
""",
)
"""The steps from an empty database to the present schema. A step may be made again."""

_MIGRATE = """
SELECT pg_advisory_xact_lock(hashtext('agentkit @table'));
@step
INSERT INTO @table_schema VALUES (%(number)s) ON CONFLICT DO NOTHING;
"""

_SETTINGS = """
SELECT current_setting('server_encoding'), current_setting('synchronous_commit'),
    current_setting('fsync'), pg_is_in_recovery()::text,
    to_regclass('@table_schema') IS NOT NULL
"""

_GET = """
SELECT r.data, @version, r.created_at, r.updated_at, r.expires_at, r.final
FROM @table r WHERE r.key = %(key)s AND @live
"""

_CREATE = """
INSERT INTO @table AS r
    (key, data, incarnation, number, created_at, updated_at, expires_at, due_at, final, marks)
VALUES (%(key)s, %(data)s, %(incarnation)s, 1, @now, @now, @now + %(ttl)s, @now + %(ttl)s,
    %(final)s, %(mark)s::bytea || %(lane)s::bytea || %(mark)s::bytea || int8send(1))
ON CONFLICT (key) DO UPDATE SET
    data = excluded.data,
    incarnation = CASE WHEN @live THEN r.incarnation ELSE excluded.incarnation END,
    number = CASE WHEN @live THEN r.number + 1 ELSE 1 END,
    created_at = CASE WHEN @live THEN r.created_at ELSE excluded.created_at END,
    updated_at = excluded.updated_at,
    expires_at = excluded.expires_at,
    due_at = least(r.due_at, excluded.due_at),
    final = excluded.final,
    marks = CASE WHEN @live THEN @marks ELSE excluded.marks END
WHERE NOT @ended AND (NOT @live OR (%(any)s AND @unmade))
RETURNING @version
"""

_SWAP = """
UPDATE @table AS r SET
    data = %(data)s,
    number = r.number + 1,
    updated_at = @now,
    expires_at = @now + %(ttl)s,
    due_at = least(r.due_at, @now + %(ttl)s),
    final = %(final)s,
    marks = @marks
WHERE r.key = %(key)s AND @live AND @version = %(version)s AND @unmade
RETURNING @version
"""

_DELETE = """
UPDATE @table AS r SET
    data = NULL,
    updated_at = @now,
    expires_at = @now + %(stays)s,
    due_at = @now + %(stays)s,
    final = %(final)s,
    marks = %(mark)s
WHERE r.key = %(key)s AND @live AND (%(any)s OR @version = %(version)s)
RETURNING @version
"""

_LOOK = """
SELECT @live, @ended, @version, @made, @complete,
    r.data, r.created_at, r.updated_at, r.expires_at, r.final
FROM @table r WHERE r.key = %(key)s
"""

_SCAN = """
SELECT r.key, @version, octet_length(r.data), r.created_at, r.updated_at, r.expires_at, r.final
FROM @table r
WHERE r.key > %(after)s AND r.key >= %(prefix)s AND r.key < %(end)s AND @live
    AND starts_with(r.key, %(prefix)s)
ORDER BY r.key LIMIT %(limit)s
"""

_PURGE = """
WITH due AS (
    SELECT key FROM @table WHERE due_at <= @now
    ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), renewed AS (
    UPDATE @table r SET due_at = r.expires_at
    FROM due WHERE r.key = due.key AND r.expires_at > @now
), ended AS (
    UPDATE @table r SET data = NULL, marks = '', updated_at = r.expires_at,
        expires_at = r.expires_at + @tombstone, due_at = r.expires_at + @tombstone
    FROM due WHERE r.key = due.key AND r.data IS NOT NULL AND @ended
    RETURNING 1
), gone AS (
    DELETE FROM @table r USING due
    WHERE r.key = due.key AND r.expires_at <= @now AND NOT @ended
    RETURNING 1
)
SELECT (SELECT count(*) FROM due), (SELECT count(*) FROM ended) + (SELECT count(*) FROM gone)
"""

_PROBE = "UPDATE @table SET number = number WHERE key = ''"


class Statements(NamedTuple):
    """The statements on one table."""

    settings: str
    schema: str
    migrations: tuple[str, ...]
    get: str
    create: str
    swap: str
    delete: str
    look: str
    scan: str
    purge: str
    probe: str


def statements(table: str) -> Statements:
    """Return the statements on a table.

    Raises:
        DefinitionError: this is no name of a table.
    """
    found = _NAME.fullmatch(table)
    if found is None:
        raise DefinitionError(f"table={table!r}: a table is a lower-case word, or schema.word")

    words = {**_WORDS, "@table": table, "@name": found[2]}

    def of(text: str) -> str:
        for word, meaning in words.items():
            text = text.replace(word, meaning)
        return text

    return Statements(
        of(_SETTINGS),
        of("SELECT max(version) FROM @table_schema"),
        tuple(of(_MIGRATE.replace("@step", step)) for step in MIGRATIONS),
        *map(of, (_GET, _CREATE, _SWAP, _DELETE, _LOOK, _SCAN, _PURGE, _PROBE)),
    )
