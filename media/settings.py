"""What media reads from its environment, once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.settings import BaseSettings, Env, Rate


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one media process."""

    base: BaseSettings
    postgres_url: str
    postgres_pool: int
    folder: Path
    url: str
    """Where files are served from."""
    file_bytes: int
    day_bytes: int
    uploads: Rate

    @classmethod
    def read(cls, env: Env) -> Settings:
        """Read them.

        Raises:
            SettingsError: at least one is wrong; all of them are named.
        """
        base = BaseSettings.read(env)
        settings = cls(
            base=base,
            postgres_url=env.secret_url("PARLEY_POSTGRES_URL", schemes=("postgresql", "postgres")),
            postgres_pool=env.integer("PARLEY_POSTGRES_POOL", 10, 2, 1_000),
            folder=Path(env.text("PARLEY_MEDIA_FOLDER", "/var/lib/parley/media")),
            url=env.url("PARLEY_MEDIA_URL", base.public_url),
            file_bytes=env.integer("PARLEY_MEDIA_FILE_BYTES", 100_000_000, 1, 10_000_000_000),
            day_bytes=env.integer("PARLEY_MEDIA_DAY_BYTES", 2_000_000_000, 0),
            uploads=env.limit("uploads"),
        )
        env.finish()
        return settings
