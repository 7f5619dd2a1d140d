"""What a file is by what is in it."""

import pytest

from media import kind

MP4 = b"\x00\x00\x00\x18ftyp"


@pytest.mark.parametrize(
    ("guess", "head", "mime"),
    [
        ("image/png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        (None, b"<?php system($_GET['c']);", "text/x-php"),
        ("image/gif", b"GIF89a = 1; <?php system('id');", "text/x-php"),
        ("image/svg+xml", b"<svg xmlns='x'><script>alert(1)</script></svg>", "image/svg+xml"),
        ("application/xml", b"<?xml version='1.0'?>\n<svg/>", "image/svg+xml"),
        ("text/html", b"<!DOCTYPE html><script>alert(1)</script>", "text/html"),
        (None, b"  <SCRIPT>alert(1)</SCRIPT>", "text/html"),
        ("image/bmp", b"BM is a text that begins so", "text/plain"),
        ("application/pdf", b"%PDF-1.7\n", "application/pdf"),
        (None, "naïve 猫".encode(), "text/plain"),
        (None, "naïve 猫".encode()[:-1], "text/plain"),
        (None, b"caf\xe9 au lait", kind.UNKNOWN),
        (None, b"", kind.UNKNOWN),
        ("application/vnd.ms-word", b"PK\x03\x04\x14\0\6\0", "application/zip"),
        ("audio/wave", b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        ("application/ogg", b"OggS\0\x02\0\0\x01vorbis", "audio/ogg"),
        ("application/ogg", b"OggS\0\x02\0\0\x80theora", "video/ogg"),
        ("video/mp4", MP4 + b"mp42\0\0\0\0", "video/mp4"),
        ("audio/mp4", MP4 + b"M4A \0\0\0\0", "audio/mp4"),
        ("video/quicktime", MP4 + b"qt  \0\0\0\0", "video/quicktime"),
        ("image/avif", MP4 + b"avif\0\0\0\0", "image/avif"),
        ("image/heic", MP4 + b"heic\0\0\0\0", "image/heic"),
        ("video/3gpp", MP4 + b"3gp4\0\0\0\0", "video/3gpp"),
        (None, MP4 + b"what\0\0\0\0", "video/mp4"),
        (None, b"\0\1\2\3\4", kind.UNKNOWN),
    ],
)
def test_a_type_is_told_by_the_content(guess: str | None, head: bytes, mime: str) -> None:
    """A script is a text whatever it looks like, a page is a page whatever it is called."""
    assert kind.of(guess, head) == mime


def test_what_could_act_is_never_shown_in_place() -> None:
    """Pages, SVG and scripts are bytes to a browser; images, films and sound are what they are."""
    for mime in ("text/html", "image/svg+xml", "text/x-php", "application/pdf", "text/plain"):
        assert not kind.is_shown(mime)
        assert kind.served(mime) == "application/octet-stream"
    for mime in ("image/png", "video/mp4", "audio/mpeg"):
        assert kind.is_shown(mime)
        assert kind.served(mime) == mime
