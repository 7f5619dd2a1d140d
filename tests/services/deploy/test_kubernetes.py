"""The Secrets for Kubernetes: random, complete, and of one piece."""

from __future__ import annotations

import re
import subprocess
import sys
from urllib.parse import urlsplit

import msgspec

from proto import subjects
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
    servers = made["parley-nats"]
    for service in subjects.RIGHTS:
        nats = [urlsplit(url) for url in urls[kubernetes.nats_key(service)].split(",")]
        assert [(url.hostname, url.port) for url in nats] == [("a", 4222), ("b", 4222)]
        for url in nats:
            assert f'"user": "{service}", "password": "{url.password}"' in servers["users.conf"]


def test_no_service_has_the_password_of_all_rights() -> None:
    """It is for NATS' own nodes and for operators; nor has one service another's."""
    made = {s["metadata"]["name"]: s["stringData"] for s in kubernetes.secrets(["a", "b"], "pg")}
    (most,) = re.findall(r'user: parley, password: "(\w+)"', made["parley-nats"]["users.conf"])
    assert f":{most}@b:6222" in made["parley-nats"]["routes.conf"]
    given = [value for name, value in made["parley"].items() if "NATS" in name]
    assert not any(most in url for url in given)
    assert len({urlsplit(url.partition(",")[0]).password for url in given}) == len(given)


def test_valkey_knows_the_password_of_its_address() -> None:
    """The same in both Secrets."""
    made = {s["metadata"]["name"]: s["stringData"] for s in kubernetes.secrets(["a"], "pg")}
    urls = made["parley"]
    redis = urls["PARLEY_REDIS_URL"].removeprefix("redis://:").partition("@")[0]
    assert f"requirepass {redis}\n" in made["parley-valkey"]["valkey.conf"]


def test_it_is_printed_as_kubectl_takes_it() -> None:
    """One list of everything."""
    words = [sys.executable, "-m", "services.deploy.kubernetes", "--nats", "nats"]
    done = subprocess.run(words, capture_output=True, check=True)  # noqa: S603 - our own command
    printed = msgspec.json.decode(done.stdout)
    assert printed["kind"] == "List"
    assert len(printed["items"]) == 4
