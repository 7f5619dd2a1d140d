"""TLS to NATS, Postgres and Valkey: whom a service believes, and what it says of others.

NATS speaks TLS itself. Postgres and Valkey from wheels are built without: a front speaks it for
them, as one does for servers that are far away.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from auth.app import NAME as AUTH
from services import check_redis, migrations_yoyo, pool_postgres
from services.bus import Disconnected
from services.bus_nats import Bus
from services.check import findings
from services.deploy.migrate import directory
from services.pool_postgres import Pool
from services.problem import Unavailable
from tests.auth.running import created, running
from tests.nats_server import NatsServer
from tests.services.conftest import OpenBus
from tests.tls import Authority, fronted


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Give the authority that signed the servers' certificates."""
    return Authority(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Give another one."""
    return Authority(tmp_path_factory.mktemp("others"), "other")


def nats_tls(ours: Authority, host: str, *, verify: bool) -> str:
    """What is added to the configuration of NATS."""
    cert, key = ours.issue("nats", host)
    return (
        f'tls {{\n  cert_file: "{cert}"\n  key_file: "{key}"\n  ca_file: "{ours.ca}"\n'
        f"  verify: {str(verify).lower()}\n}}\n"
    )


@pytest.fixture(scope="module")
def nats(ours: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """Give a NATS that speaks TLS alone, and asks for its clients' certificates."""
    config = nats_tls(ours, "127.0.0.1", verify=True)
    server = NatsServer(tmp_path_factory.mktemp("nats"), extra_config=config)
    yield server
    server.stop()


def by_tls(server: NatsServer, query: str = "") -> str:
    """The address of a NATS, with its name and password."""
    return server.url.replace("nats://", "tls://") + query


async def refusal(url: str) -> str:
    """Why a bus does not come up; it says so at once, not after half a minute."""
    bus = Bus([url], "test")
    with pytest.raises(Disconnected) as refused:
        await bus.start()
    return str(refused.value)


async def test_nats_by_tls_with_a_certificate_of_ones_own(
    ours: Authority, nats: NatsServer, open_bus: OpenBus
) -> None:
    """Both sides know each other; after a disconnection too."""
    cert, key = ours.issue("gateway")
    bus = await open_bus(by_tls(nats, f"?ca={ours.ca}&cert={cert}&key={key}"))
    await bus.flush()
    writer = bus.connection._transport._io_writer  # type: ignore[union-attr]
    assert writer.get_extra_info("cipher") is not None


async def test_nats_of_an_authority_that_is_not_believed(
    others: Authority, nats: NatsServer
) -> None:
    """It gets no password, and the reason is told at once."""
    for query in ("", f"?ca={others.ca}"):
        assert "its certificate is not trusted" in await refusal(by_tls(nats, query))


async def test_nats_under_another_name(ours: Authority, tmp_path: Path) -> None:
    """A good certificate of somebody else is none."""
    config = nats_tls(ours, "127.0.0.2", verify=False)
    server = NatsServer(tmp_path / "nats", extra_config=config)
    try:
        said = await refusal(by_tls(server, f"?ca={ours.ca}"))
    finally:
        server.stop()
    assert "its certificate is not trusted" in said
    assert "127.0.0.1" in said


async def test_a_nats_without_tls_is_told_no_password(nats_url: str) -> None:
    """`tls://` is a demand: who stands in between cannot talk a service out of it."""
    bus = Bus([nats_url.replace("nats://", "tls://")], "test", connect_seconds=1.0)
    with pytest.raises(Disconnected, match="speaks no TLS, which tls:// demands"):
        await bus.start()


async def test_files_that_hold_no_certificate(ours: Authority, nats: NatsServer) -> None:
    """Told as what they are, at once."""
    cert, _ = ours.issue("torn")
    cert.write_text("-----BEGIN NOTHING-----\n")
    assert "the certificates for NATS are not good" in await refusal(by_tls(nats, f"?ca={cert}"))


async def test_postgres_by_tls(ours: Authority, others: Authority, postgres_database: str) -> None:
    """Both libraries that talk to it are encrypted; who is not believed is told so at once."""
    async with fronted(postgres_database, *ours.issue("postgres")) as url:
        good = f"{url}?sslmode=verify-full&sslrootcert={ours.ca}"
        applied = await migrations_yoyo.migrate(good, AUTH, directory(AUTH))
        assert await migrations_yoyo.missing(good, AUTH, directory(AUTH)) == []
        assert applied
        pool = Pool(good, AUTH, service=AUTH)
        await pool.start()
        assert await pool.fetchval("SELECT count(*) FROM accounts") == 0
        await pool.stop()
        with pytest.raises(Unavailable, match="its certificate is not trusted"):
            await pool_postgres.connect(
                f"{url}?sslmode=verify-full&sslrootcert={others.ca}", wait_seconds=60
            )
    async with fronted(postgres_database, *ours.issue("far", "127.0.0.2")) as url:
        with pytest.raises(Unavailable, match="its certificate is not trusted"):
            await pool_postgres.connect(
                f"{url}?sslmode=verify-full&sslrootcert={ours.ca}", wait_seconds=60
            )


async def test_a_postgres_without_tls_is_told_no_password(
    ours: Authority, postgres_database: str
) -> None:
    """`verify-full` is a demand as well."""
    with pytest.raises(Unavailable, match="rejected SSL upgrade"):
        await pool_postgres.connect(
            f"{postgres_database}?sslmode=verify-full&sslrootcert={ours.ca}", wait_seconds=0
        )
    with pytest.raises(Unavailable, match="the URL is not good"):
        await pool_postgres.connect(f"{postgres_database}?sslmode=nothing", wait_seconds=60)


async def test_valkey_by_tls(ours: Authority, others: Authority, redis_url: str) -> None:
    """Who is not believed is told so."""
    async with fronted(redis_url, *ours.issue("valkey")) as url:
        said, _ = await check_redis.about(f"{url}?ssl_ca_certs={ours.ca}", 10.0)
        assert "Valkey" in said
        with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
            await check_redis.about(f"{url}?ssl_ca_certs={others.ca}", 10.0)


async def test_a_service_with_all_three_by_tls(
    ours: Authority, nats: NatsServer, postgres_database: str, redis_url: str
) -> None:
    """auth does its work, and `parley check` finds nothing wrong but the log, which is not made."""
    cert, key = ours.issue("auth")
    nats_url = by_tls(nats, f"?ca={ours.ca}&cert={cert}&key={key}")
    async with (
        fronted(postgres_database, *ours.issue("db")) as postgres,
        fronted(redis_url, *ours.issue("cache")) as valkey,
    ):
        postgres_url = f"{postgres}?sslmode=verify-full&sslrootcert={ours.ca}"
        valkey_url = f"{valkey}?ssl_ca_certs={ours.ca}"
        async with running(postgres_url, nats_url, PARLEY_REDIS_URL=valkey_url) as auth:
            form = {"username": "ada", "password": "correct horse battery"}
            created(await auth.http.post("/v1/auth/register", json=form))
            assert (await auth.private.get("/readyz")).status_code == 200
        source = {
            "PARLEY_POSTGRES_URL": postgres_url,
            "PARLEY_NATS_URL": nats_url,
            "PARLEY_REDIS_URL": valkey_url,
        }
        wrong = [one async for one in findings(["auth"], source) if one.advice is not None]
        assert [one.part for one in wrong] == ["NATS"]
        assert wrong[0].said.startswith("reached")
