"""The scripted gateway as a fixture."""

from collections.abc import AsyncIterator

import pytest

from tests.sdk.driven import Driven
from tests.sdk.peer_websockets import Peer, peer


@pytest.fixture
async def gateway() -> AsyncIterator[Peer]:
    """Give the scripted peer."""
    async with peer() as scripted:
        yield scripted


@pytest.fixture
def driven() -> Driven:
    """Give one that is not connected."""
    return Driven()
