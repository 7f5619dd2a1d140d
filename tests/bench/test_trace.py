"""Figures of a trace, of one that is written down here."""

from __future__ import annotations

from typing import Any

import pytest

from bench import trace

PAGE, OTHER = (7, 1), (8, 1)


def _did(
    name: str, start_ms: float, cpu_ms: float, thread: tuple[int, int] = PAGE
) -> dict[str, Any]:
    """Something a thread did; it took twice as long as the thread had the processor."""
    pid, tid = thread
    ts, tdur = start_ms * 1000, cpu_ms * 1000
    return {"ph": "X", "name": name, "pid": pid, "tid": tid, "ts": ts, "dur": 2 * tdur} | {
        "tdur": tdur
    }


def _frame(start_ms: float, thread: tuple[int, int] = PAGE) -> dict[str, Any]:
    pid, tid = thread
    name = "BeginMainThreadFrame"
    return {"ph": "I", "name": name, "pid": pid, "tid": tid, "ts": start_ms * 1000}


def _end(state: str, thread: tuple[int, int] = PAGE) -> dict[str, Any]:
    pid, tid = thread
    args = {"frame_reporter": {"state": state}}
    return {"ph": "b", "name": "PipelineReporter", "pid": pid, "tid": tid, "ts": 0, "args": args}


def _thread(thread: tuple[int, int]) -> dict[str, Any]:
    pid, tid = thread
    args = {"name": "CrRendererMain"}
    return {"ph": "M", "name": "thread_name", "pid": pid, "tid": tid, "ts": 0, "args": args}


TRACE = [
    _thread(OTHER),
    _thread(PAGE),
    _did("RunTask", 0, 50),  # Before the first frame: of none that is counted.
    _frame(1),
    _did("RunTask", 200, 4),
    _did("FunctionCall", 201, 3),
    _did("Layout", 202, 1),
    _did("RunTask", 300, 20),
    _frame(301),
    _did("Paint", 302, 6),
    _did("Unheard", 303, 2),
    _did("RunTask", 400, 1),
    _frame(400.5),
    _did("RunTask", 500, 9),  # After the last frame.
    _did("RunTask", 300, 1000, OTHER),
    _frame(301, OTHER),
    *(_end("STATE_PRESENTED_ALL"),) * 3,
    _end("STATE_DROPPED"),
    _end("STATE_NO_UPDATE_DESIRED"),
    _end("STATE_DROPPED", OTHER),
]


def test_a_frame_costs_what_its_thread_did_since_the_one_before() -> None:
    """On the processor's clock, of the page that made the most frames, and of no other."""
    found = trace.figures(TRACE)
    assert found["main_thread_frames"] == 2
    assert found["main_thread_ms"] == {"p50": 1.0, "p95": 24.0, "p99": 24.0}
    assert found["over_budget_percent"] == 50.0
    assert found["longest_task_ms"] == 50.0
    assert found["main_thread_ms_in_all"] == 84.0


def test_frames_a_second_are_of_those_that_were_wanted() -> None:
    """A frame in which nothing had changed is none that was dropped."""
    found = trace.figures(TRACE)
    assert (found["frames_wanted"], found["frames_presented"]) == (4, 3)
    assert found["frames_a_second"] == 45.0


def test_work_is_counted_once_as_what_it_is() -> None:
    """Layout that a script forces is layout; what is of no kind is of what it is done within."""
    spent = trace.figures(TRACE)["ms_a_frame"]
    assert spent["script"] == 1.0
    assert spent["layout"] == 0.5
    assert spent["paint"] == 3.0
    assert sum(spent.values()) == pytest.approx(84 / 2)


def test_a_trace_without_frames_is_no_measurement() -> None:
    """Rather than figures of nothing."""
    with pytest.raises(ValueError, match="no frame"):
        trace.figures([_thread(PAGE), _did("RunTask", 0, 1)])


@pytest.mark.parametrize(("at", "value"), [(0, 1), (50, 2), (51, 3), (75, 3), (99, 4), (100, 4)])
def test_a_percentile_is_one_of_the_values(at: float, value: float) -> None:
    """The nearest rank: no value is made up between two."""
    assert trace.percentile([4, 2, 3, 1], at) == value
