"""An HTTP client for the tests of presence, in this process or over the network."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

from tests.trust import trust


class Answer(NamedTuple):
    """Status, body and headers of an answer; names of headers are in lower case."""

    status: int
    body: Any
    headers: Mapping[str, str]


async def get(url: str, token: str = "", *, app: Any = None) -> Answer:  # noqa: ANN401 - any ASGI application
    """Ask `url` of `app`, or of the server it names; the body is read as JSON.

    Raises:
        ConnectionError: nobody listens there.
    """
    transport = httpx.ASGITransport(app) if app is not None else None
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(transport=transport, trust_env=False, verify=trust()) as client:
        try:
            response = await client.get(url, headers=headers)
        except httpx.ConnectError as error:
            raise ConnectionError(str(error)) from error
    return Answer(response.status_code, response.json(), response.headers)
