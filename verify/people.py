"""The people who talk in a round: given ones, or new ones where anybody may register."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from parley_sdk import Api

PEOPLE = 2


class NotPeopleError(ValueError):
    """The accounts to use are not written as they must be."""


def parse(text: str) -> list[tuple[str, str]]:
    """Read `name:password name:password`; a password may hold a colon, and no blank.

    Raises:
        NotPeopleError: it is something else; the message holds no password.
    """
    found = [tuple(word.split(":", 1)) for word in text.split()]
    people = [(pair[0], pair[1]) for pair in found if len(pair) == 2 and all(pair)]
    if len(people) != len(found) or len(people) not in (0, PEOPLE):
        raise NotPeopleError(f"{PEOPLE} accounts, each name:password, with a blank between")
    return people


@asynccontextmanager
async def signed_in(url: str, accounts: Sequence[tuple[str, str]]) -> AsyncIterator[list[Api]]:
    """Sign everybody in, and out again at the end; without accounts, register new people.

    New people leave at the end: the rooms that everybody is let into, and their accounts.

    Raises:
        ParleyError: somebody could not be.
    """
    async with AsyncExitStack() as stack:
        people = []
        for index in range(PEOPLE):
            api = await stack.enter_async_context(Api(url))
            if accounts:
                await api.login(*accounts[index])
                stack.push_async_callback(api.logout)
            else:
                password = os.urandom(12).hex()
                await api.register(f"verify-{os.urandom(6).hex()}", password)
                stack.push_async_callback(_go, api, password)
            people.append(api)
        yield people


async def _go(api: Api, password: str) -> None:
    for room in (await api.my_rooms()).rooms:
        await api.leave(room.id)
    await api.deactivate(password)
