"""The private key that auth signs with, read where no client can: from its table."""

from __future__ import annotations

import asyncpg
import jwt

from services.local import passwords, servers
from tests.bad_input.tokens_jwt import Signer
from tests.local_stack import LocalStack


async def signer(stack: LocalStack, token: str) -> Signer:
    """What can sign as auth does, with the claims of a token of the stack."""
    port = stack.processes["postgres"].port
    connection = await asyncpg.connect(servers.postgres_url(port, passwords.load(stack.data)))
    try:
        row = await connection.fetchrow(
            "SELECT kid, private_key FROM auth.signing_keys WHERE retired_ms IS NULL"
        )
    finally:
        await connection.close()
    claims = jwt.decode(token, options={"verify_signature": False})
    return Signer(row["kid"], bytes(row["private_key"]), claims)
