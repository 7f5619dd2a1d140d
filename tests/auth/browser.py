"""A browser's cookie jar in front of auth: sends what it keeps, keeps what it is told; no page."""

from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Any

import httpx

from auth import cookie
from tests.auth.running import PASSWORD

JSON = {"content-type": "application/json"}


class Browser:
    """One jar. `headers` are those that the browser adds to each request, such as `Origin`."""

    def __init__(self, http: httpx.AsyncClient, headers: Mapping[str, str] | None = None) -> None:
        """Begin with an empty jar."""
        self.http = http
        self.headers = headers or {}
        self.token: str | None = None

    async def ask(
        self, path: str, content: bytes = b"{}", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a request with the cookie; what the answer sets is not kept yet."""
        own = {} if self.token is None else {"cookie": f"{cookie.NAME}={self.token}"}
        sent = {**JSON, **self.headers, **own, **(headers or {})}
        return await self.http.post(f"/v1/auth/{path}", content=content, headers=sent)

    def keep(self, answer: httpx.Response) -> None:
        """Put the cookie of an answer into the jar, or take it out."""
        morsel = SimpleCookie(answer.headers["set-cookie"])[cookie.NAME]
        self.token = morsel.value if int(morsel["max-age"]) > 0 else None

    async def sign_in(self, username: str, operation: str = "login") -> dict[str, Any]:
        """Sign in by the cookie, or register, which must succeed."""
        form = {"username": username, "password": PASSWORD, "cookie": True}
        sent = {**JSON, **self.headers}
        answer = await self.http.post(f"/v1/auth/{operation}", json=form, headers=sent)
        assert answer.is_success, answer.text
        self.keep(answer)
        body: dict[str, Any] = answer.json()
        return body

    async def refresh(self) -> httpx.Response:
        """Refresh by the cookie, and keep what the answer says."""
        answer = await self.ask("refresh")
        self.keep(answer)
        return answer


async def browser_of(http: httpx.AsyncClient, username: str = "alice") -> Browser:
    """A browser in which somebody has just registered."""
    browser = Browser(http)
    await browser.sign_in(username, "register")
    return browser
