"""Which certificates a URL may name."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from services import certificates
from services.settings import Env
from tests.tls import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Give an authority."""
    return Authority(tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "nats://n:4222",
        "tls://n:4222",
        "tls://n:4222?ca={ca}",
        "tls://n:4222?ca={ca}&cert={ca}&key={ca}",
        "tls://n:4222?cert={ca}",
        "postgresql://p/d?sslmode=verify-full&sslrootcert={ca}",
        "rediss://r/0?ssl_ca_certs={ca}",
        "redis://r/0?protocol=3",
    ],
)
def test_what_can_be_read_is_taken(authority: Authority, url: str) -> None:
    """Nothing is asked of a URL without certificates."""
    certificates.check(url.format(ca=authority.ca))


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("nats://n:4222?ca={ca}", "after a tls:// address"),
        ("tls://n:4222?cacert={ca}", "ca, cert and key"),
        ("tls://n:4222?ca=/nowhere", "whose ca is a file"),
        ("tls://n:4222?ca=", "whose ca is a file"),
        ("tls://n:4222?key={ca}", "whose key has a cert"),
        ("postgres://p/d?sslrootcert=/nowhere", "whose sslrootcert is a file"),
        ("postgresql://p/d?sslcert={ca}&sslkey=/", "whose sslkey is a file"),
        ("rediss://r/0?ssl_ca_certs=/nowhere", "whose ssl_ca_certs is a file"),
    ],
)
def test_what_cannot_be_is_told_with_the_settings(
    authority: Authority, url: str, allowed: str
) -> None:
    """By its name, before anything is started; the URL, which has passwords, is not shown."""
    source = {"PARLEY_URL": url.format(ca=authority.ca).replace("://", "://me:hush@")}
    env = Env(source)
    env.secret_urls("PARLEY_URL")
    (problem,) = env.problems
    assert problem.startswith("PARLEY_URL: ")
    assert allowed in problem
    assert "hush" not in problem


def test_the_first_url_with_certificates_holds_for_all(authority: Authority) -> None:
    """Without any the client of NATS believes the system's authorities, if it ever has to."""
    assert certificates.nats_context(["tls://n:4222"]) is None
    named = certificates.nats_context(["tls://n:4222", f"tls://m:4222?ca={authority.ca}"])
    assert named is not None
    assert named.verify_mode == ssl.CERT_REQUIRED
    assert [found["subject"] for found in named.get_ca_certs()] == [((("commonName", "ca"),),)]
    with pytest.raises(ssl.SSLError):
        certificates.nats_context([f"tls://n:4222?cert={authority.ca}&key={authority.ca}"])
