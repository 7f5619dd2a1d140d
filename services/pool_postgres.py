"""Connections to Postgres, bounded in number and in time; the SQL belongs to the services."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, Protocol, cast

import asyncpg

from services import certificates, clock, logs_structlog
from services.metrics_prometheus import Histogram, Metrics
from services.problem import Unavailable

ACQUIRE_SECONDS: Final = 5.0
STATEMENT_SECONDS: Final = 10.0
START_SECONDS: Final = 30.0
_CONNECT_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = (0.1, 2.0)
# Of a file of its own, a megabyte or so, that is gone with the transaction.
_TRY: Final = (
    "BEGIN; CREATE TEMPORARY TABLE parley_check ON COMMIT DROP AS"
    " SELECT repeat(md5(n::text), 16) AS row FROM generate_series(1, 2000) AS n; ROLLBACK"
)
_log = logs_structlog.get_logger()

# What says that Postgres is away, busy or restarting, and nothing about the statement itself.
_AWAY: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    # What a connection raises that was told of a crash and has not broken yet.
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    # No room: of connections, of memory, or on the disk (class 53 of SQLSTATE).
    asyncpg.InsufficientResourcesError,
    asyncpg.QueryCanceledError,
)


class Row(Protocol):
    """A row of a result: by column name or position."""

    def __getitem__(self, key: str | int) -> Any: ...  # noqa: ANN401 - a column's own type
    def __len__(self) -> int: ...


class Connection(Protocol):
    """What services use of an asyncpg connection (https://magicstack.github.io/asyncpg)."""

    async def execute(self, query: str, *args: object) -> str: ...
    async def executemany(self, command: str, args: Iterable[Sequence[object]]) -> None: ...
    async def fetch(self, query: str, *args: object) -> list[Row]: ...
    async def fetchrow(self, query: str, *args: object) -> Row | None: ...
    async def fetchval(self, query: str, *args: object) -> Any: ...  # noqa: ANN401 - a column's own type
    async def copy_records_to_table(
        self, table_name: str, *, records: Iterable[Sequence[object]], columns: Sequence[str]
    ) -> str: ...
    def transaction(
        self, *, isolation: str | None = None, readonly: bool = False
    ) -> AbstractAsyncContextManager[None]: ...


class Pool:
    """A pool of connections whose unqualified names mean `schema`, then `public`.

    At most `max_size` statements run at once; others wait up to 5 s for a connection. A statement
    gets 10 s, on both sides of the wire. `session` has further settings of each connection.
    """

    def __init__(
        self,
        url: str,
        schema: str,
        *,
        service: str,
        max_size: int = 10,
        start_seconds: float = START_SECONDS,
        acquire_seconds: float = ACQUIRE_SECONDS,
        statement_seconds: float = STATEMENT_SECONDS,
        session: Mapping[str, str] | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self.name = "postgres"
        self._waits = None if metrics is None else self._watched(metrics)
        self._url = url
        self._start_seconds = start_seconds
        self._acquire_seconds = acquire_seconds
        self._statement_seconds = statement_seconds
        self._max_size = max_size
        self._session = {
            "application_name": f"parley-{service}",
            "search_path": f"{quoted(schema)}, public",
            "statement_timeout": str(int(statement_seconds * 1000)),
            "idle_in_transaction_session_timeout": "30000",
            # Planning a compilation costs more than our short statements take.
            "jit": "off",
            **(session or {}),
        }
        self._pool: Any = None

    async def start(self) -> None:
        """Connect; Postgres may come up up to 30 s later than we do.

        Raises:
            Unavailable: it did not, or it refuses us; the message never holds the URL.
        """
        first = await connect(self._url, self._start_seconds)
        await first.close()
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=self._max_size,
            max_inactive_connection_lifetime=300.0,
            timeout=_CONNECT_SECONDS,
            command_timeout=self._statement_seconds,
            server_settings=self._session,
            # Four statements that clean up after what no statement here leaves behind: settings of
            # a session, cursors, notifications, locks. They took as long as the reads themselves.
            reset=_leave,
        )

    async def stop(self) -> None:
        """Close the connections, those in use after a moment by force. Idempotent."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(5.0):
                await pool.close()
        except TimeoutError:
            pool.terminate()

    def _watched(self, metrics: Metrics) -> Histogram:
        """Count connections whenever the metrics are read."""
        open_ = metrics.gauge(
            "postgres_connections",
            "Open connections to Postgres, `busy` or `idle`; PARLEY_POSTGRES_POOL at most.",
            ["state"],
        )
        open_.labels("idle").set_function(lambda: self._pool.get_idle_size() if self._pool else 0)
        open_.labels("busy").set_function(
            lambda: self._pool.get_size() - self._pool.get_idle_size() if self._pool else 0
        )
        return metrics.histogram(
            "postgres_wait_seconds", "From asking for a connection to Postgres to having one."
        )

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        """Lend a connection. Cancelling the block is safe: an open transaction is rolled back.

        Nothing else is undone: what lasts beyond a transaction (SET, LISTEN, pg_advisory_lock, a
        cursor WITH HOLD) must not be used in the block.

        Raises:
            Unavailable: none became free in time, or Postgres went away within the block. What the
                block was doing may or may not have happened.
        """
        if self._pool is None:
            raise Unavailable("the database is not connected")
        began = clock.monotonic()
        try:
            async with self._pool.acquire(timeout=self._acquire_seconds) as connection:
                if self._waits is not None:
                    self._waits.observe(clock.monotonic() - began)
                yield cast(Connection, connection)
        except _AWAY as error:
            _log.warning("postgres away", error=f"{type(error).__name__}: {error}")
            raise Unavailable("the database cannot answer now") from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection inside a transaction: committed at the end, rolled back on a raise.

        Raises:
            Unavailable: as `acquire`.
        """
        async with self.acquire() as connection, connection.transaction():
            yield connection

    async def fetch(self, query: str, *args: object) -> list[Row]:
        """The rows of one statement. Raises as `acquire`."""
        async with self.acquire() as connection:
            return await connection.fetch(query, *args)

    async def fetch_within(self, seconds: float, query: str, *args: object) -> list[Row] | None:
        """The rows of one statement; None if Postgres did not finish it in `seconds`.

        The time is that of Postgres alone, without the wait for a connection. Raises as `acquire`.
        """
        async with self.acquire() as connection:
            try:
                async with connection.transaction(readonly=True):
                    await connection.execute(
                        f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}"
                    )
                    return await connection.fetch(query, *args)
            except asyncpg.QueryCanceledError:
                return None

    async def fetchrow(self, query: str, *args: object) -> Row | None:
        """The first row of one statement, or None. Raises as `acquire`."""
        async with self.acquire() as connection:
            return await connection.fetchrow(query, *args)

    async def fetchval(self, query: str, *args: object) -> Any:  # noqa: ANN401 - a column's own type
        """The first column of the first row, or None. Raises as `acquire`."""
        async with self.acquire() as connection:
            return await connection.fetchval(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        """Run one statement and answer its status, such as `UPDATE 1`. Raises as `acquire`."""
        async with self.acquire() as connection:
            return await connection.execute(query, *args)

    async def health(self) -> None:
        """Answer after one round trip. Raises as `acquire`."""
        await self.fetchval("SELECT 1")


async def connect(url: str, wait_seconds: float) -> Any:  # noqa: ANN401 - an asyncpg connection
    """Open one connection of its own, waiting for a Postgres that is still coming up.

    Raises:
        Unavailable: it did not come within `wait_seconds`; or, for which no waiting helps, it
            refuses the user, the password or the database, its certificate is not trusted, or the
            URL is wrong.
    """
    deadline = clock.monotonic() + wait_seconds
    pause = _PAUSE_SECONDS[0]
    while True:
        try:
            return await asyncpg.connect(url, timeout=_CONNECT_SECONDS)
        except (
            asyncpg.InvalidAuthorizationSpecificationError,
            asyncpg.InvalidCatalogNameError,
        ) as error:
            raise Unavailable(f"Postgres refuses us: {error}") from None
        except (asyncpg.ClientConfigurationError, ssl.SSLCertVerificationError) as error:
            said = certificates.distrust(error) or f"the URL is not good: {error}"
            raise Unavailable(f"Postgres: {said}") from None
        except _AWAY as error:
            if clock.monotonic() + pause > deadline:
                reason = f"{type(error).__name__}: {error}"
                raise Unavailable(f"no Postgres within {wait_seconds:g} s: {reason}") from None
        await asyncio.sleep(pause)
        pause = min(2 * pause, _PAUSE_SECONDS[1])


async def try_writing(connection: Connection) -> str:
    """Say why Postgres cannot write; empty where it can. Nothing of the try is left.

    A connection alone says little: with a full disk one may read, and sign in.
    """
    try:
        await connection.execute(_TRY)
    except asyncpg.InsufficientPrivilegeError:
        return ""
    except asyncpg.PostgresError as error:
        return f"it cannot write: {str(error).splitlines()[0]}"
    return ""


async def _leave(_connection: object) -> None:
    """Give a connection back as it is; asyncpg itself ends a transaction that was left open."""


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
