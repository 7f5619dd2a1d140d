"""What media reads from its environment, once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from media import s3
from proto.custom_emoji import EmojiAdders
from services.outbound import Allowed
from services.settings import BaseSettings, Env, Rate


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one media process."""

    base: BaseSettings
    postgres_url: str
    postgres_pool: int
    folder: Path
    """Where files are kept, or, with a bucket, only while they come in."""
    bucket: s3.Bucket | None
    url: str
    """Where files are served from."""
    file_bytes: int
    day_bytes: int
    uploads: Rate
    previews: Rate
    allowed: Allowed
    """Where links may lead besides the world."""
    emoji_add: EmojiAdders
    """Who may add custom emoji."""

    @classmethod
    def read(cls, env: Env) -> Settings:
        """Read them.

        Raises:
            SettingsError: at least one is wrong; all of them are named.
        """
        base = BaseSettings.read(env)
        bucket = _bucket(env)
        most = 10_000_000_000 if bucket is None else s3.OBJECT_BYTES
        settings = cls(
            base=base,
            postgres_url=env.secret_url("PARLEY_POSTGRES_URL", schemes=("postgresql", "postgres")),
            postgres_pool=env.integer("PARLEY_POSTGRES_POOL", 10, 2, 1_000),
            folder=Path(env.text("PARLEY_MEDIA_FOLDER", "/var/lib/parley/media")),
            bucket=bucket,
            url=env.url("PARLEY_MEDIA_URL", base.public_url),
            file_bytes=env.integer("PARLEY_MEDIA_FILE_BYTES", 100_000_000, 1, most),
            day_bytes=env.integer("PARLEY_MEDIA_DAY_BYTES", 2_000_000_000, 0),
            uploads=env.limit("uploads"),
            previews=env.limit("previews"),
            allowed=Allowed.read(env),
            emoji_add=cast(
                EmojiAdders,
                env.text("PARLEY_EMOJI_ADD", "admins", choices=get_args(EmojiAdders)),
            ),
        )
        env.finish()
        return settings


def _bucket(env: Env) -> s3.Bucket | None:
    """The bucket that files are kept in, if one is named; wrong settings are noted in `env`."""
    name = env.text("PARLEY_S3_BUCKET", "")
    region = env.text("PARLEY_S3_REGION", "us-east-1")
    amazon = f"https://s3.{region}.amazonaws.com"
    endpoint = env.url("PARLEY_S3_ENDPOINT", amazon)
    names = ("PARLEY_S3_ACCESS_KEY_ID", "PARLEY_S3_SECRET_ACCESS_KEY")
    keys = {key: env.secret(key, "") for key in names}
    if not name:
        if endpoint != amazon or any(keys.values()):
            env.wrong("PARLEY_S3_BUCKET", "not set, though other settings of S3 are")
        return None
    for key, value in keys.items():
        if not value:
            env.wrong(key, f"not set (or {key}_FILE), and PARLEY_S3_BUCKET needs it")
    bucket = s3.Bucket(endpoint, name, region, *keys.values())
    if all(keys.values()) and (wrong := s3.fault(bucket)) is not None:
        env.wrong(f"PARLEY_S3_{wrong[0]}", f"allowed: {wrong[1]}")
    return bucket
