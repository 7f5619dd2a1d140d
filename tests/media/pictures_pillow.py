"""Images that tests upload, made here so that they hold just what they are to hold."""

import io
import struct
import zlib
from hashlib import shake_128
from typing import Any

from PIL import Image

ORIENTATION, GPS = 0x0112, 0x8825


def picture(kind: str, size: tuple[int, int] = (400, 300), **options: Any) -> bytes:  # noqa: ANN401
    """A picture whose upper half is red and whose lower half is blue."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (0, size[1] // 2, *size))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def photograph(orientation: int = 6) -> bytes:
    """A JPEG on its side, that says so and where it was taken."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif.get_ifd(GPS).update({1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    return picture("JPEG", exif=exif, comment=b"secret")


def moving(kind: str, frames: int = 3) -> bytes:
    """An animation whose frames differ."""
    made = [Image.new("RGB", (40, 30), (60 * n % 256, 9, 9)) for n in range(frames)]
    out = io.BytesIO()
    made[0].save(out, kind, save_all=True, append_images=made[1:], duration=50, loop=0)
    return out.getvalue()


def huge(width: int = 100_000, height: int = 100_000) -> bytes:
    """A PNG of a few bytes that says it is that large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(name, data)
        for name, data in ((b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    )


def noise(kind: str, size: tuple[int, int]) -> bytes:
    """A picture that nobody can write in fewer bytes; always the same."""
    pixels = shake_128(b"").digest(4 * size[0] * size[1])
    out = io.BytesIO()
    Image.frombytes("RGBA", size, pixels).save(out, kind)
    return out.getvalue()


def boxed(*contents: bytes) -> bytes:
    """An ICO that holds these pictures, and says of each that it has 32 by 32 pixels."""
    at = 6 + 16 * len(contents)
    head, body = struct.pack("<HHH", 0, 1, len(contents)), b""
    for content in contents:
        place = at + len(body)
        head += struct.pack("<BBBBHHII", 32, 32, 0, 0, 1, 32, len(content), place)
        body += content
    return head + body


def bomb() -> bytes:
    """A PNG with a text that is a thousand times as long once it is unpacked."""
    text = b"Comment\0\0" + zlib.compress(b"a" * 100_000_000, 9)
    whole = picture("PNG")
    return whole[:33] + _chunk(b"zTXt", text) + whole[33:]


def opened(data: bytes) -> Image.Image:
    """What came of it."""
    return Image.open(io.BytesIO(data))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
