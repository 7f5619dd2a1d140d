"""The client of the tutorial, as it stands on the page, against the whole stack."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from parley_sdk import Api

import build_web
from bootstrap import BootstrapError, alone
from proto import limits
from tests.auth.severed import Way, way_to
from tests.local_stack import LocalStack
from tests.system.raw import Raw, key

Json = dict[str, Any]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "client.md"
DRIVER = Path(__file__).with_name("tutorial_driver.mjs")
PASSWORD = "correct horse battery"
WAIT_SECONDS = 60.0
LINES = 100


def code() -> str:
    """The client, out of the page."""
    (block,) = re.findall(r"```js\n(class Chat .*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return str(block)


class Driven:
    """The client in a process of its own. What it told and nobody has asked for is kept."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """The process waits for commands."""
        self._process = process
        self._last = 0
        self.seen: list[Json] = []

    async def until(self, **fields: object) -> Json:
        """Read on to the first line with those fields."""
        assert self._process.stdout is not None
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                line = await self._process.stdout.readline()
                assert line, "the client ended"
                said: Json = json.loads(line)
                self.seen.append(said)
                if fields.items() <= said.items():
                    return said

    async def tell(self, name: str, *words: str) -> int:
        """Give a command, and the number that its answer will have."""
        assert self._process.stdin is not None
        self._last += 1
        self._process.stdin.write(json.dumps([self._last, name, *words]).encode() + b"\n")
        await self._process.stdin.drain()
        return self._last

    async def do(self, name: str, *words: str) -> Any:  # noqa: ANN401 - any JSON
        """Give a command and wait for its answer."""
        answer = await self.until(answer=await self.tell(name, *words))
        assert "code" not in answer, answer
        return answer["result"]

    def texts(self) -> list[str]:
        """Every text that was told, in order."""
        return [said["text"] for said in self.seen if said.get("type") == "message"]


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """Give the environment with a node that has what browsers have; skip where there is none."""
    try:
        with alone():
            return build_web.environment()
    except BootstrapError as error:
        pytest.skip(f"no node: {error}")


@asynccontextmanager
async def driven(url: str, folder: Path, environment: dict[str, str]) -> AsyncIterator[Driven]:
    """Start the client on the stack at a URL."""
    module = folder / "chat.mjs"
    module.write_text(code() + "export { Chat };\n", "utf-8")
    process = await asyncio.create_subprocess_exec(
        shutil.which("node", path=environment["PATH"]) or "node",
        str(DRIVER),
        module.as_uri(),
        url,
        f"ada-{os.urandom(4).hex()}",
        PASSWORD,
        env={**environment, "NODE_NO_WARNINGS": "1"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1_000_000,
    )
    try:
        yield Driven(process)
    finally:
        # Kills it and closes its pipes, for the ends of which `wait` waits too.
        process._transport.close()  # type: ignore[attr-defined]
        async with asyncio.timeout(WAIT_SECONDS):
            await process.wait()


@asynccontextmanager
async def conversation(
    stack: LocalStack, folder: Path, environment: dict[str, str]
) -> AsyncIterator[tuple[Driven, Way, Raw, str]]:
    """The client on a way that can be cut, somebody else past it, and a room for both."""
    async with (
        way_to(stack.url) as way,
        Api(stack.url) as api,
        driven(way.url.replace("@", ""), folder, environment) as ada,
    ):
        await ada.do("register")
        room = (await ada.do("create", "Tea"))["id"]
        await ada.do("connect")
        await ada.until(type="ready")
        bob = await api.register(f"bob-{os.urandom(4).hex()}", PASSWORD)
        await api.join(room)
        await ada.until(type="member.joined")
        async with Raw(stack.url, bob.access_token) as other:
            yield ada, way, other, room


def test_the_client_is_as_long_as_the_page_says() -> None:
    """And it stays a tutorial's."""
    lines = code().count("\n")
    assert f"in {lines} lines of" in PAGE.read_text("utf-8")
    assert lines <= LINES


async def test_it_talks_and_comes_back_after_a_cut(
    stack: LocalStack, tmp_path: Path, environment: dict[str, str]
) -> None:
    """What was said meanwhile arrives once; what it sent meanwhile goes out once."""
    async with conversation(stack, tmp_path, environment) as (ada, way, bob, room):
        assert [known["id"] for known in (await ada.do("rooms"))["rooms"]] == [room]
        await ada.do("send", room, "one")
        await bob.until("message", text="one")
        await way.cut()
        assert (await bob.say(room, "two"))["type"] == "ok"
        await way.mend()
        # By the replay: nothing later shows that there was something.
        await ada.until(type="message", text="two")
        await way.cut()
        sent = await ada.tell("send", room, "three")
        await way.mend()
        await ada.until(answer=sent)
        await bob.until("message", text="three")
        await bob.say(room, "four")
        await ada.until(type="message", text="four")
        await ada.do("repeat")
        assert ada.texts() == ["one", "two", "three", "four"]
        assert [frame["text"] for frame in bob.seen if frame["type"] == "message"] == ada.texts()


async def test_it_fills_a_gap_that_is_too_long_to_replay(
    stack: LocalStack, tmp_path: Path, environment: dict[str, str]
) -> None:
    """By `sync`, page by page, in order, with what is said meanwhile after it."""
    count = limits.RESUME_EVENTS + 25
    async with conversation(stack, tmp_path, environment) as (ada, way, bob, room):
        await way.cut()
        for start in range(0, count, 25):
            for number in range(start, start + 25):
                text = str(number)
                await bob.send(
                    {"type": "send", "id": text, "room": room, "key": key(), "text": text}
                )
            await bob.until("ok", id=str(start + 24))
        await way.mend()
        await ada.until(type="ready")
        await bob.say(room, "last")
        await ada.until(type="message", text="last")
        assert ada.texts() == [*map(str, range(count)), "last"]


async def test_it_gives_up_a_network_that_says_nothing(
    stack: LocalStack, tmp_path: Path, environment: dict[str, str]
) -> None:
    """It asks, waits for a while, and comes back by another connection."""
    async with conversation(stack, tmp_path, environment) as (ada, way, bob, room):
        await ada.do("hurry")
        await bob.say(room, "one")
        await ada.until(type="message", text="one")
        # A ping is answered: the connection stays.
        await ada.until(type="pong")
        await way.hang()
        await bob.say(room, "two")
        await ada.until(type="ready")
        await ada.until(type="message", text="two")
        assert ada.texts() == ["one", "two"]


async def test_it_gets_a_fresh_token_when_the_old_one_is_refused(
    stack: LocalStack, tmp_path: Path, environment: dict[str, str]
) -> None:
    """4500 is followed by a refresh and a `ready`, with nothing missed."""
    async with conversation(stack, tmp_path, environment) as (ada, way, bob, room):
        await ada.do("expire")
        await way.cut()
        await bob.say(room, "one")
        await way.mend()
        await ada.until(type="ready")
        await ada.until(type="message", text="one")
        assert ada.texts() == ["one"]
