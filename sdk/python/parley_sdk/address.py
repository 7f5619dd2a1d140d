"""Where a Parley's socket is, from where the Parley is; nothing is looked up."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


def socket_url(url: str) -> str:
    """Give the URL of the socket of a Parley at `url`, which may be that already.

    Raises:
        ValueError: `url` is none of `http`, `https`, `ws` or `wss`.
    """
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ValueError(f"{url} is no URL of a Parley: http(s)://host[:port] is wanted")
    path = parts.path if parts.path not in ("", "/") else "/v1/ws"
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path, parts.query, ""))
