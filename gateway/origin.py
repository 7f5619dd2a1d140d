"""Whose pages may open a socket; it reads no request and refuses none."""

from __future__ import annotations

from collections.abc import Collection

_PORTS = {"http": ":80", "https": ":443"}


def normal(origin: str) -> str | None:
    """An origin (RFC 6454 §6.2) in lower case without its default port; None if it is none."""
    scheme, mark, authority = origin.lower().partition("://")
    if not mark or scheme not in _PORTS or not authority or set("/?#@") & set(authority):
        return None
    return f"{scheme}://{authority.removesuffix(_PORTS[scheme])}"


def may_open(origin: str | None, host: str, allowed: Collection[str]) -> bool:
    """Say whether a request to open a socket comes from a page that may, or from no page at all.

    A browser sends `Origin` with every opening, and no script changes it (RFC 6455 §10.2); who
    sends none is no browser. A page of the host that was asked may always; others if `allowed`
    (`normal` ones) has them. `null`, the origin of files and sandboxes, is nobody's.
    """
    if origin is None:
        return True
    found = normal(origin)
    if found is None:
        return False
    # The last leg may be plain where people come by TLS, so the scheme is theirs to say.
    scheme = found.partition("://")[0]
    return found in allowed or found == normal(f"{scheme}://{host}")
