"""The settings of auth, read once; what they mean is told where they are used."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, cast, get_args

from auth import email
from auth.password_cost import LEAST_KIB, MOST_KIB, RFC_9106, Cost
from proto.identity import Registration
from proto.wire import Fault
from services.settings import BaseSettings, Env, Rate, Secret

_REGISTRATION: Final = get_args(Registration)


@dataclass(frozen=True, slots=True)
class Limits:
    """How often one may try: an account, a session, an address."""

    logins: Rate
    logins_address: Rate
    register: Rate
    refresh: Rate
    refresh_address: Rate
    resets: Rate
    resets_address: Rate
    renames: Rate

    @classmethod
    def read(cls, env: Env) -> Limits:
        """Read them; wrong ones are noted in `env`."""
        return cls(**{each.name: env.limit(each.name) for each in fields(cls)})


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """What auth needs to know. The issuer of its tokens is `base.public_url`."""

    base: BaseSettings
    postgres_url: Secret
    postgres_pool: int
    redis_url: Secret
    redis_cluster: bool
    limits: Limits
    limit_exempt: tuple[str, ...]
    """Addresses and networks without limits an address."""
    registration: Registration
    registration_domains: tuple[str, ...]
    """Of the mail addresses that are let in by `domain`, in lower case."""
    contact: str
    """Whom to ask who cannot come in; empty if nobody said."""
    smtp_url: Secret
    """Empty without a server for mail."""
    mail_from: str
    refresh_days: int
    password_cost: Cost
    key_days: int
    """After so many days another key signs; 0: when somebody says so."""

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
            redis_url=env.secret_url(
                "PARLEY_REDIS_URL", "redis://127.0.0.1:6379/0", ("redis", "rediss")
            ),
            redis_cluster=env.flag("PARLEY_REDIS_CLUSTER", default=False),
            limits=Limits.read(env),
            limit_exempt=env.addresses("PARLEY_LIMIT_EXEMPT"),
            registration=cast(
                Registration,
                env.text("PARLEY_REGISTRATION", "invite", choices=_REGISTRATION),
            ),
            registration_domains=env.words("PARLEY_REGISTRATION_DOMAINS"),
            contact=env.text("PARLEY_CONTACT", ""),
            smtp_url=env.secret_url("PARLEY_SMTP_URL", "", ("smtp", "smtps")),
            mail_from=env.text("PARLEY_MAIL_FROM", ""),
            password_cost=RFC_9106._replace(
                memory_kib=env.integer(
                    "PARLEY_PASSWORD_MEMORY_KIB", RFC_9106.memory_kib, LEAST_KIB, MOST_KIB
                )
            ),
            key_days=env.integer("PARLEY_KEY_DAYS", 30, 0, 3_650),
            refresh_days=env.integer("PARLEY_REFRESH_DAYS", 30, 1, 3_650),
        )
        settings._check(env)
        env.finish()
        return settings

    def _check(self, env: Env) -> None:
        """Note what is wrong with several settings together."""
        if self.registration == "domain":
            if not self.registration_domains:
                env.wrong("PARLEY_REGISTRATION_DOMAINS", "PARLEY_REGISTRATION=domain needs them")
            if not self.smtp_url:
                env.wrong("PARLEY_SMTP_URL", "PARLEY_REGISTRATION=domain proves addresses by mail")
        if self.smtp_url and isinstance(email.parse(self.mail_from), Fault):
            env.wrong("PARLEY_MAIL_FROM", "PARLEY_SMTP_URL needs the address that mail comes from")
