"""The accounts that a canary signs in are read as they are written."""

from __future__ import annotations

import pytest

from services.settings import Env, SettingsError
from verify.people import parse
from verify.settings import VerifySettings


def test_two_accounts_are_read() -> None:
    """Blanks and line ends between them; a password may hold a colon."""
    assert parse(" ada:one:two\nbob:three ") == [("ada", "one:two"), ("bob", "three")]
    assert parse("") == []


@pytest.mark.parametrize("text", ["ada", "ada:", ":x", "ada:x", "ada:x bob:y cyd:z", "ada:x bob"])
def test_anything_else_is_told_without_the_password(text: str) -> None:
    """By the name of the setting; what was written is not shown."""
    env = Env({"PARLEY_VERIFY_PEOPLE": text})
    VerifySettings.read(env)
    with pytest.raises(SettingsError) as raised:
        env.finish()
    (problem,) = raised.value.problems
    assert problem.startswith("PARLEY_VERIFY_PEOPLE: ")
    assert ":x" not in problem


def test_the_address_is_the_public_one_unless_told() -> None:
    """A canary may have to go another way than people do."""
    source = {"PARLEY_PUBLIC_URL": "https://chat.example.org"}
    assert VerifySettings.read(Env(source)).url == "https://chat.example.org"
    source["PARLEY_VERIFY_URL"] = "http://caddy:80"
    assert VerifySettings.read(Env(source)).url == "http://caddy:80"
