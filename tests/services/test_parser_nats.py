"""What NATS sends: every message once, whole and in order, however the network cuts it up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.parser_nats import Parser

Message = tuple[int, bytes, bytes, bytes, bytes]
"""Subscription id, subject, reply, data, headers."""


def wire(message: Message) -> bytes:
    """A message as the server writes it."""
    sid, subject, reply, data, headers = message
    words = [b"HMSG" if headers else b"MSG", subject, b"%d" % sid, *([reply] if reply else [])]
    words += [b"%d" % len(headers)] if headers else []
    head = b" ".join([*words, b"%d" % len(headers + data)])
    return b"\r\n".join([head, headers + data, b""])


def heard(*parts: bytes) -> tuple[list[Message], bytes]:
    """The messages that come of it when it is read in these parts, and the commands."""
    messages: list[Message] = []
    parser = Parser(lambda *message: messages.append(message))
    commands = b"".join([parser.take(part) for part in parts])
    return messages, commands


words = st.binary(min_size=1, max_size=12).map(lambda raw: raw.hex().encode())
messages = st.tuples(
    st.integers(1, 10**6),
    words,
    words | st.just(b""),
    # Payloads that look like the protocol itself are data all the same.
    st.binary(max_size=40) | st.sampled_from([b"", b"\r\n", b"PING\r\n", b"MSG a 1 3\r\nabc\r\n"]),
    st.just(b"") | st.just(b"NATS/1.0\r\nNats-Sequence: 7\r\n\r\n"),
)
commands = st.sampled_from(
    [b"PING\r\n", b"PONG\r\n", b"+OK\r\n", b'INFO {"max_payload": 5} \r\n', b"-ERR 'Slow'\r\n"]
)


@given(st.lists(messages | commands, max_size=6), st.lists(st.integers(1, 200), max_size=8))
def test_everything_comes_once_and_in_order(sent: list[Message | bytes], cuts: list[int]) -> None:
    """Messages and commands in any order, cut anywhere, are what was sent."""
    stream = b"".join(one if isinstance(one, bytes) else wire(one) for one in sent)
    places = sorted({cut for cut in cuts if cut < len(stream)})
    parts = [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True)]
    said = [one for one in sent if not isinstance(one, bytes)]
    assert heard(*parts) == (said, b"".join(one for one in sent if isinstance(one, bytes)))


def test_a_message_waits_for_its_last_byte() -> None:
    """Without the end of its line it might not be whole."""
    assert heard(b"MSG a 1 3\r\nabc") == ([], b"")
    assert heard(b"MSG a 1 3\r\nabc", b"\r\n") == ([(1, b"a", b"", b"abc", b"")], b"")


def test_a_command_waits_for_the_end_of_its_line() -> None:
    """A reader gets no halves."""
    assert heard(b"PI") == ([], b"")
    assert heard(b"PI", b"NG\r", b"\n") == ([], b"PING\r\n")


@pytest.mark.parametrize("line", [b"MSG a", b"MSG a one 1", b"MSG a 1 x", b"HMSG a 1", b""])
def test_what_is_no_message_is_left_to_nats_py(line: bytes) -> None:
    """It ends the connection for what it does not understand."""
    assert heard(line + b"\r\n1\r\n") == ([], line + b"\r\n1\r\n")
