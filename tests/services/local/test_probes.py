"""The questions `parley status` asks: what is left behind when the answer is there."""

import asyncio
import datetime as dt
import gc
import ipaddress
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.local import probes
from services.local.ports import HOST


def certificate(directory: Path) -> Path:
    """Make a self-signed certificate for this machine, its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / "both.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def impolite(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """Give the port and root of a server by TLS that answers and never says farewell."""
    both = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    done = threading.Event()

    def serve(listener: socket.socket) -> None:
        taken, _ = listener.accept()
        with context.wrap_socket(taken, server_side=True) as peer:
            peer.recv(4096)
            peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            done.wait()

    with socket.create_server((HOST, 0)) as listener:
        server = threading.Thread(target=serve, args=(listener,))
        server.start()
        yield listener.getsockname()[1], both
        done.set()
        server.join()


def test_a_peer_without_a_farewell_leaves_no_connection_open(impolite: tuple[int, Path]) -> None:
    """The loop ends with the answer: nobody would ever close what is still open then."""
    port, ca = impolite

    async def ask() -> bool:
        return await probes.http(port, "/", ca)()

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        assert asyncio.run(ask())
        gc.collect()
    assert [str(one.message) for one in told] == []
