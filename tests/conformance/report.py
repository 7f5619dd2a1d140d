"""Autobahn's results in numbers; it runs nothing."""

from __future__ import annotations

from collections import Counter
from typing import Final

import msgspec

PASSED: Final = frozenset({"OK", "NON-STRICT", "INFORMATIONAL"})
"""Right, right but later than it could be, and not prescribed; every other word is a failure."""
DECLINED: Final = ("13.3.", "13.5.")
"""Cases that offer one thing alone, which the gateway does not agree to."""
DECLINED_BECAUSE: Final = (
    "they want windows of 9 bits, and everybody shares frames of 12 (docs/decisions/0011-speed.md)"
)
_UNIMPLEMENTED: Final = "UNIMPLEMENTED"


class Case(msgspec.Struct, frozen=True):
    """What became of one case: what happened, and how the connection was closed."""

    behavior: str
    behavior_close: str = msgspec.field(name="behaviorClose")
    duration_ms: int = msgspec.field(name="duration", default=0)

    @property
    def failed(self) -> bool:
        """Whether either of the two broke the protocol."""
        return not {self.behavior, self.behavior_close} <= PASSED


class Summary(msgspec.Struct, frozen=True):
    """All cases of one run; `failed`, `declined` and `not_ok` hold ids such as 6.4.3."""

    cases: int
    counts: dict[str, int]
    closes: dict[str, int]
    failed: list[str]
    declined: list[str]
    not_ok: dict[str, str]


def summarize(index: bytes, agent: str) -> Summary:
    """Sum up the suite's index.json for one agent.

    Raises:
        KeyError: the agent is not in it: the suite did not reach the server.
        msgspec.DecodeError: it is not the index of a run.
    """
    cases = msgspec.json.decode(index, type=dict[str, dict[str, Case]])[agent]
    declined = [
        name
        for name, case in cases.items()
        if name.startswith(DECLINED) and case.behavior == _UNIMPLEMENTED
    ]
    return Summary(
        cases=len(cases),
        counts=dict(Counter(case.behavior for case in cases.values())),
        closes=dict(Counter(case.behavior_close for case in cases.values())),
        failed=[name for name, case in cases.items() if case.failed and name not in declined],
        declined=declined,
        not_ok={name: case.behavior for name, case in cases.items() if case.behavior != "OK"},
    )
