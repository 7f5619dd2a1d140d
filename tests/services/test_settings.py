"""Settings: what is taken, what is refused, and how that is told."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from services.settings import BaseSettings, Env, Rate, Secret, SettingsError


def refusal(env: Env) -> str:
    """The one problem noted."""
    with pytest.raises(SettingsError) as caught:
        env.finish()
    (problem,) = caught.value.problems
    return problem


def test_defaults_stand_where_nothing_is_set() -> None:
    """An empty environment gives a complete, working configuration for one machine."""
    env = Env({})
    base = BaseSettings.read(env)
    env.finish()
    assert (base.host, base.port, base.private_port) == ("127.0.0.1", 8000, 9000)
    assert base.public_url == "http://127.0.0.1:8080"
    assert base.jwks_url == "http://127.0.0.1:8080/.well-known/jwks.json"
    assert base.nats_urls == ("nats://127.0.0.1:4222",)
    assert (base.log_level, base.log_format, base.drain_seconds) == ("info", "json", 25.0)
    assert base.trusted_proxies == ()


def test_values_are_read() -> None:
    """What is set is what is used, without the slash at a URL's end."""
    env = Env(
        {
            "PARLEY_HOST": "::1",
            "PARLEY_PORT": "1",
            "PARLEY_PRIVATE_PORT": "2",
            "PARLEY_PUBLIC_URL": "https://chat.example/",
            "PARLEY_NATS_URL": "nats://a:1, tls://b:2",
            "PARLEY_LOG_LEVEL": "debug",
            "PARLEY_LOG_FORMAT": "console",
            "PARLEY_DRAIN_SECONDS": "0.5",
            "PARLEY_TRUSTED_PROXIES": "10.0.0.0/8,::1",
        }
    )
    base = BaseSettings.read(env)
    env.finish()
    assert (base.host, base.port, base.private_port) == ("::1", 1, 2)
    assert base.jwks_url == "https://chat.example/.well-known/jwks.json"
    assert base.nats_urls == ("nats://a:1", "tls://b:2")
    assert (base.log_level, base.log_format, base.drain_seconds) == ("debug", "console", 0.5)
    assert base.trusted_proxies == ("10.0.0.0/8", "::1")


def test_an_empty_value_counts_as_not_set() -> None:
    """Compose passes unset variables on as empty ones: they take the default."""
    assert Env({"PARLEY_PORT": " "}).integer("PARLEY_PORT", 7) == 7


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("PARLEY_PORT", "eighty", "a whole number from 0 to 65535"),
        ("PARLEY_PORT", "65536", "a whole number from 0 to 65535"),
        ("PARLEY_PORT", "-1", "a whole number from 0 to 65535"),
        ("PARLEY_LOG_LEVEL", "loud", "one of debug, info, warning, error"),
        ("PARLEY_DRAIN_SECONDS", "nan", "seconds from 0 to 3600"),
        ("PARLEY_DRAIN_SECONDS", "1m", "seconds from 0 to 3600"),
        ("PARLEY_PUBLIC_URL", "chat.example", "a URL that begins with http:// or https://"),
        ("PARLEY_PUBLIC_URL", "ftp://x", "a URL that begins with http:// or https://"),
        ("PARLEY_PUBLIC_URL", "http://x:port", "a URL that begins with http:// or https://"),
        ("PARLEY_PUBLIC_URL", "http://u:p@x", "without a user or password"),
        ("PARLEY_TRUSTED_PROXIES", "caddy", "IP addresses and networks"),
        ("PARLEY_TRUSTED_PROXIES", ",", "a comma list with at least one entry"),
    ],
)
def test_a_wrong_value_names_itself_and_what_is_allowed(
    name: str, value: str, allowed: str
) -> None:
    """The message has the variable, the value and what would be taken."""
    env = Env({name: value})
    BaseSettings.read(env)
    problem = refusal(env)
    assert problem.startswith(f"{name}: {value!r} is not allowed; allowed: ")
    assert allowed in problem


def test_all_wrong_values_are_told_at_once() -> None:
    """Nobody has to fix one setting to learn of the next."""
    env = Env({"PARLEY_PORT": "x", "PARLEY_LOG_FORMAT": "xml", "PARLEY_NATS_URL": "http://n"})
    BaseSettings.read(env)
    with pytest.raises(SettingsError) as caught:
        env.finish()
    names = sorted(problem.split(":")[0] for problem in caught.value.problems)
    assert names == ["PARLEY_LOG_FORMAT", "PARLEY_NATS_URL", "PARLEY_PORT"]


def test_the_two_ports_differ() -> None:
    """Probes must not be reachable where the public is; 0 takes any two free ones."""
    env = Env({"PARLEY_PORT": "9000"})
    BaseSettings.read(env)
    assert refusal(env) == "PARLEY_PRIVATE_PORT: 9000 is PARLEY_PORT too; take another one"
    free = Env({"PARLEY_PORT": "0", "PARLEY_PRIVATE_PORT": "0"})
    BaseSettings.read(free)
    free.finish()


def test_a_value_without_default_must_be_set() -> None:
    """A missing one is named, a secret with both places it may come from."""
    env = Env({})
    assert env.text("PARLEY_HOST") == ""
    assert refusal(env) == "PARLEY_HOST: not set, and it has no default"
    env = Env({})
    env.secret_url("PARLEY_POSTGRES_URL")
    assert refusal(env) == (
        "PARLEY_POSTGRES_URL: not set (or PARLEY_POSTGRES_URL_FILE), and it has no default"
    )


@pytest.mark.parametrize(
    ("raw", "rate"),
    [
        ("50/10", Rate(50, 10.0)),
        ("1/0.5", Rate(1, 0.5)),
        ("0", Rate(0, 1.0)),
        ("0/60", Rate(0, 60)),
    ],
)
def test_a_rate_is_a_count_in_seconds(raw: str, rate: Rate) -> None:
    """`count/seconds`; a count of 0 is off."""
    read = Env({"PARLEY_LIMIT_SENDS": raw}).rate("PARLEY_LIMIT_SENDS", Rate(1, 1))
    assert read == rate
    assert read.off is (rate.count == 0)


def test_a_limit_is_what_the_protocol_says_unless_it_is_set() -> None:
    """`PARLEY_LIMIT_<NAME>` in capitals; each has its default."""
    env = Env({"PARLEY_LIMIT_SENDS_ROOM": "7/1"})
    assert (env.limit("sends"), env.limit("sends_room")) == (Rate(50, 10.0), Rate(7, 1.0))


@pytest.mark.parametrize("raw", ["50", "50/", "/10", "50/0", "-1/10", "x/y", "1.5/10", "5/inf"])
def test_a_wrong_rate_is_refused(raw: str) -> None:
    """Whatever is not a bounded count in a positive time."""
    env = Env({"PARLEY_LIMIT_SENDS": raw})
    assert env.rate("PARLEY_LIMIT_SENDS", Rate(7, 7)) == Rate(7, 7)
    assert "count/seconds such as 50/10" in refusal(env)


@pytest.mark.parametrize(
    ("raw", "flag"), [("Yes", True), ("1", True), ("off", False), ("0", False)]
)
def test_a_flag_is_a_word(raw: str, flag: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """The usual words, in any case."""
    assert Env({"PARLEY_ACK": raw}).flag("PARLEY_ACK", default=not flag) is flag


def test_a_wrong_flag_is_refused() -> None:
    """Anything else is not guessed at."""
    env = Env({"PARLEY_ACK": "maybe"})
    env.flag("PARLEY_ACK", default=False)
    assert refusal(env) == "PARLEY_ACK: 'maybe' is not allowed; allowed: true or false"


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    """`NAME_FILE` names a file with the value, its newline taken off."""
    file = tmp_path / "url"
    file.write_text("postgres://u:p@h/d\n")
    env = Env({"PARLEY_POSTGRES_URL_FILE": str(file)})
    assert env.secret_url("PARLEY_POSTGRES_URL", schemes=("postgres",)) == "postgres://u:p@h/d"
    env.finish()
    assert env.unknown() == []


def test_a_secret_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """Missing, empty, not text, or given beside the value itself."""
    empty, binary = tmp_path / "empty", tmp_path / "binary"
    empty.write_text("\n")
    binary.write_bytes(b"\xff\xfe")
    cases = {
        str(tmp_path / "none"): "cannot be read: No such file or directory",
        str(empty): "is empty",
        str(binary): "cannot be read: not UTF-8",
    }
    for path, reason in cases.items():
        env = Env({"PARLEY_REDIS_URL_FILE": path})
        env.secret("PARLEY_REDIS_URL", "default")
        assert refusal(env) == f"PARLEY_REDIS_URL_FILE: {path!r} {reason}"
    both = Env({"PARLEY_REDIS_URL_FILE": str(empty), "PARLEY_REDIS_URL": "redis://x"})
    both.secret("PARLEY_REDIS_URL")
    assert "set both here and in PARLEY_REDIS_URL_FILE" in refusal(both)


def test_a_secret_is_never_shown() -> None:
    """Not in the message about it, and not in the repr of what holds it."""

    @dataclass(frozen=True)
    class Holder:
        url: str
        urls: tuple[str, ...]

    env = Env({"PARLEY_POSTGRES_URL": "mysql://u:hunter2@h/d"})
    env.secret_url("PARLEY_POSTGRES_URL", schemes=("postgres", "postgresql"))
    assert "hunter2" not in refusal(env)
    good = Env({"PARLEY_NATS_URL": "nats://u:hunter2@h"})
    urls = good.secret_urls("PARLEY_NATS_URL", schemes=("nats",))
    assert urls == ("nats://u:hunter2@h",)
    assert "hunter2" not in repr(Holder(urls[0], urls)) + repr(Secret("hunter2"))


def test_unknown_names_are_told_with_the_closest() -> None:
    """A slip of the pen is noticed; names of other services and other programs are not slips."""
    env = Env(
        {
            "PARLEY_NAT_URL": "x",
            "PARLEY_REDIS_URL": "redis://x",
            "PARLEY_LIMIT_EXEMPT": "10.0.0.0/8",
            "PARLEY_LIMIT_SENDS": "1/1",
            "PARLEY_LIMIT_SEND": "1/1",
            "PARLEY_SMTP_URL_FILE": "x",
            "PARLEY_QQQQQQQQ": "x",
            "PATH": "/bin",
        }
    )
    BaseSettings.read(env)
    env.finish()
    assert env.unknown() == [
        "PARLEY_LIMIT_SEND is set, but nothing reads it; did you mean PARLEY_LIMIT_SENDS?",
        "PARLEY_NAT_URL is set, but nothing reads it; did you mean PARLEY_NATS_URL?",
        "PARLEY_QQQQQQQQ is set, but nothing reads it",
    ]


def test_the_environment_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What changes after the start changes nothing."""
    monkeypatch.setenv("PARLEY_PORT", "1")
    env = Env()
    monkeypatch.setenv("PARLEY_PORT", "2")
    assert env.integer("PARLEY_PORT", 0) == 1
