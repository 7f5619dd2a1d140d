"""The store's own: what it logs; what it does is tested with the scripts that run in it."""

import pytest

from presence.store_redis import Store
from services.problem import Unavailable
from tests.presence.valkey_server import ValkeyServer


@pytest.mark.parametrize("lines", [1, 0])
async def test_an_outage_is_logged_once_or_not_at_all(
    valkey: ValkeyServer, capsys: pytest.CaptureFixture[str], lines: int
) -> None:
    """However often Redis is asked meanwhile; its coming back is as much of a line."""
    store = Store(valkey.url, quiet=lines == 0)
    valkey.kill()
    for _ in range(3):
        with pytest.raises(Unavailable):
            await store.check()
    assert capsys.readouterr().out.count("redis is away") == lines
    valkey.start()
    for _ in range(3):
        await store.check()
    assert capsys.readouterr().out.count("redis is back") == lines
    await store.stop()
