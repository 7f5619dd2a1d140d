"""What was measured on, in words that a reader of the results needs; it measures nothing."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("picows", "uvloop", "uvicorn", "starlette", "msgspec", "nats-py", "asyncpg")


def machine() -> dict[str, object]:
    """Give processor, cores, kernel and the load that others make, as it is now."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "kernel": f"{platform.system()} {platform.release()}",
        "load_average_before": round(os.getloadavg()[0], 1),
    }


def versions() -> dict[str, str]:
    """Give the versions of what the figures depend on, as far as it is installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    if (node := shutil.which("node")) is not None:
        asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603  found on PATH
        found["node"] = asked.stdout.strip()
    return found


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
