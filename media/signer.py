"""Gives URLs of files to those who may see them; what is behind a URL is given out elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from media import access, kind, signature
from media.asker import Asker
from media.key_postgres import SigningKey
from media.ledger_postgres import ORIGINAL, Known, Ledger
from proto.shapes import SignedMedia, Thumbnail
from services import clock

_MIDDLE = "medium"


class Signer:
    """`url` is where files are served from. Every method raises Unavailable."""

    def __init__(self, ledger: Ledger, asker: Asker, key: SigningKey, url: str) -> None:
        self._ledger = ledger
        self._asker = asker
        self._key = key
        self._url = url

    async def sign(self, user: str, ids: Sequence[str]) -> dict[str, SignedMedia]:
        """URLs of those of the files that are there for `user`.

        A file is for whoever reads in its room; before a message has it, for its uploader alone.
        """
        known = await self._ledger.known(list(dict.fromkeys(ids)))
        mine = [file for file in known if file.used or file.uploader == user]
        rooms = sorted({file.room for file in mine})
        members = await asyncio.gather(*(self._asker.member(room, user) for room in rooms))
        seen = {room for room, is_in in zip(rooms, members, strict=True) if access.may_see(is_in)}
        expires_ms = signature.expiry(clock.now_ms())
        return {file.id: self._signed(file, expires_ms) for file in mine if file.room in seen}

    def is_good(self, media: str, variant: str, expires_ms: int, signed: str) -> bool:
        """Say whether a URL is one of ours and not over."""
        secret = self._key.secret
        return signature.is_good(secret, media, variant, expires_ms, signed, clock.now_ms())

    def _signed(self, file: Known, expires_ms: int) -> SignedMedia:
        def url(variant: str) -> str:
            return self._url + signature.path(self._key.secret, file.id, variant, expires_ms)

        thumbs = sorted(
            (part.width, part.height, part.variant)
            for part in file.parts
            if part.variant != ORIGINAL and part.width and part.height
        )
        variants = {variant for _, _, variant in thumbs}
        thumb = None
        if file.mime in kind.IMAGES:
            # One that is smaller than that is shown itself.
            thumb = url(_MIDDLE if _MIDDLE in variants else ORIGINAL)
        return SignedMedia(
            url(ORIGINAL),
            thumb,
            expires_ms,
            [Thumbnail(url(variant), width, height) for width, height, variant in thumbs],
        )
