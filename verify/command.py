"""`parley verify URL`: one round for a person to look at, with an exit code for a script."""

from __future__ import annotations

import asyncio
import sys

from parley_sdk import ParleyError

from services.settings import Env
from verify.people import signed_in
from verify.settings import accounts
from verify.talk import Plan, talk
from verify.tally import Verdict, percentile

BROKEN = 1


def run(url: str, messages: int, cuts: int) -> int:
    """Try it and say what came out; 0: the promise was kept.

    Raises:
        SettingsError: PARLEY_VERIFY_PEOPLE is not what it must be.
    """
    env = Env()
    known = accounts(env)
    env.finish()
    try:
        verdict = asyncio.run(_round(url, known, Plan(messages=messages, cuts=cuts)))
    except (ParleyError, TimeoutError, OSError) as error:
        sys.stderr.write(f"parley verify: it could not be tried: {error}\n")
        return BROKEN
    sys.stdout.write(report(verdict, cuts))
    return 0 if verdict.kept else BROKEN


async def _round(url: str, known: list[tuple[str, str]], plan: Plan) -> Verdict:
    async with signed_in(url, known) as people:
        return await talk(url, people, plan)


def report(verdict: Verdict, cuts: int) -> str:
    """Give what a person reads."""
    spread = (("send to ok", verdict.ok), ("send to seen", verdict.seen))
    times = [
        f"{name:<14} p50 {percentile(of, 0.5) * 1000:.0f} ms,"
        f" p99 {percentile(of, 0.99) * 1000:.0f} ms"
        for name, of in spread
    ]
    lines = [
        f"acknowledged   {verdict.acknowledged}, while connections were cut {cuts} times",
        f"lost           {verdict.lost}",
        f"doubled        {verdict.doubled}",
        f"out of order   {verdict.disordered}",
        f"not to be had  {verdict.gaps}",
        *times,
        "The promise was kept." if verdict.kept else "THE PROMISE WAS BROKEN.",
    ]
    return "\n".join(lines) + "\n"
