"""Settings read once from the environment and checked; no service's own defaults live here."""

from __future__ import annotations

import difflib
import ipaddress
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from services import certificates, issuers
from services.issuers import TrustedIssuer

T = TypeVar("T")

DOCUMENTED: Final = frozenset(
    f"PARLEY_{name}"
    for name in (
        "ACK",
        "COMPRESSION",
        "CONTACT",
        "DEFAULT_ROOMS",
        "DRAIN_SECONDS",
        "EMOJI_ADD",
        "GATEWAY_NAME",
        "HOST",
        "HTTP_PORT",
        "ISSUERS",
        "JWKS_URL",
        "KEY_DAYS",
        "LINK_PREVIEWS",
        "LOG_FORMAT",
        "LOG_KEEP_HOURS",
        "LOG_LEVEL",
        "LOG_MAX_BYTES",
        "MAIL_FROM",
        "MAX_CONNECTIONS",
        "MEDIA_DAY_BYTES",
        "MEDIA_FILE_BYTES",
        "MEDIA_FOLDER",
        "MEDIA_URL",
        "NATS_REPLICAS",
        "NATS_SYNC",
        "NATS_URL",
        "NO_SKIPS",
        "ORIGINS",
        "OUTBOUND_ALLOW",
        "PASSWORD_MEMORY_KIB",
        "PORT",
        "POSTGRES_POOL",
        "POSTGRES_URL",
        "PRIVATE_PORT",
        "PUBLIC_URL",
        "REDIS_CLUSTER",
        "REDIS_URL",
        "REFRESH_DAYS",
        "REGISTRATION",
        "REGISTRATION_DOMAINS",
        "S3_ACCESS_KEY_ID",
        "S3_BUCKET",
        "S3_ENDPOINT",
        "S3_REGION",
        "S3_SECRET_ACCESS_KEY",
        "SMTP_URL",
        "TEST_SERVERS",
        "TLS",
        "TRUSTED_PROXIES",
        "VERIFY_PEOPLE",
        "VERIFY_SECONDS",
        "VERIFY_URL",
    )
)
"""Every name that some part of Parley reads: one environment may serve all services, so a name
that this process does not read is no mistake as long as another one does."""

_PREFIX: Final = "PARLEY_"
_SECRET_FILE_BYTES: Final = 65_536


class SettingsError(Exception):
    """Settings are wrong. `problems` has one sentence for each; no secret is in them."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class Secret(str):
    """Text that must not be shown: its repr is masked, so a settings object can be logged whole."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any `seconds`; a count of 0 switches the limit off."""

    count: int
    seconds: float

    @property
    def off(self) -> bool:
        return self.count == 0


LIMITS: Final[Mapping[str, Rate]] = {
    "sends": Rate(50, 10.0),
    "sends_room": Rate(200, 10.0),
    "logins": Rate(10, 60.0),
    "logins_address": Rate(100, 60.0),
    "register": Rate(20, 60.0),
    "refresh": Rate(60, 60.0),
    "refresh_address": Rate(600, 60.0),
    "resets": Rate(5, 3_600.0),
    "resets_address": Rate(30, 3_600.0),
    "renames": Rate(20, 600.0),
    "searches": Rate(30, 10.0),
    "hooks": Rate(30, 10.0),
    "uploads": Rate(60, 60.0),
    "previews": Rate(30, 60.0),
    "frames": Rate(200, 1.0),
    "connects": Rate(200, 1.0),
    "connects_address": Rate(100, 1.0),
}
"""What each limit is unless `PARLEY_LIMIT_<NAME>` says otherwise (protocol.md §10).

The name in small letters is its label in the metrics too."""
SOCKETS: Final = 20
"""The same for `PARLEY_LIMIT_SOCKETS`: sockets of one user at a time."""
SOCKETS_ADDRESS: Final = 1_000
"""The same for `PARLEY_LIMIT_SOCKETS_ADDRESS`: sockets of one address at a time, a gateway."""
LIMIT_NAMES: Final = frozenset(
    f"PARLEY_LIMIT_{name.upper()}" for name in (*LIMITS, "sockets", "sockets_address", "exempt")
)
"""Every `PARLEY_LIMIT_…` that some part of Parley reads."""


class Env:
    """Reads settings by name and collects what is wrong, so that all of it is told at once.

    A method given a wrong value notes the problem and answers the default (or a value of the right
    type), so reading goes on; `finish` raises for all of them. An empty value counts as not set,
    because compose files pass unset variables on as empty ones.
    """

    def __init__(self, source: Mapping[str, str] | None = None) -> None:
        self._source = dict(os.environ if source is None else source)
        self._asked: set[str] = set()
        self.problems: list[str] = []

    def text(
        self, name: str, default: str | None = None, *, choices: Sequence[str] | None = None
    ) -> str:
        """A text, one of `choices` where given. Without a default it must be set."""

        def parse(raw: str) -> str:
            if choices is not None and raw not in choices:
                raise ValueError("one of " + ", ".join(choices))
            return raw

        return self._read(name, default, "", parse)

    def integer(
        self, name: str, default: int | None = None, minimum: int = 0, maximum: int = 2**53
    ) -> int:
        """A whole number between `minimum` and `maximum`, both allowed."""

        def parse(raw: str) -> int:
            allowed = f"a whole number from {minimum} to {maximum}"
            return int(_bounded(_number(raw, int, allowed), minimum, maximum, allowed))

        return self._read(name, default, minimum, parse)

    def seconds(
        self,
        name: str,
        default: float | None = None,
        minimum: float = 0.0,
        maximum: float = 86_400.0,
    ) -> float:
        """Seconds, with or without a fraction."""

        def parse(raw: str) -> float:
            allowed = f"seconds from {minimum:g} to {maximum:g}"
            return _bounded(_number(raw, float, allowed), minimum, maximum, allowed)

        return self._read(name, default, minimum, parse)

    def flag(self, name: str, default: bool | None = None) -> bool:  # noqa: FBT001 - a default, as everywhere here
        """True for `true yes on 1`, False for `false no off 0`, in any case."""

        def parse(raw: str) -> bool:
            word = raw.lower()
            if word not in _FLAGS:
                raise ValueError("true or false")
            return _FLAGS[word]

        return self._read(name, default, False, parse)  # noqa: FBT003 - the fallback value itself

    def rate(self, name: str, default: Rate | None = None) -> Rate:
        """A limit `count/seconds` such as `50/10`; `0` switches it off."""
        return self._read(name, default, Rate(0, 1.0), _rate)

    def limit(self, name: str) -> Rate:
        """The limit of that name, one of `LIMITS`."""
        return self.rate(f"PARLEY_LIMIT_{name.upper()}", LIMITS[name])

    def url(
        self, name: str, default: str | None = None, schemes: Sequence[str] = ("http", "https")
    ) -> str:
        """An absolute URL with one of `schemes`, without a slash at its end."""
        return self._read(name, default, "", lambda raw: _url(raw, schemes, shown=True))

    def secret(self, name: str, default: str | None = None) -> Secret:
        """A text that is never shown; also taken from the file named by `NAME_FILE`."""
        fallback = None if default is None else Secret(default)
        return self._read(name, fallback, Secret(""), Secret, secret=True)

    def secret_url(
        self, name: str, default: str | None = None, schemes: Sequence[str] = ()
    ) -> Secret:
        """A URL that may hold a password; also taken from the file named by `NAME_FILE`."""
        fallback = None if default is None else Secret(default)
        return self._read(
            name,
            fallback,
            Secret(""),
            lambda raw: Secret(_url(raw, schemes, shown=False)),
            secret=True,
        )

    def secret_urls(
        self, name: str, default: str | None = None, schemes: Sequence[str] = ()
    ) -> tuple[Secret, ...]:
        """A comma list of URLs that may hold passwords; also from the file named by `NAME_FILE`."""

        def parse(raw: str) -> tuple[Secret, ...]:
            return tuple(Secret(_url(part, schemes, shown=False)) for part in _parts(raw))

        fallback = None if default is None else parse(default)
        return self._read(name, fallback, (), parse, secret=True)

    def addresses(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A comma list of IP addresses and networks."""
        return self._read(
            name, default, (), lambda raw: tuple(_address(part) for part in _parts(raw))
        )

    def words(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A comma list of words, in lower case."""
        return self._read(name, default, (), lambda raw: tuple(_parts(raw.lower())))

    def wrong(self, name: str, why: str) -> None:
        """Note a problem that only shows when several settings are seen together."""
        problem = f"{name}: {why}"
        # A setting may be read in two places; it is wrong once.
        if problem not in self.problems:
            self.problems.append(problem)

    @property
    def asked(self) -> frozenset[str]:
        """Every name that was read so far."""
        return frozenset(self._asked)

    def finish(self) -> None:
        """Raise for everything found wrong so far; a service's `read` ends with this.

        Raises:
            SettingsError: at least one setting is wrong.
        """
        if self.problems:
            raise SettingsError(self.problems)

    def unknown(self) -> list[str]:
        """One sentence for each PARLEY_ name that nothing reads, with the closest that exists."""
        known = self._asked | DOCUMENTED | LIMIT_NAMES
        sentences = []
        for name in sorted(self._source):
            if not name.startswith(_PREFIX) or name.removesuffix("_FILE") in known or name in known:
                continue
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            sentences.append(f"{name} is set, but nothing reads it{hint}")
        return sentences

    def _read(
        self,
        name: str,
        default: T | None,
        fallback: T,
        parse: Callable[[str], T],
        *,
        secret: bool = False,
    ) -> T:
        self._asked.add(name)
        raw = self._secret_text(name) if secret else self._source.get(name, "").strip()
        if raw is None:
            return fallback
        if raw == "":
            if default is None:
                or_file = f" (or {name}_FILE)" if secret else ""
                self.wrong(name, f"not set{or_file}, and it has no default")
                return fallback
            return default
        try:
            return parse(raw)
        except ValueError as error:
            shown = "its value (not shown)" if secret else repr(raw)
            self.wrong(name, f"{shown} is not allowed; allowed: {error}")
            return fallback if default is None else default

    def _secret_text(self, name: str) -> str | None:
        """The value of a secret from its variable or its file; None when a problem was noted."""
        value, path = self._source.get(name, "").strip(), self._source.get(f"{name}_FILE", "")
        if not path:
            return value
        if value:
            self.wrong(name, f"set both here and in {name}_FILE; set one of them")
            return None
        try:
            with Path(path).open(encoding="utf-8") as file:
                text = file.read(_SECRET_FILE_BYTES).strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            self.wrong(f"{name}_FILE", f"{path!r} cannot be read: {reason}")
            return None
        if not text:
            self.wrong(f"{name}_FILE", f"{path!r} is empty")
            return None
        return text


@dataclass(frozen=True, slots=True)
class LogSettings:
    """How much is logged, and in which form."""

    level: str
    format: str

    @classmethod
    def read(cls, env: Env) -> LogSettings:
        return cls(
            level=env.text(
                "PARLEY_LOG_LEVEL", "info", choices=("debug", "info", "warning", "error")
            ),
            format=env.text("PARLEY_LOG_FORMAT", "json", choices=("json", "console")),
        )


@dataclass(frozen=True, slots=True)
class BaseSettings:
    """What every service needs to know."""

    host: str
    port: int
    private_port: int
    public_url: str
    jwks_url: str
    nats_urls: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    issuers: tuple[TrustedIssuer, ...]
    log: LogSettings
    drain_seconds: float

    @property
    def log_level(self) -> str:
        return self.log.level

    @property
    def log_format(self) -> str:
        return self.log.format

    @classmethod
    def read(cls, env: Env) -> BaseSettings:
        """Read them; wrong ones are noted in `env`, whose `finish` raises."""
        public_url = env.url("PARLEY_PUBLIC_URL", "http://127.0.0.1:8080")
        port = env.integer("PARLEY_PORT", 8000, 0, 65_535)
        private_port = env.integer("PARLEY_PRIVATE_PORT", 9000, 0, 65_535)
        if port == private_port != 0:
            env.wrong("PARLEY_PRIVATE_PORT", f"{private_port} is PARLEY_PORT too; take another one")
        return cls(
            host=env.text("PARLEY_HOST", "127.0.0.1"),
            port=port,
            private_port=private_port,
            public_url=public_url,
            jwks_url=env.url("PARLEY_JWKS_URL", public_url + "/.well-known/jwks.json"),
            nats_urls=env.secret_urls("PARLEY_NATS_URL", "nats://127.0.0.1:4222", ("nats", "tls")),
            trusted_proxies=env.addresses("PARLEY_TRUSTED_PROXIES"),
            issuers=_issuers(env),
            log=LogSettings.read(env),
            drain_seconds=env.seconds("PARLEY_DRAIN_SECONDS", 25.0, 0.0, 3_600.0),
        )


def _issuers(env: Env) -> tuple[TrustedIssuer, ...]:
    try:
        return issuers.parse(env.secret("PARLEY_ISSUERS", ""))
    except ValueError as error:
        env.wrong("PARLEY_ISSUERS", f"allowed: {error}")
        return ()


_FLAGS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def _parts(raw: str) -> list[str]:
    parts = [part.strip() for part in raw.split(",") if part.strip()]
    if not parts:
        raise ValueError("a comma list with at least one entry")
    return parts


def _number(raw: str, kind: type[int] | type[float], allowed: str) -> float:
    try:
        return kind(raw)
    except ValueError:
        raise ValueError(allowed) from None


def _bounded(value: float, minimum: float, maximum: float, allowed: str) -> float:
    # Written so that NaN, which compares false with everything, is refused.
    if not minimum <= value <= maximum:
        raise ValueError(allowed)
    return value


def _rate(raw: str) -> Rate:
    allowed = "count/seconds such as 50/10, or 0 for no limit"
    if raw == "0":
        return Rate(0, 1.0)
    count, slash, seconds = raw.partition("/")
    if not slash:
        raise ValueError(allowed)
    return Rate(
        int(_bounded(_number(count, int, allowed), 0, 1_000_000_000, allowed)),
        _bounded(_number(seconds, float, allowed), 0.001, 86_400.0, allowed),
    )


def _url(raw: str, schemes: Sequence[str], *, shown: bool) -> str:
    allowed = "a URL that begins with " + " or ".join(
        f"{scheme}://" for scheme in schemes or ("scheme",)
    )
    try:
        parts = urlsplit(raw)
        _ = parts.port
    except ValueError:
        raise ValueError(allowed) from None
    if (schemes and parts.scheme not in schemes) or not parts.scheme or not parts.hostname:
        raise ValueError(allowed)
    certificates.check(raw)
    if shown and (parts.username or parts.password):
        raise ValueError(allowed + ", without a user or password")
    return raw.rstrip("/")


def _address(raw: str) -> str:
    try:
        ipaddress.ip_network(raw, strict=False)
    except ValueError:
        raise ValueError("IP addresses and networks, such as 10.0.0.0/8") from None
    return raw
