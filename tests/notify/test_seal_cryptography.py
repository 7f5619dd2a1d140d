"""Push messages are encrypted as RFC 8291 says, to the byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notify import seal_cryptography
from tests.notify.receiver_cryptography import Receiver, raw

# RFC 8291 §5 and its appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
OWN = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
THEIRS = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH, SALT = "BTBZMqHH6r4Tts7J_aSIgg", "DGv6ra1nlYgDCS1FRnbzlw"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6T"
    "lzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4"
    "a-fN"
)


def test_the_example_of_the_rfc() -> None:
    """The very bytes of RFC 8291 §5."""
    found = seal_cryptography.seal(PLAIN, raw(THEIRS), raw(AUTH), own=raw(OWN), salt=raw(SALT))
    assert found == raw(SEALED)


@settings(max_examples=20)
@given(st.binary(max_size=seal_cryptography.PLAIN_BYTES))
def test_a_browser_reads_it(plain: bytes) -> None:
    """Whatever is sealed, the one it is for opens, and it is not too long for a push service."""
    receiver = Receiver()
    sealed = seal_cryptography.seal(plain, receiver.p256dh, receiver.auth)
    assert receiver.open(sealed) == plain
    assert len(sealed) <= 4096


def test_each_is_another() -> None:
    """The same words twice look like two others to whoever carries them."""
    receiver = Receiver()
    first, second = (
        seal_cryptography.seal(PLAIN, receiver.p256dh, receiver.auth) for _ in range(2)
    )
    assert first[:86] != second[:86]


def test_what_cannot_be_sealed() -> None:
    """Too long, or for a key that is none."""
    receiver = Receiver()
    with pytest.raises(ValueError, match="too long"):
        seal_cryptography.seal(bytes(3_994), receiver.p256dh, receiver.auth)
    for point in (b"", b"\x04" + bytes(64), receiver.p256dh[:-1], b"\x00"):
        assert not seal_cryptography.is_public_key(point)
    assert seal_cryptography.is_public_key(receiver.p256dh)
