"""Fixtures that start real servers, when a test asks for them and not before."""

import gc
import os
import sys
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from services.local import datadir
from tests.databases_postgres import fresh_database
from tests.databases_redis import empty_database
from tests.local_stack import LocalStack
from tests.nats_server import NatsServer
from tests.secrets import secrets_in
from tests.servers import Servers, external, local

# How fast a shared machine is says nothing of ours: no deadline an example, no health by the clock.
# Continuous integration tries the same examples each time: what it measures of a change, such as
# the branches that were taken, is the change's alone. New ones are tried wherever people work.
settings.register_profile(
    "parley",
    deadline=None,
    max_examples=60,
    derandomize=os.environ.get("PARLEY_NO_SKIPS") == "1",
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("parley")

ROOT = Path(__file__).resolve().parent.parent
BACKENDS = ("local", "testcontainers", "external")
# A test that asks for one of these, itself or through another fixture, starts a real server.
SERVER_FIXTURES = {"servers", "nats_server", "seaweed", "stack"}


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks, which are set by themselves."""
    config.addinivalue_line("markers", "servers: starts real servers")
    config.addinivalue_line("markers", "core: of the contract or a core; what `make check` runs")


@cache
def core_tests() -> tuple[str, ...]:
    """Where the tests of the contract and of the cores are: the mirror of what coverage measures.
    With them is what guards the house and its speed without any server.

    A name that ends with a slash is a folder.
    """
    with (ROOT / "pyproject.toml").open("rb") as file:
        measured: list[str] = tomllib.load(file)["tool"]["coverage"]["run"]["include"]
    found = ["tests/test_architecture.py", "tests/gateway/test_delivery_cost.py"]
    for source in measured:
        folder, _, name = source.replace("sdk/python/parley_sdk/", "sdk/").rpartition("/")
        found.append(f"tests/{folder}/" if name == "*" else f"tests/{folder}/test_{name}")
    return tuple(found)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave other files unread where cores alone are asked for: they take a third of the time."""
    if config.option.markexpr != "core" or not collection_path.match("test_*.py"):
        return None
    is_core = collection_path.relative_to(ROOT).as_posix().startswith(core_tests())
    return None if is_core or "mark.core" in collection_path.read_text() else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of a core, and every one that starts a real server."""
    for item in items:
        if item.path.relative_to(ROOT).as_posix().startswith(core_tests()):
            item.add_marker(pytest.mark.core)
        if SERVER_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.servers)


def pytest_collection_finish() -> None:
    """Leave what was collected out of every search for garbage to come: it stays till the end."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let nothing be skipped where everything must run: continuous integration says so."""
    if _skipped(session.config) and os.environ.get("PARLEY_NO_SKIPS") == "1":
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say loudly, as the very last line, that not everything was tried."""
    if skipped := _skipped(config):
        sys.stderr.write(f"\n!!! {skipped} TESTS WERE SKIPPED: the reasons are above (SKIPPED).\n")


def _skipped(config: pytest.Config) -> int:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return 0 if reporter is None else len(reporter.stats.get("skipped", ()))


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Postgres, NATS and Valkey, started once a run by the backend PARLEY_TEST_SERVERS names."""
    backend = os.environ.get("PARLEY_TEST_SERVERS", "local")
    if backend == "local":
        with local() as started:
            yield started
    elif backend == "testcontainers":
        # Here alone: nobody else needs the package, nor an engine.
        from tests.servers_testcontainers import testcontainers

        with testcontainers() as started:
            yield started
    elif backend == "external":
        with external() as started:
            yield started
    else:
        pytest.exit(f"PARLEY_TEST_SERVERS={backend} is none of {', '.join(BACKENDS)}", 2)


@pytest.fixture
async def postgres_database(servers: Servers) -> AsyncIterator[str]:
    """Give the url of a database that is this test's own and empty."""
    async with fresh_database(servers.postgres_url) as url:
        yield url


@pytest.fixture
async def redis_url(servers: Servers) -> str:
    """Give the url of an empty numbered database."""
    return await empty_database(servers.redis_url)


@pytest.fixture
def nats_url(servers: Servers) -> str:
    """Give the url of the NATS server of this run: its streams are shared by all tests."""
    return servers.nats_url


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[Callable[..., NatsServer]]:
    """Give a function that starts a NATS server of this test's own, as often as it is called.

    Keywords: `name` of its directory (the same name again: the same store), `extra_config`, `port`.
    """
    started: list[NatsServer] = []

    def start(name: str = "", *, extra_config: str = "", port: int | None = None) -> NatsServer:
        directory = tmp_path / (name or f"nats-{len(started) + 1}")
        server = NatsServer(directory, extra_config=extra_config, port=port)
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """All of Parley with two gateways on a free port, started once a run by `parley up`.

    Always on the servers from wheels, whatever PARLEY_TEST_SERVERS says. A test may kill what it
    likes, and leaves the stack with all processes ready.
    """
    local_stack = LocalStack(tmp_path_factory.mktemp("stack") / "data")
    try:
        local_stack.start()
        yield local_stack
    finally:
        local_stack.stop()
    written = local_stack.data / datadir.LOGS
    assert any(written.iterdir()), "nothing was written down: there is nothing to look through"
    assert secrets_in(written) == []
    # A service that may not ask another one goes on without the answer, later and less exactly.
    said = (written / "nats.log").read_text()
    assert [line for line in said.splitlines() if "Violation" in line] == []
