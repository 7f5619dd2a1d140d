"""One room of each encoding, compressed and not: processor time and bytes of a delivery.

The rooms are of one gateway in one run, and take turns, so that what else the machine does meets
all alike. Texts are English prose, cut from this repository's own documents.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import NamedTuple

from bench.dialects import Dialect, Parley
from bench.load_picows import Load
from bench.meter import cpu, spread
from bench.servers import Stack, parley
from proto.encoding import JSON, MSGPACK

SUMMARY = "JSON and MessagePack, compressed or not: processor time and bytes a delivery"
PEOPLE = 20
SECONDS = 60.0
UNDER_WAY = 8
FORMS = {
    "json": (JSON, False),
    "msgpack": (MSGPACK, False),
    "json, deflate": (JSON, True),
    "msgpack, deflate": (MSGPACK, True),
}


class Stage(NamedTuple):
    """The sockets of one form, in a room of their own."""

    form: str
    load: Load


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many sockets, how long texts, how often."""
    parser.add_argument("--conns", type=int, default=300, help="sockets of each form")
    parser.add_argument("--characters", type=int, nargs="*", default=[100, 700, 4_000])
    parser.add_argument("--messages", type=int, default=100, help="of each length in a round")
    parser.add_argument("--rounds", type=int, default=5)


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give microseconds and bytes a delivery by form and length of the text."""
    prose = _prose()
    async with parley() as stack:
        stages = await _open(stack, given.conns)
        try:
            rounds = [
                {
                    stage.form: {
                        str(characters): await _round(stack, stage.load, prose, characters, given)
                        for characters in given.characters
                    }
                    for stage in stages
                }
                for _ in range(given.rounds)
            ]
        finally:
            for stage in stages:
                await stage.load.close()
    forms = {
        form: {
            length: {
                what: spread([one[form][length][what] for one in rounds])
                for what in ("us", "user_us", "bytes")
            }
            for length in rounds[0][form]
        }
        for form in FORMS
    }
    return {"sockets_of_each": given.conns, "forms": forms, "rounds": rounds}


async def _open(stack: Stack, conns: int) -> list[Stage]:
    stages = []
    for form, (encoding, compress) in FORMS.items():
        # People of its own: whoever is in two rooms hears both on every socket.
        tokens = await stack.people(PEOPLE)
        some = list(tokens.values())
        room = await stack.room(tokens, list(tokens))
        load = Load()
        ways: list[Dialect] = [
            Parley(room, some[number % PEOPLE], encoding, compress=compress)
            for number in range(conns)
        ]
        await load.open(stack.urls[0], ways)
        stages.append(Stage(form, load))
    return stages


async def _round(
    stack: Stack, load: Load, prose: str, characters: int, given: argparse.Namespace
) -> dict[str, float]:
    """Say so many of that length; everybody in the room has several sockets, which all hear."""
    each, start, heard = len(load.ears), load.deliveries, load.payload_bytes
    before = cpu(stack.gateway_pids)
    for number in range(given.messages):
        await load.until(start + each * (number - UNDER_WAY + 1), SECONDS)
        at = number * 997 % (len(prose) - characters)
        load.ears[0].say(prose[at : at + characters])
    deliveries = each * given.messages
    await load.until(start + deliveries, SECONDS)
    await asyncio.sleep(0.05)
    spent = cpu(stack.gateway_pids).since(before)
    if load.lost:
        raise ConnectionError(f"{load.lost} sockets were closed by the server")
    return {
        "us": round(1e6 * spent.all / deliveries, 2),
        "user_us": round(1e6 * spent.user / deliveries, 2),
        "bytes": round((load.payload_bytes - heard) / deliveries, 1),
    }


def _prose() -> str:
    """All of the documents' words; white space as in a message."""
    docs = Path(__file__).parent.parent / "docs"
    pages = sorted([*docs.glob("howto/*.md"), *docs.glob("decisions/*.md")])
    return " ".join(word for page in pages for word in page.read_text("utf-8").split())
