"""The canary's settings, read once; what they do is told where they are used."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.settings import Env
from verify import people


@dataclass(frozen=True, slots=True)
class VerifySettings:
    """Frozen. Without `accounts` new people are registered for each round."""

    url: str
    accounts: list[tuple[str, str]] = field(repr=False)
    every_seconds: float
    host: str
    private_port: int

    @classmethod
    def read(cls, env: Env) -> VerifySettings:
        """Read them; wrong ones are noted in `env`, whose `finish` raises."""
        return cls(
            url=env.url("PARLEY_VERIFY_URL", env.url("PARLEY_PUBLIC_URL", "http://127.0.0.1:8080")),
            accounts=accounts(env),
            every_seconds=env.seconds("PARLEY_VERIFY_SECONDS", 60.0, 10.0, 86_400.0),
            host=env.text("PARLEY_HOST", "127.0.0.1"),
            private_port=env.integer("PARLEY_PRIVATE_PORT", 9000, 0, 65_535),
        )


def accounts(env: Env) -> list[tuple[str, str]]:
    """Read whom to sign in, from PARLEY_VERIFY_PEOPLE or its file."""
    try:
        return people.parse(env.secret("PARLEY_VERIFY_PEOPLE", ""))
    except people.NotPeopleError as error:
        env.wrong("PARLEY_VERIFY_PEOPLE", f"its value (not shown) is not allowed; allowed: {error}")
        return []
