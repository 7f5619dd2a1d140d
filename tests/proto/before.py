"""The contract of the version before, as a file: what two versions side by side are held against.

    python -m tests.proto.before REVISION

writes `proto/vectors/before.json` of what that revision had (at each release: the one before).
It is read by `test_before.py` and by the tests of the TypeScript library.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
PATH: Final = ROOT / "proto" / "vectors" / "before.json"
ABOUT: Final = [
    "What the version before had: its golden vectors, and its schema without the words. Made by"
    " `python -m tests.proto.before REVISION`; never edited by hand.",
    "A server of this version meets clients and services of that one, and the other way round.",
]
WORDS: Final = ("description", "title", "default", "x-absent")
"""What of a schema says nothing of what is written."""


def bare(schema: Any) -> Any:  # noqa: ANN401 - whatever JSON is
    """Give a schema without its words; a property may be called like one of them."""
    if isinstance(schema, list):
        return [bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: bare(of) for name, of in value.items()} if key == "properties" else bare(value)
        for key, value in schema.items()
        if key not in WORDS
    }


def _of(revision: str, path: str) -> Any:  # noqa: ANN401 - whatever JSON is
    words = ["git", "show", f"{revision}:{path}"]
    return json.loads(subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)  # noqa: S603 - our own command


def main() -> None:
    """Write the file."""
    (revision,) = sys.argv[1:]
    vectors = _of(revision, "proto/vectors/valid.json")
    lines = [
        f'"about": {json.dumps(ABOUT)}',
        *(f'"{group}": {_list(vectors[group])}' for group in ("client", "server", "log")),
        f'"schema": {_compact(bare(_of(revision, "proto/schema.json")["$defs"]))}',
    ]
    PATH.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _list(vectors: list[Any]) -> str:
    return "[\n" + ",\n".join(map(_compact, vectors)) + "\n]"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
