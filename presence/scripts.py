"""The texts of the scripts that run inside Redis; it runs none of them.

A script is sent whole when Redis does not know it, and by its SHA-1 from then on (EVALSHA). Not a
FUNCTION library: replicas of two versions that live side by side during an upgrade would replace
each other's library, while scripts are named by what they are.
"""

from __future__ import annotations

from importlib import resources
from typing import Final

from presence import person, status
from services.script import Script, script

_SHARED: Final = ("clock", "person", "typist")


def load(name: str) -> Script:
    """Return the script `lua/<name>.lua` with what it builds on; it reads the package's files."""
    text = "\n".join((_constants(), *map(_read, (*_SHARED, name))))
    return script(text)


def _constants() -> str:
    ranks = ", ".join(f"{name} = {rank}" for rank, name in enumerate(status.PRECEDENCE, 1))
    return (
        f"local SEEN, STATUS, ENDED = '{person.SEEN}', '{person.STATUS}', '{person.ENDED}'\n"
        f"local REV, TOLD, NOTE = '{person.REV}', '{person.TOLD}', '{person.NOTE}'\n"
        f"local OWN, FRESH, LEFT = '{person.OWN}', '{person.FRESH}', '{person.LEFT}'\n"
        f"local RANK = {{{ranks}}}"
    )


def _read(name: str) -> str:
    return resources.files(__package__).joinpath("lua", f"{name}.lua").read_text("utf-8")
