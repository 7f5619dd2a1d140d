"""`parley discard-log`: an operator gets rid of a log that is an old copy; see
docs/howto/log-lost.md. What it does is in `discarder`.
"""

from __future__ import annotations

import asyncio
import sys

from history import rooms_postgres
from history.discarder import Discarder, Fits
from history.settings import Settings
from proto import subjects
from services.bus import BusError
from services.bus_nats import Bus
from services.log_nats import Log
from services.pool_postgres import Pool
from services.problem import Unavailable
from services.settings import Env, SettingsError

USAGE = "usage: parley discard-log --yes\n"


async def discard(settings: Settings) -> str:
    """Do it, and say what was done.

    Raises:
        Fits: there is nothing to do.
        BusError, Unavailable: NATS or Postgres did not answer; do it again.
    """
    pool = Pool(
        settings.postgres_url,
        "history",
        service="discard-log",
        max_size=2,
        session=rooms_postgres.BY_KEY,
    )
    bus = Bus(settings.base.nats_urls, "discard-log")
    await pool.start()
    try:
        await bus.start()
        done = await Discarder(pool, Log(bus, subjects.ROOMS_STREAM)).discard()
    finally:
        await bus.stop()
        await pool.stop()
    return (
        f"The log is removed with its {done.records} records; {done.saved} that were not stored are"
        " published again as soon as history has made a new one.\n"
    )


def main(arguments: list[str]) -> int:
    """Run it with the settings of the environment: 0 done, 1 cannot be done, 2 not understood."""
    if arguments != ["--yes"]:
        sys.stderr.write(USAGE)
        return 2
    try:
        sys.stdout.write(asyncio.run(discard(Settings.read(Env()))))
    except SettingsError as error:
        sys.stderr.write("\n".join(error.problems) + "\n")
        return 2
    except (Fits, BusError, Unavailable) as error:
        sys.stderr.write(f"Nothing was removed: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
