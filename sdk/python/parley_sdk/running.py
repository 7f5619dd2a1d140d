"""A program that runs until somebody stops it; what it does meanwhile is its own."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any


def run(main: Coroutine[Any, Any, object]) -> None:
    """Run `main` to its end, as `asyncio.run` does; Ctrl-C stops it without a traceback.

    It is cancelled then, so its `async with` blocks close what they opened.

    Raises:
        SystemExit: Ctrl-C stopped it; with 130, as shells expect.
    """
    try:
        asyncio.run(main)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
