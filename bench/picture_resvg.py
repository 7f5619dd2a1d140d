"""SVG drawn as PNG, by resvg from `.bench`; it knows nothing of what is on it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

FAMILY = "DejaVu Sans"
WIDTH = 1_280


def renderer(built: Path) -> Callable[[str], bytes] | None:
    """What turns SVG into PNG; None where it was not installed (`bench.servers.install` does)."""
    where = str(built / "python")
    sys.path.append(where)
    try:
        resvg = import_module("resvg_py")
    except ImportError:
        return None
    finally:
        sys.path.remove(where)
    return lambda svg: bytes(
        resvg.svg_to_bytes(svg_string=svg, sans_serif_family=FAMILY, width=WIDTH)
    )
