"""The cookie that keeps a browser's refresh token: its words, and whose pages may use it; no HTTP.

No script reads it (`HttpOnly`), it goes to auth alone (`Path`), and no other site's page sends it
(`SameSite=Strict`). What a site is is wider than an origin, so where a request came from is checked
as well. Sources: RFC 6265 §4.1, RFC 9700 §4.14, https://www.w3.org/TR/fetch-metadata/.
"""

from __future__ import annotations

from typing import Final, NamedTuple

NAME: Final = "parley_refresh"
PATH: Final = "/v1/auth"
_OWN: Final = frozenset({"same-origin", "none"})
_PORTS: Final = {"http": ":80", "https": ":443"}


class Jar(NamedTuple):
    """How cookies are set here.

    `https` says that people come by it, whatever the scheme of the last leg to this process.
    """

    life_seconds: int
    https: bool

    def keep(self, token: str, scheme: str) -> str:
        """The `Set-Cookie` by which a browser keeps the token, for a request that came by `scheme`.

        Each refresh sets it anew, so its life begins anew, as the session's does.
        """
        return self._words(token, self.life_seconds, scheme)

    def clear(self, scheme: str) -> str:
        """The `Set-Cookie` by which a browser forgets it. Harmless where there is none."""
        return self._words("", 0, scheme)

    def _words(self, token: str, life_seconds: int, scheme: str) -> str:
        words = f"{NAME}={token}; HttpOnly; SameSite=Strict; Path={PATH}; Max-Age={life_seconds}"
        return f"{words}; Secure" if self.https or scheme == "https" else words


def is_own_page(site: str | None, origin: str | None, host: str, scheme: str) -> bool:
    """Whether a request came from a page of the origin it went to, or from no page at all.

    `site` and `origin` are the headers `Sec-Fetch-Site` and `Origin`; `host` is the request's own
    `Host`, so any name that leads here will do. A browser sends at least one of the first two with
    whatever a foreign page makes it send, and lets no script write them: a request without either
    is no browser's. A `scheme` of http may be https up to a proxy, so it tells nothing.
    """
    if site is not None:
        return site in _OWN
    if origin is None:
        return True
    theirs, _, authority = origin.lower().partition("://")
    if theirs not in _PORTS or (scheme == "https" and theirs != "https"):
        return False
    default = _PORTS[theirs]
    return authority.removesuffix(default) == host.lower().removesuffix(default)
