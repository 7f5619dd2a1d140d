"""Admins and bots of a running replica, made as operators make the first; it asserts little."""

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

from tests.auth.running import ISSUER, Running, bearer

Json = dict[str, Any]


async def command(auth: Running, *words: str, typed: str = "", fails: int = 0) -> Any:  # noqa: ANN401 - any JSON
    """What `parley admin` prints, or its complaint where it fails with that code."""
    env = {
        **os.environ,
        "PARLEY_POSTGRES_URL": auth.auth.settings.postgres_url,
        "PARLEY_PUBLIC_URL": ISSUER,
    }
    argv = [sys.executable, "-m", "auth.command", *words]
    done = await asyncio.to_thread(
        subprocess.run, argv, env=env, input=typed, capture_output=True, text=True, check=False
    )
    assert done.returncode == fails, done.stderr
    return done.stderr if fails else json.loads(done.stdout)


async def admin_of(auth: Running, username: str = "root") -> Json:
    """Somebody who registered and was made an admin."""
    who = await auth.register(username)
    await auth.auth.pool.execute("UPDATE accounts SET role = 'admin' WHERE username = $1", username)
    return who


async def ask(auth: Running, who: Json, method: str, path: str, form: Any = None) -> Any:  # noqa: ANN401 - any JSON
    """The answer to something an admin asks, which must succeed."""
    url = f"/v1/auth/{path}"
    answer = await auth.http.request(method, url, json=form, headers=bearer(who))
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


async def bot_of(auth: Running, admin: Json, *scopes: str, username: str = "robot") -> Json:
    """A new bot: `bot`, `token` and `secret`."""
    made: Json = await ask(auth, admin, "POST", "bots", {"username": username, "scopes": scopes})
    return made


async def traded(auth: Running, secret: str) -> Json:
    """What an API token is traded for, which must succeed."""
    headers = {"Authorization": f"Bearer {secret}"}
    answer = await auth.http.post("/v1/auth/token", headers=headers)
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    return body
