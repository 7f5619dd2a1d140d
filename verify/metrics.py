"""What the canary tells Prometheus, `parley_verify_…`; labels are bounded."""

from __future__ import annotations

from services.metrics_prometheus import Metrics
from verify.tally import Verdict

OUTCOMES = ("kept", "broken", "failed")


class VerifyMetrics:
    """The figures of one process."""

    def __init__(self, metrics: Metrics) -> None:
        self._rounds = metrics.counter(
            "rounds",
            "Rounds: the promise was `kept` or `broken`, or it could not be tried (`failed`).",
            ["outcome"],
        )
        for outcome in OUTCOMES:
            # From the start, so that the first failure is seen as a rise.
            self._rounds.labels(outcome)
        self._lost = metrics.counter("lost", "Acknowledged messages that somebody did not get.")
        self._doubled = metrics.counter("doubled", "Messages that somebody got twice.")
        self._disordered = metrics.counter("disordered", "Messages that came after a later one.")
        self._ok = metrics.histogram(
            "send_ok_seconds", "From a send to its ok, as a client sees it."
        )
        self._seen = metrics.histogram(
            "send_seen_seconds", "From a send to when somebody was shown it, as clients see it."
        )

    def judged(self, verdict: Verdict) -> None:
        """Count a round that came to its end."""
        self._rounds.labels("kept" if verdict.kept else "broken").inc()
        self._lost.inc(verdict.lost)
        self._doubled.inc(verdict.doubled)
        self._disordered.inc(verdict.disordered)
        for seconds in verdict.ok:
            self._ok.observe(seconds)
        for seconds in verdict.seen:
            self._seen.observe(seconds)

    def failed(self) -> None:
        """Count a round that could not be carried through."""
        self._rounds.labels("failed").inc()
