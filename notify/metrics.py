"""What this service counts; the meaning of each figure is in its help text."""

from __future__ import annotations

from services.metrics_prometheus import Metrics

_LATE_SECONDS = (2.0, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 8.0, 12.0, 30.0, 120.0)


class NotifyMetrics:
    """The figures under `parley_notify_`; one instance a process."""

    def __init__(self, metrics: Metrics) -> None:
        self.lag = metrics.gauge(
            "lag_messages",
            "Records of the log that are not decided yet, those included that wait for their time.",
        )
        self._decided = metrics.counter(
            "decided",
            "Records of the log that were decided: news, or nothing to tell of (no message, or an "
            "old one); failed: decided never, because of a bug; again: history did not answer, and "
            "it is tried once more.",
            ("outcome",),
        )
        self._notices = metrics.counter(
            "notices", "People who were told of something, by why it concerns them.", ("kind",)
        )
        self._told = metrics.counter(
            "told",
            "People whom something concerned: told on their sockets; pushed (nobody sits there, "
            "and a browser of theirs is told); unknown (presence did not answer: all their devices "
            "make a sound); quiet (they do not want to be disturbed); absent (they have neither a "
            "socket nor a browser that may be pushed to).",
            ("outcome",),
        )
        self._late = metrics.histogram(
            "told_seconds",
            "From when a message was said until people were told of it, the time included in which "
            "they may read it.",
            buckets=_LATE_SECONDS,
        )

        self._pushes = metrics.counter(
            "pushes",
            "Push messages: sent; gone (the browser takes none any more, and is forgotten); again "
            "(tried once more later); given_up; withdrawn (it was read or deleted before it was "
            "tried once more); refused (by the push service, or because its address is not "
            "allowed); late (older than a day); failed (a bug); dropped (too many "
            "wait).",
            ("outcome",),
        )
        self.push_seconds = metrics.histogram("push_seconds", "One attempt of a push message.")

    def pushed(self, outcome: str, messages: int = 1) -> None:
        """Count push messages."""
        self._pushes.labels(outcome).inc(messages)

    def decided(self, outcome: str, records: int) -> None:
        """Count records."""
        self._decided.labels(outcome).inc(records)

    def notice(self, kind: str) -> None:
        """Count somebody who was told."""
        self._notices.labels(kind).inc()

    def told(self, outcome: str) -> None:
        """Count somebody whom something concerned."""
        self._told.labels(outcome).inc()

    def late(self, seconds: float) -> None:
        """Note how long it took."""
        self._late.observe(seconds)


class HookMetrics:
    """What is counted of webhooks, under `parley_notify_webhook_`."""

    def __init__(self, metrics: Metrics) -> None:
        self.lag = metrics.gauge(
            "webhook_lag_messages", "Records of the log that no webhook was told of yet."
        )
        self._deliveries = metrics.counter(
            "webhook_deliveries",
            "Attempts to deliver something to a webhook: delivered; again (tried once more later); "
            "waits (its host is asked by as many as it may be); dead (a day is over, the webhook "
            "is disabled, or too much waits: a dead letter); gone (the webhook is no more); failed "
            "(a bug).",
            ("outcome",),
        )
        self.seconds = metrics.histogram(
            "webhook_seconds", "One attempt to deliver something to a webhook."
        )

    def delivered(self, outcome: str) -> None:
        """Count how an attempt ended."""
        self._deliveries.labels(outcome).inc()
