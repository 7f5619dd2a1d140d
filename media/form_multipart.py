"""Takes a multipart body apart as it comes (RFC 7578), without keeping it; it writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from proto.codes import ErrorCode
from services.problem import Problem

HEADER_BYTES: Final = 16_384
"""A name may be silly long: it is cut, not refused."""
FIELD_BYTES: Final = 1_024
PARTS: Final = 20


class Field(NamedTuple):
    """A field that is no file, whole."""

    name: str
    value: str


class File(NamedTuple):
    """A file begins; its bytes follow."""

    field: str
    name: str


class Chunk(NamedTuple):
    """The next bytes of the file that began last."""

    data: bytes


Piece = Field | File | Chunk


class Form:
    """One body. `feed` what comes, in order, then `end`; both raise Problem: `bad_frame`, 415."""

    def __init__(self, content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise Problem(ErrorCode.BAD_FRAME, "the body must be multipart/form-data", status=415)
        self._pieces: list[Piece] = []
        self._headers: dict[str, bytes] = {}
        self._header = (bytearray(), bytearray())
        self._field: tuple[str, bytearray] | None = None
        self._parts = 0
        self._ended = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begin,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_finished,
                    "on_part_data": self._part_data,
                    "on_part_end": self._part_end,
                    "on_end": self._end,
                },
                max_header_size=HEADER_BYTES,
            )
        except FormParserError as error:
            raise _malformed(error) from None

    def feed(self, data: bytes) -> Iterator[Piece]:
        """What these bytes of the body bring."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise _malformed(error) from None
        pieces, self._pieces = self._pieces, []
        return iter(pieces)

    def end(self) -> None:
        """The body is over: refuse one whose end is missing."""
        if not self._ended:
            raise Problem(ErrorCode.BAD_FRAME, "the body was cut off")

    def _part_begin(self) -> None:
        self._parts += 1
        if self._parts > PARTS:
            raise Problem(ErrorCode.BAD_FRAME, f"the form has more than {PARTS} parts")
        self._headers = {}
        self._header = (bytearray(), bytearray())

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def _header_end(self) -> None:
        name, value = self._header
        self._headers[name.decode("latin-1").lower()] = bytes(value)
        self._header = (bytearray(), bytearray())

    def _headers_finished(self) -> None:
        given = self._headers.get("content-disposition", b"")
        kind, options = parse_options_header(given)
        if kind != b"form-data" or b"name" not in options:
            raise Problem(ErrorCode.BAD_FRAME, "a part of the form has no name")
        field = options[b"name"].decode("utf-8", "replace")
        if b"filename" in options:
            name = options[b"filename"].decode("utf-8", "replace")
            self._pieces.append(File(field, name))
            self._field = None
        else:
            self._field = (field, bytearray())

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._field is None:
            self._pieces.append(Chunk(data[start:end]))
            return
        name, value = self._field
        value.extend(data[start:end])
        if len(value) > FIELD_BYTES:
            raise Problem(ErrorCode.BAD_FRAME, "a field of the form is too long", field=name[:64])

    def _part_end(self) -> None:
        if self._field is not None:
            name, value = self._field
            self._pieces.append(Field(name, value.decode("utf-8", "replace")))
            self._field = None

    def _end(self) -> None:
        self._ended = True


def _malformed(error: FormParserError) -> Problem:
    return Problem(ErrorCode.BAD_FRAME, f"the form is malformed: {error}")
