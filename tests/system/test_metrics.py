"""What Prometheus sees of real traffic: a real one reads every process of the stack."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from tests import prometheus
from tests.docs.metrics import registered
from tests.docs.openapi import SERVICES
from tests.local_stack import LocalStack
from tests.system.conftest import People, Person
from tests.system.raw import Raw
from tests.trust import trust

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "monitoring" / "prometheus" / "alerts.yml"
SAID = 40
LABELS = {
    *("__name__", "instance", "job", "service", "exported_service", "le"),
    *("alertname", "alertstate", "severity", "python", "version", "generation"),
}
"""Labels that Prometheus, its client library and the alerts add to those of the reference."""
SEEN = (
    f'sum(parley_gateway_sends_total{{outcome="ok"}}) >= {SAID}',
    f"sum(parley_gateway_send_ok_seconds_count) >= {SAID}",
    "sum(parley_gateway_delivery_seconds_count) > 0",
    f'sum(parley_gateway_fanout_sockets_bucket{{le="2.0"}}) >= {SAID}',
    f"sum(parley_gateway_written_frames_total) >= 2 * {SAID}",
    "sum(parley_gateway_writes_total) > 0",
    "sum(parley_gateway_writes_total) <= sum(parley_gateway_written_frames_total)",
    'sum(parley_gateway_hellos_total{outcome="ready"}) > 2',
    'sum(parley_gateway_resumes_total{outcome="complete"}) > 0',
    'sum(parley_gateway_kick_seconds_count{why="removed"}) > 0',
    'sum(parley_gateway_kick_seconds_count{why="revoked"}) > 0',
    'sum(parley_gateway_closes_total{code="4501"}) > 0',
    f"sum(parley_history_written_total) > {SAID}",
    "sum(parley_history_batch_messages_count) > 0",
    "sum(parley_history_stored_seconds_count) > 0",
    "max(parley_history_lag_messages) == 0",
    'sum(parley_auth_registrations_total{outcome="ok"}) >= 2',
    "parley_history_log_bytes / parley_history_log_max_bytes > 0",
    *(f"min(parley_{service}_loop_lag_seconds_count) > 0" for service in SERVICES),
    *(f"max(parley_{service}_draining) == 0" for service in SERVICES),
    *(f"sum(parley_{service}_postgres_connections) > 0" for service in ("auth", "history")),
    *(f"sum(parley_{service}_postgres_wait_seconds_count) > 0" for service in ("auth", "history")),
    f"count(count by (service) (parley_build_info)) == {len(SERVICES)}",
)


ONLINE = "max(parley_presence_online) > 0"


async def _talk(
    server: prometheus.Prometheus, url: str, ada: Person, bob: Person, gateways: tuple[str, str]
) -> str:
    """Do what moves every figure, and give the room."""
    room = (await ada.api.create_room("private", name="Measured")).id
    await ada.api.add_member(room, bob.id)
    async with Raw(gateways[0], ada.token) as one, Raw(gateways[1], bob.token) as other:
        for number in range(SAID):
            await one.say(room, f"{number}")
        await other.until("message")
        await asyncio.to_thread(server.until, ONLINE)
        async with httpx.AsyncClient(base_url=url, verify=trust(), timeout=30) as client:
            # What counts requests is made when the first one comes.
            for service in SERVICES:
                await client.get(f"/v1/{service}/openapi.json")
        async with Raw(gateways[0], bob.token, resume={room: 1}) as back:
            await back.until("resumed")
        await ada.api.remove_member(room, bob.id)
        await other.until("member.removed")
        await bob.api.logout()
        assert await other.close_code() == 4501
    return room


@pytest.fixture(scope="module")
def documented() -> dict[str, set[str]]:
    """The metrics of the reference, by their service."""
    return {service: set(registered(service)) for service in SERVICES}


@pytest.fixture(scope="module")
def labelled() -> set[str]:
    """The labels of the reference; each has a bounded set of values."""
    metrics = [metric for service in SERVICES for metric in registered(service).values()]
    return {label for metric in metrics for label in metric._labelnames}


async def test_traffic_shows_and_no_label_names_anyone(
    documented: dict[str, set[str]],
    labelled: set[str],
    stack: LocalStack,
    person: People,
    gateways: tuple[str, str],
    tmp_path: Path,
) -> None:
    """Each figure of the reference is there and moves; labels are few, and no id or name."""
    ada, bob = await person("ada"), await person("bob")
    targets = {
        f"127.0.0.1:{process.private_port}": process.name.partition("-")[0]
        for process in stack.processes.values()
        if process.private_port is not None
    }
    with prometheus.running(tmp_path, targets, RULES) as server:
        room = await _talk(server, stack.url, ada, bob, gateways)
        for expression in SEEN:
            await asyncio.to_thread(server.until, expression)
        names = set(server.ask("metadata"))
        for expected in documented.values():
            assert not {one for one in expected if not {one, f"{one}_total"} & names}
        labels = set(server.ask("labels"))
        assert labels <= LABELS | labelled
        for label in labels - {"__name__"}:
            values = set(server.ask(f"label/{label}/values"))
            assert not values & {room, ada.id, bob.id, ada.username, bob.username}
            assert len(values) < 100, label
