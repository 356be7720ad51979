"""Where the stores on servers live in tests: time passes by altering what is stored."""

import atexit
from functools import cache
from typing import Any

import psycopg
import redis

from agentkit.state.postgres import PostgresState
from agentkit.state.redis import RedisState
from tests.deadlines import LONG
from tests.reliability.servers import postgres_url, redis_url

PREFIX = "agentkit-test:"
TABLE = "agentkit_test_state"

_CLEAR = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end"
_ADVANCE = """
local ms = tonumber(ARGV[2])
local function whole(number) return string.format('%.0f', number) end
local function sooner(key)
  local left = redis.call('PTTL', key)
  if left > ms then redis.call('PEXPIRE', key, left - ms) else redis.call('DEL', key) end
end
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '{*}:d:*')) do sooner(key) end
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '{*}:m:*')) do
  local left, packed = redis.call('PTTL', key), redis.call('GET', key)
  local first, created, updated, expires, rest =
    string.match(packed, '^(%S+ %d+) (%d+) (%d+) (%d+)(.*)$')
  local times = {created - ms * 1000, updated - ms * 1000, expires - ms * 1000}
  for place, time in ipairs(times) do times[place] = whole(time) end
  redis.call('SET', key, first .. ' ' .. table.concat(times, ' ') .. rest, 'PX', left)
  sooner(key)
end
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '{*}:due')) do
  for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    redis.call('ZINCRBY', key, -ms, member)
  end
end
"""


class RedisPlace:
    """Where the records under one prefix of a Redis server live."""

    def __init__(self, url: str = "", prefix: str = PREFIX) -> None:
        self.url = url or redis_url()
        self.prefix = prefix
        self.script(_CLEAR, f"{prefix}*")

    def backend(self) -> RedisState:
        return RedisState(self.url, prefix=self.prefix, deadline_seconds=LONG)

    def advance(self, seconds: float) -> None:
        self.script(_ADVANCE, self.prefix, round(seconds * 1000))

    def script(self, text: str, *arguments: str | int) -> Any:
        return _redis(self.url).eval(text, 0, *arguments)


class PostgresPlace:
    """Where the records of one table of a PostgreSQL database live."""

    def __init__(self, url: str = "", table: str = TABLE) -> None:
        self.url = url or postgres_url()
        self.table = table
        self.execute(
            f"DO $$ BEGIN DELETE FROM {table}; EXCEPTION WHEN undefined_table THEN NULL; END $$"
        )

    def backend(self) -> PostgresState:
        return PostgresState(self.url, table=self.table, deadline_seconds=LONG)

    def advance(self, seconds: float) -> None:
        times = ("created_at", "updated_at", "expires_at", "due_at")
        changes = ", ".join(f"{time} = {time} - {seconds}" for time in times)
        self.execute(f"UPDATE {self.table} SET {changes}")

    def execute(self, statement: str) -> Any:
        cursor = _postgres(self.url).execute(statement.encode())
        return cursor.fetchall() if cursor.description else None


@cache
def _redis(url: str) -> redis.Redis:
    client = redis.Redis.from_url(url)
    atexit.register(client.close)
    return client


@cache
def _postgres(url: str) -> psycopg.Connection[Any]:
    connection = psycopg.connect(url, autocommit=True, prepare_threshold=None)  # also of a pooler
    atexit.register(connection.close)
    return connection
