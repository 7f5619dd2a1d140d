"""What a person can choose, and how a wrong choice is refused."""

from pathlib import Path

import pytest

from services.local import choices
from services.local.settings import LocalSettings, SettingsError


def test_the_defaults() -> None:
    """Port 8080, two gateways, a short drain, an address on loopback."""
    settings = LocalSettings.read(".parley", source={})
    assert (settings.port, settings.gateways, settings.drain_seconds) == (8080, 2, 3.0)
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.tls_names == ()
    assert settings.data == Path.cwd() / ".parley"


def test_an_option_wins_over_the_environment() -> None:
    """What is typed now is meant."""
    source = {"PARLEY_HTTP_PORT": "9999"}
    assert LocalSettings.read("d", source=source).port == 9999
    settings = LocalSettings.read("d", port=7777, source=source)
    assert (settings.port, settings.public_url) == (7777, "http://127.0.0.1:7777")


def test_a_slip_of_the_pen_is_told() -> None:
    """A setting that nothing reads is no choice, though whoever made it thinks so."""
    slips = LocalSettings.read("d", source={"PARLEY_REGISTRATON": "closed"}).slips
    assert slips == (
        "PARLEY_REGISTRATON is set, but nothing reads it; did you mean PARLEY_REGISTRATION?",
    )
    assert LocalSettings.read("d", source={"PARLEY_REGISTRATION": "closed"}).slips == ()


def test_tls_has_a_port_and_names_of_its_own() -> None:
    """By option or environment; the certificates are also for the name people are told."""
    settings = LocalSettings.read("d", tls=True, source={})
    assert (settings.port, settings.public_url) == (8443, "https://127.0.0.1:8443")
    assert settings.tls_names == ("127.0.0.1", "localhost")
    source = {"PARLEY_TLS": "1", "PARLEY_HTTP_PORT": "9", "PARLEY_PUBLIC_URL": "https://chat.lan"}
    settings = LocalSettings.read("d", source=source)
    assert (settings.port, settings.public_url) == (9, "https://chat.lan")
    assert settings.tls_names == ("127.0.0.1", "localhost", "chat.lan")
    source = {"PARLEY_TLS": "yes", "PARLEY_PUBLIC_URL": "https://[::1]:8443"}
    assert LocalSettings.read("d", source=source).tls_names[-1] == "[::1]"
    assert LocalSettings.read("d", source={"PARLEY_TLS": "off"}).tls_names == ()


@pytest.mark.parametrize(
    ("port", "gateways", "source", "named"),
    [
        (0, 2, {}, "--port: 0"),
        (65_536, 2, {}, "--port: 65536"),
        (None, 0, {}, "--gateways: 0"),
        (None, 17, {}, "--gateways: 17"),
        (None, 2, {"PARLEY_HTTP_PORT": "http"}, "PARLEY_HTTP_PORT"),
        (None, 2, {"PARLEY_PUBLIC_URL": "chat"}, "PARLEY_PUBLIC_URL"),
        (None, 2, {"PARLEY_DRAIN_SECONDS": "-1"}, "PARLEY_DRAIN_SECONDS"),
        (None, 2, {"PARLEY_TLS": "please"}, "PARLEY_TLS"),
        (None, 2, {"PARLEY_TLS": "1", "PARLEY_PUBLIC_URL": "http://a"}, "PARLEY_PUBLIC_URL"),
    ],
)
def test_a_wrong_choice_names_itself(
    port: int | None, gateways: int, source: dict[str, str], named: str
) -> None:
    """It is refused before anything starts."""
    with pytest.raises(SettingsError, match=named):
        LocalSettings.read("d", port=port, gateways=gateways, source=source)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARLEY_REFRESH_DAYS", "abc"),
        ("PARLEY_LIMIT_SENDS", "50"),
        ("PARLEY_LOG_KEEP_HOURS", "0"),
        ("PARLEY_EMOJI_ADD", "nobody"),
        ("PARLEY_MAX_CONNECTIONS", "many"),
        ("PARLEY_OUTBOUND_ALLOW", "http://wiki"),
        ("PARLEY_LOG_LEVEL", "loud"),
    ],
)
def test_a_setting_that_a_service_refuses_is_refused_here(name: str, value: str) -> None:
    """Whoever of them reads it."""
    with pytest.raises(SettingsError, match=f"^{name}: "):
        LocalSettings.read("d", source={name: value})


def test_all_that_is_wrong_is_told_at_once_and_once() -> None:
    """Of the stack and of services, in one go; a value that may be a secret is not shown."""
    source = {
        "PARLEY_TLS": "please",
        "PARLEY_DRAIN_SECONDS": "-1",
        "PARLEY_KEY_DAYS": "x",
        "PARLEY_SMTP_URL": "ftp://me:hunter2@mail",
    }
    with pytest.raises(SettingsError) as refused:
        LocalSettings.read("d", source=source)
    named = sorted(problem.partition(":")[0] for problem in refused.value.problems)
    assert named == sorted(source)
    assert "hunter2" not in str(refused.value)


def test_what_the_stack_gives_itself_may_be_anything() -> None:
    """An address of another database, say, which no process of the stack gets to see."""
    source = dict.fromkeys(choices.OWN, "anything") | {"PARLEY_NATS_URL_FILE": "/nowhere"}
    assert LocalSettings.read("d", source=source).slips == ()


def test_the_environment_shows_in_no_repr() -> None:
    """It may hold anybody's secrets."""
    assert "hunter2" not in repr(LocalSettings.read("d", source={"TOKEN": "hunter2"}))


def test_when_the_log_is_flushed_is_a_choice_of_a_few() -> None:
    """Before it is acknowledged unless somebody chooses; what is no choice is refused."""
    assert LocalSettings.read("d", source={}).nats_sync == "always"
    assert LocalSettings.read("d", source={"PARLEY_NATS_SYNC": "100ms"}).nats_sync == "100ms"
    with pytest.raises(SettingsError, match="PARLEY_NATS_SYNC"):
        LocalSettings.read("d", source={"PARLEY_NATS_SYNC": "never"})
