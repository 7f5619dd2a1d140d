"""The page of guarantees names tests that exist, and shows what stands in bench/results."""

from __future__ import annotations

import json
import re

from tests.docs.guarantees import BROKEN, RESULTS, scenarios, schedules
from tests.docs.reference import REFERENCE
from tests.faults.checker import Kind

ROOT = REFERENCE.parent.parent
PAGE = (REFERENCE / "guarantees.md").read_text(encoding="utf-8")


def test_every_guarantee_has_tests_that_exist() -> None:
    """Five of them, each with a list; every path that the page names is there."""
    guarantees = re.split(r"^\*\*\d\. ", PAGE.partition("## The machine")[0], flags=re.MULTILINE)[
        1:
    ]
    assert len(guarantees) == 5
    for guarantee in guarantees:
        assert re.findall(r"^- `(tests/[\w/.]+)`", guarantee, flags=re.MULTILINE)
    for path in re.findall(r"`(tests/[\w/.]+)`", PAGE):
        assert (ROOT / path).exists(), path


def test_every_kind_of_violation_is_told() -> None:
    """In the tables and in words."""
    assert set(BROKEN) == {kind.value for kind in Kind}
    for kind in Kind:
        assert f"**{kind.value}**" in PAGE


def test_every_result_is_shown() -> None:
    """A run in bench/results that no table shows would be kept in silence."""
    shown = schedules() + scenarios()
    for path in (*RESULTS.glob("faults-*.json"), *RESULTS.glob("scenario-*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        assert found["command"] in shown, path.name
