"""The texts that are sent to Redis."""

import hashlib

import pytest

from presence import scripts, status

NAMES = (
    "renew",
    "own",
    "count",
    "end",
    "due",
    "sweep",
    "read",
    "tell",
    "typing",
    "typing_due",
    "typing_sweep",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_script_is_named_by_its_sha1(name: str) -> None:
    """EVALSHA finds it under the name that Redis gives it."""
    script = scripts.load(name)
    assert script.sha == hashlib.sha1(script.text.encode()).hexdigest()  # noqa: S324  Redis' naming


def test_the_table_of_statuses_is_in_the_text() -> None:
    """Redis ranks by the very table that Python reads by."""
    text = scripts.load("renew").text
    for rank, name in enumerate(status.PRECEDENCE, 1):
        assert f"{name} = {rank}" in text


def test_scripts_differ() -> None:
    """No two of them have the same name in Redis."""
    assert len({scripts.load(name).sha for name in NAMES}) == len(NAMES)
