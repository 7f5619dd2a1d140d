"""What is read out of perf's reports, and that it can be had of a process that works."""

from __future__ import annotations

import asyncio
import sys

import pytest

from bench.profile_perf import calls, count, libraries, profile

FLAT = """\
# Samples: 12K of event 'cpu-clock:ppp'
#
# Overhead  Shared Object
# ........  .............
#
    41.07%  [kernel.kallsyms]
    30.00%  libpython3.11.so.1.0
     9.93%  loop.cpython-311-x86_64-linux-gnu.so
     9.00%  python3.11
     0.60%  libm.so.6
     0.50%  ld-linux-x86-64.so.2
"""
DEEP = """\
    40.00%  [k] do_syscall_64
    31.50%  [k] __x64_sys_write
    31.00%  [k] ksys_write
     6.10%  [k] __sys_sendto
     5.00%  [.] __sys_open_is_no_call_of_the_kernel
     0.20%  [k] __x64_sys_getpid
"""


def test_libraries_have_names_that_say_what_they_are() -> None:
    """The interpreter is one, whether it is a library or a program; small ones are together."""
    assert libraries(FLAT) == {
        "the kernel": 41.1,
        "the interpreter": 39.0,
        "uvloop": 9.9,
        "the rest": 1.1,
    }


def test_a_call_counts_once() -> None:
    """Its entry, or what that goes to; neither the program's own names nor what is hardly there."""
    assert calls(DEEP) == {"write": 31.5, "sendto": 6.1}


def test_samples_are_counted() -> None:
    """Also where perf rounds them; none where it says nothing."""
    assert count(FLAT) == 12_000
    assert count("# Samples: 634  of event") == 634
    assert count("") == 0


async def test_a_process_that_works_is_seen_at_it() -> None:
    """It computes, so it is in the interpreter; where there is no perf, or it may not, nothing."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "while True: 2 ** 1000")
    try:
        seen = await profile([process.pid], 0.3)
    finally:
        process.kill()
        await process.wait()
    if seen is not None:
        assert max(seen.libraries, key=lambda name: seen.libraries[name]) == "the interpreter"
        assert await profile([process.pid], 0.3) is None, "nobody is there any more"


@pytest.mark.parametrize("report", ["", "no samples", "# only a head\n"])
def test_an_empty_report_is_nothing(report: str) -> None:
    """A process may sleep all the while."""
    assert (libraries(report), calls(report)) == ({}, {})
