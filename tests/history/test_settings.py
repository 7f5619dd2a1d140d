"""What history reads from its environment."""

import pytest

from history.settings import Settings
from services.settings import Env, SettingsError

URL = "postgresql://parley:secret@db/parley"


def test_the_defaults_serve() -> None:
    """Only Postgres has to be named."""
    settings = Settings.read(Env({"PARLEY_POSTGRES_URL": URL}))
    assert settings.keep_ms == 24 * 3_600_000
    assert (settings.stream.max_bytes, settings.stream.replicas) == (10 * 1024**3, 1)
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARLEY_POSTGRES_URL", ""),
        ("PARLEY_POSTGRES_URL", "mysql://db/x"),
        ("PARLEY_LOG_KEEP_HOURS", "0"),
        ("PARLEY_LOG_KEEP_HOURS", "soon"),
        ("PARLEY_LOG_MAX_BYTES", "1"),
        ("PARLEY_NATS_REPLICAS", "6"),
        ("PARLEY_POSTGRES_POOL", "1"),
    ],
)
def test_a_wrong_setting_names_itself(name: str, value: str) -> None:
    """The process does not start, and says which it was."""
    with pytest.raises(SettingsError) as told:
        Settings.read(Env({"PARLEY_POSTGRES_URL": URL, name: value}))
    assert [problem.partition(":")[0] for problem in told.value.problems] == [name]
