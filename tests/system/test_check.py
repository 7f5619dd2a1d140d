"""`parley check` says what is right and what is not, in words."""

from __future__ import annotations

import os
import subprocess

import pytest

from services.local import passwords, servers
from services.local.ports import HOST, free_ports
from tests.local_stack import COMMAND, LocalStack


@pytest.fixture
def surroundings(stack: LocalStack) -> dict[str, str]:
    """What the services of the stack are given."""
    secret, there = passwords.load(stack.data), stack.processes
    port = {name: one.port or 0 for name, one in there.items()}
    return {
        "PATH": os.environ["PATH"],
        "PARLEY_PUBLIC_URL": stack.url,
        "PARLEY_JWKS_URL": f"http://{HOST}:{port['auth']}/.well-known/jwks.json",
        "PARLEY_NATS_URL": servers.nats_url(port["nats"], secret),
        "PARLEY_POSTGRES_URL": servers.postgres_url(port["postgres"], secret),
        "PARLEY_REDIS_URL": servers.redis_url(port["valkey"], secret),
    }


def _check(surroundings: dict[str, str], *services: str) -> tuple[int, str]:
    words = [*COMMAND, "check", *services]
    done = subprocess.run(  # noqa: S603 - our own command
        words, env=surroundings, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_all_is_well(stack: LocalStack) -> None:
    """Of the stack in a data directory each part is named once, and the code is 0."""
    given = {"PATH": os.environ["PATH"], "PARLEY_MAX_CONNECTIONS": "100"}
    code, said = _check(given, "--data", str(stack.data))
    assert code == 0, said
    for part in (
        "auth",
        "gateway",
        "history",
        "media",
        "notify",
        "presence",
        "NATS",
        "clock",
        "Valkey",
        "keys",
    ):
        assert f"ok    {part}: " in said, said
    assert said.count("reached") == 3
    assert "schema history: up to date" in said


@pytest.mark.parametrize(("service", "seen"), [("auth", "as auth"), ("history", "% full")])
def test_all_is_well_in_the_place_of_one(
    surroundings: dict[str, str], stack: LocalStack, service: str, seen: str
) -> None:
    """With the user that the service has on NATS, who may not even ask how the log is."""
    secret, port = passwords.load(stack.data), stack.processes["nats"].port or 0
    surroundings["PARLEY_NATS_URL"] = servers.nats_url(port, secret, service)
    code, said = _check(surroundings, service)
    assert code == 0, said
    (line,) = (line for line in said.splitlines() if line.startswith("ok    NATS: reached"))
    assert seen in line


def test_what_is_wrong_comes_with_advice(surroundings: dict[str, str]) -> None:
    """All of it at once: a setting, a name, a server that is away; no password is shown."""
    (nobody,) = free_ports(1)
    surroundings["PARLEY_NATS_URL"] = f"nats://parley:hush@{HOST}:{nobody}"
    surroundings["PARLEY_DRAIN_SECONDS"] = "soon"
    surroundings["PARLEY_PUBLIK_URL"] = "x"
    surroundings["PARLEY_MAX_CONNECTIONS"] = "900000"
    code, said = _check(surroundings, "gateway")
    assert code == 1
    assert "WRONG gateway: PARLEY_DRAIN_SECONDS: 'soon' is not allowed" in said
    assert "did you mean PARLEY_PUBLIC_URL?" in said
    assert "WRONG NATS: " in said
    assert "raise nofile, or lower PARLEY_MAX_CONNECTIONS" in said
    assert "hush" not in said
    assert "nats error" not in said


def test_a_postgres_that_cannot_write_is_told(surroundings: dict[str, str]) -> None:
    """It is reached all the same, and that alone would look well: as with a full disk."""
    surroundings["PARLEY_POSTGRES_URL"] += "?options=-cdefault_transaction_read_only%3Don"
    code, said = _check(surroundings, "history")
    assert code == 1
    assert "ok    Postgres: reached" in said
    assert "WRONG Postgres: it cannot write: cannot execute CREATE TABLE" in said
    assert "room on its disk" in said


def test_a_word_that_is_no_service_is_told() -> None:
    """With those that there are."""
    code, said = _check({"PATH": os.environ["PATH"]}, "gatway")
    assert code == 1
    assert "gatway is no service: auth, history, presence, media, notify, gateway" in said
