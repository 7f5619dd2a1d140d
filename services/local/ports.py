"""Free ports on loopback; whether a port stays free is not promised."""

import random
import socket
from collections.abc import Collection

from services.local.errors import LocalError

HOST = "127.0.0.1"
# Below the range from which Linux takes the local ports of outgoing connections (32768–60999):
# there a restarting process could find its own port in use by somebody's connection.
LOWEST, HIGHEST = 20_000, 32_000
ATTEMPTS = 1_000


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # As every server does: a closed connection that lingers in TIME_WAIT is no obstacle.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen()
        except OSError:
            return False
    return True


def free_ports(count: int, others: Collection[int] = ()) -> list[int]:
    """Find so many different free ports, none of `others`, which may be free still.

    Raises:
        LocalError: there are none.
    """
    found: list[int] = []
    chance = random.SystemRandom()
    for _ in range(ATTEMPTS + count):
        if len(found) == count:
            return found
        port = chance.randint(LOWEST, HIGHEST)
        if port not in found and port not in others and is_free(port):
            found.append(port)
    raise LocalError(f"no free ports between {LOWEST} and {HIGHEST} on {HOST}.")


def require_free(port: int) -> None:
    """Make sure that the address people use can be served.

    Raises:
        LocalError: something listens there, or this user may not.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen()
        except PermissionError as error:
            raise LocalError(
                f"port {port} on {HOST} is not allowed to this user:"
                " choose another with --port or PARLEY_HTTP_PORT."
            ) from error
        except OSError as error:
            raise LocalError(
                f"port {port} on {HOST} is taken:"
                " stop what listens there, or choose another with --port or PARLEY_HTTP_PORT."
            ) from error
