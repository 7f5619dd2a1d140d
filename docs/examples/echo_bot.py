"""A bot that answers every message with its own words: echo_bot.py URL USERNAME PASSWORD."""

import sys

from parley_sdk import Api, Client, Message, run


async def echo(url: str, username: str, password: str) -> None:
    """Answer what others say with their own words, until stopped."""
    async with Api(url) as api:
        await api.login(username, password)
        async with Client(url, api.tokens) as client:
            async for event in client.events():
                if isinstance(event, Message) and event.sender != client.user.id:
                    await client.send(event.room, event.text, reply_to=event.seq)


if __name__ == "__main__":
    run(echo(*sys.argv[1:]))
