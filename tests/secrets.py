"""Looks for what must never be written down, in everything that processes have written down."""

from __future__ import annotations

import re
from pathlib import Path

SHAPES = {
    "a JWT": re.compile(rb"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}"),
    "a refresh token": re.compile(rb"\br_[\w-]{86}\b"),
    "the secret of a link": re.compile(rb"\b[ip]_[\w-]{43}\b"),
    "an API token": re.compile(rb"parley_bot_[\w-]{43}"),
    "a hashed password": re.compile(rb"\$argon2id\$"),
    "a password of the tests": re.compile(rb"correct horse|battery staple|staple battery"),
    "a password in a URL": re.compile(rb"\b(?:nats|postgresql|redis)://[\w-]*:[^@\s*]+@"),
}


def secrets_in(folder: Path) -> list[str]:
    """Each kind of secret in a file below a folder, with the file; never the secret."""
    return [
        f"{path.name}: {shape}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for shape, pattern in SHAPES.items()
        if pattern.search(path.read_bytes())
    ]
