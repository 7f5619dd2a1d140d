"""What media counts; see protocol.md §10 for the names others build on."""

from __future__ import annotations

from services.metrics_prometheus import Metrics

_PREVIEW_SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_PAINT_SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60)


class MediaMetrics:
    """The metrics of one process; made once for a registry."""

    def __init__(self, metrics: Metrics) -> None:
        self.uploads = metrics.counter(
            "uploads", "Files uploaded: ok, cancelled, or the code of the refusal.", ("outcome",)
        )
        self.upload_bytes = metrics.counter(
            "upload_bytes", "Bytes of uploaded files as they are given out."
        )
        self.served_bytes = metrics.counter("served_bytes", "Bytes of files given out.")
        self.signed = metrics.counter("signed", "Files whose URL was given to somebody.")
        self.paint_seconds = metrics.histogram(
            "paint_seconds",
            "Writing an image anew with its thumbnails, and waiting for a turn.",
            buckets=_PAINT_SECONDS,
        )
        self.calls = metrics.counter("calls", "Calls of other services.", ("call", "outcome"))
        self.previews = metrics.counter(
            "previews",
            "Links looked up: found, known (from before), nothing (no page, or none with a title), "
            "refused (it leads to where nobody is asked), unreachable.",
            ("outcome",),
        )
        self.preview_seconds = metrics.histogram(
            "preview_seconds",
            "Asking about a link and reading the page.",
            buckets=_PREVIEW_SECONDS,
        )
        self.link_pictures = metrics.counter(
            "link_pictures",
            "Icons and pictures of pages looked up: found, known (from before), nothing (none, or "
            "one that cannot be shown), refused (it is where nobody is asked), unreachable.",
            ("kind", "outcome"),
        )
        self.expired = metrics.counter("expired", "Files removed that nothing had for a day.")
        self.withdrawn = metrics.counter(
            "withdrawn",
            "Files taken back from messages that were never sent, and pictures that nobody has.",
        )
        self.emptied = metrics.counter("emptied", "Files removed with their rooms.")
        self.removed = metrics.counter("removed_objects", "Objects removed from the store.")
        self.store_errors = metrics.counter("store_errors", "What the store could not do.")
        self.stored_bytes = metrics.gauge(
            "stored_bytes",
            "Bytes that are kept, each once; every replica shows the same figure.",
        )
        self.leftovers = metrics.gauge(
            "leftovers", "Objects that the store is to be rid of, those being uploaded included."
        )
