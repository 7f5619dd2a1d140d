"""Every page of docs/reference, and every dashboard, as it should be now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tests.docs import (
    asyncapi,
    configuration,
    durability,
    errors,
    guarantees,
    metrics,
    openapi,
    protocol,
    scopes,
)
from tests.docs.markdown import renewed
from tests.monitoring.made import files

REFERENCE = Path(__file__).resolve().parent.parent.parent / "docs" / "reference"

PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "protocol.md": {
        "from-clients": protocol.from_clients,
        "to-clients": protocol.to_clients,
        "results": protocol.results,
        "log-events": protocol.log_events,
        "shapes": protocol.common_shapes,
        "types": protocol.types,
        "error-codes": protocol.error_codes,
        "close-codes": protocol.close_codes,
        "limits": protocol.limit_table,
        "paths": protocol.paths,
    },
    "errors.md": {
        "on-the-socket": errors.on_the_socket,
        "first-frames": errors.first_frames,
        "tokens": errors.tokens,
        "violations": errors.violations,
        "over-http": errors.over_http,
        "names": errors.names,
        "pages": errors.pages,
        "bodies": errors.bodies,
        "authorizations": errors.authorizations,
        "no-http": errors.no_http,
    },
    "security.md": {"scopes": scopes.by_scope},
    "guarantees.md": {"schedules": guarantees.schedules, "scenarios": guarantees.scenarios},
    "durability.md": {"durability": durability.costs},
    "configuration.md": {"services": configuration.services_table},
    "metrics.md": {
        name: partial(metrics.service_table, name) for name in (*openapi.SERVICES, metrics.CANARY)
    },
}
"""Which parts of which page are made, and by what; the rest of a page is written by hand."""


def pages() -> dict[Path, str]:
    """What is to stand in each file that is made, wholly or in part.

    Raises:
        ValueError: a page does not name its parts as `PARTS` does.
        OSError: a page written by hand is not there.
    """
    made = {REFERENCE / "asyncapi.json": asyncapi.text(), **files()}
    for service in openapi.SERVICES:
        made[REFERENCE / "openapi" / f"{service}.json"] = openapi.text(service)
    for name, parts in PARTS.items():
        path = REFERENCE / name
        made[path] = renewed(path.read_text(encoding="utf-8"), parts)
    return made
