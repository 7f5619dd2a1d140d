"""An HTTP client that speaks for one user after another."""

from typing import Any

import httpx

from tests.history.tokens_jwt import token
from tests.trust import trust


class Client:
    """Asks the service at `url`."""

    def __init__(self, url: str) -> None:
        """Nothing is asked yet."""
        self._http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=30, verify=trust())

    async def close(self) -> None:
        """End the connections."""
        await self._http.aclose()

    async def __call__(
        self,
        user: str,
        method: str,
        path: str,
        json: Any = None,  # noqa: ANN401 - any JSON
        **headers: str,
    ) -> httpx.Response:
        """Ask as `user`; headers with underscores for hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if user:
            sent["authorization"] = f"Bearer {token(user)}"
        return await self._http.request(method, path, json=json, headers=sent)

    async def ok(
        self,
        user: str,
        method: str,
        path: str,
        json: Any = None,  # noqa: ANN401 - any JSON
        **headers: str,
    ) -> Any:  # noqa: ANN401 - any JSON
        """Ask as `user` for what must succeed; the body, None if it is empty."""
        response = await self(user, method, path, json, **headers)
        assert response.status_code < 300, f"{method} {path}: {response.text}"
        return response.json() if response.content else None


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of a refusal, which is a problem with a code."""
    assert (response.status_code, response.json().get("code")) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    return body
