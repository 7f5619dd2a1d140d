"""What the load balancer does with each path, and what every service publishes of itself."""

from __future__ import annotations

import asyncio
import json
import re

import httpx
import pytest

from tests.local_stack import LocalStack
from tests.system.conftest import People
from tests.trust import trust

SERVICES = ("auth", "gateway", "history", "media", "notify", "presence")


@pytest.mark.parametrize("service", SERVICES)
async def test_every_service_documents_itself(stack: LocalStack, service: str) -> None:
    """OpenAPI 3.1 at /v1/<service>/openapi.json, through the load balancer."""
    async with httpx.AsyncClient(base_url=stack.url, timeout=30, verify=trust()) as http:
        answer = await http.get(f"/v1/{service}/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")
    assert answer.json()["paths"]


@pytest.mark.parametrize(
    "name", ["gateway-1", "gateway-2", "auth", "history", "presence", "media", "notify"]
)
async def test_probes_and_metrics_are_on_the_private_port_only(
    stack: LocalStack, name: str
) -> None:
    """And metrics bear the folder's name."""
    process = stack.processes[name]
    service = name.partition("-")[0]
    async with httpx.AsyncClient(timeout=30, verify=trust()) as http:
        private = f"http://127.0.0.1:{process.private_port}"
        assert (await http.get(private + "/livez")).status_code == 200
        assert (await http.get(private + "/readyz")).json()["ready"] is True
        metrics = (await http.get(private + "/metrics")).text
        public = f"http://127.0.0.1:{process.port}"
        for path in ("/livez", "/readyz", "/metrics"):
            assert (await http.get(public + path)).status_code == 404
            assert (await http.get(stack.url + path)).status_code == 404
    assert "parley_build_info" in metrics
    named = set(re.findall(r"^# TYPE (\S+)", metrics, re.MULTILINE))
    ours = {metric for metric in named if metric.startswith("parley_")} - {"parley_build_info"}
    assert ours
    assert all(metric.startswith(f"parley_{service}_") for metric in ours)


async def test_the_metrics_others_build_on_are_there(stack: LocalStack) -> None:
    """Names of protocol.md: dashboards stand on them."""
    wanted = {
        "gateway-1": ("connections", "sends_total", "closes_total", "send_ok_seconds_bucket",
                      "delivery_seconds_bucket", "outbox_bytes"),
        "history": ("lag_messages",),
        "presence": ("online",),
        "notify": ("lag_messages", "told_total", "pushes_total"),
    }  # fmt: skip
    async with httpx.AsyncClient(timeout=30, verify=trust()) as http:
        for name, metrics in wanted.items():
            port = stack.processes[name].private_port
            text = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
            service = name.partition("-")[0]
            for metric in metrics:
                family = metric.removesuffix("_bucket").removesuffix("_total")
                assert f"# HELP parley_{service}_{family}" in text


@pytest.mark.parametrize("path", ["/nothing", "/v1/nothing", "/v1/rooms/a.b", "/v1/auth/x"])
async def test_what_is_not_there_is_a_problem(stack: LocalStack, path: str) -> None:
    """Problem details with a code, whoever answers."""
    async with httpx.AsyncClient(base_url=stack.url, timeout=30, verify=trust()) as http:
        answer = await http.get(path)
    assert answer.status_code in (401, 404)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] in ("not_found", "unauthorized")


async def test_a_huge_body_is_refused(stack: LocalStack) -> None:
    """413, by the load balancer or the service, with the first byte too many, of however many.

    Who goes on sending may find nothing but a broken connection: it is closed once that was said
    (RFC 9110, section 15.5.14), and a reset overtakes an answer that was not read yet.
    """
    body = b'{"username":"'.ljust(1_000_001, b"x")
    head = (
        "POST /v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        "Content-Length: 3000000\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.port)
    try:
        writer.write(head.encode() + body)
        async with asyncio.timeout(20):
            assert b" 413 " in await reader.readline()
            await reader.readuntil(b"\r\n\r\n")
            problem = await reader.readuntil(b"}")
    finally:
        writer.transport.abort()
    assert json.loads(problem)["code"] == "too_large"


async def test_the_true_address_of_a_client_is_known(stack: LocalStack, person: People) -> None:
    """What a client claims in X-Forwarded-For is not believed."""
    ada = await person("ada")
    async with httpx.AsyncClient(base_url=stack.url, timeout=30, verify=trust()) as http:
        await http.post(
            "/v1/auth/login",
            json={"username": ada.username, "password": "correct horse battery"},
            headers={"x-forwarded-for": "203.0.113.7"},
        )
    log = (stack.data / "log" / "auth.log").read_text()
    assert "203.0.113.7" not in log


async def test_no_secret_is_in_any_log(stack: LocalStack, person: People) -> None:
    """Neither a token nor a password nor the text of a message."""
    ada = await person("ada")
    await ada.api.me()
    for path in (stack.data / "log").glob("*.log"):
        text = path.read_text(errors="replace")
        for secret in (ada.token, "correct horse battery"):
            assert secret not in text, path.name
