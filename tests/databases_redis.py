"""An empty numbered database of Valkey or Redis for one test."""

from itertools import count
from urllib.parse import urlsplit, urlunsplit

from redis.asyncio import Redis

DATABASES = 16
_numbers = count()


async def empty_database(url: str) -> str:
    """Give the url of the database that was used longest ago, flushed."""
    own = urlunsplit(urlsplit(url)._replace(path=f"/{next(_numbers) % DATABASES}"))
    client = Redis.from_url(own)
    try:
        await client.flushdb()
    finally:
        await client.aclose()
    return own
