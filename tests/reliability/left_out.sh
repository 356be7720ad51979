#!/bin/sh
# Print what `coverage report` leaves out on a machine without servers, and say so: the stores on
# servers, and their tests, can only be covered where redis-server and PostgreSQL are.
set -u
has() { command -v "$1" >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/"$1" >/dev/null 2>&1; }
{ has redis-server && has postgres && has pgbouncer; } && exit 0
echo "without redis-server, postgres and pgbouncer the stores on servers are not covered" >&2
state=agentkit/state
omit="$state/redis*.py,$state/postgres*.py,$state/remote.py,$state/connections.py"
echo "--omit=$omit,tests/state/remote_places.py,tests/state/test_redis.py,tests/state/test_postgres.py,tests/state/test_lanes.py"
