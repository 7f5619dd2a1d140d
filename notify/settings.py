"""What the notify service reads from its environment, and nothing that it computes."""

from __future__ import annotations

from dataclasses import dataclass

from services.outbound import Allowed
from services.settings import BaseSettings, Env, Secret


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """The settings of this service."""

    base: BaseSettings
    postgres_url: Secret
    postgres_pool: int
    replicas: int
    allowed: Allowed
    contact: str

    @classmethod
    def read(cls, env: Env) -> NotifySettings:
        """Read them; wrong ones are noted in `env`, whose `finish` raises."""
        return cls(
            base=BaseSettings.read(env),
            postgres_url=env.secret_url("PARLEY_POSTGRES_URL", schemes=("postgresql", "postgres")),
            postgres_pool=env.integer("PARLEY_POSTGRES_POOL", 5, 2, 1_000),
            replicas=env.integer("PARLEY_NATS_REPLICAS", 1, 1, 5),
            allowed=Allowed.read(env),
            contact=env.text("PARLEY_CONTACT", ""),
        )
