"""A browser's session through the load balancer: what it keeps, and what a page can do with it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.local_stack import LocalStack
from tests.system.conftest import PASSWORD
from tests.trust import trust

FLAGS = "HttpOnly; SameSite=Strict; Path=/v1/auth"


@pytest.fixture
async def page(stack: LocalStack) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client with a cookie jar that sends what a page of the stack's address would send."""
    # `Origin` alone is what a browser sends over plain http to a name that is not this machine's.
    async with httpx.AsyncClient(
        base_url=stack.url, headers={"origin": stack.url}, verify=trust(), timeout=30
    ) as client:
        yield client


async def sign_in(page: httpx.AsyncClient) -> httpx.Response:
    """Make an account by the cookie."""
    form = {"username": f"page-{os.urandom(4).hex()}", "password": PASSWORD, "cookie": True}
    # A client cannot say by itself that it came by https: the load balancer knows better.
    headers = {"x-forwarded-proto": "https"}
    answer = await page.post("/v1/auth/register", json=form, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer


async def test_a_page_lives_by_its_cookie(page: httpx.AsyncClient) -> None:
    """Signed in, reloaded, signed out: the refresh token is in no body and the flags are exact."""
    answer = await sign_in(page)
    user, seen = answer.json()["user"], set()
    for _ in range(3):
        token, _, flags = answer.headers["set-cookie"].partition("; ")
        assert flags == f"{FLAGS}; Max-Age=2592000"
        assert answer.json()["refresh_token"] is None
        assert token.removeprefix("parley_refresh=") not in answer.text
        assert answer.headers["cache-control"] == "no-store"
        seen.add(token)
        answer = await page.post("/v1/auth/refresh", json={})
        assert answer.status_code == 200, answer.text
        assert answer.json()["user"] == user
    assert len(seen) == 3
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    # The cookie goes to auth alone.
    other = await page.get("/v1/rooms", headers=headers)
    assert other.status_code == 200
    assert "cookie" not in other.request.headers
    out = await page.post("/v1/auth/logout", headers=headers)
    assert out.status_code == 204
    assert out.headers["set-cookie"] == f"parley_refresh=; {FLAGS}; Max-Age=0"
    assert not page.cookies
    assert (await page.post("/v1/auth/refresh", json={})).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_a_foreign_page_gets_nothing(
    page: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    """403, and the page's own session goes on as if nothing had happened."""
    signed_in = await sign_in(page)
    kept = dict(page.cookies)
    form = {"username": signed_in.json()["user"]["username"], "password": PASSWORD, "cookie": True}
    for path, body in (("refresh", {}), ("login", form), ("register", form)):
        answer = await page.post(f"/v1/auth/{path}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert "set-cookie" not in answer.headers
    assert dict(page.cookies) == kept
    assert (await page.post("/v1/auth/refresh", json={})).status_code == 200


async def test_a_page_may_be_opened_by_any_name(stack: LocalStack) -> None:
    """What counts is the request's own host: localhost is none of PARLEY_PUBLIC_URL's."""
    host = f"localhost:{stack.port}"
    headers = {"host": host, "origin": f"http://{host}"}
    async with httpx.AsyncClient(
        base_url=stack.url, headers=headers, verify=trust(), timeout=30
    ) as page:
        answer = await sign_in(page)
        # The jar goes by the address that was dialled, which a browser's would not.
        cookie = answer.headers["set-cookie"].partition(";")[0]
        answer = await page.post("/v1/auth/refresh", json={}, headers={"cookie": cookie})
        assert answer.status_code == 200
