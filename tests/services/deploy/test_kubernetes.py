"""The Secrets for Kubernetes: random, complete, and of one piece."""

from __future__ import annotations

import subprocess
import sys

import msgspec

from services.deploy import kubernetes


def test_each_run_makes_its_own() -> None:
    """Nothing is the same twice."""
    one, other = (kubernetes.secrets(["nats-0.nats"], "postgres") for _ in range(2))
    for first, second in zip(one, other, strict=True):
        secret = {k: v for k, v in first["stringData"].items() if k != "username"}
        assert all(second["stringData"][name] != value for name, value in secret.items())


def test_addresses_and_servers_agree() -> None:
    """The passwords in the addresses are those that the servers are told."""
    made = {s["metadata"]["name"]: s["stringData"] for s in kubernetes.secrets(["a", "b"], "pg")}
    urls = made["parley"]
    assert f":{made['parley-postgres']['password']}@pg:5432/" in urls["PARLEY_POSTGRES_URL"]
    nats = urls["PARLEY_NATS_URL"].split(",")
    assert [url.rpartition("@")[2] for url in nats] == ["a:4222", "b:4222"]
    password = nats[0].removeprefix("nats://parley:").partition("@")[0]
    assert f'"{password}"' in made["parley-nats"]["users.conf"]
    assert f":{password}@b:6222" in made["parley-nats"]["routes.conf"]
    redis = urls["PARLEY_REDIS_URL"].removeprefix("redis://:").partition("@")[0]
    assert f"requirepass {redis}\n" in made["parley-valkey"]["valkey.conf"]


def test_it_is_printed_as_kubectl_takes_it() -> None:
    """One list of everything."""
    words = [sys.executable, "-m", "services.deploy.kubernetes", "--nats", "nats"]
    done = subprocess.run(words, capture_output=True, check=True)  # noqa: S603 - our own command
    printed = msgspec.json.decode(done.stdout)
    assert printed["kind"] == "List"
    assert len(printed["items"]) == 4
