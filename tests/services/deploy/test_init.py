"""The secrets of an installation: random, made once, each reader its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.deploy import init
from services.settings import Env


def _made(folder: Path) -> dict[str, str]:
    """Run it as compose does, and give every file by its path."""
    (folder / init.OWN).mkdir(exist_ok=True)
    init.hand_out(folder, init.kept(folder / init.OWN))
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in found}


def test_no_two_installations_have_a_secret_in_common(tmp_path: Path) -> None:
    """Nor have two servers of one."""
    passwords = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        passwords += json.loads(_made(tmp_path / name)["own/passwords.json"]).values()
    assert len(passwords) == len(set(passwords)) == 8
    assert all(len(password) == 48 for password in passwords)


def test_a_second_run_hands_out_the_same(tmp_path: Path) -> None:
    """Servers keep the password they began with, so it must never change by itself."""
    assert _made(tmp_path) == _made(tmp_path)


def test_a_newer_version_adds_what_is_missing(tmp_path: Path) -> None:
    """A server that was not there before gets a password, and the others keep theirs."""
    first = _made(tmp_path)
    kept = json.loads(first["own/passwords.json"])
    old = {name: value for name, value in kept.items() if name != "grafana"}
    (tmp_path / "own/passwords.json").unlink()
    (tmp_path / "own/passwords.json").write_text(json.dumps(old))
    again = _made(tmp_path)
    assert again["grafana/password"] not in ("", first["grafana/password"])
    del first["own/passwords.json"], again["own/passwords.json"]
    del first["grafana/password"], again["grafana/password"]
    assert first == again


@pytest.mark.parametrize("text", ["", "[]", '{"nats": 1}'])
def test_damaged_ones_are_not_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """The servers would not know the new ones: the operator is told."""
    (tmp_path / init.OWN).mkdir()
    (tmp_path / init.OWN / "passwords.json").write_text(text)
    monkeypatch.setattr("sys.argv", ["init", str(tmp_path)])
    assert init.main() == 1
    assert capsys.readouterr().err.startswith("init: ")
    assert (tmp_path / init.OWN / "passwords.json").read_text() == text


def test_the_addresses_are_settings(tmp_path: Path) -> None:
    """What the services read from their files is what their settings take."""
    made = _made(tmp_path)
    source = {f"PARLEY_{name}_FILE": str(tmp_path / path) for name, path in (
        ("NATS_URL", "gateway/nats_url"),
        ("POSTGRES_URL", "history/postgres_url"),
        ("REDIS_URL", "presence/redis_url"),
    )}  # fmt: skip
    env = Env(source)
    assert env.secret_urls("PARLEY_NATS_URL", None, ("nats",)) == (made["gateway/nats_url"],)
    env.secret_url("PARLEY_POSTGRES_URL", None, ("postgresql",))
    env.secret_url("PARLEY_REDIS_URL", None, ("redis",))
    env.finish()


def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path) -> None:
    """What is handed out may be read by all who see it, which is who mounts that volume."""
    _made(tmp_path)
    assert (tmp_path / "own/passwords.json").stat().st_mode & 0o777 == 0o400
    assert (tmp_path / "postgres/password").stat().st_mode & 0o777 == 0o444
