"""The tables of docs/reference/durability.md: what `python -m bench sync` found."""

from __future__ import annotations

import json
from typing import Any

from tests.docs.guarantees import RESULTS
from tests.docs.markdown import code, number, table

PATH = RESULTS / "bench-sync.json"


def costs() -> str:
    """What each choice costs, the default first; then what a client sees of `PARLEY_ACK`."""
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    head = ("`sync_interval`", "nodes", "storage", "one, p50", "p99", "many a second")
    rows = [
        (
            code(one["sync_interval"]) if one["storage"] == "file" else "",
            number(one["replicas"]),
            one["storage"],
            f"{one['p50_ms']:.1f} ms",
            f"{one['p99_ms']:.1f} ms",
            number(one["per_second"]),
        )
        for one in found["choices"]
    ]
    answers = [
        (code(one["ack"]), f"{one['p50_ms']:.1f} ms", f"{one['p99_ms']:.1f} ms")
        for one in found["answers"]
    ]
    return "\n\n".join(
        (
            table(head, rows),
            "From a send to its `ok` through the whole local stack, one after another:",
            table(("`PARLEY_ACK`", "p50", "p99"), answers),
            f"Measured by {code(found['command'])} on {_machine(found)}, shared with other work.",
        )
    )


def _machine(found: dict[str, Any]) -> str:
    machine = found["machine"]
    return f"{machine['cores']} cores, {machine['kernel']}"
