"""The servers of a test run as containers; needs a Docker engine, which `local` does not."""

from collections.abc import Iterator
from contextlib import contextmanager

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from tests.servers import Servers

PASSWORD = "parley-test"
NATS_CONFIG = f"""
max_payload: 1MB
authorization {{ user: parley, password: {PASSWORD} }}
jetstream {{ store_dir: /data, sync_interval: always }}
""".encode()


@contextmanager
def testcontainers() -> Iterator[Servers]:
    """Start one container a server, and remove them."""
    postgres = (
        DockerContainer("postgres:18")
        .with_env("POSTGRES_USER", "parley")
        .with_env("POSTGRES_PASSWORD", PASSWORD)
        .with_exposed_ports(5432)
        # In both streams: the server that makes the cluster writes to stdout, the one that stays
        # to stderr.
        .waiting_for(
            LogMessageWaitStrategy("ready to accept connections", predicate_streams_and=True)
        )
    )
    nats = (
        DockerContainer("nats:2.15")
        .with_copy_into_container(NATS_CONFIG, "/etc/nats/parley.conf")
        .with_command("-c /etc/nats/parley.conf")
        .with_exposed_ports(4222)
        .waiting_for(LogMessageWaitStrategy("Server is ready"))
    )
    valkey = (
        DockerContainer("valkey/valkey:9")
        .with_exposed_ports(6379)
        .waiting_for(LogMessageWaitStrategy("Ready to accept connections"))
    )
    with postgres, nats, valkey:
        yield Servers(
            f"postgresql://parley:{PASSWORD}@{_address(postgres, 5432)}/parley",
            f"nats://parley:{PASSWORD}@{_address(nats, 4222)}",
            f"redis://{_address(valkey, 6379)}/0",
        )


def _address(container: DockerContainer, port: int) -> str:
    return f"{container.get_container_host_ip()}:{container.get_exposed_port(port)}"
