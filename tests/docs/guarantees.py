"""The tables of docs/reference/guarantees.md: what stands in bench/results, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.docs.markdown import code, number, table

RESULTS = Path(__file__).resolve().parent.parent.parent / "bench" / "results"
BROKEN = ("lost", "doubled", "reordered", "leaked", "hole", "ghost", "strange", "split", "stuck")
FIGURES = {
    "sockets": "sockets",
    "rooms": "rooms",
    "people": "people",
    "ok": "messages acknowledged",
    "shown": "events shown",
    "returns": "sockets that had to come back",
    "back_seconds": "seconds until all were back and caught up",
    "longest_gap_seconds": "longest gap of a client, seconds",
    "p99_gap_seconds": "gap of a client, p99, seconds",
    "median_gap_seconds": "gap of a client, median, seconds",
    "peak_ready_per_second": "hellos answered in the busiest second",
    "peak_queries_per_second": "statements a second in Postgres, at the peak",
    "clients_cores": "cores that the clients took",
    "messages_beside": "messages of 16 KB until the one who did not read was closed (4001)",
    "unsent_bytes": "most bytes that waited in the gateway",
    "median_ms_alone": "until all the others heard a message without it, median, ms",
    "median_ms_beside": "beside it",
    "p99_ms_alone": "without it, p99, ms",
    "p99_ms_beside": "beside it, p99, ms",
    "minutes": "minutes",
    "settled_minutes": "minutes until it counted as settled",
    "hellos": "hellos",
    "grown": "growth of the gateway that grew most, a share",
    "gateways_that_drained": "gateways that told sockets to go (4000)",
    "load_average_before": "load average before",
}
"""What is shown of a scenario, in this order, as far as it has it."""


def schedules() -> str:
    """Every run of a schedule, one a row."""
    head = ("command", "machine", "load", "faults", "sends", "ok", "changes", "shown")
    return table(
        (*head, *BROKEN, "back", "no ok"),
        [
            (
                code(found["command"]),
                found["machine"],
                _or_dash(found, "load_average_before"),
                number(sum(found["faults"].values())),
                number(found["sent"]),
                number(found["ok"]),
                _or_dash(found, "amended"),
                number(found["shown"]),
                *(number(found[kind]) for kind in BROKEN),
                f"{found['longest_recovery_seconds']:.1f} s",
                f"{found['longest_without_ok_seconds']:.1f} s",
            )
            for found in _results("faults-*.json")
        ],
    )


def scenarios() -> str:
    """Every scenario, one a table."""
    return "\n\n".join(_scenario(found) for found in _results("scenario-*.json"))


def _or_dash(found: dict[str, Any], name: str) -> str:
    """A figure that older runs do not have."""
    return number(found[name]) if name in found else "–"


def _scenario(found: dict[str, Any]) -> str:
    rows = [("machine", found["machine"])]
    if "lost" in found:
        rows.append((", ".join(BROKEN), ", ".join(number(found[kind]) for kind in BROKEN)))
    rows += [(what, number(found[name])) for name, what in FIGURES.items() if name in found]
    if "cpu_seconds" in found:
        spent = ", ".join(f"{kind}: {took:.1f}" for kind, took in found["cpu_seconds"].items())
        rows.append(("processor until then, seconds, by who took them", spent))
    if found.get("ended_by_themselves"):
        rows.append(("processes that ended by themselves", "; ".join(found["ended_by_themselves"])))
    ends = ", ".join(f"{end}: {number(count)}" for end, count in sorted(found["ends"].items()))
    rows.append(("ends of sockets and of attempts, by code", ends))
    return table((code(found["command"]), ""), rows)


def _results(pattern: str) -> Iterator[dict[str, Any]]:
    for path in sorted(RESULTS.glob(pattern)):
        yield json.loads(path.read_text(encoding="utf-8"))
