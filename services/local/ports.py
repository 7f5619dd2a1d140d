"""Free ports on loopback, which stay those of the process that found them."""

import os
import random
import socket
from collections import deque
from collections.abc import Collection

from services.local.errors import LocalError

HOST = "127.0.0.1"
# Below the range from which Linux takes the local ports of outgoing connections (32768–60999):
# there a restarting process could find its own port in use by somebody's connection.
LOWEST, HIGHEST = 20_000, 32_000
ATTEMPTS = 1_000
# So many of the ports found last are held; two processes a gateway, and the rest, need fewer.
HELD = 256
# Sockets that are bound and never listen, until this process ends: see `_hold`.
_held: deque[int] = deque()


def free_ports(count: int, others: Collection[int] = ()) -> list[int]:
    """Find so many different free ports, none of `others`, for servers of this process.

    Nobody else finds them while this process runs, be it before a server listens there or while one
    is started again. This process does not find them twice either.

    Raises:
        LocalError: there are none.
    """
    found: list[int] = []
    chance = random.SystemRandom()
    for _ in range(ATTEMPTS + count):
        if len(found) == count:
            return found
        port = chance.randint(LOWEST, HIGHEST)
        if port not in others and _hold(port):
            found.append(port)
    raise LocalError(f"no free ports between {LOWEST} and {HIGHEST} on {HOST}.")


def _hold(port: int) -> bool:
    """Keep everybody from finding the port, unless somebody holds it or listens there.

    Linux binds a socket without SO_REUSEADDR only where no other is bound, and one with it, which
    every server sets, wherever none listens (socket(7)): a bound socket that does not listen, and
    is given the option afterwards, is in the way of the one and not of the other.
    """
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        holder.bind((HOST, port))
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _listen(port)
    except OSError:
        holder.close()
        return False
    _held.append(holder.detach())
    if len(_held) > HELD:
        os.close(_held.popleft())
    return True


def _listen(port: int) -> None:
    """Listen as every server does, for a moment.

    A closed connection that lingers in TIME_WAIT is no obstacle.

    Raises:
        OSError: it is not possible.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()


def require_free(port: int) -> None:
    """Make sure that the address people use can be served.

    Raises:
        LocalError: something listens there, or this user may not.
    """
    try:
        _listen(port)
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
