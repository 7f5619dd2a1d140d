"""What links in messages lead to: as people are told, as services ask each other; no log event."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from proto.ids import Id


class LinkPreview(Struct, frozen=True, kw_only=True):
    """What a link in a message leads to, as that page tells it: nothing of it is markup.

    Without control characters and bidirectional overrides, and cut where it is too long.
    """

    url: str
    """As it stands in the text."""
    title: str
    description: str | UnsetType = UNSET
    site: str | UnsetType = UNSET
    """What the page calls the whole that it is of."""
    icon: str | UnsetType = UNSET
    """The site's, painted anew: Base64 of a WebP file of at most 32 by 32 pixels, which is beside
    the title and says nothing that is not there."""
    thumbnail: str | UnsetType = UNSET
    """The page's own picture, painted anew: Base64 of a WebP file of at most 160 by 160 pixels."""


class PreviewCall(Struct, frozen=True):
    """What do these links lead to, which `user` has said (`subjects.MEDIA_PREVIEW`)?

    Asked in the room's stead: that the room wants to know is the asker's to see to.
    """

    user: Id
    urls: list[str]


class PreviewReply(Struct, frozen=True):
    """In the order asked; those of which nothing could be found out are left out."""

    previews: list[LinkPreview]
    limited: bool = False
    """Nothing was looked up, as `user` has said too many."""
