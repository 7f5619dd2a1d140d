"""The servers of a test run as containers; needs a Docker engine, which `local` does not."""

from collections.abc import Iterator
from contextlib import contextmanager

from testcontainers.core.container import DockerContainer
from testcontainers.core.waiting_utils import wait_for_logs

from tests.servers import Servers

PASSWORD = "parley-test"
NATS_CONFIG = b"jetstream { store_dir: /data, sync_interval: always }\nmax_payload: 1MB\n"


@contextmanager
def testcontainers() -> Iterator[Servers]:
    """Start one container a server, and remove them."""
    postgres = (
        DockerContainer("postgres:18")
        .with_env("POSTGRES_USER", "parley")
        .with_env("POSTGRES_PASSWORD", PASSWORD)
        .with_exposed_ports(5432)
    )
    nats = (
        DockerContainer("nats:2.15")
        .with_copy_into_container(NATS_CONFIG, "/etc/nats/parley.conf")
        .with_command("-c /etc/nats/parley.conf")
        .with_exposed_ports(4222)
    )
    valkey = DockerContainer("valkey/valkey:9").with_exposed_ports(6379)
    with postgres, nats, valkey:
        # Twice: the image starts Postgres once more after it has made the cluster.
        wait_for_logs(postgres, r"(?s)ready to accept connections.*ready to accept connections")
        wait_for_logs(nats, "Server is ready")
        wait_for_logs(valkey, "Ready to accept connections")
        yield Servers(
            f"postgresql://parley:{PASSWORD}@{_address(postgres, 5432)}/parley",
            f"nats://{_address(nats, 4222)}",
            f"redis://{_address(valkey, 6379)}/0",
        )


def _address(container: DockerContainer, port: int) -> str:
    return f"{container.get_container_host_ip()}:{container.get_exposed_port(port)}"
