"""`parley dead-letters`: an operator looks at what history set aside, stores it after
all, or lets go of it; see docs/howto/dead-letters.md. Setting aside is the writer's.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator

from history import rooms_postgres, set_aside_postgres
from history.settings import Settings
from history.store_postgres import AWAY, Store, Unstorable
from proto import subjects
from services.bus import BusError, Record
from services.bus_nats import Bus
from services.log_nats import Log
from services.pool_postgres import Pool
from services.problem import Unavailable
from services.settings import Env, SettingsError

LISTED = 100
ALL = 10_000


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    top = argparse.ArgumentParser(
        prog="parley dead-letters", description="What history could not understand."
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="a line for each: seq, subject, bytes, reason")
    listing.add_argument("--limit", type=int, default=LISTED, help=f"the newest; default {LISTED}")
    for name, text in (
        ("show", "write its bytes, as they are, to standard output"),
        ("replay", "store it at its place after all, as after an upgrade"),
        ("drop", "forget it, and erase it in the log"),
    ):
        commands.add_parser(name, help=text).add_argument("seq", type=int)
    commands.add_parser("replay-all", help="replay each, the oldest first")
    return top


class DeadLetters:
    """The commands; each gives lines to print, and `failed` says that one was not done."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool = Pool(
            settings.postgres_url,
            "history",
            service="dead-letters",
            max_size=2,
            session=rooms_postgres.BY_KEY,
        )
        self.failed = False

    async def run(self, arguments: argparse.Namespace) -> list[str]:
        """Do what was asked for.

        Raises:
            Unavailable, BusError, AWAY: Postgres or NATS did not answer; do it again.
        """
        await self._pool.start()
        try:
            if arguments.command == "list":
                found = await set_aside_postgres.newest(self._pool, max(0, arguments.limit))
                return list(_lines(found))
            if arguments.command == "replay-all":
                found = await set_aside_postgres.newest(self._pool, ALL)
                return [await self._replay(record) for record, _ in found]
            letter = await set_aside_postgres.one(self._pool, arguments.seq)
            if letter is None:
                self.failed = True
                return [f"{arguments.seq} is not set aside"]
            if arguments.command == "show":
                return [letter[0].data.decode("utf-8", "backslashreplace")]
            if arguments.command == "replay":
                return [await self._replay(letter[0])]
            return [await self._drop(arguments.seq)]
        finally:
            await self._pool.stop()

    async def _replay(self, record: Record) -> str:
        store = await Store.open(self._settings.postgres_url)
        try:
            await store.restore(record)
        except Unstorable as error:
            self.failed = True
            return f"{record.seq} stays set aside: {error}"
        finally:
            await store.close()
        return f"{record.seq} is stored"

    async def _drop(self, seq: int) -> str:
        bus = Bus(self._settings.base.nats_urls, "dead-letters")
        await bus.start()
        try:
            # First in the log: who reads it there must not find what nobody knows of any more.
            await Log(bus, subjects.ROOMS_STREAM).delete(seq)
        finally:
            await bus.stop()
        await set_aside_postgres.drop(self._pool, seq)
        return f"{seq} is gone"


def _lines(found: list[tuple[Record, str]]) -> Iterator[str]:
    for record, reason in found:
        yield f"{record.seq}\t{record.subject}\t{len(record.data)}\t{reason}"


def main(words: list[str]) -> int:
    """Run it with the settings of the environment: 0 done, 1 not done, 2 not understood."""
    arguments = parser().parse_args(words)
    try:
        letters = DeadLetters(Settings.read(Env()))
        lines = asyncio.run(letters.run(arguments))
    except SettingsError as error:
        sys.stderr.write("\n".join(error.problems) + "\n")
        return 2
    except (BusError, Unavailable, *AWAY) as error:
        sys.stderr.write(f"Not done: {type(error).__name__}: {error}\n")
        return 1
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 1 if letters.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
