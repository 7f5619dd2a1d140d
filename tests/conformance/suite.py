"""Gets hold of Autobahn's test suite, which runs on CPython 2.7 alone; it judges no result.

Where a 2.7 is at hand (PATH or pyenv) the suite gets a virtual environment of it. Elsewhere root
can have Debian bullseye, the last release with a 2.7, put into a directory by debootstrap.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

REQUIREMENTS: Final = Path(__file__).with_name("requirements.txt")
VIRTUALENV: Final = "virtualenv==20.21.1"  # the last one that makes environments of 2.7
PIP: Final = "pip==20.3.4"  # the last one for 2.7
_PACKAGES: Final = "python2.7-dev,gcc,libc6-dev,libffi-dev,virtualenv,ca-certificates"
# What lets pip inside the directory reach what it reaches outside.
_HOST_FILES: Final = (
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/pip.conf",
    "/etc/ssl/certs/ca-certificates.crt",
)


class MissingError(Exception):
    """Neither a Python 2.7 nor a way to one is here."""


def suite(state: Path) -> list[str]:
    """Return the command that runs `wstest`, installed under `state` unless it is already.

    Raises:
        MissingError: there is no way to a Python 2.7.
        subprocess.CalledProcessError: an installation failed; it has said why.
    """
    bullseye = state / "bullseye"
    for command in ([str(state / "py27/bin/wstest")], _inside(bullseye, "/suite/bin/wstest")):
        if _works(command):
            return command
    python = _python27()
    if python is not None:
        return _in_virtualenv(state, python)
    if os.geteuid() == 0 and shutil.which("debootstrap"):
        return _in_bullseye(bullseye)
    message = "Autobahn's suite needs CPython 2.7: `pyenv install 2.7.18`, or as root on Debian "
    raise MissingError(message + "`apt-get install debootstrap`, and again.")


def _works(command: list[str]) -> bool:
    try:
        done = subprocess.run([*command, "--help"], capture_output=True, check=False)  # noqa: S603 - ours
    except OSError:
        return False
    return done.returncode == 0


def _python27() -> str | None:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    # pyenv's own name for it on PATH answers only where that version is selected: tried last.
    found = [*map(str, pyenv.glob("versions/2.7*/bin/python2.7")), shutil.which("python2.7")]
    return next((python for python in found if python and _works([python])), None)


def _in_virtualenv(state: Path, python: str) -> list[str]:
    tool, place = state / "virtualenv", state / "py27"
    _run([sys.executable, "-m", "venv", str(tool)])
    _run([str(tool / "bin/pip"), "install", "-q", VIRTUALENV])
    _run([str(tool / "bin/virtualenv"), "-q", "-p", python, str(place)])
    _run([str(place / "bin/pip"), "install", "-q", "-r", str(REQUIREMENTS)])
    return [str(place / "bin/wstest")]


def _in_bullseye(root: Path) -> list[str]:
    if not (root / "usr/bin/virtualenv").exists():
        # One that was cut short is taken up again. It is not removed first: debootstrap mounts
        # /proc and /sys in it, and may have left them there.
        _run(["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "bullseye", str(root)])
    for name in _HOST_FILES:
        _copy_in(Path(name), root)
    _copy_in(REQUIREMENTS, root, "/requirements.txt")
    _run(_inside(root, "virtualenv", "-q", "-p", "python2.7", "/suite"))
    # Debian took pip's own libraries out of it, and so it can build nothing: the same version
    # from the index, whole.
    _run(_inside(root, "/suite/bin/pip", "install", "-q", "--force-reinstall", PIP))
    _run(_inside(root, "/suite/bin/pip", "install", "-q", "-r", "/requirements.txt"))
    return _inside(root, "/suite/bin/wstest")


def _copy_in(source: Path, root: Path, name: str | None = None) -> None:
    """Copy a file of the host, if there is one, to where it is seen inside.

    Raises:
        MissingError: the place leads out of `root`.
    """
    target = root / (name or str(source)).lstrip("/")
    if not source.is_file():
        return
    # Links inside are absolute: seen from here they point at the host's own files, which a copy
    # made by root would overwrite. So the link itself is replaced, and no directory may be one.
    if not target.parent.resolve().is_relative_to(root.resolve()):
        raise MissingError(f"{target} leads out of {root}")
    target.unlink(missing_ok=True)
    shutil.copyfile(source, target)


def _inside(root: Path, *command: str) -> list[str]:
    return ["chroot", str(root), *command]


def _run(command: list[str]) -> None:
    sys.stderr.write(" ".join(command) + "\n")
    subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603 - ours
