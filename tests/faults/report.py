"""What a run came to, in words and as JSON; it judges nothing."""

from __future__ import annotations

import json
import os
import platform
from collections import Counter
from pathlib import Path
from typing import Any

from tests.faults.checker import Kind
from tests.faults.harness import Verdict

SHOWN = 20
RESULTS = Path(__file__).resolve().parents[2] / "bench" / "results"
"""Everything in here is shown in docs/reference/guarantees.md, good or bad."""


def machine() -> str:
    """Say what it was measured on."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.release()}"


def keep(name: str, found: dict[str, Any]) -> str:
    """Write figures into `RESULTS`, in the place of older ones; say what is to be done then."""
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    return f"kept in {path}; `python -m tests.docs` shows it in docs/reference/guarantees.md"


def figures(verdict: Verdict) -> dict[str, Any]:
    """Give everything that is counted."""
    run = verdict.run
    outcomes = Counter(sending.outcome for sending in run.sendings)
    kinds = Counter(violation.kind for violation in verdict.violations)
    return {
        "machine": machine(),
        "seed": run.seed,
        "sent": len(run.sendings),
        **{outcome: outcomes[outcome] for outcome in ("ok", "refused", "unknown")},
        "amendings": len(run.amendings),
        "amended": sum(one.outcome == "ok" for one in run.amendings),
        "shown": sum(len(holding.items) for holding in run.holdings),
        "stored": sum(map(len, run.stored.values())),
        "faults": dict(Counter(fault.kind for fault in run.faults)),
        **{kind.value: kinds[kind] for kind in Kind},
        "longest_recovery_seconds": max(verdict.recovery_ms, default=0) / 1000,
        "longest_without_ok_seconds": verdict.longest_without_ok_ms / 1000,
        "ended_by_themselves": verdict.falls,
        "violations": [v._asdict() for v in verdict.violations],
    }


def text(verdict: Verdict) -> str:
    """Give it as lines for a person."""
    found = figures(verdict)
    faults = sum(found["faults"].values())
    lines = [
        f"{found['machine']}, seed {found['seed']}",
        f"{found['sent']} sends ({found['ok']} ok, {found['refused']} refused, "
        f"{found['unknown']} unknown), {found['shown']} events shown, {faults} faults",
        f"{found['amendings']} edits, deletions and reactions ({found['amended']} ok)",
        ", ".join(f"{kind.value} {found[kind.value]}" for kind in Kind),
        f"longest until all was back: {found['longest_recovery_seconds']:.1f} s; "
        f"longest without an ok: {found['longest_without_ok_seconds']:.1f} s",
    ]
    lines += [f"  by itself: {fall}" for fall in verdict.falls[:SHOWN]]
    for violation in verdict.violations[:SHOWN]:
        lines.append(f"  {violation.kind}: room {violation.room}: {violation.what}")
    if len(verdict.violations) > SHOWN:
        lines.append(f"  and {len(verdict.violations) - SHOWN} more")
    return "\n".join(lines)
