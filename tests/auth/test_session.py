"""The life of a refresh token, decided without a clock and without a store."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from auth import session
from auth.session import Chain, Secrets, Showing, Stored, Verdict

SECRET = st.binary(min_size=session.SECRET_BYTES, max_size=session.SECRET_BYTES)
ONE = Secrets(b"f" * 32, b"1" * 32)
TWO = Secrets(b"f" * 32, b"2" * 32)


def stored(current: Secrets = ONE, *, expires_ms: int = 1_000, ended: bool = False) -> Stored:
    """A session whose good token is `current`."""
    return Stored(Chain(session.digest(current.own)), expires_ms, ended)


def judge(known: Stored | None, secrets: Secrets, now_ms: int) -> Verdict:
    """The verdict on a token, which is the same in a cookie and in a body."""
    cookie = session.judge(known, Showing(secrets, as_cookie=True), now_ms)
    assert session.judge(known, Showing(secrets, as_cookie=False), now_ms) is cookie
    return cookie


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
        "r_" + "!" * 86,
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
    assert judge(stored(), ONE, 999) is Verdict.ROTATE


def test_another_token_of_the_family_is_a_reused_one() -> None:
    """Whoever knows the family's secret held one of its tokens."""
    assert judge(stored(TWO), ONE, 999) is Verdict.REUSED


def test_a_session_runs_out_at_its_time_and_not_before() -> None:
    """At `expires_ms` it is over, and an old token of it is no alarm any more."""
    assert judge(stored(), ONE, 1_000) is Verdict.EXPIRED
    assert judge(stored(TWO), ONE, 1_000) is Verdict.EXPIRED


def test_an_ended_session_stays_ended() -> None:
    """Neither its current nor an old token does anything, before or after it would run out."""
    for now_ms in (0, 5_000):
        for token in (ONE, TWO):
            assert judge(stored(ended=True), token, now_ms) is Verdict.ENDED


def test_a_token_without_a_family_is_unknown() -> None:
    """Nobody is harmed by a made-up token."""
    assert judge(None, ONE, 0) is Verdict.UNKNOWN


def test_a_device_is_what_can_be_read_of_it() -> None:
    """Control characters go, length is bounded."""
    assert session.device(" Fire\x00fox\x1b[31m ", 128) == "Firefox[31m"
    assert session.device("x" * 500, 128) == "x" * 128


class Given(NamedTuple):
    """A token of the family under test, and what the model knows of it."""

    number: int
    parent: int

    @property
    def secrets(self) -> Secrets:
        """Its two halves."""
        return Secrets(ONE.family, self.number.to_bytes(32, "big"))


class Server:
    """What auth does with the verdicts, without Postgres, and a record of all it gave."""

    def __init__(self) -> None:
        """Sign in: the first token."""
        self.given = [Given(0, -1)]
        self.traded: dict[int, int] = {}
        """When each token was first traded, by number."""
        self.now_ms = 0
        self.stored = stored(self.given[0].secrets, expires_ms=10**12)

    def show(self, token: Given, *, as_cookie: bool = True) -> tuple[Verdict, Given | None]:
        """Show a token: the verdict, and the next token if there is one."""
        showing = Showing(token.secrets, as_cookie)
        verdict = session.judge(self.stored, showing, self.now_ms)
        if verdict is Verdict.REUSED:
            self.stored = self.stored._replace(ended=True)
        if verdict not in session.GIVES:
            return verdict, None
        following = Given(len(self.given), token.number)
        self.given.append(following)
        self.traded.setdefault(token.number, self.now_ms)
        hashed = session.digest(following.secrets.own)
        chain = session.trade(self.stored.chain, showing, hashed, self.now_ms)
        self.stored = self.stored._replace(chain=chain)
        return verdict, following


def test_a_lost_answer_is_given_anew_within_the_grace() -> None:
    """Up to 30 s after the token was first traded, and not a moment longer."""
    server = Server()
    first = server.given[0]
    server.show(first)
    for now_ms in (1, 29_999):
        server.now_ms = now_ms
        assert server.show(first)[0] is Verdict.REPEAT
    server.now_ms = 30_000
    assert server.show(first) == (Verdict.REUSED, None)
    assert server.show(server.given[-1]) == (Verdict.ENDED, None)


def test_a_clock_that_is_behind_makes_no_grace() -> None:
    """Another replica traded it, by a clock that is 30 s ahead of ours."""
    server = Server()
    server.now_ms = 60_000
    server.show(server.given[0])
    server.now_ms = 30_001
    assert server.show(server.given[0])[0] is Verdict.REPEAT
    server.now_ms = 30_000
    assert server.show(server.given[0])[0] is Verdict.REUSED


def test_the_grace_ends_once_a_successor_is_traded() -> None:
    """Somebody has the answer, so it was not lost."""
    server = Server()
    first = server.given[0]
    _, second = server.show(first)
    assert second is not None
    assert server.show(second)[0] is Verdict.ROTATE
    assert server.show(first)[0] is Verdict.REUSED


@pytest.mark.parametrize("kept", range(session.SUCCESSORS))
def test_whichever_successor_a_browser_kept_will_do(kept: int) -> None:
    """Tabs that race with one token: any answer may come last; a day later it is still good."""
    server = Server()
    answers = [server.show(server.given[0])[1] for _ in range(session.SUCCESSORS)]
    server.now_ms = 86_400_000
    token = answers[kept]
    assert token is not None
    assert server.show(token)[0] is Verdict.ROTATE
    other = answers[kept - 1]
    assert other is not None
    assert server.show(other)[0] is Verdict.REUSED


def test_successors_are_bounded() -> None:
    """One more, and the first one is void: nobody makes the row grow."""
    server = Server()
    answers = [server.show(server.given[0])[1] for _ in range(session.SUCCESSORS + 1)]
    assert len(server.stored.chain.siblings) == session.SUCCESSORS - 1
    oldest, second = answers[:2]
    assert oldest is not None
    assert second is not None
    kept = server.stored
    assert server.show(oldest)[0] is Verdict.REUSED
    server.stored = kept
    assert server.show(second)[0] is Verdict.ROTATE


@pytest.mark.parametrize(("first", "again"), [(False, False), (False, True), (True, False)])
def test_a_body_has_no_grace(*, first: bool, again: bool) -> None:
    """A token that was traded in a body, or is shown in one again, is judged strictly."""
    server = Server()
    server.show(server.given[0], as_cookie=first)
    assert server.show(server.given[0], as_cookie=again)[0] is Verdict.REUSED


class Anybody(RuleBasedStateMachine):
    """Tokens of one session shown in any order, at any time, in cookies and bodies, by anybody."""

    def __init__(self) -> None:
        """Sign in."""
        super().__init__()
        self.server = Server()
        self.graced = False
        """Whether the token that was traded last was traded as a cookie."""

    @rule(ms=st.sampled_from([1, 4_000, 9_999, 10_000, 900_000]))
    def wait(self, ms: int) -> None:
        """Time goes by."""
        self.server.now_ms += ms

    def expected(self, token: Given, *, as_cookie: bool) -> Verdict:
        """What the table says, told from the record of all that happened instead of the row."""
        server = self.server
        if server.stored.ended:
            return Verdict.ENDED
        last = next(reversed(server.traded), -1)
        siblings = [given for given in server.given if given.parent == last]
        if token in siblings[-session.SUCCESSORS :]:
            return Verdict.ROTATE
        repeatable = token.number == last and self.graced and as_cookie
        if repeatable and server.now_ms - server.traded[last] < session.GRACE_MS:
            return Verdict.REPEAT
        return Verdict.REUSED

    @rule(back=st.integers(0, 12), as_cookie=st.sampled_from([True, True, True, False]))
    def show(self, *, back: int, as_cookie: bool) -> None:
        """A token that was ever given is shown, most often a late one."""
        token = self.server.given[max(0, len(self.server.given) - 1 - back)]
        expected = self.expected(token, as_cookie=as_cookie)
        assert self.server.show(token, as_cookie=as_cookie)[0] is expected
        if expected is Verdict.ROTATE:
            self.graced = as_cookie

    @invariant()
    def what_was_traded_is_one_chain(self) -> None:
        """Of the tokens given for one token at most one is ever traded: two cannot both go on."""
        parents = [self.server.given[number].parent for number in self.server.traded]
        assert len(parents) == len(set(parents))

    @invariant()
    def few_tokens_are_good(self) -> None:
        """Never more than `SUCCESSORS`, and the one they were given for."""
        server, good = self.server, 0
        for token in server.given:
            showing = Showing(token.secrets, as_cookie=True)
            good += session.judge(server.stored, showing, server.now_ms) in session.GIVES
        assert good <= session.SUCCESSORS + 1


class Browser(RuleBasedStateMachine):
    """Tabs of one browser with one cookie jar: requests and answers are late, reordered and lost.

    A tab begins a refresh at any time but one: while another tab's is under way that was begun with
    an older token than the jar holds now. (The library takes turns among tabs.) An answer that is
    lost is asked for again within the grace. Nobody else has a token of the session.
    """

    def __init__(self) -> None:
        """Sign in: the jar has the first token."""
        super().__init__()
        self.server = Server()
        self.jar = self.server.given[0]
        self.requests: list[Given] = []
        self.answers: list[Given] = []

    def tries(self) -> int:
        """How often the jar's token was or will be shown."""
        shown = sum(given.parent == self.jar.number for given in self.server.given)
        return shown + len(self.requests)

    def in_time(self, ms: int = 0) -> bool:
        """Whether the tokens on their way, and the jar's, are within their grace in `ms`."""
        waiting = [*self.requests, self.jar]
        traded = [self.server.traded[t.number] for t in waiting if t.number in self.server.traded]
        return all(self.server.now_ms + ms - at < session.GRACE_MS for at in traded)

    @rule(ms=st.sampled_from([1, 3_000, 9_999, 900_000]))
    def wait(self, ms: int) -> None:
        """Time goes by, unless somebody who waits for an answer asks again before."""
        if self.in_time(ms):
            self.server.now_ms += ms

    @precondition(lambda self: self.tries() < session.SUCCESSORS)
    @precondition(lambda self: all(token is self.jar for token in self.requests))
    @precondition(lambda self: all(a.parent == self.jar.number for a in self.answers))
    @rule()
    def begin(self) -> None:
        """A tab asks, with what the jar holds now."""
        self.requests.append(self.jar)

    @precondition(lambda self: self.requests)
    @rule(data=st.data())
    def arrive(self, data: st.DataObject) -> None:
        """A request arrives, in any order: it is never taken for a theft."""
        token = self.requests.pop(data.draw(st.integers(0, len(self.requests) - 1)))
        verdict, following = self.server.show(token)
        assert following is not None, verdict
        self.answers.append(following)

    @precondition(lambda self: self.requests)
    @rule()
    def lose_a_request(self) -> None:
        """It never arrives."""
        self.requests.pop()

    @precondition(lambda self: self.answers)
    @rule(data=st.data(), lost=st.booleans())
    def answer(self, *, data: st.DataObject, lost: bool) -> None:
        """An answer comes, in any order, and its cookie goes into the jar; or it is lost."""
        token = self.answers.pop(data.draw(st.integers(0, len(self.answers) - 1)))
        if not lost:
            self.jar = token

    @invariant()
    def the_jar_has_a_good_token(self) -> None:
        """At every moment the browser can refresh."""
        showing = Showing(self.jar.secrets, as_cookie=True)
        verdict = session.judge(self.server.stored, showing, self.server.now_ms)
        assert verdict in session.GIVES


TestAnybody = Anybody.TestCase
TestBrowser = Browser.TestCase
