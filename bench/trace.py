"""What a trace of Chromium says of a page's frames; it records none, and opens no browser.

Pure: events of the Trace Event Format in, figures out. Chromium's compositor says what became of
each frame it was due (`PipelineReporter`): presented, dropped, or not wanted, since nothing had
changed. Work of the page's own thread is counted on that thread's processor clock (`tdur`): another
process that takes the processor is not counted, so it can be compared on a machine not at rest.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

Event = Mapping[str, Any]

CATEGORIES: Final = (
    "devtools.timeline,disabled-by-default-devtools.timeline,"
    "disabled-by-default-devtools.timeline.frame,benchmark,v8"
)
"""What has to be recorded for `figures`."""
FRAME_MS: Final = 1000 / 60
PERCENTILES: Final = (50, 95, 99)
_TASK: Final = "RunTask"
_FRAME: Final = "BeginMainThreadFrame"
KINDS: Final = {
    "script": ("FunctionCall", "EvaluateScript", "FireAnimationFrame", "TimerFire", "RunMicrotasks",
               "EventDispatch", "v8.run", "V8.InvokeApiInterruptCallbacks"),
    "garbage": ("MinorGC", "MajorGC", "V8.GCIncrementalMarking", "V8.GCFinalizeMC"),
    "style": ("UpdateLayoutTree", "RecalculateStyles", "Document::updateStyle"),
    "layout": ("Layout", "LocalFrameView::layout"),
    "paint": ("PrePaint", "LocalFrameView::RunPrePaintLifecyclePhase", "CullRectUpdate",
              "LocalFrameView::RunCompositingInputsLifecyclePhase", "Paint", "Layerize",
              "LocalFrameView::RunPaintLifecyclePhase", "UpdateLayer", "UpdateLayerTree", "Commit",
              "CompositeLayers"),
}  # fmt: skip
"""Kinds of work, by the events in which it is done; what is in none is `other`: input, sockets."""
_KIND: Final = {name: kind for kind, names in KINDS.items() for name in names}


class _Span(NamedTuple):
    """A complete event; times in microseconds, `cpu` on the thread's processor clock."""

    name: str
    start: float
    end: float
    cpu: float


def figures(events: Sequence[Event]) -> dict[str, Any]:
    """What the frames of the page were like; see the module for whose clock it is by.

    `frames_a_second` is what of the screen's 60 was presented, as far as frames were wanted.
    `main_thread_ms` is, for each frame that the page's thread made, all that the thread did since
    the one before: what has to fit into 16.7 ms. Raises: ValueError, no frame is in the trace.
    """
    thread = _page(events)
    presented, dropped = _outcomes(events, thread[0])
    spans = _spans(events, thread)
    costs = _frames(events, spans, thread)
    if presented == 0 or not costs:
        raise ValueError("the trace tells of no frame that was presented")
    tasks = [span.cpu / 1000 for span in spans if span.name == _TASK]
    return {
        "frames_wanted": presented + dropped,
        "frames_presented": presented,
        "frames_a_second": round(60 * presented / (presented + dropped), 1),
        "main_thread_frames": len(costs),
        "main_thread_ms": {f"p{at}": round(percentile(costs, at), 2) for at in PERCENTILES},
        "over_budget_percent": round(100 * sum(one > FRAME_MS for one in costs) / len(costs), 1),
        "main_thread_ms_in_all": round(sum(tasks), 1),
        "longest_task_ms": round(max(tasks), 1),
        "ms_a_frame": {
            kind: round(ms / len(costs), 2) for kind, ms in sorted(_work(spans).items())
        },
    }


def percentile(values: Sequence[float], at: float) -> float:
    """The smallest of the values that so many per cent of them do not exceed."""
    ordered = sorted(values)
    rank = -(-len(ordered) * at // 100)  # Rounded up.
    return ordered[max(0, int(rank) - 1)]


def _page(events: Sequence[Event]) -> tuple[int, int]:
    """The thread of the page that was looked at, as process and thread: it made the most frames."""
    names = (one for one in events if one["name"] == "thread_name")
    mains = {
        (one["pid"], one["tid"]) for one in names if "CrRendererMain" in json.dumps(one.get("args"))
    }
    made = Counter((one["pid"], one["tid"]) for one in events if one["name"] == _FRAME)
    return max(mains, key=lambda thread: made[thread], default=(0, 0))


def _outcomes(events: Sequence[Event], process: int) -> tuple[int, int]:
    """How many frames were presented, and how many dropped."""
    states = [
        str(report["state"])
        for one in events
        if one["name"] == "PipelineReporter" and one["pid"] == process
        # What the report is called within the event differs from one Chromium to the next.
        for report in one.get("args", {}).values()
        if isinstance(report, Mapping) and "state" in report
    ]
    return sum("PRESENTED" in one for one in states), sum("DROPPED" in one for one in states)


def _spans(events: Sequence[Event], thread: tuple[int, int]) -> list[_Span]:
    """All that a thread did, an outer event before those within it."""
    spans = [
        _Span(one["name"], one["ts"], one["ts"] + one.get("dur", 0), one.get("tdur", 0))
        for one in events
        if one.get("ph") == "X" and (one["pid"], one["tid"]) == thread
    ]
    return sorted(spans, key=lambda span: (span.start, -span.end))


def _frames(
    events: Sequence[Event], spans: Sequence[_Span], thread: tuple[int, int]
) -> list[float]:
    """For each frame but the first, milliseconds of the thread since the one before."""
    starts = sorted(
        one["ts"] for one in events if one["name"] == _FRAME and (one["pid"], one["tid"]) == thread
    )
    tasks = (span for span in spans if span.name == _TASK)
    costs: list[float] = []
    task = next(tasks, None)
    for start in starts:
        spent = 0.0
        while task is not None and task.start <= start:
            spent += task.cpu
            task = next(tasks, None)
        costs.append(spent / 1000)
    return costs[1:]


def _work(spans: Sequence[_Span]) -> dict[str, float]:
    """Milliseconds of each kind of work; what is done within an event counts once."""
    spent = dict.fromkeys((*KINDS, "other"), 0.0)
    for kind, cpu in _selves(spans):
        spent[kind] += cpu / 1000
    return spent


def _selves(spans: Sequence[_Span]) -> Iterator[tuple[str, float]]:
    """Each event's kind and its own time; one of no kind belongs to what it is within."""
    stack: list[list[Any]] = []  # The kind, the end, and the time that is left to itself.
    for span in spans:
        while stack and stack[-1][1] <= span.start:
            kind, _, own = stack.pop()
            yield kind, own
        if stack:
            stack[-1][2] -= span.cpu
        elif span.name != _TASK:
            continue  # Recorded before its task, or twice: the tasks are all there is.
        within = stack[-1][0] if stack else "other"
        stack.append([_KIND.get(span.name, within), span.end, span.cpu])
    while stack:
        kind, _, own = stack.pop()
        yield kind, own
