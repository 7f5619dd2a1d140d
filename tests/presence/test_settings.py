"""What the service reads from its environment."""

import pytest

from presence.settings import PresenceSettings
from services.settings import Env, SettingsError


def test_redis_is_on_this_machine_unless_told() -> None:
    """The default is Redis' own port, and the base settings are read too."""
    settings = PresenceSettings.read(Env({"PARLEY_PORT": "8123"}))
    assert settings.redis_url == "redis://127.0.0.1:6379/0"
    assert settings.base.port == 8123


def test_a_password_does_not_show() -> None:
    """The settings can be logged whole."""
    settings = PresenceSettings.read(Env({"PARLEY_REDIS_URL": "rediss://:hidden@redis:6380/2"}))
    assert "hidden" in settings.redis_url
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize("url", ["http://redis", "redis", "valkey://redis", "redis://"])
def test_what_is_no_redis_is_refused(url: str) -> None:
    """The problem names the variable."""
    env = Env({"PARLEY_REDIS_URL": url})
    PresenceSettings.read(env)
    with pytest.raises(SettingsError, match="PARLEY_REDIS_URL"):
        env.finish()
