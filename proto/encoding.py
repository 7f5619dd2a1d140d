"""The two ways to write a frame, and the subprotocol that stands for each; not their bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec

from proto import events, frames, packed, wire

ServerSide: TypeAlias = frames.ServerFrame | events.LogEvent


@dataclass(frozen=True, slots=True)
class Encoding:
    """How frames go over one socket, in either direction.

    `decode_result` reads what an `ok` holds, given the type that the request asks for.
    """

    subprotocol: str
    is_binary: bool
    """In binary frames, or in text frames; the other kind is a `bad_frame`."""
    encode: Callable[[object], bytes]
    decode_client: Callable[[bytes], frames.ClientFrame | wire.Fault]
    decode_server: Callable[[bytes], ServerSide | None]
    decode_result: Callable[..., Any]
    from_json: Callable[[bytes | msgspec.Raw], bytes]
    """Give what is JSON already in this encoding."""


JSON: Final = Encoding(
    "parley.v1",
    is_binary=False,
    encode=wire.encode,
    decode_client=wire.decode_client,
    decode_server=wire.decode_server,
    decode_result=msgspec.json.decode,
    from_json=bytes,
)
MSGPACK: Final = Encoding(
    "parley.v1.msgpack",
    is_binary=True,
    encode=packed.encode,
    decode_client=packed.decode_client,
    decode_server=packed.decode_server,
    decode_result=msgspec.msgpack.decode,
    from_json=packed.from_json,
)
ENCODINGS: Final[Mapping[str, Encoding]] = {one.subprotocol: one for one in (JSON, MSGPACK)}
"""By subprotocol; a client that offers none speaks the first."""
