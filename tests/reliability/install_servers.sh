#!/bin/sh
# Install the servers that the tests start, where that is possible: as root on Debian. Elsewhere the
# tests that need them are skipped by name, or use AGENTKIT_TEST_REDIS and AGENTKIT_TEST_POSTGRES.
set -u
PATH=$PATH:/usr/sbin
command -v redis-server >/dev/null 2>&1 && command -v pgbouncer >/dev/null 2>&1 &&
  command -v nginx >/dev/null 2>&1 &&
  ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 && exit 0
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || exit 0
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -y -qq redis-server postgresql pgbouncer nginx-light; } >/dev/null 2>&1 ||
  echo "the servers could not be installed; tests that need them are skipped"
exit 0
