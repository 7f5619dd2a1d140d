"""The HTTP side of opening a socket (RFC 6455 §4.2)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.upgrade import (
    Refuse,
    Upgrade,
    accepted,
    client_address,
    networks,
    read_upgrade,
    refused,
)
from proto.codes import ErrorCode
from tests.gateway.peer import KEY, request

NOBODY = networks(())


def test_a_request_is_read() -> None:
    """Path, query, headers in lower case, subprotocols in order, and who asks."""
    raw = request({"Origin": "https://a.example", "Sec-WebSocket-Protocol": "parley.v1, x"})
    upgrade = read_upgrade(raw, "192.0.2.7", NOBODY)
    assert isinstance(upgrade, Upgrade)
    assert (upgrade.path, upgrade.query, upgrade.remote) == ("/v1/ws", "", "192.0.2.7")
    assert upgrade.headers["origin"] == "https://a.example"
    assert upgrade.subprotocols == ("parley.v1", "x")
    assert upgrade.key == KEY


def test_path_is_decoded_and_query_is_not() -> None:
    """The path is what the HTTP side would see; the query is left as it came."""
    upgrade = read_upgrade(request(line="GET /v1/%77s?a=%20b HTTP/1.1"), "", NOBODY)
    assert isinstance(upgrade, Upgrade)
    assert (upgrade.path, upgrade.query) == ("/v1/ws", "a=%20b")


def test_repeated_headers_are_joined() -> None:
    """Several lines of one name are one list (RFC 9110 §5.3)."""
    raw = request({"Sec-WebSocket-Protocol": "a", "sec-websocket-protocol": "b"})
    upgrade = read_upgrade(raw, "", NOBODY)
    assert isinstance(upgrade, Upgrade)
    assert upgrade.subprotocols == ("a", "b")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (request(line="POST /v1/ws HTTP/1.1"), 405),
        (request({"Content-Length": "3"}), 400),
        (request({"Transfer-Encoding": "chunked"}), 400),
        (request({"Sec-WebSocket-Version": "8"}), 426),
        (request({"Sec-WebSocket-Version": ""}), 426),
        (request({"Sec-WebSocket-Key": ""}), 400),
        (request({"Sec-WebSocket-Key": "c2hvcnQ="}), 400),
        (request({"Sec-WebSocket-Key": "=" * 24}), 400),
        (request({"Sec-WebSocket-Key": "ä" * 24}), 400),
        (request(line="GET //[ HTTP/1.1"), 400),
    ],
)
def test_malformed_requests_are_refused(raw: bytes, status: int) -> None:
    """Each is answered with its status and a problem that says what is wrong."""
    refusal = read_upgrade(raw, "", NOBODY)
    assert isinstance(refusal, Refuse)
    assert refusal.status == status
    head, body = refused(refusal).split(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert json.loads(body)["code"] == "bad_frame"


def test_wrong_version_is_told_the_right_one() -> None:
    """426 names the version that is spoken here (RFC 6455 §4.4)."""
    refusal = read_upgrade(request({"Sec-WebSocket-Version": "8"}), "", NOBODY)
    assert isinstance(refusal, Refuse)
    assert b"\r\nSec-WebSocket-Version: 13\r\n" in refused(refusal)


def test_acceptance_proves_that_the_key_was_read() -> None:
    """The example of RFC 6455 §1.3; a subprotocol is named only if one was chosen."""
    answer = accepted(KEY, None)
    assert answer.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer
    assert b"Protocol:" not in answer
    assert b"Extensions" not in answer
    assert b"\r\nSec-WebSocket-Protocol: parley.v1\r\n" in accepted(KEY, "parley.v1")


def test_refusal_says_when_to_come_again() -> None:
    """503 carries Retry-After and problem details, and ends the connection."""
    answer = refused(Refuse(503, ErrorCode.UNAVAILABLE, "full", retry_after_seconds=7))
    head, body = answer.split(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert lines[0] == "http/1.1 503 service unavailable"
    assert "retry-after: 7" in lines
    assert "connection: close" in lines
    assert "content-type: application/problem+json" in lines
    assert f"content-length: {len(body)}" in lines
    problem = json.loads(body)
    assert problem["status"] == 503
    assert problem["code"] == "unavailable"
    assert problem["detail"] == "full"
    assert problem["retry_after_ms"] == 7000


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.1", "198.51.100.9", "192.0.2.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.9", "198.51.100.9"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.9", "198.51.100.9"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.9, 10.0.0.2", "198.51.100.9"),
        ("10.0.0.1", "198.51.100.9, nonsense", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.9", "198.51.100.9"),
        ("", "198.51.100.9", ""),
    ],
)
def test_clients_address_comes_from_trusted_proxies_alone(
    peer: str, forwarded: str, expected: str
) -> None:
    """The chain is believed from its end, as far as trusted proxies wrote it; the rest is a lie."""
    assert client_address(peer, forwarded, networks(["10.0.0.0/8"])) == expected


def test_networks_must_be_networks() -> None:
    """A name is refused when the server is set up, not when somebody connects."""
    with pytest.raises(ValueError, match=r"proxy\.example"):
        networks(["proxy.example"])


@given(fields=st.lists(st.text(st.characters(codec="latin-1", exclude_characters="\r\n"))))
def test_headers_of_any_kind_never_raise(fields: list[str]) -> None:
    """Whatever the lines hold, the answer is a request or a refusal."""
    raw = request().replace(b"\r\n\r\n", b"\r\n") + "\r\n".join(fields).encode("latin-1")
    assert isinstance(read_upgrade(raw + b"\r\n\r\n", "127.0.0.1", NOBODY), Upgrade | Refuse)
