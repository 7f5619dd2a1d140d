"""The golden vectors, read; no judgement of them."""

import base64
import json
from pathlib import Path
from typing import Any

import proto

Vector = dict[str, Any]
_FOLDER = Path(proto.__file__).parent / "vectors"


def load(file: str, group: str) -> list[Vector]:
    """Give the vectors of one group of `valid` or `invalid`, in order."""
    content: dict[str, list[Vector]] = json.loads((_FOLDER / f"{file}.json").read_text("utf-8"))
    return content[group]


def data(vector: Vector) -> bytes:
    """Give the bytes a vector stands for."""
    if "base64" in vector:
        return base64.b64decode(vector["base64"])
    if "text" in vector:
        return str(vector["text"]).encode()
    repeated = {name: what * times for name, (what, times) in vector.get("repeat", {}).items()}
    return json.dumps(vector["frame"] | repeated, ensure_ascii=False).encode()


def name(vector: Vector) -> str:
    """Give the name of a vector, for a test's id."""
    return str(vector["name"])
