"""Private servers for tests: on free loopback ports, with their data in folders that go with them.

    @pytest.fixture
    def redis() -> RedisServer:
        return shared_redis()

A server that is not installed makes the tests that need it skip, by name and with the reason; with
AGENTKIT_REQUIRE_SERVERS=1 they fail instead. AGENTKIT_TEST_REDIS and AGENTKIT_TEST_POSTGRES are
URLs of servers to use where none can be started: tests that kill their server or change its
settings need one of their own, and are skipped there.
"""

import atexit
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NoReturn, Protocol, TypeVar

import psycopg
import pytest
import redis

from agentkit.state.redis_settings import facts
from tests.reliability.harness import a_moment

REQUIRED = bool(os.environ.get("AGENTKIT_REQUIRE_SERVERS"))
GIVEN_REDIS = os.environ.get("AGENTKIT_TEST_REDIS", "")
GIVEN_POSTGRES = os.environ.get("AGENTKIT_TEST_POSTGRES", "")

START_SECONDS = 60.0
ANSWER_SECONDS = 30
FOLDERS = "/usr/lib/postgresql/*/bin:/usr/pgsql-*/bin:/usr/local/pgsql/bin:/usr/sbin"

_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 2 * 1024**3  # more than all that run at a time write

_PR_SET_PDEATHSIG = 1
_prctl = getattr(ctypes.CDLL(None), "prctl", None)  # Linux only

S = TypeVar("S", bound="Startable")
_running = ExitStack()
atexit.register(_running.close)


def missing(what: str) -> NoReturn:
    """Skip a test whose server is not there, or fail it if all must be."""
    if REQUIRED:
        pytest.fail(f"AGENTKIT_REQUIRE_SERVERS is set, and there is no {what}", pytrace=False)
    pytest.skip(f"there is no {what}: tests/reliability/install_servers.sh installs it on Debian")


def program(name: str, folders: str = FOLDERS) -> str:
    """Return the path of a program, or skip the test."""
    root = Path("/")
    known = [str(path) for pattern in folders.split(":") for path in root.glob(pattern[1:])]
    newest = sorted(known, reverse=True)
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *newest]))
    return found or missing(name)


def memory() -> Path | None:
    """Return a folder on a file system in memory with room for servers, if there is one."""
    with suppress(OSError):
        return _MEMORY if shutil.disk_usage(_MEMORY).free > _ROOM_BYTES else None
    return None  # pragma: no cover - not Linux


class Startable(Protocol):
    """What `running` starts and removes."""

    def start(self) -> None: ...

    def remove(self) -> None: ...


class Server:
    """A server process; `kill` ends it as a crash would, and `start` brings it back.

    What it syncs goes to memory, at once: no test takes the power away, and what a process wrote
    outlives it there as well as on a disk. Whoever kills a server may want it to wait for a disk.

    Args:
        settings: of the server, in the form that it takes.
        on_disk: it shall wait for a disk.
    """

    def __init__(self, *settings: str, on_disk: bool = False) -> None:
        self.folder = Path(mkdtemp(prefix="agentkit-", dir=None if on_disk else memory()))
        self._reserved = ExitStack()
        self.port = self.reserve_port()
        self.settings = settings
        self.owner: dict[str, Any] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def reserve_port(self) -> int:
        """Return a free loopback port and keep it, also while the server is down.

        Nobody is given a port that another socket is bound to. Servers ask for theirs with
        SO_REUSEADDR, and Linux lets them have it if the other socket does so and does not listen.
        """
        kept = self._reserved.enter_context(socket.socket())
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        port: int = kept.getsockname()[1]
        if sys.platform != "linux":
            kept.close()
        return port

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.url_at(self.port)

    @staticmethod
    def url_at(port: int) -> str:
        """Return the URL of such a server on a port."""
        raise NotImplementedError

    def connections(self) -> int:
        """Return how many connections it has, but for the one that asks."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """Return the command that starts it."""
        raise NotImplementedError

    def ask(self, *_: str) -> object:
        """Ask it something, or raise an error."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it and return when it answers."""
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise AssertionError(f"no answer: {self.log.read_text('utf-8')[-2000:]}")
            if self.process is None or self.process.poll() is not None:
                self._run()
            a_moment(0.01)

    @property
    def log(self) -> Path:
        """What it said."""
        return self.folder / "log"

    def kill(self) -> None:
        """End it, and all processes that it started, with SIGKILL."""
        self.send(signal.SIGKILL)
        self.wait()

    def stop(self) -> None:
        """End it at once."""
        self.kill()

    def pause(self) -> None:
        """Stop it where it is."""
        self.send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.send(signal.SIGCONT)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it and all processes that it started."""
        assert self.process is not None
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
        for each in (pid, *map(int, children.split())):
            with suppress(ProcessLookupError):
                os.kill(each, number)

    def wait(self) -> None:
        """Wait for its end."""
        assert self.process is not None
        self.process.wait()
        self.process = None

    def remove(self) -> None:
        """Kill it and remove its folder."""
        if self.process is not None:
            self.stop()
        self._reserved.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, cwd=self.folder,
                preexec_fn=_end_with_parent, **self.owner,  # noqa: PLW1509 - one system call
            )  # fmt: skip

    def _answers(self) -> bool:
        try:
            self.ask()
        except (OSError, redis.RedisError, psycopg.Error):
            return False
        return True


class RedisServer(Server):
    """A Redis server with an append-only file."""

    @staticmethod
    def url_at(port: int) -> str:
        return f"redis://127.0.0.1:{port}/0"

    def connections(self) -> int:
        return len(self.ask("CLIENT LIST")) - 1

    def command(self) -> list[str]:
        known = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)]
        durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        return [program("redis-server"), *known, *durable, *self.settings]

    def ask(self, *command: str | int) -> Any:
        with redis.Redis(port=self.port, socket_timeout=ANSWER_SECONDS, retry=None) as client:  # type: ignore[arg-type]
            return client.execute_command(*(command or ("PING",)))


class RedisCluster:
    """Three Redis servers that share the keys among them."""

    def __init__(self) -> None:
        self.servers = [self._server() for _ in range(3)]

    @staticmethod
    def _server() -> RedisServer:
        server = RedisServer("--cluster-enabled", "yes")
        server.settings += ("--cluster-port", str(server.reserve_port()))
        return server

    def start(self) -> None:
        """Start the servers, give each its slots, and return when all agree."""
        edges = [0, 5461, 10923, 16384]
        for number, server in enumerate(self.servers):
            server.start()
            server.ask("CLUSTER", "ADDSLOTSRANGE", edges[number], edges[number + 1] - 1)
        for server in self.servers[1:]:
            bus = server.settings[-1]
            self.servers[0].ask("CLUSTER", "MEET", "127.0.0.1", server.port, bus)
        while not all(self._agrees(server) for server in self.servers):
            a_moment(0.02)

    @staticmethod
    def _agrees(server: RedisServer) -> bool:
        info = facts(server.ask("CLUSTER", "INFO"))
        return info["cluster_state"] == "ok" and info["cluster_known_nodes"] == "3"

    def remove(self) -> None:
        """Kill the servers and remove their folders."""
        for server in self.servers:
            server.remove()


class PostgresServer(Server):
    """A PostgreSQL server."""

    def __init__(self, *settings: str, on_disk: bool = False) -> None:
        super().__init__(*settings, on_disk=on_disk)
        if os.geteuid() == 0:  # it refuses to run as root
            owner = _someone_else()
            self.owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self.initialise()

    @staticmethod
    def url_at(port: int) -> str:
        return f"postgresql://postgres@127.0.0.1:{port}/postgres"

    def connections(self) -> int:
        query = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        found: int = self.ask(query)[0][0] - 1
        return found

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def initialise(self) -> None:
        """Make an empty database cluster."""
        made = ["-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        command = [program("initdb"), *made, "--locale", "C"]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **self.owner)

    def command(self) -> list[str]:
        known = ["-D", str(self.data), "-p", str(self.port), "-h", "127.0.0.1", "-k", ""]
        settings = [f"-c{setting}" for setting in ("max_connections=100", *self.settings)]
        return [program("postgres"), *known, *settings]

    def stop(self) -> None:
        """End it at once, and let it end its processes itself."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        self.wait()

    def ask(self, *statements: str) -> Any:
        with psycopg.connect(
            self.url, autocommit=True, connect_timeout=ANSWER_SECONDS
        ) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement.encode())
            return cursor.fetchall() if cursor.description else None


class Pooler(Server):
    """pgbouncer, which gives each transaction whatever connection it has."""

    def __init__(self, server: PostgresServer) -> None:
        super().__init__()
        self._server = server
        self.owner = server.owner
        if self.owner:
            os.chown(self.folder, self.owner["user"], self.owner["group"])
        self._settings().write_text(
            f"[databases]\npostgres = host=127.0.0.1 port={server.port} user=postgres\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\n"
            "auth_type = any\npool_mode = transaction\ndefault_pool_size = 4\n"
            "server_lifetime = 0\nunix_socket_dir =\n",
            "utf-8",
        )

    def _settings(self) -> Path:
        return self.folder / "settings.ini"

    @staticmethod
    def url_at(port: int) -> str:
        return PostgresServer.url_at(port)

    def connections(self) -> int:
        return self._server.connections()

    def command(self) -> list[str]:
        return [program("pgbouncer"), str(self._settings())]

    def ask(self, *_: str) -> Any:
        with psycopg.connect(
            self.url, autocommit=True, connect_timeout=ANSWER_SECONDS
        ) as connection:
            return connection.execute("SELECT 1").fetchone()


def _end_with_parent() -> None:  # pragma: no cover - runs in the child, before the server does
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextmanager
def running(make: Callable[[], S]) -> Iterator[S]:
    """Start a server and remove it in the end."""
    server = make()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@cache
def shared_redis() -> RedisServer:
    """Return a Redis server for all tests that leave it as it is."""
    return _running.enter_context(running(RedisServer))


@cache
def shared_postgres() -> PostgresServer:
    """Return a PostgreSQL server for all tests that leave it as it is."""
    return _running.enter_context(running(PostgresServer))


@cache
def shared_cluster() -> RedisCluster:
    """Return a Redis Cluster for all tests that leave it as it is."""
    return _running.enter_context(running(RedisCluster))


@cache
def shared_pooler() -> Pooler:
    """Return a pooler in front of the shared PostgreSQL server."""
    return _running.enter_context(running(lambda: Pooler(shared_postgres())))


def redis_url() -> str:
    """Return the URL of a Redis server that tests may write to."""
    return GIVEN_REDIS or shared_redis().url


def postgres_url() -> str:
    """Return the URL of a PostgreSQL server that tests may write to."""
    return GIVEN_POSTGRES or shared_postgres().url


def _someone_else() -> Any:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    missing("user that PostgreSQL may run as")
