"""Reading a client's events in a test, with an end to the patience."""

import asyncio

from parley_sdk import Client, Message


async def take(client: Client, count: int) -> list[int]:
    """Take so many messages; give their seqs."""
    seqs: list[int] = []
    async with asyncio.timeout(20):
        async for item in client.events():
            assert isinstance(item, Message), item
            seqs.append(int(item.seq or 0))
            if len(seqs) == count:
                break
    return seqs
