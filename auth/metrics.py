"""The metrics of auth, `parley_auth_…`; those of its HTTP face are the chassis'."""

from __future__ import annotations

from services.metrics_prometheus import Metrics


class AuthMetrics:
    """What auth counts. Every label comes from a fixed set; none is a name or an address."""

    def __init__(self) -> None:
        self.base = Metrics("auth")
        self.registrations = self.base.counter(
            "registrations", "Registrations by outcome: ok, invalid, refused, taken.", ("outcome",)
        )
        self.logins = self.base.counter(
            "logins", "Logins by outcome: ok, refused, disabled, busy.", ("outcome",)
        )
        self.refreshes = self.base.counter(
            "refreshes",
            "Refreshes by outcome: rotated, repeated, reused, expired, ended, unknown.",
            ("outcome",),
        )
        self.passwords = self.base.counter(
            "passwords", "Passwords changed, by how: own, link.", ("how",)
        )
        self.mails = self.base.counter(
            "mails", "Mails by outcome: sent, failed, shed.", ("outcome",)
        )
        self.trades = self.base.counter(
            "api_token_trades", "API tokens traded, by outcome: ok, refused.", ("outcome",)
        )
        self.logouts = self.base.counter("logouts", "Sessions that people ended themselves.")
        self.announced = self.base.counter("announced", "Revocations announced on NATS.")
        self.hash_waiting = self.base.gauge(
            "hash_waiting", "Password hashes waiting for a thread or running."
        )
        self.hash_seconds = self.base.histogram(
            "hash_seconds", "From asking for a password hash to having it, waiting included."
        )
        self.bus_connected = self.base.gauge("bus_connected", "1 while NATS is connected, else 0.")
