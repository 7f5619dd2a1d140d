"""The first admin of an installation gets a link, once."""

from __future__ import annotations

import asyncio
import os
import sys

from services.deploy import migrate


async def _run(url: str) -> str:
    """Run it as compose does, and give what it said."""
    words = (sys.executable, "-m", "services.deploy.first_admin", "admin")
    process = await asyncio.create_subprocess_exec(
        *words,
        env={
            "PATH": os.environ["PATH"],
            "PARLEY_POSTGRES_URL": url,
            "PARLEY_PUBLIC_URL": "https://chat.example.org",
        },
        stdout=asyncio.subprocess.PIPE,
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said


async def test_the_link_is_printed_once(postgres_database: str) -> None:
    """At the first start; later ones find that somebody is there, and say nothing."""
    await migrate.run(postgres_database, ["auth"], only_wait=False)
    said = await _run(postgres_database)
    assert said.startswith("The first admin is 'admin'. Choose a password, once: https://chat.")
    assert "#" in said
    assert await _run(postgres_database) == ""
