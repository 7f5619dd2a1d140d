"""`parley verify`, and the canary, against the whole stack."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys

import httpx
from parley_sdk import Api

from services.local.ports import HOST, free_ports
from tests.local_stack import COMMAND, LocalStack
from tests.system.conftest import eventually
from tests.trust import trust


async def test_a_living_installation_keeps_the_promise(stack: LocalStack) -> None:
    """While connections are cut and a gateway is killed; it tells figures and exits with 0. Of the
    people whom it registered nobody is left to be found."""
    words = [*COMMAND, "verify", stack.url, "--messages", "40", "--cuts", "3"]
    verify = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    pid = stack.kill("gateway-1")
    said = (await verify.communicate())[0].decode()
    assert verify.returncode == 0, said
    assert re.search(r"^acknowledged +40, while connections were cut 3 times$", said, re.MULTILINE)
    for what in ("lost", "doubled", "out of order"):
        assert re.search(rf"^{what} +0$", said, re.MULTILINE), said
    assert said.endswith("The promise was kept.\n")
    async with Api(stack.url) as api:
        await api.register(f"ada-{os.urandom(4).hex()}", "correct horse battery")
        assert await api.search_users("verify-") == []
    await asyncio.to_thread(stack.wait_restarted, "gateway-1", pid)


async def test_what_cannot_be_tried_is_no_success() -> None:
    """Nobody answers: code 1, and why."""
    (port,) = free_ports(1)
    words = [*COMMAND, "verify", f"http://{HOST}:{port}"]
    verify = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    said = (await verify.communicate())[1].decode()
    assert verify.returncode == 1
    assert said.startswith("parley verify: it could not be tried: ")


async def test_the_canary_counts_what_it_finds(stack: LocalStack) -> None:
    """A round at once, then one every so often; its figures are on its private port."""
    (port,) = free_ports(1)
    canary = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "verify"),
        env={"PARLEY_VERIFY_URL": stack.url, "PARLEY_PRIVATE_PORT": str(port)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    seen = ""

    async def counted() -> bool:
        nonlocal seen
        try:
            seen = (await client.get(f"http://{HOST}:{port}/metrics")).text
        except httpx.TransportError:
            return False
        return '\nparley_verify_rounds_total{outcome="kept"} 1.0\n' in seen

    async with httpx.AsyncClient(verify=trust(), timeout=30) as client:
        await eventually(counted, 30.0)
    canary.send_signal(signal.SIGTERM)
    assert await canary.wait() == 0
    assert "\nparley_verify_lost_total 0.0\n" in seen
    assert "\nparley_verify_send_seen_seconds_count 40.0\n" in seen
