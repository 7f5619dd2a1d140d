"""The passwords of the local servers: made once, kept in the data directory; never printed."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from services.local.errors import LocalError

FILE = "passwords.json"


@dataclass(frozen=True, slots=True)
class Passwords:
    """One random password a server; none shows in a repr."""

    postgres: str = field(repr=False)
    nats: str = field(repr=False)
    redis: str = field(repr=False)


def load(data: Path) -> Passwords:
    """Read the passwords of a data directory, or make them. The caller holds its lock.

    Raises:
        LocalError: the file is not what this module wrote.
    """
    path = data / FILE
    try:
        return Passwords(**json.loads(path.read_text()))
    except FileNotFoundError:
        made = Passwords(*(secrets.token_urlsafe(24) for _ in range(3)))
        write_private(path, json.dumps(asdict(made)))
        return made
    except (ValueError, TypeError) as error:
        raise LocalError(
            f"{path} is damaged: restore it, or remove {data} to begin anew."
        ) from error


def write_private(path: Path, text: str) -> None:
    """Replace a file at once and for its owner's eyes only, however the process may end."""
    beside = path.with_name(path.name + ".new")
    # Not mode= of open alone: a file left over from a crash keeps the mode it had.
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    beside.replace(path)
