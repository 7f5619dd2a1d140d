"""What somebody may say beside their status."""

import pytest

from history import custom_status
from proto.codes import ErrorCode
from proto.shapes import CustomStatus
from proto.wire import Fault

NOW_MS = 1_700_000_000_000


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (CustomStatus(" On holiday "), CustomStatus("On holiday")),
        (CustomStatus("", "☕"), CustomStatus("", "☕")),
        (CustomStatus("Tea", "❤"), CustomStatus("Tea", "❤️")),
        (CustomStatus("Tea", until_ms=NOW_MS + 1), CustomStatus("Tea", until_ms=NOW_MS + 1)),
    ],
)
def test_it_is_a_text_an_emoji_or_both(given: CustomStatus, kept: CustomStatus) -> None:
    """Without the white space around it, and the emoji as it is kept everywhere."""
    assert custom_status.check(given, NOW_MS) == kept


@pytest.mark.parametrize(
    "given",
    [
        CustomStatus(),
        CustomStatus("  "),
        CustomStatus("a\nb"),
        CustomStatus("\u2800"),
        CustomStatus("a\u202eb"),
        CustomStatus("", "tea"),
        CustomStatus("Tea", "🏽"),
        CustomStatus("Tea", until_ms=NOW_MS),
    ],
)
def test_anything_else_is_refused(given: CustomStatus) -> None:
    """By the field, with a sentence."""
    fault = custom_status.check(given, NOW_MS)
    assert isinstance(fault, Fault)
    assert (fault.code, fault.field) == (ErrorCode.INVALID, "custom_status")


def test_it_ends() -> None:
    """At its moment, if it has one."""
    assert custom_status.is_in_force(CustomStatus("Tea"), NOW_MS)
    assert custom_status.is_in_force(CustomStatus("Tea", until_ms=NOW_MS + 1), NOW_MS)
    assert not custom_status.is_in_force(CustomStatus("Tea", until_ms=NOW_MS), NOW_MS)
