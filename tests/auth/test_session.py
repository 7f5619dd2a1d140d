"""The life of a refresh token, decided without a clock and without a store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from auth import session
from auth.session import Secrets, Stored, Verdict

SECRET = st.binary(min_size=session.SECRET_BYTES, max_size=session.SECRET_BYTES)
ONE = Secrets(b"f" * 32, b"1" * 32)
TWO = Secrets(b"f" * 32, b"2" * 32)


def stored(current: Secrets = ONE, *, expires_ms: int = 1_000, ended: bool = False) -> Stored:
    """A session whose good token is `current`."""
    return Stored(session.digest(current.own), expires_ms, ended)


@given(SECRET, SECRET)
def test_a_token_reads_as_it_was_written(family: bytes, own: bytes) -> None:
    """Writing and reading are inverse; the text is 88 URL-safe characters."""
    token = session.write(Secrets(family, own))
    assert len(token) == 88
    assert session.read(token) == Secrets(family, own)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "r_",
        "x_" + "A" * 86,
        "r_" + "A" * 85,
        "r_" + "A" * 87,
        "r_" + "é" * 86,
        "r_" + "+" * 86,
        "r_" + "A" * 85 + "B",
    ],
)
def test_what_is_no_token_reads_as_none(token: str) -> None:
    """Wrong mark, length or alphabet: no exception, no secrets."""
    assert session.read(token) is None


@given(st.text(max_size=100))
def test_reading_never_raises(token: str) -> None:
    """Anything may be sent."""
    session.read(token)
    session.read("r_" + token[:86].ljust(86, "A"))


def test_the_current_token_rotates() -> None:
    """A living session, the token that is good now."""
    assert session.judge(stored(), ONE, 999) is Verdict.ROTATE


def test_another_token_of_the_family_is_a_reused_one() -> None:
    """Whoever knows the family's secret held one of its tokens."""
    assert session.judge(stored(TWO), ONE, 999) is Verdict.REUSED


def test_a_session_runs_out_at_its_time_and_not_before() -> None:
    """At `expires_ms` it is over, and an old token of it is no alarm any more."""
    assert session.judge(stored(), ONE, 1_000) is Verdict.EXPIRED
    assert session.judge(stored(TWO), ONE, 1_000) is Verdict.EXPIRED


def test_an_ended_session_stays_ended() -> None:
    """Neither its current nor an old token does anything, before or after it would run out."""
    for now_ms in (0, 5_000):
        for token in (ONE, TWO):
            assert session.judge(stored(ended=True), token, now_ms) is Verdict.ENDED


def test_a_token_without_a_family_is_unknown() -> None:
    """Nobody is harmed by a made-up token."""
    assert session.judge(None, ONE, 0) is Verdict.UNKNOWN


def test_a_device_is_what_can_be_read_of_it() -> None:
    """Control characters go, length is bounded."""
    assert session.device(" Fire\x00fox\x1b[31m ", 128) == "Firefox[31m"
    assert session.device("x" * 500, 128) == "x" * 128


class Family(RuleBasedStateMachine):
    """One session, its owner and everything it ever gave out."""

    def __init__(self) -> None:
        """Sign in."""
        super().__init__()
        self.used: list[Secrets] = []
        self.current = ONE
        self.ended = False
        self.turn = 1

    def show(self, secrets: Secrets) -> Verdict:
        """Show a token, and do what the verdict says."""
        verdict = session.judge(stored(self.current, ended=self.ended), secrets, 0)
        if verdict is Verdict.ROTATE:
            self.used.append(self.current)
            self.turn += 1
            self.current = Secrets(ONE.family, self.turn.to_bytes(32, "big"))
        if verdict is Verdict.REUSED:
            self.ended = True
        return verdict

    @precondition(lambda self: not self.ended)
    @rule()
    def refresh(self) -> None:
        """The owner refreshes."""
        assert self.show(self.current) is Verdict.ROTATE

    @precondition(lambda self: self.used)
    @rule(data=st.data())
    def reuse(self, data: st.DataObject) -> None:
        """Somebody shows a used token."""
        ended = self.ended
        verdict = self.show(data.draw(st.sampled_from(self.used)))
        assert verdict is (Verdict.ENDED if ended else Verdict.REUSED)

    @invariant()
    def after_reuse_nothing_rotates(self) -> None:
        """Once ended, no token of the family is good, the newest included."""
        if self.ended:
            assert self.show(self.current) is Verdict.ENDED


TestFamily = Family.TestCase
