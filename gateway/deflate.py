"""permessage-deflate without context takeover (RFC 7692): its terms, and a message either way.

Nothing is kept between two messages, of any socket: a message is compressed once for all who are
sent it, and an idle socket costs no more than without. Who gets what compressed is `parcel`'s.
"""

from __future__ import annotations

import zlib
from typing import Final

from proto.codes import CloseCode

NAME: Final = "permessage-deflate"
LEAST_BYTES: Final = 512
"""Shorter messages go as they are: a fifth of 300 bytes saves no packet, and costs a client."""
# A window of 4 KB, for all sockets alike, spans nearly every message; to set up zlib's usual 32 KB
# costs six times the time of compressing a message.
_WINDOW_BITS: Final = 12
_LEVEL: Final = 6
# To search well takes three times as long: of what one alone gets, and is seldom as long, a `ready`
# of hundreds of rooms, that is not worth the third it saves.
_LONG_BYTES: Final = 32_768
_LEVEL_LONG: Final = 1
_MEMORY: Final = 5
_LARGEST_WINDOW_BITS: Final = 15
# What ends a message compressed with a sync flush is left out (§7.2.1).
_TAIL: Final = b"\x00\x00\xff\xff"
_OURS: Final = f"{NAME}; server_no_context_takeover; client_no_context_takeover"


def agree(offers: str) -> str | None:
    """The answer to `Sec-WebSocket-Extensions`: to the first offer that we can keep, if any."""
    for offer in offers.split(","):
        name, *rest = (word.strip() for word in offer.split(";"))
        parameters = _parameters(rest)
        if name.lower() == NAME and parameters is not None and _is_good(parameters):
            bits = parameters.get("server_max_window_bits")
            return _OURS if bits is None else f"{_OURS}; server_max_window_bits={_WINDOW_BITS}"
    return None


def deflated(message: bytes) -> bytes:
    """Compress a message."""
    level = _LEVEL if len(message) < _LONG_BYTES else _LEVEL_LONG
    compressor = zlib.compressobj(level, zlib.DEFLATED, -_WINDOW_BITS, _MEMORY)
    return (compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH))[: -len(_TAIL)]


def inflated(data: bytes, limit_bytes: int) -> bytes | CloseCode:
    """A message of at most `limit_bytes`, or what to close with; no more than that is ever held."""
    decompressor = zlib.decompressobj(-_LARGEST_WINDOW_BITS)
    try:
        message = decompressor.decompress(data + _TAIL, limit_bytes + 1)
    except zlib.error:
        return CloseCode.PROTOCOL_ERROR
    return CloseCode.FRAME_TOO_LARGE if len(message) > limit_bytes else message


def _parameters(words: list[str]) -> dict[str, str] | None:
    """The parameters of one offer; None if one is there twice (§7.1: then it is declined)."""
    found: dict[str, str] = {}
    for word in words:
        name, _, value = word.partition("=")
        name = name.strip().lower()
        if name in found:
            return None
        found[name] = value.strip().strip('"')
    return found


def _is_good(parameters: dict[str, str]) -> bool:
    for name, value in parameters.items():
        match name:
            case "server_no_context_takeover" | "client_no_context_takeover":
                if value:
                    return False
            case "server_max_window_bits":
                # Smaller ones would need frames of their own.
                if not _is_bits(value, _WINDOW_BITS):
                    return False
            case "client_max_window_bits":
                if value and not _is_bits(value, 8):
                    return False
            case _:
                return False
    return True


def _is_bits(value: str, least: int) -> bool:
    return value.isascii() and value.isdecimal() and least <= int(value[:3]) <= _LARGEST_WINDOW_BITS
