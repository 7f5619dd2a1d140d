"""Passwords: made once, private, unseen."""

from pathlib import Path

import pytest

from services.local import passwords
from services.local.errors import LocalError


def test_passwords_are_made_once_and_differ(tmp_path: Path) -> None:
    """A second start signs in with the passwords of the first."""
    made = passwords.load(tmp_path)
    assert passwords.load(tmp_path) == made
    assert len({made.postgres, made.nats, made.redis}) == 3
    assert len(made.postgres) >= 24


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Nobody else on the machine reads it, whatever a crash left in its place."""
    (tmp_path / (passwords.FILE + ".new")).touch(mode=0o644)
    passwords.load(tmp_path)
    assert (tmp_path / passwords.FILE).stat().st_mode & 0o777 == 0o600


def test_a_repr_shows_no_password(tmp_path: Path) -> None:
    """What lands in a traceback or a log is empty of them."""
    made = passwords.load(tmp_path)
    assert made.nats not in repr(made)


@pytest.mark.parametrize("text", ["", "{", '{"postgres": "x"}', "[]"])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    """New passwords in its place would lock the old database: it must be told."""
    (tmp_path / passwords.FILE).write_text(text)
    with pytest.raises(LocalError, match="is damaged"):
        passwords.load(tmp_path)
