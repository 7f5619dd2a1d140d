"""What history counts; see protocol.md §10 for the names others build on."""

from __future__ import annotations

from services.metrics_prometheus import Metrics

_BATCH_MESSAGES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)


class HistoryMetrics:
    """The metrics of one process; made once for a registry."""

    def __init__(self, metrics: Metrics) -> None:
        self.lag = metrics.gauge(
            "lag_messages", "Sequences between the end of the log and what is stored."
        )
        self.log_bytes = metrics.gauge("log_bytes", "How much the log holds.")
        self.log_max_bytes = metrics.gauge(
            "log_max_bytes", "How much the log may hold; 0 if only the disk is a limit."
        )
        self.leading = metrics.gauge("leading", "1 while this process is the one that stores.")
        self.written = metrics.counter("written", "Log events stored.")
        self.batch = metrics.histogram(
            "batch_messages", "Log records a batch.", buckets=_BATCH_MESSAGES
        )
        self.batch_seconds = metrics.histogram("batch_seconds", "Storing of one batch.")
        self.stored_seconds = metrics.histogram(
            "stored_seconds",
            "From a record's place in the log to its being in Postgres; of each batch the oldest.",
        )
        self.indexed = metrics.counter("indexed", "Messages put into the index of words.")
        self.index_seconds = metrics.histogram("index_seconds", "Indexing of one batch.")
        self.previewed = metrics.counter(
            "previewed", "Messages that got previews of their links, or others than before."
        )
        self.set_aside = metrics.counter("set_aside", "Log records that could not be understood.")
        self.doubles = metrics.counter(
            "doubles", "Messages that got into the log a second time and were withdrawn."
        )
        self.sends = metrics.counter("sends", "Messages sent over HTTP.", ("outcome",))
        self.outbox_pending = metrics.gauge(
            "outbox_pending", "Decisions that are not known to be in the log yet."
        )
        self.relayed = metrics.counter("relayed", "Decisions published to the log.")
        self.trimmed = metrics.counter("trimmed", "Log records removed after they were stored.")
        self.calls = metrics.counter("calls", "Calls of other services.", ("call", "outcome"))
        self.call_seconds = metrics.histogram("call_seconds", "Answering a call.", ("call",))
