"""The configuration of a NATS node, the same wherever one runs; nothing is written or started here.

The local stack and the fault tests, compose and Kubernetes take it from here, so that what makes an
acknowledgement durable is said in one place.
"""

import hmac
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from proto import subjects

USER = "parley"
CLUSTER = "parley"
ROUTE_PORT = 6222
SYNC = ("always", "100ms", "1s", "2m")
"""What one may choose, the safest first: docs/reference/durability.md says what each can lose."""
SECRETS = "../../run/parley"
"""Where a container finds what `services.deploy.init` made for NATS, from the file's own folder."""

_NODE = """\
server_name: {name}
listen: "{listen}"
{monitor}max_payload: 1MB
{users}
jetstream {{
  store_dir: {store}
  # When a message has reached the disk: `always` is before it is acknowledged (NATS' default: 2m).
  sync_interval: {sync}
  # The log has a bound of its own (PARLEY_LOG_MAX_BYTES). By default the server would offer three
  # quarters of what is free, and refuse to make the log on a disk that is smaller than its bound.
  max_file_store: 1TB
}}
"""
_OTHERS = """\
cluster {{
  name: {cluster}
  listen: "{listen}"
  # Clients know every node, and by which way they are to reach it.
  no_advertise: true
  {routes}
}}
"""


class Others(NamedTuple):
    """The way to the other nodes: host:port where this one listens for them, and `routes`."""

    listen: str
    routes: str


def password_of(password: str, service: str) -> str:
    """Give the password of a service's own user: whoever has it has no other one's.

    Derived (HMAC, RFC 2104), so that an installation that had one password for all needs no other
    secret, and every place that knows that one comes to the same.
    """
    return hmac.new(password.encode(), f"nats {service}".encode(), "sha256").hexdigest()


def users(password: str) -> str:
    """Say who may come in, and what each service may do there (`subjects.RIGHTS`).

    The user `parley` may do everything: it is for operators, and no service has its password.
    """
    every = [f"{{ user: {USER}, password: {json.dumps(password)} }}"]
    for service, rights in subjects.RIGHTS.items():
        root = f"{subjects.inbox_root(service)}.>"
        permissions = {
            "publish": list(rights.publish),
            "subscribe": [*rights.subscribe, root],
            # A reply subject is somebody else's inbox: one answer to each question that came.
            "allow_responses": {"max": 1, "expires": "1m"},
        }
        words = {
            "user": service,
            "password": password_of(password, service),
            "permissions": permissions,
        }
        every.append(json.dumps(words))
    listed = "\n".join(f"    {one}" for one in every)
    return f"authorization {{\n  users: [\n{listed}\n  ]\n}}"


def routes(password: str, nodes: Sequence[str]) -> str:
    """Say where the nodes listen for each other (host:port), this one among them, and who may.

    Each route names the user: NATS does not take it from anywhere else.
    """
    urls = [f"nats://{USER}:{password}@{node}" for node in nodes]
    one = f"authorization {{ user: {USER}, password: {json.dumps(password)} }}"
    return f"{one}\n  routes: {json.dumps(urls)}"


def render(
    name: str,
    *,
    listen: str,
    store: str,
    users: str,
    monitor: str | None = None,
    others: Others | None = None,
    sync: str = SYNC[0],
) -> str:
    """Give the configuration of a node, which stands alone or has `others` beside it.

    `listen` and `monitor` are host:port; `users`, and the routes to others, are what the functions
    of these names give, or an `include` of it; `sync` is one of `SYNC`.
    """
    text = _NODE.format(
        name=name,
        listen=listen,
        monitor=f'http: "{monitor}"\n' if monitor else "",
        users=users,
        store=json.dumps(store),
        sync=sync,
    )
    if others is None:
        return text
    return text + _OTHERS.format(cluster=CLUSTER, listen=others.listen, routes=others.routes)


def _container(others: Others | None = None) -> str:
    made = "# Made by `python -m services.local.nats_conf`; a test holds it to that.\n"
    return made + render(
        CLUSTER,
        listen="0.0.0.0:4222",
        store="/data",
        users=f'# Made by `init`.\ninclude "{SECRETS}/users.conf"',
        monitor="127.0.0.1:8222",
        others=others,
    )


def single() -> str:
    """Give docker/nats.conf: one node."""
    return _container()


def clustered() -> str:
    """Give docker/nats-cluster.conf, the same for each of several nodes.

    Which one it is, is said when it is started: `nats-server --name`.
    """
    return _container(Others(f"0.0.0.0:{ROUTE_PORT}", f'include "{SECRETS}/routes.conf"'))


FILES: Mapping[str, Callable[[], str]] = {"nats.conf": single, "nats-cluster.conf": clustered}
"""Under docker/, by name: `python -m services.local.nats_conf NAME` prints one."""


def main() -> None:
    """Print a file of docker/, or for `users` who may come in, by the password on standard input.

    A service's own password is printed beside its rights: its `PARLEY_NATS_URL` names both.
    """
    if sys.argv[1] == "users":
        sys.stdout.write(users(sys.stdin.readline().strip()) + "\n")
    else:
        sys.stdout.write(FILES[sys.argv[1]]())


if __name__ == "__main__":
    main()
