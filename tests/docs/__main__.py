"""Writes what the reference takes from the source, or with `--check` says what is stale."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.docs.reference import REFERENCE, pages


def main(arguments: list[str]) -> int:
    """Write every page, or with `--check` none: then 1 says that one is stale."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m tests.docs [--check]\n")
        return 2
    stale = [path for path, text in pages().items() if _read(path) != text]
    for path in stale:
        if arguments:
            shown = path.relative_to(REFERENCE.parent.parent)
            sys.stderr.write(f"{shown} is stale: run python -m tests.docs\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages()[path], encoding="utf-8")
    return 1 if stale and arguments else 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
