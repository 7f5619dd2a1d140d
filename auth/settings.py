"""The settings of auth, read once; what they mean is told where they are used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from services.settings import BaseSettings, Env, Secret

Registration = Literal["open", "invite", "closed"]


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """What auth needs to know. The issuer of its tokens is `base.public_url`."""

    base: BaseSettings
    postgres_url: Secret
    postgres_pool: int
    registration: Registration
    refresh_days: int

    @classmethod
    def read(cls, env: Env) -> AuthSettings:
        """Read and check them.

        Raises:
            SettingsError: one or more are wrong; all are told at once.
        """
        settings = cls(
            base=BaseSettings.read(env),
            postgres_url=env.secret_url(
                "PARLEY_POSTGRES_URL",
                "postgresql://parley@127.0.0.1:5432/parley",
                ("postgresql", "postgres"),
            ),
            postgres_pool=env.integer("PARLEY_POSTGRES_POOL", 10, 1, 1_000),
            registration=cast(
                Registration,
                env.text("PARLEY_REGISTRATION", "invite", choices=("open", "invite", "closed")),
            ),
            refresh_days=env.integer("PARLEY_REFRESH_DAYS", 30, 1, 3_650),
        )
        env.finish()
        return settings
