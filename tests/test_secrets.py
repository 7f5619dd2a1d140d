"""What looks for secrets in logs finds each kind of them."""

from pathlib import Path

import pytest

from auth import secret, session
from tests.secrets import SHAPES, secrets_in

WORDS = {
    "a JWT": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1XzEifQ." + "A" * 86,
    "a refresh token": session.write(session.Secrets(bytes(32), bytes(32))),
    "the secret of a link": secret.write(secret.RESET, bytes(32)),
    "an API token": secret.write(secret.API_TOKEN, bytes(32)),
    "a hashed password": "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA",
    "a password of the tests": "password='correct horse battery'",
    "a password in a URL": "nats://parley:s3cret@127.0.0.1:4222",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_kind_is_found(tmp_path: Path, shape: str) -> None:
    """In the middle of a line, in any file below."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "auth.log").write_text(f'{{"event":"x","what":"{WORDS[shape]} y"}}\n')
    assert secrets_in(tmp_path) == [f"auth.log: {shape}"]


def test_what_is_no_secret_is_none(tmp_path: Path) -> None:
    """Ids, names of keys, hidden passwords."""
    (tmp_path / "a.log").write_text("u_kJ2 s_9aB kid=k_xyz nats://127.0.0.1:4222 r_short '***'\n")
    assert secrets_in(tmp_path) == []
