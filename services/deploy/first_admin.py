"""Prints the one-time link of the first admin, while there is no account at all; else nothing.

    python -m services.deploy.first_admin NAME

It stands where auth stands, with its settings, and leaves the work to `auth.command`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


def ask(*words: str) -> Any:  # noqa: ANN401 - whatever the command answers
    """Run a word of `parley admin`, and give its answer.

    Raises:
        SystemExit: it failed; it has said why.
    """
    command = [sys.executable, "-m", "auth.command", *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603 - our own
    if done.returncode != 0:
        raise SystemExit(done.returncode)
    return json.loads(done.stdout)


def main() -> None:
    """Make the admin that is named, unless there is somebody."""
    (name,) = sys.argv[1:]
    if ask("users"):
        return
    link = ask("create", name, "--admin")["link"]["url"]
    sys.stdout.write(f"The first admin is {name!r}. Choose a password, once: {link}\n")


if __name__ == "__main__":
    main()
