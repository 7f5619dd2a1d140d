"""Makes of one image what is given out, and ends.

By `python -m media.painter_pillow FILE FOLDER WORK`. WORK is `image`, or `emoji`
for the one small picture of a custom emoji, or `icon` or `thumbnail` for what a link shows of the
site and of the page that it leads to.

It runs as a process of its own, for it reads what strangers made: with bounds of memory and time,
without a secret in its environment, and gone with all it holds after one image. What it answers on
standard output is JSON, a `Painting` or a `Refusal`.
"""

from __future__ import annotations

import base64
import functools
import io
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
from PIL import ExifTags, Image, ImageCms, ImageOps, ImageSequence

from media import picture
from media.picture import Painted, Painting, Refusal, Size
from proto import limits
from proto.codes import ErrorCode
from proto.wire import Fault

MEMORY_BYTES: Final = 939_524_096
CPU_SECONDS: Final = 30
LINK_MEMORY_BYTES: Final = 402_653_184
LINK_CPU_SECONDS: Final = 5
FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")
EMOJI_FORMATS: Final = FORMATS[:4]
ICON_FORMATS: Final = (*EMOJI_FORMATS, "ICO")
_WEBP: Final = "image/webp"
# How each is written again. A format that is not here is written as WebP.
_SAVED: Final[dict[str, dict[str, Any]]] = {
    "JPEG": {"quality": 90},
    "PNG": {"compress_level": 4},
    "GIF": {},
    "WEBP": {"quality": 88, "method": 3},
}
# How what a link shows is tried to be written, the best first; the last always fits.
_Tries: TypeAlias = tuple[tuple[int, dict[str, Any]], ...]
_ICONS: Final[_Tries] = (
    (picture.ICON_EDGE, {"lossless": True}),
    (picture.ICON_EDGE, {"quality": 75}),
    (picture.ICON_EDGE // 2, {"lossless": True}),
)
_THUMBNAILS: Final[_Tries] = (
    *((picture.LINK_EDGE, {"quality": quality}) for quality in (75, 50, 30)),
    (picture.LINK_EDGE // 2, {"quality": 50}),
    (picture.LINK_EDGE // 4, {"quality": 30}),
)


def paint(source: Path, folder: Path) -> Painting | Refusal:
    """Write the image anew without what came along with it, and its thumbnails."""
    return _painted(
        source, FORMATS, picture.refusal, lambda image, frames: _paint(image, frames, folder)
    )


def paint_emoji(source: Path, folder: Path) -> Painting | Refusal:
    """Write the image as a WebP that is as small as a custom emoji is; one that moves goes on."""
    work = functools.partial(_paint_emoji, folder=folder)
    return _painted(source, EMOJI_FORMATS, picture.emoji_refusal, work)


def paint_avatar(source: Path, folder: Path) -> Painting | Refusal:
    """Write the middle of the image as a small square WebP; of one that moves the first frame."""
    return _painted(
        source, FORMATS, picture.avatar_refusal, lambda image, _: _paint_avatar(image, folder)
    )


def paint_icon(source: Path) -> Painting | Refusal:
    """Answer the image as small as the icon of a link is; nothing is written."""
    return _painted(source, ICON_FORMATS, picture.icon_refusal, lambda image, _: _icon(image))


def paint_thumbnail(source: Path) -> Painting | Refusal:
    """Answer the image as small as the thumbnail of a link is; nothing is written."""
    return _painted(source, FORMATS, picture.link_refusal, lambda image, _: _thumbnail(image))


def _painted(
    source: Path,
    formats: tuple[str, ...],
    refusal: Callable[[int, int, int], Fault | None],
    work: Callable[[Image.Image, int], Painting],
) -> Painting | Refusal:
    # Our own bound is looked at below, before a pixel is decoded. But an ICO is decoded as it is
    # opened, whatever picture it holds: Pillow refuses what has twice as many.
    Image.MAX_IMAGE_PIXELS = picture.ICON_PIXELS // 2 if "ICO" in formats else None
    try:
        with Image.open(source, formats=formats) as image:
            frames = int(getattr(image, "n_frames", 1))
            fault = refusal(image.width, image.height, frames)
            if fault is not None:
                return Refusal(fault.code, fault.message)
            return work(image, frames)
    except MemoryError:
        return Refusal(ErrorCode.TOO_LARGE, "the image takes too much memory")
    except Image.DecompressionBombError:
        return Refusal(ErrorCode.TOO_LARGE, "the image has too many pixels")
    # Whatever a broken file makes a decoder raise: it is the file's fault.
    except Exception as error:
        name = type(error).__name__
        return Refusal(ErrorCode.INVALID, f"the image is broken: {name}")


def _paint(image: Image.Image, frames: int, folder: Path) -> Painting:
    kind = image.format if image.format in _SAVED else "WEBP"
    # The first frame: decoded whole, so that a file that was cut off is told here.
    image.load()
    still = _clean(image, turned=frames == 1)
    size = Size(*still.size)
    path = folder / "painted"
    if frames > 1:
        _write_moving(image, kind, path)
    else:
        _flat(still, kind).save(path, kind, **_SAVED[kind])
    parts = [Painted("original", str(path), str(Image.MIME[kind]), *size)]
    for variant, small in picture.thumbnails(size):
        thumb = still.resize(small, Image.Resampling.LANCZOS, reducing_gap=3.0)
        path = folder / variant
        thumb.save(path, "WEBP", quality=80, method=4)
        parts.append(Painted(variant, str(path), _WEBP, *small))
    return Painting(parts, _preview(still))


def _paint_emoji(image: Image.Image, frames: int, folder: Path) -> Painting:
    image.load()
    still = _clean(image, turned=frames == 1)
    size = picture.fitted(Size(*still.size), limits.CUSTOM_EMOJI_EDGE)
    path = folder / "painted"
    if frames > 1:
        _write_moving(image, "WEBP", path, size)
    else:
        _small(still, size).save(path, "WEBP", **_SAVED["WEBP"])
    return Painting([Painted("original", str(path), _WEBP, *size)], "")


def _paint_avatar(image: Image.Image, folder: Path) -> Painting:
    # A large JPEG is decoded at a half, a quarter or an eighth of its size already.
    image.draft(None, (2 * limits.AVATAR_EDGE, 2 * limits.AVATAR_EDGE))
    image.load()
    still = _clean(image, turned=True)
    edge = min(*still.size, limits.AVATAR_EDGE)
    path = folder / "painted"
    square = ImageOps.fit(still, (edge, edge), Image.Resampling.LANCZOS)
    square.save(path, "WEBP", **_SAVED["WEBP"])
    return Painting([Painted("original", str(path), _WEBP, edge, edge)], "")


def _icon(image: Image.Image) -> Painting:
    if image.format == "ICO":
        _choose(image)
    image.load()
    return _carried(_clean(image, turned=True), _ICONS, limits.PREVIEW_ICON_CHARACTERS)


def _thumbnail(image: Image.Image) -> Painting:
    # A large JPEG is decoded at a half, a quarter or an eighth of its size already.
    image.draft(None, (2 * picture.LINK_EDGE, 2 * picture.LINK_EDGE))
    image.load()
    still = _edged(_clean(image, turned=True), picture.LINK_EDGE)
    # On white: what can be seen through takes most of the bytes, and shows little.
    flat = Image.new("RGB", still.size, "white")
    flat.paste(still, mask=still if still.mode == "RGBA" else None)
    return _carried(flat, _THUMBNAILS, limits.PREVIEW_THUMBNAIL_CHARACTERS)


def _carried(still: Image.Image, tries: _Tries, most: int) -> Painting:
    texts = (_base64(_edged(still, edge), **options) for edge, options in tries)
    return Painting([], next(one for one in texts if len(one) <= most))


def _choose(image: Image.Image) -> None:
    """Of all the pictures of an ICO take the smallest that need not be made larger."""
    enough = [size for size in image.info["sizes"] if max(size) >= picture.ICON_EDGE]
    if enough:
        image.size = min(enough)  # type: ignore[misc]  # an ICO's may be set


def _edged(image: Image.Image, edge: int) -> Image.Image:
    return _small(image, picture.fitted(Size(*image.size), edge))


def _small(image: Image.Image, size: Size) -> Image.Image:
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _clean(image: Image.Image, *, turned: bool) -> Image.Image:
    """The picture alone, upright and in sRGB: no EXIF, no profile, no text."""
    # Of large ones no copy more than it takes: each is some hundred megabytes.
    turn = turned and image.getexif().get(ExifTags.Base.Orientation, 1) != 1
    upright = ImageOps.exif_transpose(image) if turn else image
    profile = image.info.get("icc_profile")
    has_alpha = upright.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or (
        "transparency" in upright.info
    )
    clean, mode = _in_srgb(upright, profile), "RGBA" if has_alpha else "RGB"
    if clean is image or clean.mode != mode:
        clean = clean.convert(mode)
    clean.info = {}
    return clean


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile or image.mode not in {"RGB", "CMYK", "L"}:
        return image
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        made = ImageCms.profileToProfile(
            image, own, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        return image  # a profile that cannot be read is one that nobody heeds
    return image if made is None else made


def _flat(image: Image.Image, kind: str) -> Image.Image:
    """As the format can have it."""
    return image.convert("RGB") if kind == "JPEG" else image


def _write_moving(image: Image.Image, kind: str, path: Path, size: Size | None = None) -> None:
    """Write all frames, with how long each is shown and how often; without anything else.

    As large as they are, unless a `size` is given.
    """
    durations: list[int] = []
    made: list[Image.Image] = []
    for frame in ImageSequence.Iterator(image):
        clean = _clean(frame, turned=False)
        made.append(clean if size is None else _small(clean, size))
        # Some formats tell it only once the frame is decoded.
        durations.append(int(frame.info.get("duration", 100)))
    options: dict[str, Any] = {"save_all": True, "append_images": made[1:], "duration": durations}
    if (loop := image.info.get("loop")) is not None:
        options["loop"] = int(loop)
    if kind == "GIF":
        options["disposal"] = 2
    made[0].save(path, kind, **_SAVED[kind], **options)


def _preview(image: Image.Image) -> str:
    small = picture.fitted(Size(*image.size), picture.PREVIEW_EDGE)
    return _base64(image.resize(small, Image.Resampling.BOX), quality=30)


def _base64(image: Image.Image, **options: object) -> str:
    out = io.BytesIO()
    image.save(out, "WEBP", method=6, **options)
    return base64.b64encode(out.getvalue()).decode()


def main() -> None:
    """Bound this process, paint, and say what came of it."""
    source, folder, work = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    small = work in ("icon", "thumbnail")
    memory = LINK_MEMORY_BYTES if small else MEMORY_BYTES
    seconds = LINK_CPU_SECONDS if small else CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if small:
        answer = paint_icon(source) if work == "icon" else paint_thumbnail(source)
    else:
        # The service answers others meanwhile.
        os.nice(10)
        works = {"emoji": paint_emoji, "avatar": paint_avatar}
        answer = works.get(work, paint)(source, folder)
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main()
