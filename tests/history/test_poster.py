"""PARLEY_ACK=stored over HTTP: an answer says that the message is in Postgres."""

import asyncio

from tests.history.client_httpx import refused
from tests.history.running import Peer, key, running, until, user
from tests.nats_server import NatsServer


async def test_an_answer_waits_for_postgres(
    database: str, own_nats: NatsServer, own_peer: Peer
) -> None:
    """While the writer rests the log has the message, and the answer waits; the key gets it."""
    async with running(database, own_nats.url, PARLEY_ACK="stored") as own:
        ada = user()
        room = await own.room(ada)
        path = f"/v1/rooms/{room}/messages"
        assert (await own.ask(ada, "POST", path, {"key": key(), "text": "one"})).status_code == 201
        writer = own.part("writer")
        await writer.stop()
        form = {"key": key(), "text": "two"}
        asked = asyncio.create_task(own.ask(ada, "POST", path, form))

        async def is_logged() -> bool:
            return [kind for (kind,) in await own_peer.log_of(room)].count("message") == 2

        await until(is_logged)
        assert not asked.done()
        refused(await own.ask(ada, "POST", path, form), 503, "unavailable")
        await writer.start()
        assert (await asked).status_code == 201
        again = await own.ask(ada, "POST", path, form)
        assert (again.status_code, again.json()["text"]) == (200, "two")
