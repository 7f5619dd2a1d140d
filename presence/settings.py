"""What the presence service reads from its environment, and nothing that it computes."""

from __future__ import annotations

from dataclasses import dataclass

from services.settings import SOCKETS, BaseSettings, Env, Secret


@dataclass(frozen=True, slots=True)
class PresenceSettings:
    """The settings of this service: those of every service, and where Redis is."""

    base: BaseSettings
    redis_url: Secret
    redis_cluster: bool
    sockets: int

    @classmethod
    def read(cls, env: Env) -> PresenceSettings:
        """Read them; wrong ones are noted in `env`, whose `finish` raises."""
        return cls(
            base=BaseSettings.read(env),
            redis_url=env.secret_url(
                "PARLEY_REDIS_URL", "redis://127.0.0.1:6379/0", ("redis", "rediss")
            ),
            redis_cluster=env.flag("PARLEY_REDIS_CLUSTER", default=False),
            sockets=env.integer("PARLEY_LIMIT_SOCKETS", SOCKETS, 0, 1_000_000),
        )
