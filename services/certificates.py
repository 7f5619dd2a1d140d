"""Which certificates the URL of a server names, and NATS' TLS made of them; it connects nowhere.

Each kind of URL has the names of its own world: libpq's for Postgres, redis-py's for Valkey. NATS
has none, so they are ours: `tls://nats:4222?ca=FILE&cert=FILE&key=FILE`.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

NATS: Final = ("ca", "cert", "key")
_FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "tls": NATS,
    "postgres": ("sslrootcert", "sslcert", "sslkey", "sslcrl"),
    "postgresql": ("sslrootcert", "sslcert", "sslkey", "sslcrl"),
    "rediss": ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile"),
}


def check(url: str) -> None:
    """Refuse a URL whose certificates cannot be read; the files themselves are not judged.

    Raises:
        ValueError: one names a file that cannot be read, or says something to NATS that it does
            not know; the text is what would be allowed, and quotes no value.
    """
    parts = urlsplit(url)
    said = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme in ("nats", "tls") and said.keys() - set(_FILES.get(parts.scheme, ())):
        raise ValueError("a URL with ca, cert and key after a tls:// address, and nothing else")
    if parts.scheme == "tls" and "key" in said and "cert" not in said:
        raise ValueError("a URL whose key has a cert")
    for name in _FILES.get(parts.scheme, ()):
        if name in said and not _is_readable(said[name]):
            raise ValueError(f"a URL whose {name} is a file that can be read")


def nats_context(urls: Iterable[str]) -> ssl.SSLContext | None:
    """The TLS of the first URL that names certificates; it holds for all.

    None, if none does: then the system's authorities are believed, or those in `SSL_CERT_FILE`.
    They are not read before a server asks for TLS, for that takes 50 ms of a start.

    Raises:
        OSError: a file cannot be read, or holds no certificate (`ssl.SSLError`).
    """
    named = (dict(parse_qsl(urlsplit(url).query)) for url in urls)
    said = next((each for each in named if each), None)
    if said is None:
        return None
    context = ssl.create_default_context(cafile=said.get("ca"))
    if "cert" in said:
        context.load_cert_chain(said["cert"], said.get("key"))
    return context


def distrust(error: BaseException) -> str | None:
    """Say why a server's certificate was refused; None if that is not what went wrong."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return None
    return f"its certificate is not trusted: {error.verify_message}"


def _is_readable(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return bool(file.read(1))
    except OSError:
        return False
