"""The admins' audit log of the whole installation, of what other services than auth did."""

from __future__ import annotations

import json
import secrets
import subprocess

from tests.local_stack import COMMAND, LocalStack
from tests.media import pictures_pillow as pictures
from tests.system.conftest import People, eventually

WAIT_SECONDS = 30


async def test_custom_emoji_are_in_the_audit_log(stack: LocalStack, person: People) -> None:
    """Who added one and who removed it, each once, in that order."""
    root = await person("root")

    def parley(*words: str) -> str:
        command = [*COMMAND, "admin", "--data", str(stack.data), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own
        return done.stdout

    parley("role", root.username, "admin")
    name = "e" + secrets.token_hex(6)
    await root.api.add_emoji(name, pictures.picture("PNG"))
    await root.api.remove_emoji(name)

    def lines() -> list[tuple[str, str]]:
        found = json.loads(parley("audit"))
        return [(one["action"], one["actor"]) for one in reversed(found) if one["target"] == name]

    async def both() -> bool:
        return len(lines()) == 2

    await eventually(both, WAIT_SECONDS)
    assert lines() == [("emoji.added", root.id), ("emoji.removed", root.id)]
