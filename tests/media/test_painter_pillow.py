"""Images written anew: what stays, what goes, and what is not taken."""

import base64
from pathlib import Path

import pytest

from media import painter_pillow
from media.picture import Painting, Refusal
from proto import limits
from proto.codes import ErrorCode
from tests.media import pictures_pillow as pictures


def painted(tmp_path: Path, content: bytes) -> tuple[Painting, dict[str, bytes]]:
    """What is made of an image, and the files by their variants."""
    source = tmp_path / "source"
    source.write_bytes(content)
    made = painter_pillow.paint(source, tmp_path)
    assert isinstance(made, Painting), made
    return made, {one.variant: Path(one.path).read_bytes() for one in made.parts}


def refused(tmp_path: Path, content: bytes) -> str:
    """Why nothing is made of it."""
    source = tmp_path / "source"
    source.write_bytes(content)
    made = painter_pillow.paint(source, tmp_path)
    assert isinstance(made, Refusal), made
    return made.code


def test_a_photograph_is_upright_and_says_nothing_of_where_it_was_taken(tmp_path: Path) -> None:
    """Turned as its EXIF says; then there is none any more, no place, and no comment."""
    made, files = painted(tmp_path, pictures.photograph())
    whole = pictures.opened(files["original"])
    assert (whole.format, whole.size) == ("JPEG", (300, 400))
    assert (made.parts[0].width, made.parts[0].height) == (300, 400)
    assert not whole.getexif()
    for content in files.values():
        assert b"Exif" not in content
        assert b"secret" not in content
    # Red was above; on its side it is to the right.
    left, right = whole.convert("RGB").getpixel((20, 200)), whole.getpixel((280, 200))
    assert left[2] > 200 > 50 > left[0]  # type: ignore[index]
    assert right[0] > 200 > 50 > right[2]  # type: ignore[index]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "AVIF"])
def test_each_format_is_taken_with_thumbnails(tmp_path: Path, kind: str) -> None:
    """As WebP, no larger than their edge, and a few pixels for the message itself."""
    made, files = painted(tmp_path, pictures.picture(kind, (1600, 1200)))
    assert list(files) == ["original", "small", "medium", "large"]
    for variant, size in (("small", (160, 120)), ("medium", (480, 360)), ("large", (1280, 960))):
        image = pictures.opened(files[variant])
        assert (image.format, image.size) == ("WEBP", size)
    assert pictures.opened(files["original"]).size == (1600, 1200)
    tiny = pictures.opened(base64.b64decode(made.preview))
    assert (tiny.format, max(tiny.size)) == ("WEBP", 16)
    assert len(made.preview) < 400


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_goes_on_moving(tmp_path: Path, kind: str) -> None:
    """With all its frames, as long as they were shown, and for ever."""
    made, files = painted(tmp_path, pictures.moving(kind))
    whole = pictures.opened(files["original"])
    assert getattr(whole, "n_frames", 1) == 3
    whole.load()
    assert whole.info.get("duration") == 50
    assert made.parts[0].mime == f"image/{kind.lower()}"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (pictures.huge(), ErrorCode.TOO_LARGE),
        (pictures.huge(16_000, 16_000), ErrorCode.TOO_LARGE),
        (pictures.huge(10, 10), ErrorCode.INVALID),
        (pictures.bomb(), ErrorCode.INVALID),
        (pictures.picture("JPEG")[:900], ErrorCode.INVALID),
        (pictures.picture("PNG")[:200], ErrorCode.INVALID),
        (pictures.moving("GIF", 1_001), ErrorCode.TOO_LARGE),
        (b"\x89PNG\r\n\x1a\n<?php", ErrorCode.INVALID),
    ],
    ids=["100,000 by 100,000", "too many pixels", "no pixels", "a bomb", "cut", "cut off", "frames",
         "only its signature"],
)  # fmt: skip
def test_what_is_broken_or_too_much_is_refused(
    tmp_path: Path, content: bytes, code: ErrorCode
) -> None:
    """Nothing of it is kept."""
    assert refused(tmp_path, content) == code


@pytest.mark.parametrize(
    ("content", "size", "frames"),
    [
        (pictures.picture("PNG", (400, 300)), (128, 96), 1),
        (pictures.picture("GIF", (20, 10)), (20, 10), 1),
        (pictures.picture("WEBP", (128, 128)), (128, 128), 1),
        (pictures.photograph(), (96, 128), 1),
        (pictures.moving("GIF"), (40, 30), 3),
        (pictures.moving("WEBP"), (40, 30), 3),
        (pictures.moving("PNG"), (40, 30), 3),
    ],
    ids=["a PNG", "a small GIF", "a WebP", "a JPEG on its side", "a GIF", "a WebP that moves",
         "a PNG that moves"],
)  # fmt: skip
def test_an_emoji_is_one_small_webp(
    tmp_path: Path, content: bytes, size: tuple[int, int], frames: int
) -> None:
    """Upright, no larger than it was, moving if it moved, with nothing that came along."""
    (tmp_path / "source").write_bytes(content)
    made = painter_pillow.paint_emoji(tmp_path / "source", tmp_path)
    assert isinstance(made, Painting), made
    (part,) = made.parts
    data = Path(part.path).read_bytes()
    image = pictures.opened(data)
    assert (image.format, image.size, part.mime) == ("WEBP", size, "image/webp")
    assert (part.width, part.height) == size
    assert getattr(image, "n_frames", 1) == frames
    assert b"Exif" not in data
    assert b"secret" not in data


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (pictures.huge(), ErrorCode.TOO_LARGE),
        (pictures.moving("GIF", 101), ErrorCode.TOO_LARGE),
        (pictures.picture("AVIF"), ErrorCode.INVALID),
        (pictures.picture("PNG")[:200], ErrorCode.INVALID),
    ],
    ids=["a bomb", "frames", "AVIF", "cut off"],
)
def test_an_emoji_is_not_made_of_everything(
    tmp_path: Path, content: bytes, code: ErrorCode
) -> None:
    """Its own bounds and formats hold."""
    (tmp_path / "source").write_bytes(content)
    made = painter_pillow.paint_emoji(tmp_path / "source", tmp_path)
    assert isinstance(made, Refusal), made
    assert made.code == code


@pytest.mark.parametrize(
    ("content", "edge"),
    [
        (pictures.picture("AVIF", (400, 300)), 256),
        (pictures.picture("PNG", (100, 60)), 60),
        (pictures.photograph(), 256),
        (pictures.moving("GIF"), 30),
    ],
    ids=["an AVIF", "a small PNG", "a JPEG on its side", "a GIF that moves"],
)
def test_an_avatar_is_the_middle_of_an_image(tmp_path: Path, content: bytes, edge: int) -> None:
    """Square and upright, no larger than it was, still, with nothing that came along."""
    (tmp_path / "source").write_bytes(content)
    made = painter_pillow.paint_avatar(tmp_path / "source", tmp_path)
    assert isinstance(made, Painting), made
    (part,) = made.parts
    data = Path(part.path).read_bytes()
    image = pictures.opened(data)
    assert (image.format, image.size, part.mime) == ("WEBP", (edge, edge), "image/webp")
    assert (part.width, part.height) == (edge, edge)
    assert getattr(image, "n_frames", 1) == 1
    assert b"Exif" not in data
    assert b"secret" not in data


def test_of_a_large_photograph_what_is_seen_stays(tmp_path: Path) -> None:
    """It is decoded smaller than it is, and its upper half is still its upper half."""
    (tmp_path / "source").write_bytes(pictures.picture("JPEG", (4_000, 3_000)))
    made = painter_pillow.paint_avatar(tmp_path / "source", tmp_path)
    assert isinstance(made, Painting), made
    image = pictures.opened(Path(made.parts[0].path).read_bytes()).convert("RGB")
    above, below = image.getpixel((128, 40)), image.getpixel((128, 216))
    assert above[0] > 200 > 50 > above[2]  # type: ignore[index]
    assert below[2] > 200 > 50 > below[0]  # type: ignore[index]


def icon(tmp_path: Path, content: bytes) -> Painting | Refusal:
    """What is made of an image that is to be the icon of a link."""
    (tmp_path / "source").write_bytes(content)
    return painter_pillow.paint_icon(tmp_path / "source")


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (pictures.picture("PNG", (180, 180)), (32, 32)),
        (pictures.picture("GIF", (16, 16)), (16, 16)),
        (pictures.picture("WEBP", (64, 16)), (32, 8)),
        (pictures.photograph(), (24, 32)),
        (pictures.moving("GIF"), (32, 24)),
        (pictures.picture("ICO", (256, 256)), (32, 32)),
        (pictures.picture("ICO", (48, 48), sizes=[(16, 16)], bitmap_format="bmp"), (16, 16)),
        (pictures.noise("PNG", (32, 32)), (16, 16)),
    ],
    ids=["a PNG", "a small GIF", "a wide WebP", "a JPEG on its side", "one that moves", "an ICO",
         "an old ICO", "noise"],
)  # fmt: skip
def test_an_icon_is_small_enough_for_a_message(
    tmp_path: Path, content: bytes, size: tuple[int, int]
) -> None:
    """It is carried in one: a still picture as a WebP of few bytes, smaller if it has to be."""
    made = icon(tmp_path, content)
    assert isinstance(made, Painting), made
    assert made.parts == []
    assert len(made.preview) <= limits.PREVIEW_ICON_CHARACTERS
    data = base64.b64decode(made.preview)
    image = pictures.opened(data)
    assert (image.format, image.size) == ("WEBP", size)
    assert getattr(image, "n_frames", 1) == 1
    assert b"Exif" not in data
    assert b"secret" not in data


def test_of_an_ico_the_picture_is_taken_that_fits(tmp_path: Path) -> None:
    """The smallest that need not be made larger, which somebody drew for that size."""
    sizes = [(16, 16), (48, 48), (256, 256)]
    other = pictures.opened(pictures.picture("PNG", (48, 48))).convert("L")
    content = pictures.picture("ICO", (256, 256), sizes=sizes, append_images=[other])
    made = icon(tmp_path, content)
    assert isinstance(made, Painting), made
    image = pictures.opened(base64.b64decode(made.preview)).convert("RGB")
    assert image.tobytes() == image.convert("L").convert("RGB").tobytes()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (pictures.huge(), ErrorCode.TOO_LARGE),
        (pictures.huge(4_001, 1_000), ErrorCode.TOO_LARGE),
        (pictures.boxed(pictures.huge()), ErrorCode.TOO_LARGE),
        (pictures.boxed(pictures.huge(4_001, 1_000)), ErrorCode.TOO_LARGE),
        (pictures.boxed(pictures.picture("PNG")[:60]), ErrorCode.INVALID),
        (pictures.boxed(b"<svg>"), ErrorCode.INVALID),
        (b"\0\0\1\0\xff\xff", ErrorCode.INVALID),
        (pictures.picture("AVIF"), ErrorCode.INVALID),
        (pictures.picture("PNG")[:200], ErrorCode.INVALID),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", ErrorCode.INVALID),
        (b"<!doctype html><title>x</title>", ErrorCode.INVALID),
    ],
    ids=["a bomb", "many pixels", "a bomb in a box", "many pixels in a box", "cut in a box",
         "an SVG in a box", "an empty box", "AVIF", "cut off", "SVG", "HTML"],
)  # fmt: skip
def test_an_icon_is_not_made_of_everything(tmp_path: Path, content: bytes, code: ErrorCode) -> None:
    """Its own bounds and formats hold, also for what an ICO holds; and quickly."""
    made = icon(tmp_path, content)
    assert isinstance(made, Refusal), made
    assert made.code == code


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (pictures.picture("PNG", (1_200, 630)), (160, 84)),
        (pictures.picture("JPEG", (4_000, 3_000)), (160, 120)),
        (pictures.picture("AVIF", (300, 300)), (160, 160)),
        (pictures.photograph(), (120, 160)),
        (pictures.moving("GIF"), (40, 30)),
        (pictures.noise("PNG", (160, 160)), (80, 80)),
    ],
    ids=["a PNG", "a large JPEG", "an AVIF", "a JPEG on its side", "one that moves", "noise"],
)
def test_a_thumbnail_is_small_enough_for_a_message(
    tmp_path: Path, content: bytes, size: tuple[int, int]
) -> None:
    """It is carried in one as an icon is."""
    (tmp_path / "source").write_bytes(content)
    made = painter_pillow.paint_thumbnail(tmp_path / "source")
    assert isinstance(made, Painting), made
    assert made.parts == []
    assert len(made.preview) <= limits.PREVIEW_THUMBNAIL_CHARACTERS
    data = base64.b64decode(made.preview)
    image = pictures.opened(data)
    assert (image.format, image.size) == ("WEBP", size)
    assert getattr(image, "n_frames", 1) == 1
    assert b"Exif" not in data
    assert b"secret" not in data


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (pictures.huge(), ErrorCode.TOO_LARGE),
        (pictures.huge(4_001, 4_000), ErrorCode.TOO_LARGE),
        (pictures.picture("ICO"), ErrorCode.INVALID),
        (pictures.picture("JPEG")[:900], ErrorCode.INVALID),
    ],
    ids=["a bomb", "many pixels", "an ICO", "cut off"],
)
def test_a_thumbnail_is_not_made_of_everything(
    tmp_path: Path, content: bytes, code: ErrorCode
) -> None:
    """Its own bounds and formats hold."""
    (tmp_path / "source").write_bytes(content)
    made = painter_pillow.paint_thumbnail(tmp_path / "source")
    assert isinstance(made, Refusal), made
    assert made.code == code
