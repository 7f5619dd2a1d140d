"""The page of figures, docs/reference/performance.md, made of bench/results; it measures nothing.

`python -m bench report` writes it. Every comparison begins with its bias; a bar that is missed says
so, and what was not measured yet is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.chart import bars, tails
from bench.histogram import Histogram
from bench.picture_resvg import renderer
from bench.promised import promised
from bench.table import frames, table

Results = Mapping[str, Any]
ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reference" / "performance.md"
IMAGES = ROOT / "docs" / "images"
BUILT = ROOT / ".bench"
BIAS = (
    "Loopback, no network between anybody; the load generator and every server share the machine's"
    " cores, so milliseconds are worse than on machines apart. Processor time is the kernel's, of"
    " the server's processes alone."
)


def read(folder: Path) -> dict[str, Results]:
    """All results by the name of their file."""
    return {
        path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))
    }


def write(folder: Path) -> list[Path]:
    """Write the page and its pictures, and give where they are.

    Each picture is there as SVG and, where the bench has been installed, as PNG.
    """
    results, draw = read(folder), renderer(BUILT)
    PAGE.write_text(page(results), encoding="utf-8")
    beside = folder / "README.md"
    beside.write_text(summary(results), encoding="utf-8")
    written = [PAGE, beside]
    for name, picture in pictures(results):
        written.append(IMAGES / name)
        written[-1].write_text(picture, encoding="utf-8")
        if draw is not None:
            written.append((IMAGES / name).with_suffix(".png"))
            written[-1].write_bytes(draw(picture))
    return written


def page(results: Mapping[str, Results]) -> str:
    """The whole page; the same for the same results."""
    parts = [
        "# Performance\n\nMade by `python -m bench report` from the files in `bench/results`, which"
        " have the machine, the versions, the command and every round. Compare within one table"
        " alone: a shared machine is half as fast from one hour to the next."
        f"\n\n**Bias of everything here**: {BIAS}",
        "## What Parley holds itself to\n\n" + promised(results),
    ]
    parts += [section for section in _sections(results) if section]
    return "\n\n".join(parts) + "\n"


def summary(results: Mapping[str, Results]) -> str:
    """What stands beside the results themselves: the bars, and where the rest is."""
    where = "../../docs/reference/performance.md"
    return (
        "# Results\n\nEach file has the machine, the versions, the command and every round."
        " `python -m bench report` makes this page of them, and"
        f" [the one with all figures]({where}).\n\n" + promised(results, where) + "\n"
    )


def pictures(results: Mapping[str, Results]) -> Iterator[tuple[str, str]]:
    """Charts by the name of their file, SVG."""
    if fanout := results.get("bench-fanout"):
        servers = fanout["servers"]
        for way, title in (("one_us", "a message at a time"), ("load_us", "under load")):
            values = {name: found[way]["median"] for name, found in servers.items()}
            text = f"Processor time a delivery, µs, {fanout['sockets']:,} sockets, {title}"
            yield f"fanout-{way.removesuffix('_us')}.svg", bars(text, values)
    if found := results.get("bench-latency"):
        for kind, title in (("ok_ms", "ok"), ("seen_ms", "seen by another")):
            curves = {
                f"log flushed: {sync}": _curve(of[kind])
                for sync, of in found.get("histograms", {}).items()
            }
            rate = f"{found['messages_per_second']:,.0f} messages a second"
            yield f"latency-{kind[:-3]}.svg", tails(f"Send to {title}, {rate}", curves)
    if found := results.get("bench-mixed"):
        spent = found["cpu_seconds_a_person"]
        values = {name: of["median"] for name, of in spent.items()}
        yield "mixed.svg", bars("Processor seconds a person and working day", values)
    if found := results.get("bench-encodings"):
        longest = list(next(iter(found["forms"].values())))[-1]
        values = {form: of[longest]["bytes"]["median"] for form, of in found["forms"].items()}
        yield "encodings.svg", bars(f"Bytes of a message of {int(longest):,} characters", values)


def _curve(plain: Mapping[str, int]) -> list[tuple[float, float]]:
    """What share took no longer than each bound that there was."""
    found = Histogram.read(plain)
    shares = [*(number / 200 for number in range(1, 200)), 0.997, 0.998, 0.999, 0.9995]
    return [(share, max(0.1, found.at(share))) for share in shares]


def _sections(results: Mapping[str, Results]) -> Iterator[str]:
    for name, title, body in (
        ("bench-fanout", "A room of many", _fanout),
        ("bench-encodings", "Encodings and compression", _encodings),
        ("bench-scaling", "More than one core", _scaling),
        ("bench-smallrooms", "Small rooms", _smallrooms),
        ("bench-latency", "Latency", _latency),
        ("bench-mixed", "A company's day", _mixed),
        ("bench-connect", "Hellos", _connect),
        ("bench-resume", "A herd that comes back", _resume),
        ("bench-idle", "Memory of an idle socket", _idle),
        ("bench-history", "History", _history),
        ("bench-bus_nats", "The client of NATS", _bus),
        ("bench-large", "Large rooms", _large),
        ("bench-frames", "Frames of the browser client", frames),
        ("scenario-herd", "A herd, judged", _herd),
    ):
        if name in results:
            yield f"## {title}\n\n{body(results[name])}\n\n{_source(results[name])}"


def _fanout(found: Results) -> str:
    servers: Results = found["servers"]
    biases = "\n".join(f"- {name}: {of['bias']}" for name, of in servers.items())
    ratios: Results = found["ratios"]

    def ratio(name: str, way: str) -> str:
        return f"{ratios[name][way]['median']}" if name in ratios else "1"

    rows = [
        (
            name,
            *(_spread(of[way]) for way in ("one_us", "one_user_us", "load_us", "load_user_us")),
            ratio(name, "one_us"),
            ratio(name, "load_us"),
        )
        for name, of in servers.items()
    ]
    head = ("server", "µs", "of it user", "µs, load", "of it user", "Parley's share", "under load")
    return (
        f"**Bias**, of what each does and does not do:\n\n{biases}\n\n"
        f"{found['sockets']:,} sockets in one room; µs of processor time a delivery, the median of"
        " rounds (least to most). Parley's share is its time divided by the other's, round by"
        f" round: below 1 it needs less.\n\n{table(head, rows)}\n\n"
        "![Processor time a delivery, a message at a time](../images/fanout-one.svg)\n"
        "![Processor time a delivery under load](../images/fanout-load.svg)"
        + _profiles(found.get("profile", {}))
        + _sizes(found)
    )


def _sizes(found: Results) -> str:
    """Rooms of other sizes, and who could not be measured."""
    text = "".join(
        f"\n\n{name} was not measured: {why}." for name, why in found.get("skipped", {}).items()
    )
    sizes: Results = found.get("sizes", {})
    rows = [
        (f"{int(size):,}", name, *(_spread(of[way]) for way in ("one_us", "load_us")))
        for size, servers in sizes.items()
        for name, of in servers.items()
    ]
    if not rows:
        return text
    head = ("sockets in the room", "server", "µs a delivery", "µs, load")
    told = (
        "\n\nRooms of other sizes. In a small one most of it is the message, once: read, put into"
        " the log, acknowledged, and heard of.\n\n"
    )
    return text + told + table(head, rows)


def _encodings(found: Results) -> str:
    forms: Results = found["forms"]
    lengths = list(next(iter(forms.values())))
    rows = [
        (form, *(f"{of[n]['us']['median']} µs, {of[n]['bytes']['median']:,} B" for n in lengths))
        for form, of in forms.items()
    ]
    return (
        "**Bias**: prose in English, which compresses well; a room of each form, so nothing is"
        f" shared between forms; {found['sockets_of_each']:,} sockets share what is made once."
        " Processor time of the gateway a delivery, and bytes of a message without the frame's"
        " head.\n\n"
        + table(("form", *(f"{int(n):,} characters" for n in lengths)), rows)
        + "\n\n![Bytes of a message](../images/encodings.svg)"
    )


def _scaling(found: Results) -> str:
    figures: Results = found["gateways"]
    what = ("messages_per_second", "gateway_cores", "us_a_delivery")
    rows = [(count, *(_spread(of[one]) for one in what)) for count, of in figures.items()]
    return (
        "**Bias**: the load generator takes a core by itself, and NATS and all else their share, so"
        " two gateways on two cores cannot have one each: they show that work is shared, not"
        f" how much faster it gets. {found['sockets']:,} sockets in one room, evenly on the"
        " gateways.\n\n"
        + table(("gateways", "messages a second", "cores of them used", "µs a delivery"), rows)
    )


def _smallrooms(found: Results) -> str:
    spent: Results = found["microseconds_a_message"]
    rows = [(name, _spread(of)) for name, of in spent.items()]
    return (
        "**Bias**: two gateways and everything else on the same cores; everything is in (parse,"
        " publish, acknowledge, receive, deliver to ten). Of more than 200 sockets a person has"
        " several, in one room: a password is hashed for each person."
        f" {found['sockets']:,} sockets in rooms of 10 over two gateways,"
        f" {found['messages_per_second']:,.0f} messages a second.\n\n"
        + table(("process", "µs a message"), rows)
        + _profiles({"the gateways": found.get("profile")})
    )


def _profiles(found: Results) -> str:
    """Where the time went, of those that could be watched."""
    seen = {name: of for name, of in found.items() if of is not None}
    if not seen:
        return ""

    def parts(of: Results) -> str:
        return ", ".join(f"{name} {percent} %" for name, percent in of.items())

    rows = [
        (name, f"{of['samples']:,}", parts(of["libraries"]), parts(of["calls"]))
        for name, of in seen.items()
    ]
    head = ("whose time", "samples", "where the processor was", "in which of the kernel's calls")
    return (
        "\n\nWhere the time goes, by perf(1), in a round of its own; of a call, all that the kernel"
        " does before it returns, which on loopback is also what the other side is given:\n\n"
        + table(head, rows)
    )


def _latency(found: Results) -> str:
    def row(sync: str, rate: str, one: Results) -> tuple[str, ...]:
        figures = (f"{one[kind][at]:,}" for kind in ("ok_ms", "seen_ms", "load_late_ms")
                   for at in ("p50", "p99", "p99.9"))  # fmt: skip
        return (f"`{sync}`", rate, *figures, f"{one.get('cores_busy_percent', '–')} %")

    rows = [
        row(sync, f"{float(rate):,.0f}", one)
        for sync, rates in found.get("curve", {}).items()
        for rate, one in rates.items()
    ]
    rows += [
        row(sync, f"{found['messages_per_second']:,.0f}, round {number}", one)
        for sync, rounds in found["by_sync_interval"].items()
        for number, one in enumerate(rounds, 1)
    ]
    kinds = (
        f"{what} {at}" for what in ("ok", "seen", "load late") for at in ("p50", "p99", "p99.9")
    )
    head = ("log flushed", "messages a second", *kinds, "cores busy")
    text = (
        "**Bias**: an open loop, so a delay that the load generator itself had is in all figures;"
        " `load late` says how much. Nine processes and the load share the cores, and wait for each"
        " other: `cores busy` is the whole machine's. With `sync_interval: always` each message"
        " waits for the disk, too, one by one."
        f" {found['sockets']:,} sockets in rooms of 10, through Caddy, in ms.\n\n"
        + table(head, rows)
    )
    if "histograms" in found:
        text += (
            "\n\nHow all samples of the rounds are spread (a histogram of two digits, of all"
            " rounds):\n\n![Send to ok](../images/latency-ok.svg)\n"
            "![Send to seen](../images/latency-seen.svg)"
        )
    return text


def _mixed(found: Results) -> str:
    habits = ", ".join(f"{times} × {what}" for what, times in found["a_day"].items())
    where = ", ".join(f"{percent} % {kind}" for kind, percent in found["where_percent"].items())
    delays = ("ok_ms", "seen_ms", "page_ms", "reconnect_ms", "late_ms")
    names = {"late_ms": "the load itself was late by", "reconnect_ms": "reconnected, all replayed"}
    rows = [
        (names.get(kind, kind.removesuffix("_ms")), str(number), *(f"{one[kind][at]:,}" for at in
         ("p50", "p90", "p99", "max")))
        for kind in delays
        for number, one in enumerate(found["rounds"], 1)
    ]  # fmt: skip
    spent = [(name, _spread(of)) for name, of in found["cpu_seconds_a_person"].items()]
    busy = ", ".join(f"{one['machine']['cores_busy_percent']} %" for one in found["rounds"])
    return (
        "**Bias**: a guess at what people do, not anybody's logs, without a morning or a lunch; the"
        " load shares the cores, but its own time is not counted. Each of"
        f" {found['people']} people has a socket and does in a day: {habits}. Messages go: {where}."
        f" A day of eight hours takes {found['day_seconds']:g} s, {found['times_faster']} times as"
        f" fast; the machine's cores were busy {busy} of the time.\n\n"
        + table(("process", "processor seconds a person and day"), spent)
        + "\n\n![Processor seconds a person and day](../images/mixed.svg)\n\nDelays from the time"
        " that each thing was due, in ms:\n\n"
        + table(("what", "day", "p50", "p90", "p99", "max"), rows)
    )


def _resume(found: Results) -> str:
    names = {
        "back_seconds": "all back, with everything replayed, s",
        "away_p50_seconds": "a socket was away, median, s",
        "away_p99_seconds": "a socket was away, p99, s",
        "gateway-2_ms": "the gateway that stayed, processor ms a socket",
        "history_ms": "history, processor ms a socket",
        "nats_ms": "NATS, processor ms a socket",
    }
    by_rate = {found["connects"]: found, **found.get("others", {})}
    rows = [
        (text, *(_spread(of["figures"][name]) for of in by_rate.values()))
        for name, text in names.items()
    ]
    return (
        "**Bias**: all clients are one process on the same cores, and wait with jitter as all"
        f" clients do. {found['sockets']:,} sockets in {found['rooms']} rooms, with a message a"
        " second in each, on a gateway that is killed (`kill -9`); another stays, and the killed"
        " one is started again. Of those who come a gateway takes `PARLEY_LIMIT_CONNECTS`, so that"
        " it keeps time for those who are here; the first is the default.\n\n"
        + table(("median of rounds (least to most)", *(f"`{rate}`" for rate in by_rate)), rows)
    )


def _connect(found: Results) -> str:
    rows = [(name, _spread(of)) for name, of in found["figures"].items()]
    return (
        "**Bias**: people and rooms are few and known, so what history has to count is in memory."
        f" {found['sockets']:,} sockets a round, each person in {found['rooms_of_each']} rooms;"
        " processor time a hello by process.\n\n" + table(("what", "median (least to most)"), rows)
    )


def _idle(found: Results) -> str:
    text = (
        "**Bias**: the memory that the process has to itself, everything counted, divided by the"
        " sockets; the allocator keeps more free at one moment than at another."
        f" {found['sockets']:,} sockets, each in {found['rooms_of_each']} rooms of"
        f" {found['people_in_a_room']}: {found['bytes_a_socket']:,} bytes a socket."
    )
    if parts := found.get("parts"):
        rows = [(name, f"{size:,}") for name, size in parts.items()]
        text += "\n\n" + table(("of it", "bytes"), rows)
    return text


def _history(found: Results) -> str:
    return (
        "**Bias**: messages of 100 characters in few rooms, made beforehand; nothing is said"
        " meanwhile."
        " Postgres on the same cores and disk.\n\n"
        + table(
            ("what", "figure"),
            [
                ("stored a second by one process", _spread(found["stored_per_second"])),
                ("processor time of history, µs a message", _spread(found["history_us"])),
                ("processor time of Postgres, µs a message", _spread(found["postgres_us"])),
            ],
        )
    )


def _bus(found: Results) -> str:
    published = [(name, _spread(of)) for name, of in found["publish_us"].items()]
    followed = [
        (name, f"{of['rooms']:,}", f"{of['us_each']:,}", f"{of['bytes_each']:,}")
        for name, of in found["followed"].items()
    ]
    profile = [(f"`{one['function']}`", f"{one['percent']} %") for one in found["profile"]]
    return (
        "**Bias**: one process that does nothing else, so its caches are warm, with the server"
        f" beside it. {found['messages']:,} messages of 300 bytes a round into the log,"
        f" {found['under_way']} under way at any time.\n\n"
        + table(("publish and hear the acknowledgement", "µs of this process a message"), published)
        + "\n\nWhere ours goes, by cProfile, which makes calls dearer than they are:\n\n"
        + table(("function", "of the time, by itself"), profile)
        + "\n\nRooms that are followed, each a subscription:\n\n"
        + table(("client", "rooms", "µs each", "bytes each"), followed)
    )


def _large(found: Results) -> str:
    kinds: Results = found["milliseconds"]
    rows = [
        (what, *(f"{kinds[size][what][at]:,}" for size in kinds for at in ("p50", "p99")))
        for what in kinds["large"]
    ]
    head = ("what", *(f"{size} {at}" for size in kinds for at in ("p50", "p99")))
    return (
        "**Bias**: one request after another, past the load balancer, with all of it in memory."
        f" {found['messages']:,} messages and {found['members']:,} members in one room, a person in"
        f" {found['rooms']:,} rooms; in ms.\n\n" + table(head, rows) + _hellos(found)
    )


def _hellos(found: Results) -> str:
    hellos: Results | None = found.get("hellos")
    if hellos is None:
        return ""
    services = ("all", "postgres", "history", "nats", "gateway-1", "auth", "presence")
    rows = [
        (
            where,
            *(f"{one['ms'][at]:,}" if "ms" in one else "–" for at in ("p50", "p99")),
            *(f"{one['cpu_ms'][service]:,}" for service in services),
        )
        for where, one in hellos.items()
    ]
    return (
        "\n\nHello to `ready`, in ms, and the milliseconds of processor time that each process took"
        f" for one; many rooms are {found['rooms']:,}, ten messages unread in each. What the"
        " processes do beside is in them. Who is the first of a room costs two subscriptions at"
        " NATS more, and what a gateway keeps of it; with mentions, Postgres counts messages one by"
        " one where it else subtracts two numbers.\n\n"
        + table(("hello", "p50", "p99", *services), rows)
    )


def _herd(found: Results) -> str:
    rows = [
        ("all back, with everything replayed", f"{found['back_seconds']} s"),
        ("a socket was away, median", f"{found['median_gap_seconds']} s"),
        ("a socket was away, p99", f"{found['p99_gap_seconds']} s"),
        (
            "lost, doubled, out of order",
            f"{found['lost']}, {found['doubled']}, {found['reordered']}",
        ),
    ]
    return (
        "**Bias**: the clients are of one process on the same cores, and wait with jitter as all"
        f" clients do. {found['sockets']:,} sockets on a gateway that is killed (`kill -9`) with"
        " another beside it.\n\n" + table(("what", "figure"), rows)
    )


def _source(found: Results) -> str:
    machine = found["machine"]
    if not isinstance(machine, str):
        machine = (
            f"{machine['processor']}, {machine['cores']} cores, {machine['kernel']}, load average"
            f" before {machine['load_average_before']}"
        )
    at = f", {found['at'][:10]}" if "at" in found else ""
    versions = ", ".join(f"{name} {which}" for name, which in found.get("versions", {}).items())
    return f"`{found['command']}`{at}; {machine}" + (f"; {versions}." if versions else ".")


def _spread(of: Results) -> str:
    return f"{of['median']:,} ({of['min']:,} to {of['max']:,})"
