"""Runs Autobahn's fuzzing client against the echo: `python -m tests.conformance [CASE ...]`.

Exit code 0 when no case failed, 1 when one did, 2 when the suite could not be run. The state, the
report for people and summary.json are under build/conformance/.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from tests.conformance.report import DECLINED_BECAUSE, Summary, summarize
from tests.conformance.suite import MissingError, suite

STATE: Final = Path("build/conformance").resolve()
AGENT: Final = "parley"
TIME_LIMIT_SECONDS: Final = 3_600
"""The cases of compression, 12.* and 13.*, send 1,000 messages each, from Python 2.7."""


def main(cases: Sequence[str]) -> int:
    """Install what is missing, run the cases (all by default), print the counts."""
    STATE.mkdir(parents=True, exist_ok=True)
    try:
        command = suite(STATE)
        with echo() as port:
            began = time.monotonic()
            index = run(command, port, cases)
            seconds = time.monotonic() - began
        summary = summarize(index, AGENT)
    except (MissingError, subprocess.SubprocessError, OSError, KeyError) as error:
        sys.stderr.write(f"the suite could not be run: {error}\n")
        return 2
    (STATE / "summary.json").write_bytes(msgspec.json.format(msgspec.json.encode(summary)))
    sys.stdout.write(text(summary, seconds))
    return 1 if summary.failed else 0


@contextmanager
def echo() -> Iterator[int]:
    """Run the echo as a process of its own and give its port."""
    command = [sys.executable, "-m", "tests.conformance.echo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def run(command: Sequence[str], port: int, cases: Sequence[str]) -> bytes:
    """Run the fuzzing client and return its index.json.

    Raises:
        subprocess.SubprocessError: it failed or did not come to an end.
        OSError: it left no report.
    """
    # wstest may run with a root directory of its own, where STATE is no path.
    root = Path(command[1]) if command[0] == "chroot" else Path("/")
    work = root / "run-autobahn" if command[0] == "chroot" else STATE / "run"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    reports = work / "reports"
    spec = {
        "outdir": str(Path("/") / reports.relative_to(root)),
        "servers": [{"agent": AGENT, "url": f"ws://127.0.0.1:{port}", "options": {"version": 18}}],
        "cases": list(cases) or ["*"],
        "exclude-cases": [],
        "exclude-agent-cases": {},
    }
    (work / "spec.json").write_bytes(msgspec.json.encode(spec))
    where = str(Path("/") / (work / "spec.json").relative_to(root))
    with (work / "log").open("w") as log:
        arguments = [*command, "-m", "fuzzingclient", "-s", where]
        subprocess.run(  # noqa: S603 - ours
            arguments, check=True, timeout=TIME_LIMIT_SECONDS, stdout=log, stderr=log, cwd=work
        )
    return (reports / "index.json").read_bytes()


def text(summary: Summary, seconds: float) -> str:
    """The counts for people."""
    counts = ", ".join(f"{count} {name}" for name, count in sorted(summary.counts.items()))
    lines = [f"{summary.cases} cases in {seconds:.0f} s: {counts}, {len(summary.failed)} failed"]
    if summary.declined:
        lines.append(f"  {len(summary.declined)} offers were declined, as {DECLINED_BECAUSE}")
    lines += [
        f"  {name:<8}{behavior}"
        for name, behavior in summary.not_ok.items()
        if name not in summary.declined
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
