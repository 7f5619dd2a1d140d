"""The settings of auth: what is taken, and what refuses to start."""

import pytest

from auth.settings import AuthSettings
from services.settings import Env, SettingsError


def test_by_default_registration_is_by_invitation() -> None:
    """Nobody gets in because an operator forgot a setting."""
    settings = AuthSettings.read(Env({}))
    assert settings.registration == "invite"
    assert settings.refresh_days == 30


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARLEY_REGISTRATION", "everybody"),
        ("PARLEY_REFRESH_DAYS", "0"),
        ("PARLEY_REFRESH_DAYS", "1.5"),
        ("PARLEY_POSTGRES_URL", "mysql://localhost/parley"),
        ("PARLEY_POSTGRES_POOL", "0"),
    ],
)
def test_a_wrong_value_names_itself(name: str, value: str) -> None:
    """One sentence that begins with the variable."""
    with pytest.raises(SettingsError) as error:
        AuthSettings.read(Env({name: value}))
    assert [problem.partition(":")[0] for problem in error.value.problems] == [name]


def test_the_database_url_is_not_shown() -> None:
    """Its password would be in any log of the settings."""
    url = "postgresql://parley:hunter2@db/parley"
    assert "hunter2" not in repr(AuthSettings.read(Env({"PARLEY_POSTGRES_URL": url})))
