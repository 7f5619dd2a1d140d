"""The TypeScript client library against the whole stack; its own tests are beside it."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

import build_web
from bootstrap import BootstrapError, alone
from tests.local_stack import LocalStack

LIBRARY = Path(__file__).parents[2] / "sdk" / "typescript"
TIMEOUT_SECONDS = 240


@pytest.fixture(scope="module")
def node() -> dict[str, str]:
    """Give the environment with node, npm and the packages; skip where they are not to be had."""
    try:
        with alone():
            chosen = build_web.environment()
            build_web.install_packages(chosen)
    except BootstrapError as error:
        pytest.skip(f"no node, or not its packages: {error}")
    return chosen


async def run(stack: LocalStack, node: dict[str, str], program: str, *words: str) -> str:
    """Run a program in the library's folder, and give what it says."""
    processes = stack.processes
    ports = [process.port for name, process in processes.items() if name.startswith("gateway")]
    process = await asyncio.create_subprocess_exec(
        shutil.which(program, path=node["PATH"]) or program,
        *words,
        cwd=LIBRARY,
        env={
            **node,
            "PARLEY_URL": stack.url,
            "PARLEY_GATEWAYS": ",".join(f"http://127.0.0.1:{port}" for port in ports),
            "NO_COLOR": "1",
            "NODE_NO_WARNINGS": "1",
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        # npm starts others: all of them end together.
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError:
        os.killpg(process.pid, 9)
        said, _ = await process.communicate()
        pytest.fail(f"{program} did not end in time: {said.decode()}")
    assert process.returncode == 0, said.decode()
    return said.decode()


async def test_two_clients_through_two_gateways(stack: LocalStack, node: dict[str, str]) -> None:
    """Two people's messages are seen once, in one order, though sockets and networks fail."""
    said = await run(stack, node, "npm", "run", "test:stack")
    assert "talk.test.ts" in said


async def test_the_example_runs(stack: LocalStack, node: dict[str, str]) -> None:
    """The README's example registers, makes a room, talks in it and ends."""
    said = (await run(stack, node, "node", "examples/hello.ts")).splitlines()
    assert [line.rpartition(": ")[2] for line in said if ": " in line] == ["Hello, room", "Bye"]
    assert (said[0], said[-1], "live" in said) == ("connecting", "closed", True)
