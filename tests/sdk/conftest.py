"""The scripted gateway as a fixture; and hypothesis without a deadline an example.

How fast a shared machine is says nothing of ours.
"""

from collections.abc import AsyncIterator

import pytest
from hypothesis import settings

from tests.sdk.driven import Driven
from tests.sdk.peer_websockets import Peer, peer

settings.register_profile("parley", deadline=None)
settings.load_profile("parley")


@pytest.fixture
async def gateway() -> AsyncIterator[Peer]:
    """Give the scripted peer."""
    async with peer() as scripted:
        yield scripted


@pytest.fixture
def driven() -> Driven:
    """Give one that is not connected."""
    return Driven()
