"""A small film and a long sound, made here; what plays them is the browser's."""

from __future__ import annotations

import io
import struct
import wave

from PIL import Image

FRAME_MS = 500
_TIMECODE_NS = 1_000_000


def film(seconds: int = 4, size: tuple[int, int] = (64, 48)) -> bytes:
    """A WebM of some frames of VP8, which is what a lossy WebP is made of (RFC 9649, RFC 6386)."""
    blocks = b""
    for at in range(seconds * 1000 // FRAME_MS):
        out = io.BytesIO()
        Image.new("RGB", size, (40 * at % 256, 90, 120)).save(out, "WEBP", quality=50)
        webp = out.getvalue()
        assert webp[12:16] == b"VP8 "
        frame = webp[20 : 20 + int.from_bytes(webp[16:20], "little")]
        # Of track 1, so much after its cluster, a key frame.
        blocks += _element(0xA3, b"\x81" + (at * FRAME_MS).to_bytes(2, "big") + b"\x80" + frame)
    head = _element(0x4282, b"webm") + _element(0x4287, b"\2") + _element(0x4285, b"\2")
    about = _element(0x2AD7B1, _TIMECODE_NS.to_bytes(4, "big"))
    about += _element(0x4489, _float(seconds * 1000))
    about += _element(0x4D80, b"parley") + _element(0x5741, b"parley")
    shape = _element(0xB0, size[0].to_bytes(2, "big")) + _element(0xBA, size[1].to_bytes(2, "big"))
    track = _element(0xD7, b"\1") + _element(0x73C5, b"\1") + _element(0x83, b"\1")
    track += _element(0x86, b"V_VP8") + _element(0xE0, shape)
    cluster = _element(0xE7, b"\0") + blocks
    parts = ((0x1549A966, about), (0x1654AE6B, _element(0xAE, track)), (0x1F43B675, cluster))
    segment = b"".join(_element(name, content) for name, content in parts)
    return _element(0x1A45DFA3, head) + _element(0x18538067, segment)


def sound(seconds: int = 120, rate: int = 44_100) -> bytes:
    """A WAV of silence, of as many bytes as there are samples: more than is loaded at once."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(rate)
        file.writeframes(b"\x80" * (seconds * rate))
    return out.getvalue()


def _element(name: int, content: bytes) -> bytes:
    """One of EBML (RFC 8794), with a length of eight bytes."""
    length = (len(content) | 1 << 56).to_bytes(8, "big")
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + length + content


def _float(value: float) -> bytes:
    return struct.pack(">d", value)
