"""What history reads from its environment, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from history import room
from proto.wire import Fault
from services.log_stream import StreamSettings
from services.outbound import Allowed
from services.settings import BaseSettings, Env, Rate


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one history process."""

    base: BaseSettings
    postgres_url: str
    postgres_pool: int
    stream: StreamSettings
    keep_ms: int
    default_rooms: Mapping[str, str]
    """Names by ids."""
    ack: str
    """What the answer to a message waits for: `log`, or `stored`, which is Postgres."""
    sends: Rate
    sends_room: Rate

    searches: Rate
    hooks: Rate
    previews: bool
    """Whether links are looked up at all."""
    allowed: Allowed
    """Which hosts of the house a webhook may be made for."""

    @property
    def rates(self) -> dict[str, Rate]:
        """What a message, or a search, is counted for, by the names of the limits."""
        return {
            "sends": self.sends,
            "sends_room": self.sends_room,
            "searches": self.searches,
            "hooks": self.hooks,
        }

    @classmethod
    def read(cls, env: Env) -> Settings:
        """Read them.

        Raises:
            SettingsError: at least one is wrong; all of them are named.
        """
        settings = cls(
            base=BaseSettings.read(env),
            postgres_url=env.secret_url("PARLEY_POSTGRES_URL", schemes=("postgresql", "postgres")),
            postgres_pool=env.integer("PARLEY_POSTGRES_POOL", 10, 2, 1_000),
            stream=StreamSettings.read(env),
            default_rooms=_default_rooms(env),
            ack=env.text("PARLEY_ACK", "log", choices=("log", "stored")),
            sends=env.limit("sends"),
            sends_room=env.limit("sends_room"),
            searches=env.limit("searches"),
            hooks=env.limit("hooks"),
            previews=env.flag("PARLEY_LINK_PREVIEWS", default=True),
            allowed=Allowed.read(env),
            keep_ms=env.integer("PARLEY_LOG_KEEP_HOURS", 24, 1, 24 * 366) * 3_600_000,
        )
        env.finish()
        return settings


def _default_rooms(env: Env) -> dict[str, str]:
    """The names between the commas; a comma alone is none."""
    name = "PARLEY_DEFAULT_ROOMS"
    parts = (part.strip() for part in env.text(name, "").split(","))
    rooms = room.default_rooms(part for part in parts if part)
    if isinstance(rooms, Fault):
        env.wrong(name, rooms.message)
        return {}
    return rooms
