"""The event loop every service runs on; nothing else of the life cycle."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` on a fresh uvloop until it ends, then cancel what is left and close the loop."""
    return uvloop.run(main)
