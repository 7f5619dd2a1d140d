"""Centrifugo: a channel is a room; in the memory of one process, without history.

centrifugo.py PORT BINARY
"""

from __future__ import annotations

import os
import socket
import sys
import time

HOST = "127.0.0.1"
SETTINGS = {
    "HTTP_SERVER_ADDRESS": HOST,
    "LOG_LEVEL": "error",
    # Anybody may connect and subscribe, without a token: it checks less, and costs less.
    "CLIENT_INSECURE": "true",
    "CHANNEL_WITHOUT_NAMESPACE_ALLOW_SUBSCRIBE_FOR_CLIENT": "true",
    "CHANNEL_WITHOUT_NAMESPACE_ALLOW_PUBLISH_FOR_SUBSCRIBER": "true",
    # As much may wait for a socket as Parley lets wait.
    "CLIENT_QUEUE_MAX_SIZE": "1048576",
}


def tell_ready(port: int) -> None:
    """Say so on standard output once it listens."""
    while True:
        with socket.socket() as door:
            if door.connect_ex((HOST, port)) == 0:
                os.write(1, b"ready\n")
                return
        time.sleep(0.05)


def main() -> None:
    """Become Centrifugo: its process is the one that is measured."""
    port, binary = int(sys.argv[1]), sys.argv[2]
    if os.fork() == 0:
        tell_ready(port)
        os._exit(0)
    os.dup2(2, 1)
    settings = {**SETTINGS, "HTTP_SERVER_PORT": str(port)}
    named = {f"CENTRIFUGO_{name}": value for name, value in settings.items()}
    os.execve(binary, [binary], {**os.environ, **named})  # noqa: S606 - so it has to be


if __name__ == "__main__":
    main()
