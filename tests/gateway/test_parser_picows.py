"""picows as a parser without I/O; these fail loudly when an upgrade changes what we reach into."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.frame import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT
from gateway.parser_picows import Parser, Parsers
from proto.codes import CloseCode
from tests.gateway.peer import masked

LIMIT = 70_000
Frames = list[tuple[int, bytes, bool]]


class Sink:
    """Keeps the frames."""

    def __init__(self, *, inflates: bool = False) -> None:
        self.frames: Frames = []
        self.inflates = inflates
        self.deflated: list[bytes] = []

    def frame(self, opcode: int, payload: bytes, *, fin: bool, rsv1: bool) -> None:
        """Keep one."""
        self.frames.append((opcode, payload, bool(fin)))
        if rsv1:
            self.deflated.append(payload)


def parse(*chunks: bytes, limit: int = LIMIT) -> tuple[Frames, CloseCode | None]:
    """Feed chunks to a new parser; it needs a running loop to be made."""

    async def feed() -> tuple[Frames, CloseCode | None]:
        parser, sink = Parser(limit), Sink()
        for chunk in chunks:
            parser.feed(chunk, sink)
        return sink.frames, parser.fault

    return asyncio.run(feed())


def test_this_is_the_picows_that_was_tried() -> None:
    """Another version: read the parser's docstring, run these tests and the conformance suite."""
    assert version("picows") == "2.3.1"


@pytest.mark.parametrize("size", [0, 1, 125, 126, 1535, 1536, 65_535, 65_536, LIMIT])
def test_frames_of_every_length_form(size: int) -> None:
    """A payload comes out unmasked, whatever its length takes in the header."""
    payload = bytes(index % 251 for index in range(size))
    assert parse(masked(BINARY, payload)) == ([(BINARY, payload, True)], None)


FRAMES = st.lists(
    st.tuples(
        st.sampled_from([TEXT, BINARY, CONTINUATION]),
        st.one_of(st.binary(max_size=300), st.integers(1500, 5000).map(lambda size: b"x" * size)),
        st.booleans(),
    )
    | st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=125), st.just(True)),  # noqa: FBT003
    max_size=12,
)


@given(data=st.data(), frames=FRAMES)
def test_any_split_gives_the_same_frames(data: st.DataObject, frames: Frames) -> None:
    """Where the stream is cut into reads makes no difference."""
    stream = b"".join(masked(opcode, payload, fin=fin) for opcode, payload, fin in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    ends = zip([0, *cuts], [*cuts, len(stream)], strict=True)
    assert parse(*[stream[a:b] for a, b in ends]) == (frames, None)


@pytest.mark.parametrize(("bits", "fault"), [(4, None), (5, CloseCode.PROTOCOL_ERROR)])
def test_one_reserved_bit_is_told_where_compression_was_agreed_to(
    bits: int, fault: CloseCode | None
) -> None:
    """The others stay a fault there too."""

    async def feed() -> None:
        parser, sink = Parser(LIMIT), Sink(inflates=True)
        parser.feed(masked(TEXT, b"a") + masked(TEXT, b"b", reserved=bits), sink)
        assert parser.fault is fault
        assert sink.deflated == ([] if fault else [b"b"])

    asyncio.run(feed())


@given(chunks=st.lists(st.binary(max_size=200), max_size=8))
def test_random_bytes_never_raise(chunks: list[bytes]) -> None:
    """Whatever comes, the outcome is frames and perhaps a fault."""
    _frames, fault = parse(*chunks)
    assert fault in (None, *CloseCode)


@pytest.mark.parametrize(
    "wrong",
    [
        *(masked(opcode) for opcode in (3, 7, 11, 15)),
        *(masked(TEXT, reserved=bits) for bits in (1, 2, 4)),
        masked(PING, fin=False),
        masked(PING, b"x" * 126),
        b"\x81\x01a",  # no mask
        b"\x81\xfe\x00\x01",  # a length that is not in its shortest form
        b"\x81\xff\x00\x00\x00\x00\x00\x00\x00\x01",
        b"\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00",
    ],
)
def test_violations_come_after_the_frames_before_them(wrong: bytes) -> None:
    """What was right before is delivered, the fault is 1002, and nothing comes after it."""
    frames, fault = parse(masked(TEXT, b"a") + wrong + masked(TEXT, b"b"), masked(TEXT, b"c"))
    assert frames == [(TEXT, b"a", True)]
    assert fault is CloseCode.PROTOCOL_ERROR


def test_too_large_is_known_from_the_header() -> None:
    """A frame above the limit is refused before its payload comes."""
    header = masked(BINARY, b"x" * (LIMIT + 1))[:10]
    assert parse(header) == ([], CloseCode.FRAME_TOO_LARGE)


def test_close_with_a_reason_that_is_no_utf8() -> None:
    """picows reads the reason itself; its finding keeps its code."""
    assert parse(masked(CLOSE, b"\x03\xe8\xff"))[1] is CloseCode.NOT_UTF8


async def test_a_parser_is_lent_again_after_whole_frames() -> None:
    """One that has nothing left over goes to the next socket."""
    parsers, sink = Parsers(LIMIT), Sink()
    first = parsers.borrow()
    first.feed(masked(TEXT, b"a"), sink)
    assert first.between_frames
    parsers.give_back(first)
    second = parsers.borrow()
    assert second is first
    second.feed(masked(TEXT, b"b"), sink)
    assert sink.frames == [(TEXT, b"a", True), (TEXT, b"b", True)]


async def test_a_parser_within_a_frame_says_so() -> None:
    """Its borrower keeps it until the frame is whole."""
    parser, sink = Parser(LIMIT), Sink()
    frame = masked(TEXT, b"abc")
    for byte in frame[:-1]:
        parser.feed(bytes([byte]), sink)
        assert not parser.between_frames
    parser.feed(frame[-1:], sink)
    assert parser.between_frames


@pytest.mark.parametrize(
    "data",
    [
        masked(CLOSE),  # picows takes one close frame in its life
        masked(TEXT, reserved=1),
        masked(TEXT, b"a")[:3],
        masked(BINARY, b"x" * 20_000),  # its buffer has grown, and never shrinks
    ],
)
async def test_a_parser_that_kept_something_is_not_lent_again(data: bytes) -> None:
    """A socket never gets what another one left over."""
    parsers, sink = Parsers(LIMIT), Sink()
    parser = parsers.borrow()
    parser.feed(data, sink)
    parsers.give_back(parser)
    assert parsers.borrow() is not parser


async def test_a_burst_of_small_frames_does_not_grow_the_buffer() -> None:
    """Thousands of frames in one read leave the parser as it was."""
    parser, sink = Parser(LIMIT), Sink()
    parser.feed(masked(TEXT, b"x" * 100) * 5_000, sink)
    assert len(sink.frames) == 5_000
    assert parser.is_fresh


async def test_spare_parsers_are_bounded() -> None:
    """Many sockets at once leave no more than a few parsers behind."""
    parsers = Parsers(LIMIT)
    lent = [parsers.borrow() for _ in range(100)]
    for parser in lent:
        parsers.give_back(parser)
    assert len(parsers._spare) == 32
