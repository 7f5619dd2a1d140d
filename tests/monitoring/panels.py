"""What the dashboards show: titles, expressions and units; not how one is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from tests.docs.metrics import registered


class Panel(NamedTuple):
    """One graph: expressions by what their lines are called."""

    title: str
    lines: Mapping[str, str]
    unit: str = "short"
    says: str = ""


RANGE: Final = "$__rate_interval"


def rate(metric: str, by: str = "", where: str = "") -> str:
    """How much a counter grows in a second, of all processes together."""
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (rate({metric}{{{where}}}[{RANGE}]))"


def quantiles(metric: str, where: str = "") -> dict[str, str]:
    """The middle and the slow end of a histogram."""
    buckets = f"sum by (le) (rate({metric}_bucket{{{where}}}[{RANGE}]))"
    return {f"p{q:g}": f"histogram_quantile({q / 100:g}, {buckets})" for q in (50, 95, 99)}


def process(service: str) -> list[Panel]:
    """What is of interest of any process."""
    of = f'{{service="{service}"}}'
    prefix = f"parley_{service}"
    answered = rate(f"{prefix}_http_requests_total", "status")
    return [
        Panel("Up", {"{{instance}}": f"up{of}"}, says="1: it answers Prometheus"),
        Panel("Processor", {"{{instance}}": f"rate(process_cpu_seconds_total{of}[{RANGE}])"}),
        Panel("Memory", {"{{instance}}": f"process_resident_memory_bytes{of}"}, "bytes"),
        Panel("Open files", {"{{instance}}": f"process_open_fds{of}"}),
        Panel("Draining", {"{{instance}}": f"{prefix}_draining"}),
        Panel("Lag of the event loop", quantiles(f"{prefix}_loop_lag_seconds"), "s"),
        Panel("HTTP requests", {"{{status}}": answered}, "reqps"),
        Panel("HTTP, how long", quantiles(f"{prefix}_http_request_seconds"), "s"),
    ]


def pool(service: str) -> list[Panel]:
    """The connections to Postgres."""
    counted = f"sum by (state) (parley_{service}_postgres_connections)"
    waits = quantiles(f"parley_{service}_postgres_wait_seconds")
    return [
        Panel("Connections to Postgres", {"{{state}}": counted}),
        Panel("Waiting for a connection", waits, "s"),
    ]


def others(service: str, shown: str) -> list[Panel]:
    """Whatever else the service measures, so that a new metric needs no hand to be seen."""
    made = []
    for name, metric in sorted(registered(service).items()):
        if name in shown:
            continue
        label = f"{{{{{metric._labelnames[0]}}}}}" if metric._labelnames else "all"
        by = metric._labelnames[0] if metric._labelnames else ""
        title = (metric._documentation or name).split(".")[0].split(":")[0]
        if metric._type == "histogram":
            made.append(
                Panel(title, quantiles(name), "s" if name.endswith("_seconds") else "short")
            )
        elif metric._type == "counter":
            made.append(Panel(title, {label: rate(f"{name}_total", by)}))
        else:
            made.append(Panel(title, {"{{instance}}": name}))
    return made


LOG_FILL: Final = "max(parley_history_log_bytes) / max(parley_history_log_max_bytes > 0)"

DASHBOARDS: Final[Mapping[str, Sequence[Panel]]] = {
    "overview": [
        Panel("Processes", {"{{service}}": 'sum by (service) (up{job="parley"})'}),
        Panel("Sockets", {"sockets": "sum(parley_gateway_connections)"}),
        Panel("People online", {"people": "max(parley_presence_online)"}),
        Panel("Sends", {"{{outcome}}": rate("parley_gateway_sends_total", "outcome")}, "ops"),
        Panel("Send to ok", quantiles("parley_gateway_send_ok_seconds"), "s"),
        Panel("Send to seen", quantiles("parley_gateway_delivery_seconds"), "s"),
        Panel(
            "Events handed to sockets", {"events": rate("parley_gateway_delivered_frames_total")}
        ),
        Panel("Not in Postgres yet", {"records": "min(parley_history_lag_messages)"}),
        Panel("The log is full to", {"of its bound": LOG_FILL}, "percentunit"),
        Panel("Sockets closed", {"{{code}}": rate("parley_gateway_closes_total", "code")}),
        Panel(
            "Versions",
            {"{{service}} {{version}}": "count by (service, version) (parley_build_info)"},
        ),
        Panel("The canary", {"{{outcome}}": "sum by (outcome) (parley_verify_rounds_total)"}),
    ],
    "gateway": [
        *process("gateway"),
        Panel("Sockets", {"{{instance}}": "parley_gateway_connections"}),
        Panel("Rooms followed", {"{{instance}}": "parley_gateway_rooms"}),
        Panel("Unsent", {"{{instance}}": "parley_gateway_outbox_bytes"}, "bytes"),
        Panel("Hellos", {"{{outcome}}": rate("parley_gateway_hellos_total", "outcome")}, "ops"),
        Panel("Hello to ready", quantiles("parley_gateway_hello_ready_seconds"), "s"),
        Panel(
            "Upgrades refused",
            {"{{instance}}": rate("parley_gateway_refused_upgrades_total", "instance")},
        ),
        Panel("Rooms resumed", {"{{outcome}}": rate("parley_gateway_resumes_total", "outcome")}),
        Panel("Sockets an event goes to", quantiles("parley_gateway_fanout_sockets")),
        Panel(
            "Frames a write",
            {
                "frames": f"{rate('parley_gateway_written_frames_total')}"
                f" / {rate('parley_gateway_writes_total')}"
            },
            says="above 1: frames that were due at once left joined",
        ),
        Panel(
            "Slow consumers", {"closed": rate("parley_gateway_closes_total", where='code="4001"')}
        ),
        Panel("Holes filled", {"holes": rate("parley_gateway_gaps_healed_total")}),
        Panel("Holes that closed sockets", {"holes": rate("parley_gateway_gaps_lost_total")}),
        Panel(
            "Losses reported by the bus",
            {"{{reason}}": rate("parley_gateway_bus_losses_total", "reason")},
        ),
        Panel("Out within", quantiles("parley_gateway_kick_seconds"), "s"),
        Panel("Answers that wait for Postgres", {"{{instance}}": "parley_gateway_held_answers"}),
        Panel("Presence told", {"frames": rate("parley_gateway_presence_frames_total")}),
        Panel("People watched", {"{{instance}}": "parley_gateway_watched"}),
        Panel("Typing", {"{{outcome}}": rate("parley_gateway_typing_total", "outcome")}),
    ],
    "auth": [
        *process("auth"),
        *pool("auth"),
        Panel("Registrations", {"{{outcome}}": rate("parley_auth_registrations_total", "outcome")}),
        Panel("Sign-ins", {"{{outcome}}": rate("parley_auth_logins_total", "outcome")}),
        Panel("Refreshes", {"{{outcome}}": rate("parley_auth_refreshes_total", "outcome")}),
        Panel("Sign-outs", {"sign-outs": rate("parley_auth_logouts_total")}),
        Panel("Revocations announced", {"revocations": rate("parley_auth_announced_total")}),
        Panel("Password hashes waiting", {"{{instance}}": "parley_auth_hash_waiting"}),
        Panel("A password hash", quantiles("parley_auth_hash_seconds"), "s"),
        Panel("NATS is there", {"{{instance}}": "parley_auth_bus_connected"}),
    ],
    "history": [
        *process("history"),
        *pool("history"),
        Panel("Who stores", {"{{instance}}": "parley_history_leading"}),
        Panel("Not in Postgres yet", {"{{instance}}": "parley_history_lag_messages"}),
        Panel("Stored", {"events": rate("parley_history_written_total")}, "ops"),
        Panel("Said to stored", quantiles("parley_history_stored_seconds"), "s"),
        Panel("Records a batch", quantiles("parley_history_batch_messages")),
        Panel("A batch", quantiles("parley_history_batch_seconds"), "s"),
        Panel(
            "The log",
            {
                "bytes": "max(parley_history_log_bytes)",
                "bound": "max(parley_history_log_max_bytes)",
            },
            "bytes",
        ),
        Panel("Trimmed", {"records": rate("parley_history_trimmed_total")}),
        Panel("Set aside", {"records": "sum(parley_history_set_aside_total)"}),
        Panel("Doubles withdrawn", {"messages": "sum(parley_history_doubles_total)"}),
        Panel(
            "Decisions on their way to the log", {"{{instance}}": "parley_history_outbox_pending"}
        ),
        Panel("Decisions published", {"decisions": rate("parley_history_relayed_total")}),
        Panel(
            "Calls",
            {"{{call}} {{outcome}}": rate("parley_history_calls_total", "call, outcome")},
            "ops",
        ),
        Panel("A call", quantiles("parley_history_call_seconds"), "s"),
    ],
    "media": [
        *process("media"),
        Panel("Uploads", {"{{outcome}}": rate("parley_media_uploads_total", "outcome")}),
        Panel("Kept", {"bytes": "max(parley_media_stored_bytes)"}, "bytes"),
        Panel(
            "Calls",
            {"{{call}} {{outcome}}": rate("parley_media_calls_total", "call, outcome")},
            "ops",
        ),
        Panel("An image painted anew", quantiles("parley_media_paint_seconds"), "s"),
    ],
    "notify": [
        *process("notify"),
        Panel("Not decided yet", {"records": "sum(parley_notify_lag_messages)"}),
        Panel("Decided", {"{{outcome}}": rate("parley_notify_decided_total", "outcome")}),
        Panel("People told", {"{{outcome}}": rate("parley_notify_told_total", "outcome")}),
        Panel("Why", {"{{kind}}": rate("parley_notify_notices_total", "kind")}),
        Panel("From said to told", quantiles("parley_notify_told_seconds"), "s"),
        Panel("Pushes", {"{{outcome}}": rate("parley_notify_pushes_total", "outcome")}),
        Panel("A push", quantiles("parley_notify_push_seconds"), "s"),
        Panel("Not looked at for webhooks", {"records": "sum(parley_notify_webhook_lag_messages)"}),
        Panel(
            "Deliveries to webhooks",
            {"{{outcome}}": rate("parley_notify_webhook_deliveries_total", "outcome")},
        ),
        Panel("A delivery", quantiles("parley_notify_webhook_seconds"), "s"),
    ],
    "presence": [
        *process("presence"),
        Panel("People online", {"people": "max(parley_presence_online)"}),
        Panel(
            "Calls",
            {"{{call}} {{outcome}}": rate("parley_presence_calls_total", "call, outcome")},
            "ops",
        ),
        Panel("Leases renewed", {"leases": rate("parley_presence_renewals_total")}, "ops"),
        Panel("Leases ended", {"leases": rate("parley_presence_ends_total")}, "ops"),
        Panel("People asked about", {"people": rate("parley_presence_reads_total")}, "ops"),
        Panel(
            "Rounds of the sweeper",
            {"{{outcome}}": rate("parley_presence_sweeps_total", "outcome")},
        ),
        Panel("Changes", {"{{status}}": rate("parley_presence_changes_total", "status")}),
        Panel("Told", {"{{outcome}}": rate("parley_presence_told_total", "outcome")}),
        Panel(
            "Typing, what gateways said",
            {"{{outcome}}": rate("parley_presence_typing_calls_total", "outcome")},
        ),
        Panel(
            "Typing, what rooms heard",
            {"{{change}}": rate("parley_presence_typing_announced_total", "change")},
        ),
    ],
}
"""One for the whole, and one a service; what a service measures besides is added by `panels`."""


def panels(name: str) -> list[Panel]:
    """Give all panels of a dashboard."""
    chosen = list(DASHBOARDS[name])
    shown = " ".join(line for panel in chosen for line in panel.lines.values())
    return chosen if name == "overview" else chosen + others(name, shown)
