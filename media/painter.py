"""Has images painted, each by a process of its own; how is `painter_pillow`'s."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from media.picture import Painting, Refusal
from proto.codes import ErrorCode
from services import logs_structlog
from services.problem import Problem, Unavailable

Work: TypeAlias = Literal["image", "emoji", "avatar", "icon", "thumbnail"]
"""What an image is to become."""
AT_ONCE: Final = 2
"""Processes of one painter."""
SECONDS: Final = 60.0
"""An image that takes longer is refused, and its process ended."""
_PROGRAM: Final = "media.painter_pillow"
_log = logs_structlog.get_logger()
_answer: Final = msgspec.json.Decoder(Painting | Refusal)
# Nothing of ours: neither addresses nor passwords.
_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


class Painter:
    """At most `AT_ONCE` at a time; the others wait for their turn."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def paint(self, source: Path, desk: Path, work: Work = "image") -> Painting:
        """Make what is given out of an image, on its desk. Cancelling ends the process.

        Of what is to be an emoji or an avatar that is a single small picture, of what a link shows
        its preview.

        Raises:
            Problem: `invalid` for a broken image, `too_large` for one that takes too much.
            Unavailable: no process can be started now.
        """
        async with self._turns:
            raw = await self._run(source, desk, work)
        try:
            answer: Painting | Refusal = _answer.decode(raw)
        except msgspec.DecodeError:
            # It ended without a word: by its bounds, or by a fault of a decoder.
            _log.warning("painter ended without a word")
            text = "the image takes too much, or is broken"
            raise Problem(ErrorCode.TOO_LARGE, text, field="file") from None
        if isinstance(answer, Refusal):
            raise Problem(ErrorCode(answer.code), answer.message, field="file")
        return answer

    async def _run(self, source: Path, desk: Path, work: Work) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-m", _PROGRAM, str(source), str(desk), work),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=_ENVIRONMENT,
            )
        except OSError as error:
            raise Unavailable(f"no image can be looked at now: {error.strerror}") from error
        try:
            async with asyncio.timeout(SECONDS):
                said, _ = await process.communicate()
                return said
        except TimeoutError:
            raise Problem(ErrorCode.TOO_LARGE, "the image takes too long", field="file") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
