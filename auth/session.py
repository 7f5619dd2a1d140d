"""The life of a session and its refresh tokens: what is to happen to one that is shown; no storage.

A session is one sign-in on one device. Its refresh tokens are a family: each use gives the next one
and voids the one before, so a token that is shown twice was stolen, or its thief was here first
(RFC 9700 §4.14.2). A token is a family secret, the same in all tokens of a session, and a secret of
its own; both are stored as hashes. So one row a session tells an old token of the family from one
that never was, and no list of used tokens has to be kept.

A browser may lose an answer, by a reload say, and then has no other token than the one it has
traded already. So a token that was traded as a cookie is taken again for `GRACE_MS`, and gives one
more token beside those that were given for it: its *successors*. Each of them is good until one of
them is traded, which voids the others, so whichever a browser kept will do. The rules, the first
that fits:

| the token shown                                      | verdict | what comes of it                |
| ---------------------------------------------------- | ------- | ------------------------------- |
| of no family                                         | UNKNOWN | nothing                         |
| of a session that ended                              | ENDED   | nothing                         |
| of a session that ran out                            | EXPIRED | nothing                         |
| one of the successors                                | ROTATE  | its siblings are void, and it   |
|                                                      |         | gets a first successor          |
| the one they were given for, traded as a cookie less | REPEAT  | one more successor; above       |
| than 30 s ago, and shown as a cookie again           |         | `SUCCESSORS` the oldest is void |
| any other of the family                              | REUSED  | the session ends                |

So the tokens that were ever traded are one chain: of those given for one token at most one is ever
traded. Two who hold tokens of a session, its owner and a thief, cannot both go on: the second one
to refresh ends the session for both, whatever happened within a grace.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from enum import Enum
from typing import Final, NamedTuple

SECRET_BYTES: Final = 32
"""Of each of the two secrets: 256 bits cannot be guessed, so a plain hash protects them."""
SESSIONS_PER_USER: Final = 100
"""Living sessions of one user; one more ends the one that was used least recently."""
ADDRESS_CHARACTERS: Final = 64
GRACE_MS: Final = 30_000
"""How long a cookie's token is taken again: a reload, or a lost answer and a second try."""
SUCCESSORS: Final = 8
"""Good tokens at once that were given for the same one: as many tabs may race with it."""
_PREFIX: Final = "r_"
_TOKEN_CHARACTERS: Final = 88


class Secrets(NamedTuple):
    """The two halves of a refresh token."""

    family: bytes
    own: bytes


class Showing(NamedTuple):
    """A token as it was shown: by a browser in its cookie, or by a program in the body."""

    secrets: Secrets
    as_cookie: bool


class Chain(NamedTuple):
    """Where a session stands: its good tokens and the one they were given for, all as hashes.

    `current` was given last, `siblings` before it, the newest first. `previous` is None if it may
    not be shown again at all; it was first traded at `traded_ms`.
    """

    current: bytes
    siblings: tuple[bytes, ...] = ()
    previous: bytes | None = None
    traded_ms: int = 0


class Stored(NamedTuple):
    """What is known of a session when a token of its family is shown."""

    chain: Chain
    expires_ms: int
    ended: bool


class Verdict(Enum):
    """What is to happen to a refresh token that was shown; the table above says when."""

    ROTATE = "rotated"
    """It is good: give the next."""
    REPEAT = "repeated"
    """It was traded a moment ago, and none of its successors was: give another one."""
    REUSED = "reused"
    """It was used before: end the session, and say so to everyone."""
    EXPIRED = "expired"
    ENDED = "ended"
    UNKNOWN = "unknown"


GIVES: Final = frozenset({Verdict.ROTATE, Verdict.REPEAT})
"""The verdicts that give a token."""


def write(secrets: Secrets) -> str:
    """The refresh token made of two secrets, for the client."""
    return _PREFIX + base64.urlsafe_b64encode(secrets.family + secrets.own).rstrip(b"=").decode()


def read(token: str) -> Secrets | None:
    """The two secrets of a refresh token, or None if it is none."""
    if len(token) != _TOKEN_CHARACTERS or not token.startswith(_PREFIX) or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token[len(_PREFIX) :] + "==", altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    secrets = Secrets(raw[:SECRET_BYTES], raw[SECRET_BYTES:])
    # base64 has several spellings of the same bytes; one of them is the token.
    return secrets if write(secrets) == token else None


def digest(secret: bytes) -> bytes:
    """What is stored of a secret: SHA-256."""
    return hashlib.sha256(secret).digest()


def judge(stored: Stored | None, showing: Showing, now_ms: int) -> Verdict:
    """Decide about a token whose family `stored` was found by; the order of the rules counts.

    Hashes are compared as they are: who does not know the secret cannot choose its hash.
    """
    if stored is None:
        return Verdict.UNKNOWN
    if stored.ended:
        return Verdict.ENDED
    if stored.expires_ms <= now_ms:
        return Verdict.EXPIRED
    chain, shown = stored.chain, digest(showing.secrets.own)
    if shown == chain.current or shown in chain.siblings:
        return Verdict.ROTATE
    # The clocks of two replicas differ: one that is behind must not make the grace longer.
    fresh = abs(now_ms - chain.traded_ms) < GRACE_MS
    if showing.as_cookie and shown == chain.previous and fresh:
        return Verdict.REPEAT
    return Verdict.REUSED


def trade(chain: Chain, showing: Showing, following: bytes, now_ms: int) -> Chain:
    """The chain after a token that was judged good for it was traded for the one of `following`.

    Only what was traded as a cookie gets a grace: a program keeps its answers, and without one a
    theft is told at once.
    """
    shown = digest(showing.secrets.own)
    if shown == chain.previous:
        siblings = (chain.current, *chain.siblings)[: SUCCESSORS - 1]
        return chain._replace(current=following, siblings=siblings)
    return Chain(following, (), shown if showing.as_cookie else None, now_ms)


def device(user_agent: str, characters: int) -> str:
    """The name of a client as a person may read it in a list: printable, cut to `characters`."""
    return "".join(c for c in user_agent[:characters] if c.isprintable()).strip()
