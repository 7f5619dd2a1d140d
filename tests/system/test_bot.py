"""The bot of the README, run as it is written there."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from pathlib import Path

from tests.local_stack import LocalStack
from tests.system.conftest import PASSWORD, People, eventually
from tests.system.raw import Raw

ROOT = Path(__file__).resolve().parents[2]
BOT = ROOT / "docs" / "examples" / "echo_bot.py"
WAIT_SECONDS = 30.0


def test_the_bot_is_short_and_the_readme_shows_it() -> None:
    """At most 20 lines, and to the letter the same."""
    code = BOT.read_text()
    assert len(code.splitlines()) <= 20
    shown = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert code in shown


async def test_the_bot_echoes(stack: LocalStack, person: People) -> None:
    """It joins the rooms it is added to and answers what others say, not itself. Ctrl-C ends it as
    a shell expects, without a trace."""
    ada, bot = await person("ada"), await person("echo")
    room = (await ada.api.create_room("public", name="Echo")).id
    await bot.api.join(room)

    async def online() -> bool:
        (seen,) = await ada.api.presence([bot.id])
        return seen.status == "online"

    words = (str(BOT), stack.url, bot.username, PASSWORD)
    # What a shell starts in the background, as `make test` does, ignores Ctrl-C, and so does what
    # that starts.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *words),
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        async with Raw(stack.url, ada.token) as socket:
            await eventually(online, 60)
            await socket.say(room, "hello")
            answer = await socket.until("message", sender=bot.id)
            assert answer["text"] == "hello"
        process.send_signal(signal.SIGINT)
        _, said = await asyncio.wait_for(process.communicate(), WAIT_SECONDS)
        assert (process.returncode, said) == (128 + signal.SIGINT, b"")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
