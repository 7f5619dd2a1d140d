"""What Valkey or Redis says of itself, for `parley check`; it keeps no connection."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.problem import Unavailable


async def about(url: str, seconds: float) -> tuple[str, str | None]:
    """Give a sentence, and what to do about it if anything is wrong.

    Raises:
        Unavailable: it does not answer, or not us.
    """
    client = Redis.from_url(url, socket_connect_timeout=seconds, socket_timeout=seconds)
    try:
        info = await client.info()
    except RedisError as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from None
    finally:
        await client.aclose()
    name = "Valkey" if "valkey_version" in info else "Redis"
    version = str(info.get(f"{name.lower()}_version", "0.0"))
    policy = info.get("maxmemory_policy", "noeviction")
    said = f"reached; {name} {version}, maxmemory-policy {policy}"
    # Leases are fields of hashes that run out by themselves.
    if tuple(map(int, version.split(".")[:2])) < ((9, 0) if name == "Valkey" else (7, 4)):
        return said, "Valkey 9 or Redis 7.4 and above is needed"
    if policy != "noeviction":
        return said, "set maxmemory-policy to noeviction: else it forgets who is here"
    return said, None
